"""The Inform: who speaks, what happened, and the parameters that go with it (TR-069 §A.3.3.1)."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent.cwmp.event_queue import VALUE_CHANGE, Event
from agent.cwmp.messages import DeviceIdStruct, EventStruct, Inform, ParameterValueStruct
from agent.model.data_model import Caller, DataModel

log = logging.getLogger(__name__)

MOST_PARAMETERS: Final = 2048


@dataclass(frozen=True, slots=True)
class InformParameter:
    """An enabled row of ManagementServer.InformParameter: a path, wildcards and partial paths allowed, and its events.

    No events: all but "4 VALUE CHANGE".
    """

    pattern: str
    events: frozenset[str] = frozenset()

    def goes_with(self, events: Iterable[Event]) -> bool:
        """Whether an Inform with these events carries it."""
        codes = {event.code for event in events if event.code != VALUE_CHANGE}
        return bool(codes & self.events if self.events else codes)


def forced_parameters(model: DataModel) -> tuple[str, ...]:
    """The supported parameters that the schema puts into every Inform; for tables with ``*`` for the instance."""
    return tuple(
        node.path.replace("{i}", "*") + leaf.name
        for node in model.tree.nodes()
        for leaf in node.leaves.values()
        if leaf.entry.forced_inform
    )


def inform(
    model: DataModel,
    device_id: DeviceIdStruct,
    events: Sequence[Event],
    *,
    changed: Iterable[str] = (),
    chosen: Iterable[InformParameter] = (),
    retry_count: int = 0,
    current_time: datetime,
) -> Inform:
    """The Inform with these events and the values of now.

    ``changed`` are the parameters of "4 VALUE CHANGE", ``chosen`` those of the InformParameter table; ``current_time``
    is aware, in local time. What cannot be read (any more) is left out; no name occurs twice.
    """
    asked = [*forced_parameters(model)]
    if any(event.code == VALUE_CHANGE for event in events):
        asked += changed
    asked += [row.pattern for row in chosen if row.goes_with(events)]
    values = {value.path: value for value in model.present(tuple(dict.fromkeys(asked)), Caller.ACS)}
    if len(values) > MOST_PARAMETERS:
        log.warning("the Inform would have %d parameters; the last ones are left out", len(values))
    return Inform(
        device_id=device_id,
        event=tuple(EventStruct(event.code, event.command_key) for event in events),
        current_time=current_time,
        retry_count=retry_count,
        parameter_list=tuple(
            ParameterValueStruct(value.path, value.text, value.type)
            for value in list(values.values())[:MOST_PARAMETERS]
        ),
    )
