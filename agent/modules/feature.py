"""Software modules as a part of the agent; nothing where this machine has no place for them."""

from agent.features import Feature, Ground
from agent.runtime import loop


def feature(ground: Ground) -> Feature:
    """See agent.features."""
    if ground.mechanisms.modules is None:
        return Feature(forget=lambda: _empty(ground))
    from agent.modules.service import Around, ModuleService  # nothing of it is loaded where there are none

    around = Around(
        ground.own,
        ground.delivery.events,
        ground.url_policy,
        ground.way_to_acs.of_files,
        lambda work: ground.inbox.ask(lambda _now: work()),
        lambda: loop.moment().wall,
        ground.model.peek,
        ground.model.save,
        lambda kind, about, text, **told: ground.faults.happened(kind, about, ground.redactor.text(text), **told),
    )
    service = ModuleService(ground.mechanisms.modules.modules, ground.mechanisms, ground.store, around)
    engine = service.engine
    return Feature(operations=[engine], outbox=[engine], verbs=service.table, units=engine, secrets=engine.secrets,
                   forget=lambda: _empty(ground))  # fmt: skip


def _empty(ground: Ground) -> None:
    """A factory reset: the modules that are the agent's own end and go, whatever is set; packages are the system's."""
    from backends.tr181.software_modules_linux import archives_of

    archives_of(ground.mechanisms).empty()
