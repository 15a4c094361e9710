"""What helps to find faults, as a part of the agent: both verbs are streams, and ask the owner for what they need."""

from agent import settings
from agent.features import Feature, Ground
from agent.model.schema import template_of
from agent.runtime import loop
from agent.support.bundle import Sources, SupportBundle
from agent.support.probe import Owner, Probe


def feature(ground: Ground) -> Feature:
    """See agent.features."""

    def is_writable(path: str) -> bool:
        entry = ground.schema.parameter(template_of(path))
        return entry is not None and entry.writable

    probe = Probe(
        Owner(
            ask=lambda work: ground.inbox.ask(lambda _now: work()),
            endpoint=ground.way_to_acs.endpoint,
            lend=lambda: ground.core.lend_turn(loop.moment()),
            over=lambda: ground.core.turn_is_over(),  # noqa: PLW0108 - the core is built later
            resolve=ground.way_to_acs.resolver_of,
            is_clock_set=lambda: loop.moment().wall is not None,
            mask=ground.redactor.text,
        )
    )
    bundle = SupportBundle(
        Sources(
            ask=ground.inbox.verb,
            root=lambda: ground.model.root,
            settings=lambda: settings.flat(ground.settings),
            is_secret=ground.redactor.is_secret,
            is_writable=is_writable,
            mask=ground.redactor.text,
            secrets=lambda: [str(ground.settings.acs.password), str(ground.settings.connection_request.password)],
            traces=ground.traces,
            log=ground.log_lines,
            state_directory=lambda: str(ground.settings.state.directory),
        )
    )
    return Feature(streams={"test": probe.stream, "support_bundle": bundle.stream})
