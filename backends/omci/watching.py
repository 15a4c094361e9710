"""One thread owns the line to an ONT: it asks or listens, and keeps a picture of what it has learned for others to see.

Whatever happens to the line, it is opened again, by its name: a device that was unplugged has a new node when it is
back. Nothing here is waited for by anybody else.
"""

import atexit
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from backends.errors import MechanismError
from backends.omci import acs_chain, alarms
from backends.omci.acs_chain import AcsNamed, NoneNamed
from backends.omci.alarms import Alarms
from backends.omci.consoles.told import NotUnderstood
from backends.omci.entities import entity
from backends.omci.exchange import Exchange, NoAnswer
from backends.omci.frames import Action, Frame, NotAFrame
from backends.omci.link import LineLost
from backends.omci.messages import read
from backends.omci.mib import cut
from backends.omci.mirror import Mirror
from backends.omci.notices import MOST, AlarmsTold, AllAlarms, Changed, LineIs, Notice, Notices, PonAlarms
from backends.omci.onts import (
    ANI,
    GEM_END,
    GEM_MULTICAST_END,
    GEM_PORT,
    HISTORIES,
    ONU_2G,
    ONU_G,
    SERVER,
    WANTED,
    Ont,
)
from backends.omci.picture import Key, Levels, Picture, Reading
from backends.omci.queries import NoEntity, Refused
from backends.omci.totals import Totals

AGAIN: Final = 2.0
"""Seconds before a line that was lost, or an ONT that does not answer, is tried again."""
LOOK: Final = 1.0
"""Seconds between looks at whether the OLT has changed something."""
LEVELS: Final = 5.0
"""Seconds between readings of the optical levels, and of the chain: not every ONT counts changes, and a reset ends the
count."""
MODULE: Final = 60.0
"""Seconds between readings of the module while only a mirror is listened to."""
SOON: Final = 0.2
SETTLED: Final = 0.3
"""Seconds without a command of the OLT's about the ACS after which it has said all."""
NEVER: Final = float("inf")
LAST_WORDS: Final = 1.0
"""Seconds that the end of the process waits for the thread."""
MOST_SHOWN: Final = 32
"""Entities of a class that are shown: an ONU may say what it likes, and each is rows of the data model."""
MORE_SHOWN: Final[Mapping[int, int]] = dict.fromkeys((GEM_PORT, GEM_END, GEM_MULTICAST_END), 256)
TOPICS: Final = frozenset({"optical"})
CHAIN: Final = frozenset({acs_chain.SERVER, acs_chain.ADDRESS, acs_chain.TEXT, acs_chain.SECURITY})

Tell = Callable[[frozenset[str]], None]
_BROKEN: Final = (MechanismError, NotAFrame, NotUnderstood)

log = logging.getLogger(__name__)


class Watching:
    """``watch`` is the thread; all else is for the others, and never blocks."""

    def __init__(
        self,
        asks: Callable[[], Ont] | None,
        listens: Callable[[], Exchange] | None,
        close: Callable[[], None],
        kept: Any = None,
        keep: Callable[[Any], None] = lambda _document: None,
        measured: Callable[[], Reading] = Reading,
    ) -> None:
        """``asks`` opens the line to an ONT, or ``listens`` that to a mirror of one. ``keep`` makes totals durable,
        ``measured`` tells what this machine reads of the module; its levels count where the ONT's programs tell none.
        """
        self._totals = Totals(kept)
        self.picture = Picture(totals=self._all_totals())
        self.acs: AcsNamed | NoneNamed | None = None
        """What the OLT says of the ACS; None before anything is known."""
        self._asks, self._listens, self._close = asks, listens, close
        self._keep = keep
        self._measured = measured
        self._notices = Notices()
        self._mirror = Mirror()
        self._tell: Tell = lambda _topics: None
        self._alarms = Alarms()
        self._has_told_pon_alarms = False
        self._is_chain_touched = False
        self._why_lost = ""

    def notices(self, most: int = MOST) -> list[Notice]:
        """What has happened since the last time, as much of it at most; for one reader. It is told of what is left."""
        return self._notices.take(most)

    # -- the thread ---------------------------------------------------------------------------------------------------

    def watch(self, tell: Tell, stop: threading.Event) -> None:
        """Until ``stop``. ``tell`` hears that something is known that was not."""
        self._tell = tell
        over = threading.Event()
        atexit.register(over.wait, LAST_WORDS)  # a console's session is ended before the process is
        try:
            self._watch(stop)
            self._keep(self._totals.document())
        finally:
            over.set()
            atexit.unregister(over.wait)

    def _watch(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                if self._asks is not None:
                    self._ask(self._asks(), stop)
                elif self._listens is not None:
                    self._listen(self._listens(), stop)
            except _BROKEN as error:
                self._lost(str(error))
            finally:
                self._close()
            stop.wait(AGAIN)
            self._remind()

    def _remind(self) -> None:
        """What was not taken, since it was too much at once, is taken later."""
        if self._notices:
            self._tell(TOPICS)

    def _ask(self, ont: Ont, stop: threading.Event) -> None:
        try:
            self._read(ont, (ONU_G, ANI), self._back)  # whether it answers, and what the first Inform tells
            self._follow(ont)  # what may be waited for
            self._read(ont, (ONU_2G,))
            self._serve(ont, stop)
        finally:
            ont.leave()

    def _serve(self, ont: Ont, stop: threading.Event) -> None:
        """Ask by the clock, and hear what comes between: what the OLT has changed is asked for at once."""
        seen = self._changes(ont)
        self._follow(ont)
        if ont.is_quick:  # of a console, what was listed tells them
            self._ask_alarms(ont)
        now = time.monotonic()
        at_all, at_levels, at_look, at_chain = now, now + LEVELS, now + LOOK, NEVER
        while not stop.is_set():
            now = time.monotonic()
            self._remind()
            self._all_alarms_are(self._alarms.all_if_doubted(ont, lambda: self._hear(ont, 0)))
            if now >= at_all:
                self._read_all(ont)
                at_all = now + ont.pause
                at_chain = at_chain if ont.is_quick else now
            if ont.is_quick and now >= at_levels:
                self._read(ont, (ANI,))
                self._alarms.note_count("uptime", ont.uptime())
                at_levels, at_chain = now + LEVELS, min(at_chain, now)
            if ont.is_quick and now >= at_look:
                seen, before = self._changes(ont), seen
                at_look = now + LOOK
                if seen != before:
                    at_chain, at_all = now, min(at_all, now + LOOK)
            if now >= at_chain:
                at_chain = NEVER if self._follow(ont) else now + SOON
            due = min(at_all, at_chain, *((at_levels, at_look) if ont.is_quick else ()))
            self._hear(ont, min(due - time.monotonic(), LOOK / 2), stop)
            if self._is_chain_touched:
                at_chain, self._is_chain_touched = 0.0, False

    def _changes(self, ont: Ont) -> int | None:
        changes = ont.changes()
        self._alarms.note_count("changes", changes)
        return changes

    def _hear(self, ont: Ont, seconds: float, stop: threading.Event | None = None) -> None:
        """Take what the ONT says of its own accord within so long."""
        before = time.monotonic()
        frames = ont.listen(max(seconds, 0.0))
        for frame in frames:
            self._is_chain_touched |= self._take(frame) and frame.class_id in CHAIN
        if stop is not None and not frames and (left := before + seconds - time.monotonic()) > 0:
            stop.wait(left)  # a console has nothing to listen to

    def _listen(self, exchange: Exchange, stop: threading.Event) -> None:
        """A mirror of the line: what was known before may have changed unheard, and counts until it is heard anew."""
        mirror, at_module = self._mirror, 0.0
        at_chain = time.monotonic() + SETTLED if mirror.instances(SERVER) else NEVER
        mirror.interrupted()
        self._tell_pon_alarms(frozenset())  # of what a console told once, nobody tells now
        while not stop.is_set():
            self._remind()
            if time.monotonic() >= at_module:
                at_module = time.monotonic() + MODULE
                self._show_module()
            if time.monotonic() >= at_chain:  # an OLT writes a text in several commands
                at_chain = NEVER
                self._named(
                    acs_chain.follow(mirror.get, instance)
                    for number, instance in sorted(mirror.entities)
                    if number == SERVER
                )
            frame = exchange.listen(min(LOOK / 2, max(at_chain - time.monotonic(), 0.0)))
            if frame is None:
                continue
            self._back()
            try:
                touched = mirror.hear(frame)
            except NotAFrame as error:
                log.debug("the mirror: %s", error)
                continue
            if frame.action == Action.AVC and touched:
                self._notices.put(Changed((frame.class_id, frame.instance), _said(frame)))
            for key in touched & mirror.alarms.keys():
                self._notices.put(AlarmsTold(key, mirror.alarms[key]))
            if any(key[0] in CHAIN for key in touched):
                at_chain = time.monotonic() + SETTLED
            if touched:
                self._learned(mirror, touched)

    def _learned(self, mirror: Mirror, touched: set[Key]) -> None:
        has_ended = False
        for key in touched:
            if key[0] in HISTORIES:
                ended, running = mirror.entities.get(key, {}), mirror.running.get(key)
                if not running or running.get(1, ended.get(1)) == ended.get(1):
                    has_ended |= self._count(key, ended, running)
        if has_ended:
            self._keep(self._totals.document())
        shown = {
            (class_id, instance): mirror.entities[class_id, instance]
            for class_id in WANTED
            for instance in mirror.instances(class_id)[: _most(class_id)]
        }
        some = alarms.shown(mirror.alarms, shown)
        self._show(replace(self.picture, entities=shown, alarms=some, totals=self._all_totals()))

    # -- reading ------------------------------------------------------------------------------------------------------

    def _read_all(self, ont: Ont) -> None:
        self._read(ont, WANTED)
        state, pon_alarms = ont.state(), ont.pon_alarms()
        self._show_module(ont.levels())
        has_ended = False
        for class_id, mask in HISTORIES.items():
            for instance in ont.instances(class_id):
                has_ended |= self._read_history(ont, (class_id, instance), mask)
                self._hear(ont, 0)
        active = frozenset(name for name, is_active in pon_alarms.items() if is_active)
        self._tell_pon_alarms(active)
        if not ont.is_quick:
            self._ask_alarms(ont)
        self._show(replace(self.picture, state=state, pon_alarms=pon_alarms, totals=self._all_totals()))
        if has_ended:
            self._keep(self._totals.document())

    def _tell_pon_alarms(self, active: frozenset[str]) -> None:
        """The first time also that there are none: some may have stood when the agent was ended."""
        if active or not self._has_told_pon_alarms or any(self.picture.pon_alarms.values()):
            self._notices.put(PonAlarms(active))
            self._has_told_pon_alarms = True

    def _show_module(self, levels: Levels | None = None) -> None:
        """What the ONT's own programs measure is nearer to the light than what this machine reads."""
        read = self._measured()
        self._show(replace(self.picture, module=read.module, levels=levels or read.levels))

    def _read(self, ont: Ont, classes: Any, then: Callable[[], None] = lambda: None) -> None:
        """Entities of these classes; of others, what is known stays. ``then`` is done before they are shown."""
        found: dict[Key, Mapping[int, bytes]] = {}
        for class_id in classes:
            for instance in ont.instances(class_id)[: _most(class_id)]:
                with suppress(NoEntity, Refused):
                    found[class_id, instance] = ont.get(class_id, instance, WANTED[class_id]).octets
                self._hear(ont, 0)  # whoever waits for a change does not wait for all of this
        then()
        others = {key: octets for key, octets in self.picture.entities.items() if key[0] not in classes}
        self._show(replace(self.picture, entities={**others, **found}))

    def _read_history(self, ont: Ont, key: Key, mask: int) -> bool:
        """Add up; nothing where an interval ended in the middle of it: then it is read again soon enough."""
        try:
            ended = ont.get(*key, mask).octets
            running = ont.running(*key, mask)
            is_same = running is None or ont.get(*key, 0x8000).octets.get(1) == ended.get(1)
        except (NoEntity, Refused):
            return False
        return is_same and self._count(key, ended, running.octets if running else None)

    def _count(self, key: Key, ended: Mapping[int, bytes], running: Mapping[int, bytes] | None) -> bool:
        if 1 not in ended:
            return False
        return self._totals.take(key, ended[1][-1], _counts(ended), _counts(running or {}))

    def _all_totals(self) -> dict[Key, Mapping[int, int]]:
        return {key: self._totals.of(key) for key in self._totals.known()}

    def _ask_alarms(self, ont: Ont) -> None:
        self._all_alarms_are(self._alarms.all(ont, lambda: self._hear(ont, 0)))

    def _all_alarms_are(self, told: Mapping[Key, bytes] | None) -> None:
        if told is None:
            return
        some = alarms.shown(told, self.picture.entities)
        self._notices.put(AllAlarms(some))
        self._show(replace(self.picture, alarms=some))
        self._tell(TOPICS)

    # -- the ACS ------------------------------------------------------------------------------------------------------

    def _follow(self, ont: Ont) -> bool:
        """Ask for the ACS; False when the OLT was just at it: 340 is read again, and what counts its commands."""

        def get(class_id: int, instance: int, mask: int) -> Any:
            return ont.get(class_id, instance, mask)

        try:
            before = ont.changes()
            followed = [acs_chain.follow(get, instance) for instance in ont.instances(SERVER)]
            return before == ont.changes() and self._named(followed)
        except (LineLost, NoAnswer):
            raise
        except _BROKEN as error:
            log.debug("what the OLT says of the ACS is not understood now: %s", error)
            return False

    def _named(self, followed: Iterable[AcsNamed | NoneNamed]) -> bool:
        said: AcsNamed | NoneNamed = NoneNamed("the ONT has no TR-069 management server (340)")
        for place, one in enumerate(followed):
            if one == NoneNamed(acs_chain.CHANGED):
                return False
            if not place or isinstance(one, AcsNamed):
                said = one
            if isinstance(one, AcsNamed):
                break
        if said != self.acs:
            self.acs = said
            self._tell(TOPICS)
        return True

    # -- what the ONT says of its own accord --------------------------------------------------------------------------

    def _take(self, frame: Frame) -> bool:
        """A notification; whether it was understood."""
        key = (frame.class_id, frame.instance)
        try:
            said = read(frame)
            if frame.action == Action.AVC:
                self._take_change(key, _said(frame))
                return True
            if frame.action != Action.ALARM:
                return False
        except NotAFrame as error:
            log.debug("a notification: %s", error)
            return False
        bitmap, sequence = said["bitmap"], said["sequence"]
        if isinstance(bitmap, bytes) and isinstance(sequence, int):
            if entity(key[0]) is not None:
                self._notices.put(AlarmsTold(key, bitmap))
            told = {**self.picture.alarms, key: bitmap}
            self._show(replace(self.picture, alarms=alarms.shown(told, self.picture.entities)))
            self._alarms.take(key, bitmap, sequence)
            self._tell(TOPICS)
        return True

    def _take_change(self, key: Key, octets: Mapping[int, bytes]) -> None:
        if octets:
            self._notices.put(Changed(key, octets))
        if key in self.picture.entities or len(self.picture.instances(key[0])) < _most(key[0]):
            known = {**self.picture.entities.get(key, {}), **octets}
            self._show(replace(self.picture, entities={**self.picture.entities, key: known}))
        self._tell(TOPICS)

    # -- what others see ----------------------------------------------------------------------------------------------

    def _show(self, picture: Picture) -> None:
        if picture != self.picture:
            self.picture = picture
            self._tell(TOPICS)

    def _back(self) -> None:
        if self._why_lost or not self.picture.is_there:
            self._notices.put(LineIs(is_there=True))
        if self._why_lost:
            log.info("the ONT is heard again")
        self._why_lost = ""
        self._show(replace(self.picture, is_there=True))

    def _lost(self, why: str) -> None:
        if why != self._why_lost:
            log.log(logging.DEBUG if self._why_lost else logging.WARNING, "the ONT is not heard: %s", why)
        if not self._why_lost:
            self._notices.put(LineIs(is_there=False, why=why))
            self._tell(TOPICS)
        self._why_lost = why
        self._show(replace(self.picture, is_there=False))


def _most(class_id: int) -> int:
    """How many entities of a class are shown."""
    return MORE_SHOWN.get(class_id, MOST_SHOWN) if class_id in WANTED else 0


def _said(frame: Frame) -> dict[int, bytes]:
    """The attributes of an AVC."""
    said = read(frame)
    mask, octets = said["mask"], said["values"]
    if not isinstance(mask, int) or not isinstance(octets, bytes):
        return {}
    return cut(entity(frame.class_id), mask, octets).octets


def _counts(octets: Mapping[int, bytes]) -> dict[int, int]:
    """The counters of a history: behind the interval's number and the thresholds."""
    return {index: int.from_bytes(each) for index, each in octets.items() if index > 2}
