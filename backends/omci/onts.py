"""An ONT that is asked, by frames or by its console: the same questions for both, and what each can be asked for."""

import logging
from collections.abc import Iterable, Mapping
from typing import Final, Protocol

from backends.errors import MechanismError
from backends.omci.consoles.drivers import Driver, Realtek
from backends.omci.consoles.told import NotUnderstood, Told
from backends.omci.entities import entity
from backends.omci.exchange import Exchange, NoAnswer
from backends.omci.frames import Frame, NotAFrame
from backends.omci.mib import Mib
from backends.omci.picture import Key
from backends.omci.queries import Got, NoEntity, Queries, Refused

ONU_DATA, IMAGE, PPTP, ONU_G, ONU_2G, ANI = 2, 7, 11, 256, 257, 263
GEM_PORT, VEIP, SERVER = 268, 329, 340
FEC, GEM_PORT_HISTORY, TC, DOWNSTREAM, UPSTREAM = 312, 341, 344, 345, 346

WANTED: Final[Mapping[int, int]] = {
    ONU_G: 0xE300,
    ONU_2G: 0x8000,
    ANI: 0x0677,
    VEIP: 0xE000,
    PPTP: 0x0C00,
    IMAGE: 0xF000,
    GEM_PORT: 0xA000,
}
"""By class, the attributes that the data model has a place for; what is asked first stands first."""
HISTORIES: Final[Mapping[int, int]] = {
    FEC: 0xBC00,
    TC: 0xBCC0,
    DOWNSTREAM: 0xB40D,
    UPSTREAM: 0xA000,
    GEM_PORT_HISTORY: 0xB000,
}
"""The same of histories: the interval's number, and counters."""

_CANDIDATES: Final[Mapping[int, tuple[int, ...]]] = {
    ONU_G: (0,),
    ONU_2G: (0,),
    IMAGE: (0, 1),
    ANI: (0x8001, 0x8000, 0x0001, 0x0101, 0x0180, 0x0000),
    VEIP: (0x0E01, 0x0F01, 0x0B01, 0x0A01, 0x0601, 0x0301, 0x0101, 0x0001),
    PPTP: (*range(0x0101, 0x0105), *range(0x0201, 0x0205), *range(0x0001, 0x0005)),
    SERVER: (0x0E01, 0x0F01, 0x0B01, 0x0A01, 0x0601, 0x0301, 0x0101, 0x0001, 0x0000),
}
"""Where ONUs have their entities; what else they have only an upload tells."""

_EVERYWHERE: Final = frozenset({ONU_G, ANI})
"""Classes that every ONU answers for: one that does not is not there."""

_log = logging.getLogger(__name__)


class Ont(Protocol):
    """One ONT. Questions raise MechanismError, NotAFrame or NotUnderstood; ``get`` NoEntity where there is none."""

    pause: float
    """Seconds between two looks at all of it."""
    is_quick: bool
    """Whether it may be asked every second."""

    def instances(self, class_id: int) -> list[int]:
        """The instances of a class, as far as they can be known."""
        ...

    def get(self, class_id: int, instance: int, mask: int) -> Got:
        """Attributes; of a history those of the interval that ended last."""
        ...

    def running(self, class_id: int, instance: int, mask: int) -> Got | None:
        """Of a history, the interval that runs; None where that is not told."""
        ...

    def alarms(self) -> Mapping[Key, bytes] | None:
        """The alarms that are active; None where they are not told."""
        ...

    def state(self) -> str | None:
        """The activation state, where it is told."""
        ...

    def levels(self) -> Mapping[str, tuple[float, str]]:
        """What the transceiver measures, where a program of its own tells it."""
        ...

    def changes(self) -> int | None:
        """A number that is another one after the OLT has changed something; None where there is none."""
        ...

    def listen(self, seconds: float) -> list[Frame]:
        """What the ONT says of its own accord within so long, and has said since it was asked last."""
        ...

    def leave(self) -> None:
        """Nothing more is asked."""
        ...


class ByFrames:
    """An ONT that answers frames. ``is_uploaded``: all of its entities are uploaded once, at the first question."""

    pause = 60.0
    is_quick = True

    def __init__(self, exchange: Exchange, *, is_uploaded: bool = False) -> None:
        """Nothing is asked yet."""
        self._exchange = exchange
        self._queries = Queries(exchange)
        self._is_uploaded = is_uploaded
        self._mib: Mib | None = None
        self._found: dict[int, list[int]] = {}
        self._silent: set[tuple[int, bool]] = set()

    def instances(self, class_id: int) -> list[int]:
        """See Ont: of those that an upload named, else of the candidates."""
        if self._is_uploaded:
            self._mib = self._mib or self._queries.upload()
            there = [instance for number, instance in self._mib.entities if number == class_id]
            if there or class_id not in HISTORIES:  # histories are not uploaded
                return sorted(there)
        if class_id in HISTORIES:
            return self.instances(GEM_PORT if class_id == GEM_PORT_HISTORY else ANI)
        if class_id not in self._found:
            self._found[class_id] = list(self._there(class_id))
        return self._found[class_id]

    def _there(self, class_id: int) -> Iterable[int]:
        candidates = _CANDIDATES.get(class_id, ())
        known = entity(class_id)
        first = known.attributes[0].mask if known else 0x8000
        for instance in candidates:
            try:
                self._got(class_id, instance, WANTED.get(class_id, 0) or first)
            except (NoEntity, Refused):
                continue
            yield instance
            if class_id == ANI:
                return  # several are known to answer for others

    def get(self, class_id: int, instance: int, mask: int) -> Got:
        """See Ont."""
        return self._got(class_id, instance, mask)

    def _got(self, class_id: int, instance: int, mask: int, *, is_current: bool = False) -> Got:
        """Some ONUs say nothing at all of what they do not have: of such a class they are not asked again."""
        kind = (class_id, is_current)
        if kind in self._silent:
            raise NoEntity(f"the ONU does not answer questions about {class_id}")
        try:
            return self._queries.get(class_id, instance, mask, is_current=is_current)
        except NoAnswer:
            if class_id in _EVERYWHERE and not is_current:
                raise
            self._silent.add(kind)
            raise NoEntity(f"the ONU does not answer questions about {class_id}") from None

    def running(self, class_id: int, instance: int, mask: int) -> Got | None:
        """See Ont."""
        try:
            return self._got(class_id, instance, mask, is_current=True)
        except (Refused, NoEntity):
            return None

    def alarms(self) -> Mapping[Key, bytes] | None:
        """See Ont. The ONU counts its alarm messages anew after this."""
        try:
            return self._queries.alarms()
        except (Refused, NoEntity, NoAnswer, NotAFrame) as error:
            _log.debug("the ONU does not tell its alarms: %s", error)
            return None

    def state(self) -> str | None:
        """OMCI does not tell it."""
        return None

    def levels(self) -> Mapping[str, tuple[float, str]]:
        """The ANI tells two of them."""
        return {}

    def changes(self) -> int | None:
        """MIB data sync: the OLT's commands that changed something are counted there."""
        try:
            octets = self._got(ONU_DATA, 0, 0x8000).octets.get(1)
        except (NoEntity, Refused):
            return None
        return None if octets is None else int.from_bytes(octets)

    def listen(self, seconds: float) -> list[Frame]:
        """See Ont."""
        waiting = self._exchange.notifications
        if not waiting and (frame := self._exchange.listen(seconds)) is not None and frame.is_notification:
            waiting.append(frame)
        found = list(waiting)
        waiting.clear()
        return found

    def leave(self) -> None:
        """Nothing has to be said."""


class ByConsole:
    """An ONT behind a console, which is asked once a minute: programs there are known to hang when asked often."""

    pause = 60.0
    is_quick = False

    def __init__(self, driver: Driver) -> None:
        """Nothing is typed yet."""
        self._driver = driver
        self._told: dict[Key, Told] = {}  # what was listed, for the first question about it

    def instances(self, class_id: int) -> list[int]:
        """See Ont."""
        try:
            self._told = {(class_id, told.instance): told for told in self._driver.entities(class_id)}
        except NotUnderstood:  # some say nothing at all of a class that the ONU does not have
            self._told = {}
        return sorted(instance for _, instance in self._told)

    def get(self, class_id: int, instance: int, mask: int) -> Got:
        """See Ont."""
        told = self._told.pop((class_id, instance), None)
        if told is None:
            return self._driver.get(class_id, instance, mask)
        found = {index: octets for index, octets in told.octets.items() if 0x10000 >> index & mask}
        return Got(found, mask & ~sum(0x10000 >> index for index in found))

    def running(self, class_id: int, instance: int, mask: int) -> Got | None:  # noqa: ARG002 - as every Ont
        """Consoles tell the intervals that ended."""
        return None

    def alarms(self) -> Mapping[Key, bytes] | None:
        """Not told by a command that all have."""
        return None

    def state(self) -> str | None:
        """See Ont."""
        return self._driver.onu_state()

    def levels(self) -> Mapping[str, tuple[float, str]]:
        """See Ont."""
        return self._driver.levels() if isinstance(self._driver, Realtek) else {}

    def changes(self) -> int | None:
        """Looking that often is not for consoles."""
        return None

    def listen(self, seconds: float) -> list[Frame]:  # noqa: ARG002 - as every Ont
        """A console says nothing of its own accord that could be understood."""
        return []

    def leave(self) -> None:
        """End its session: some let nobody else in while one lasts."""
        try:
            self._driver.leave()
        except MechanismError:
            return
