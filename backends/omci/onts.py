"""An ONT that is asked, by frames or by its console: the same questions for both, and what each can be asked for."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Protocol

from backends.errors import MechanismError, TimedOut
from backends.omci.consoles.drivers import Driver, Realtek
from backends.omci.consoles.told import NotUnderstood, Told
from backends.omci.entities import entity
from backends.omci.exchange import Exchange, NoAnswer, WrongTrailer
from backends.omci.frames import Frame, NotAFrame
from backends.omci.mib import Mib
from backends.omci.picture import Key
from backends.omci.queries import Got, NoEntity, Queries, Refused

ONU_DATA, IMAGE, PPTP, ONU_G, ONU_2G, ANI = 2, 7, 11, 256, 257, 263
GEM_PORT, VEIP, SERVER = 268, 329, 340
GEM_END, GEM_MULTICAST_END = 266, 281
"""Interworking termination points: each points to its GEM port; what the OLT makes, nothing else points to."""
FEC, GEM_PORT_HISTORY, TC, DOWNSTREAM, UPSTREAM = 312, 341, 344, 345, 346

WANTED: Final[Mapping[int, int]] = {
    ONU_G: 0xE300,
    ONU_2G: 0x8000,
    ANI: 0x0677,
    VEIP: 0xE000,
    PPTP: 0x0C00,
    IMAGE: 0xF000,
    GEM_PORT: 0xA000,
    GEM_END: 0xC000,
    GEM_MULTICAST_END: 0x8000,
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
"""Where ONUs have their entities. The OLT's are wherever it likes, and nothing of these points to them: GEM ports are
known by an upload, by a mirror or by a console's list alone.
"""

_EVERYWHERE: Final = frozenset({ONU_G, ANI})
"""Classes that every ONU answers for: one that does not is not there."""

AGAIN: Final = 60.0
"""Seconds before a class that the ONU said nothing of, or had nothing of, is asked for again; then twice as many."""
AGAIN_MOST: Final = 960.0
UPLOAD_AGAIN: Final = 60.0
"""Seconds at least between two uploads: the OLT may be reading the one picture that the ONU keeps for them."""

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

    def alarms(self, between: Callable[[], None] = lambda: None) -> Mapping[Key, bytes] | None:
        """The alarms that are active; None where they are not told. ``between`` is called while it takes long."""
        ...

    def state(self) -> str | None:
        """The activation state, where it is told."""
        ...

    def levels(self) -> Mapping[str, tuple[float, str]]:
        """What the transceiver measures, where a program of its own tells it."""
        ...

    def pon_alarms(self) -> Mapping[str, bool]:
        """The alarms below OMCI by their names in TR-181 ("LOS"), those that are told."""
        ...

    def changes(self) -> int | None:
        """A number that is another one after the OLT has changed something; None where there is none."""
        ...

    def uptime(self) -> int | None:
        """A number that counts up, and begins anew when the ONT restarts; None where there is none."""
        ...

    def listen(self, seconds: float) -> list[Frame]:
        """What the ONT says of its own accord within so long, and has said since it was asked last."""
        ...

    def leave(self) -> None:
        """Nothing more is asked."""
        ...


class ByFrames:
    """An ONT that answers frames. ``is_uploaded``: all of its entities are uploaded, at first and after each change."""

    pause = 60.0
    is_quick = True

    def __init__(
        self, exchange: Exchange, *, is_uploaded: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Nothing is asked yet."""
        self._exchange = exchange
        self._clock = clock
        self._queries = Queries(exchange)
        self._is_uploaded = is_uploaded
        self._mib: Mib | None = None
        self._upload_from = 0.0
        self._synced: int | None = None  # MIB data sync before the upload
        self._found: dict[int, list[int]] = {}
        self._empty: dict[int, float] = {}  # until when a class of which nothing was found is not looked for
        self._answered: set[tuple[int, bool]] = set()
        self._tells_uptime: bool | None = None
        self._silent: dict[tuple[int, bool], tuple[float, float]] = {}  # until when it is not asked; how long that was

    def instances(self, class_id: int) -> list[int]:
        """See Ont: of those that an upload named, else of the candidates."""
        if self._is_uploaded:
            there = [instance for number, instance in self._uploaded().entities if number == class_id]
            if there or class_id not in HISTORIES:  # histories are not uploaded
                return sorted(there)
        if class_id in HISTORIES:
            return self.instances(GEM_PORT if class_id == GEM_PORT_HISTORY else ANI)
        if class_id not in self._found and self._clock() >= self._empty.get(class_id, 0.0):
            if found := list(self._there(class_id)):
                self._found[class_id] = found
            elif (class_id, False) not in self._silent:
                self._empty[class_id] = self._clock() + AGAIN
        return self._found.get(class_id, [])

    def _uploaded(self) -> Mib:
        if self._mib is None:
            synced = self.changes()
            self._mib = self._queries.upload()
            self._synced, self._upload_from = synced, self._clock() + UPLOAD_AGAIN
        return self._mib

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
        """Some ONUs say nothing at all of what they do not have: such a class is not asked for again so soon. One that
        has answered before is there; it is the ONU that does not answer, then.
        """
        kind = (class_id, is_current)
        until, pause = self._silent.get(kind, (0.0, 0.0))
        if self._clock() < until:
            raise NoEntity(f"the ONU does not answer questions about {class_id}")
        try:
            got = self._queries.get(class_id, instance, mask, is_current=is_current)
        except WrongTrailer:
            raise
        except NoAnswer:
            if kind in self._answered or (class_id in _EVERYWHERE and not is_current):
                raise
            pause = min(pause * 2 or AGAIN, AGAIN_MOST)
            self._silent[kind] = (self._clock() + pause, pause)
            raise NoEntity(f"the ONU does not answer questions about {class_id}") from None
        except (NoEntity, Refused):
            self._answered.add(kind)
            self._silent.pop(kind, None)
            raise
        self._answered.add(kind)
        self._silent.pop(kind, None)
        return got

    def running(self, class_id: int, instance: int, mask: int) -> Got | None:
        """See Ont."""
        try:
            return self._got(class_id, instance, mask, is_current=True)
        except (Refused, NoEntity):
            return None

    def alarms(self, between: Callable[[], None] = lambda: None) -> Mapping[Key, bytes] | None:
        """See Ont. The ONU counts its alarm messages anew after this."""
        try:
            return self._queries.alarms(between)
        except (Refused, NoEntity, NoAnswer, NotAFrame) as error:
            _log.debug("the ONU does not tell its alarms: %s", error)
            return None

    def state(self) -> str | None:
        """OMCI does not tell it."""
        return None

    def levels(self) -> Mapping[str, tuple[float, str]]:
        """The ANI tells two of them."""
        return {}

    def pon_alarms(self) -> Mapping[str, bool]:
        """OMCI does not tell them."""
        return {}

    def changes(self) -> int | None:
        """MIB data sync: the OLT's commands that changed something are counted there."""
        synced = self._number(ONU_DATA, 1)
        if synced not in (None, self._synced) and self._clock() >= self._upload_from:
            self._mib = None
        return synced

    def uptime(self) -> int | None:
        """See Ont: sysUpTime. An ONU that never answered the question is not asked it again."""
        if self._tells_uptime is False:
            return None
        try:
            uptime = self._number(ONU_2G, 10)
        except NoAnswer:
            if self._tells_uptime:
                raise
            self._tells_uptime = False
            return None
        self._tells_uptime = True
        return uptime

    def _number(self, class_id: int, index: int) -> int | None:
        """Of an entity that there is one of."""
        try:
            octets = self._got(class_id, 0, 0x10000 >> index).octets.get(index)
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
        for frame in found:  # what it tells of is there
            self._silent.pop((frame.class_id, False), None)
            self._empty.pop(frame.class_id, None)
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
        self._has_no_alarms = False
        self._told: dict[Key, Told] = {}  # what was listed, for the first question about it
        self._alarms: dict[Key, bytes] | None = None

    def instances(self, class_id: int) -> list[int]:
        """See Ont."""
        try:
            self._told = {(class_id, told.instance): told for told in self._driver.entities(class_id)}
        except NotUnderstood:  # some say nothing at all of a class that the ONU does not have
            self._told = {}
        self._note_alarms(class_id)
        return sorted(instance for _, instance in self._told)

    def _note_alarms(self, class_id: int) -> None:
        """Those of a class that was listed just now."""
        told = {key: one.alarms for key, one in self._told.items() if one.alarms is not None}
        if told or self._alarms is not None:
            others = {key: bitmap for key, bitmap in (self._alarms or {}).items() if key[0] != class_id}
            self._alarms = {**others, **told}

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

    def alarms(self, between: Callable[[], None] = lambda: None) -> Mapping[Key, bytes] | None:  # noqa: ARG002 - as every Ont
        """Of what was listed, where the program tells them with it."""
        return self._alarms

    def state(self) -> str | None:
        """See Ont."""
        return self._driver.onu_state()

    def levels(self) -> Mapping[str, tuple[float, str]]:
        """See Ont."""
        return self._driver.levels() if isinstance(self._driver, Realtek) else {}

    def pon_alarms(self) -> Mapping[str, bool]:
        """See Ont. A program that hangs over it is not asked for it again: all else would wait for it each time."""
        if self._has_no_alarms:
            return {}
        try:
            return self._driver.pon_alarms()
        except TimedOut:
            self._has_no_alarms = True
            return {}

    def changes(self) -> int | None:
        """Looking that often is not for consoles."""
        return None

    def uptime(self) -> int | None:
        """A session ends with a restart."""
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
