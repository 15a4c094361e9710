"""The optical line as a part of the agent: what the OLT says of the ACS is an offer; nothing where there is no line."""

from agent.features import Feature, Ground


def feature(ground: Ground) -> Feature:
    """See agent.features."""
    line, settings = ground.mechanisms.optical, ground.settings.omci
    if line is None:
        return Feature()
    from agent.omci.offers import Offers

    offers = Offers(lambda: line.acs, settings.device, ground.discovery.said, ground.faults.happened)
    return Feature(chores=[offers], secrets=lambda: [settings.password, settings.key, *offers.secrets()])
