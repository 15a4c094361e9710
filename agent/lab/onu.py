"""The lab ONU: an ONT on a pty, with raw frames or a console, an OLT behind it, and somebody at the cable."""

import os
import select
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from agent.lab import onu_frames
from agent.lab.onu_console import OnuConsole
from agent.lab.onu_door import ANSWER_WITHIN, MOST_ORDER, Door, order_of
from agent.lab.onu_frames import Message
from agent.lab.onu_line import PtyLine
from agent.lab.onu_mib import ADDRESS, METHOD, SERVER, STRING, Mib
from agent.lab.onu_orders import Orders, Wrong
from agent.lab.onu_protocol import Protocol

TICK: Final = 1.0
_OF_THE_ACS: Final = (SERVER, ADDRESS, METHOD, STRING)


@dataclass(frozen=True, slots=True)
class Likeness:
    """What the ONU is like. ``console``: one of onu_console.FAMILIES, or "" for frames; ``baud`` 0: no delay.

    ``is_mirror``: the line repeats what OLT and ONU say to each other, and answers nobody.
    """

    codec: str = "hdlc"
    trailer: str = "crc32"
    console: str = ""
    user: str = ""
    password: str = ""
    baud: int = 0
    is_mirror: bool = False
    noise_every: int = 0
    has_colours: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError for what nobody could understand."""
        if self.codec in onu_frames.UNCHECKED and self.trailer != "crc32":
            raise ValueError(f"{self.codec} has no check of its own: its frames need the trailer crc32")


class LabOnu:
    """One ONU. ``start`` serves it in a thread; ``order`` may be called by any thread then."""

    def __init__(
        self,
        likeness: Likeness | None = None,
        link: Path | None = None,
        say: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``link``: a path to the device that stays, with ``<link>.do`` beside it for orders. ``say``: what happens."""
        self.like = likeness or Likeness()
        self._clock = clock
        self._say = say
        self.mib = Mib(clock())
        self.line = PtyLine(link, self.like.baud)
        self._protocol = Protocol(self.mib)
        self._protocol.set_by_others = self._was_set
        self._codec = onu_frames.codec(self.like.codec)
        self._console: OnuConsole | None = None
        self._orders = Orders(self.mib, self)
        self._door = Door(link) if link else None
        self._wake, self._waker = os.pipe()
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None
        self._input: IO[str] | None = None
        self._begun = ""
        self._ends = False
        self._changed: list[tuple[int, int, int]] = []
        self.heard = 0
        """Commands that came over the line."""

    @property
    def device(self) -> str:
        """What a CPE opens."""
        return str(self.line.link or self.line.device)

    def open(self) -> None:
        """Make the door, and the device. Raises OSError; EADDRINUSE: a lab ONU is there already."""
        if self._door:
            self._door.open()
        self.plug()

    def start(self) -> None:
        """Open, and serve in a thread."""
        self.open()
        self._thread = threading.Thread(target=self.serve, name="lab onu", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End what ``start`` began, or ``open``."""
        self.quit()
        if self._thread:
            self._thread.join(ANSWER_WITHIN)
        self.unplug()
        if self._door:
            self._door.close()
        for descriptor in (self._wake, self._waker):
            os.close(descriptor)

    def order(self, line: str) -> str:
        """Do an order; what is to be said of it. Raises Wrong."""
        with self._lock:
            told = self._orders.do(line)
        self._nudge()
        return told

    def serve(self, orders: IO[str] | None = None) -> None:
        """Until it is told to end. ``orders``: a stream with orders, such as standard input."""
        self._input = orders
        ticks_at = self._clock()
        while not self._ends:
            now = self._clock()
            with self._lock:
                due = self.line.due(now)
            pause = max(ticks_at - now, 0.0)
            ready = self._ready(pause if due is None else min(pause, due))
            with self._lock:
                now = self._clock()
                if self.line.descriptor in ready:
                    self.line.read(now)
                for octets in self.line.heard(now):
                    self._take(octets, now)
                if now >= ticks_at:
                    ticks_at = now + TICK
                    self.mib.tick(now)
                self.line.flush(now)
            if self._door in ready:
                self._at_the_door()
            if self._input in ready:
                self._read_order()

    def _ready(self, seconds: float) -> list[Any]:
        typed = self._input if self._input and _may_read(self._input) else None
        watched: list[Any] = [self._wake, *(each for each in (self._door, typed) if each)]
        if self.line.descriptor >= 0:
            watched.append(self.line.descriptor)
        try:
            ready = select.select(watched, [], [], seconds)[0]
        except (OSError, ValueError):  # the device was unplugged meanwhile
            return []
        if self._wake in ready:
            os.read(self._wake, 4096)
        return ready

    def _at_the_door(self) -> None:
        """One order of a visitor: "ok" or "no", and what is said of it."""
        if self._door is None:
            return
        with suppress(OSError), self._door.visitor() as visitor:
            try:
                answer = self._answer_of(order_of(visitor))
            except Wrong as wrong:
                answer = f"no {wrong}\n"
            visitor.sendall(answer.encode())

    def _answer_of(self, line: str) -> str:
        try:
            told = self.order(line)
        except Wrong as wrong:
            return f"no {wrong}\n"
        if told:
            self._say(told)
        return f"ok {told}\n"

    def _read_order(self) -> None:
        """By octets: what a stream has read ahead, nothing would wake us for."""
        octets = os.read(self._input.fileno(), MOST_ORDER) if self._input else b""
        if not octets:
            self._input = None  # orders may still come by the door
            return
        *lines, self._begun = (self._begun + octets.decode("utf-8", "replace"))[-MOST_ORDER:].split("\n")
        for line in lines:
            if (answer := self._answer_of(line)).startswith("no "):
                self._say(answer[3:].rstrip())

    # --- the line

    def _take(self, octets: bytes, now: float) -> None:
        if self._console:
            self.line.send(self._console.feed(octets), now)
            return
        for frame in self._codec.take(octets):
            message = onu_frames.read(frame)
            if message is None or self.like.is_mirror:
                continue
            self.heard += 1
            if answer := self._protocol.answer(message, now):
                self._send(answer)
            self._say_message(message)
            self._flush_changes()

    def _send(self, message: Message) -> None:
        if self._console or self.line.descriptor < 0:
            return
        self.line.send(self._codec.put(message.octets(self.like.trailer)), self._clock())

    def _say_message(self, message: Message) -> None:
        if message.type not in (onu_frames.GET, onu_frames.GET_NEXT, onu_frames.UPLOAD_NEXT, onu_frames.CURRENT):
            self._say(f"the CPE sent message {message.type} for {message.number} {message.instance}")

    def _was_set(self, number: int, instance: int, mask: int) -> None:
        self._changed.append((number, instance, mask))

    def _flush_changes(self) -> None:
        """What the OLT has set of the way to the ACS is told on the line, which is the ONU's own side, by AVCs."""
        changed, self._changed = self._changed, []
        for number, instance, mask in changed:
            if number in _OF_THE_ACS and number != METHOD and (number, instance) in self.mib.values:
                self.tell_change(number, instance, mask)

    # --- the hands of orders

    def command(self, commands: Iterable[Message]) -> list[int]:
        """The OLT sends commands; on a mirror both sides are heard."""
        results = []
        for command in commands:
            if self.like.is_mirror:
                self._send(command)
            answer = self._protocol.answer(command, self._clock())
            if answer:
                results.append(answer.body[0])
                if self.like.is_mirror:
                    self._send(answer)
        if self.like.is_mirror:
            self._changed.clear()
        self._flush_changes()
        return results

    def tell_alarm(self, number: int, instance: int, bitmap: bytes) -> None:
        """An alarm message."""
        self._send(self._protocol.alarm(number, instance, bitmap))

    def tell_change(self, number: int, instance: int, mask: int) -> None:
        """An AVC."""
        self._send(self._protocol.avc(number, instance, mask, self._clock()))

    def plug(self) -> None:
        """A new device, and whoever was logged in is not any more."""
        if self.line.descriptor >= 0:
            return
        self.line.plug()
        self._codec = onu_frames.codec(self.like.codec)
        if self.like.console:
            self._console = OnuConsole(
                self.like.console,
                self.mib,
                user=self.like.user,
                password=self.like.password,
                noise_every=self.like.noise_every,
                has_colours=self.like.has_colours,
            )

    def unplug(self) -> None:
        """No device."""
        self.line.unplug()

    def stall(self, seconds: float) -> None:
        """Nothing is sent for so long."""
        self.line.stall(self._clock() + seconds)

    def spoil(self, how: str, frames: int) -> None:
        """The next frames are spoilt."""
        self.line.spoil(how, frames)

    def quit(self) -> None:
        """End."""
        self._ends = True
        self._nudge()

    def _nudge(self) -> None:
        with suppress(OSError):
            os.write(self._waker, b".")


def _may_read(file: IO[str]) -> bool:
    """Whether a read does not stop us: not from the terminal of somebody else's job (SIGTTIN)."""
    try:
        return os.tcgetpgrp(file.fileno()) == os.getpgrp()
    except OSError:
        return True
