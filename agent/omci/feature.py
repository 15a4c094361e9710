"""The optical line as a part of the agent: what the OLT says of the ACS is an offer; nothing where there is no line."""

from typing import Final

from agent.features import Feature, Ground
from backends.errors import MechanismError

INFORM_PARAMETERS: Final = "ManagementServer.InformParameter"
TOLD: Final = ("Status", "OpticalSignalLevel")
"""Of each optical interface, what an ACS hears without asking; the rows are its own to change or delete."""
EVENTS: Final = ("0 BOOTSTRAP", "1 BOOT", "2 PERIODIC")


def feature(ground: Ground) -> Feature:
    """See agent.features."""
    line, settings = ground.mechanisms.optical, ground.settings.omci
    if line is None:
        return Feature()
    ground.own.first(INFORM_PARAMETERS, _rows(ground.model.root))
    from agent.omci.offers import Offers, next_step

    def advice(vlan: int) -> str:
        try:
            links = ground.mechanisms.netlink.links()
        except MechanismError:
            return ""
        vlans = {link.name: link.vlan_id for link in links if link.vlan_id is not None}
        return next_step(vlan, ground.settings.network.management_interface, vlans)

    offers = Offers(lambda: line.acs, settings.device, ground.discovery.said, ground.faults.happened, advice)
    return Feature(chores=[offers], secrets=lambda: [settings.password, settings.key, *offers.secrets()])


def _rows(root: str) -> list[dict[str, object]]:
    paths = [f"{root}Optical.Interface.*.{name}" for name in TOLD]
    return [
        {"key": str(number), "enable": True, "name": path, "events": list(EVENTS)}
        for number, path in enumerate(paths, start=1)
    ]
