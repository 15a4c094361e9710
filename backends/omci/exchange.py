"""Questions and answers over a line: one at a time, asked again with the same transaction; notifications beside."""

import logging
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol

from backends.errors import MechanismError, TimedOut
from backends.omci.codecs import NEEDS_CRC, Codec
from backends.omci.frames import Action, Frame, NotAFrame, parse
from backends.omci.messages import name_of
from backends.omci.trailers import Trailer, kind

ANSWER_WITHIN: Final = 3.0
TRIES: Final = 3
"""A question is asked again twice, with the same transaction: an ONU answers a repeated one from its memory."""
OWN_TCIS: Final = range(0x7000, 0x8000)
"""Transactions of ours, aside from where OLTs begin (0x0001 and 0x8000)."""
MOST_NOTIFICATIONS: Final = 256

READING: Final = frozenset(
    {
        Action.GET,
        Action.GET_NEXT,
        Action.GET_CURRENT,
        Action.GET_ALL_ALARMS,
        Action.GET_ALL_ALARMS_NEXT,
        Action.MIB_UPLOAD,
        Action.MIB_UPLOAD_NEXT,
    }
)
"""What is sent without being unlocked: it changes nothing of the ONU's configuration."""

_log = logging.getLogger(__name__)


class Octets(Protocol):
    """What a line is to an exchange (link.Line)."""

    def write(self, octets: bytes) -> None:
        """Send all of them."""
        ...

    def read(self, seconds: float) -> bytes:
        """What comes within so long; b"" when nothing does."""
        ...


class NotUnlocked(MechanismError):
    """A command that could change the ONU, which nobody has unlocked by name."""


class NoAnswer(TimedOut):
    """The ONU did not answer, however often it was asked."""


class WrongTrailer(NoAnswer):
    """No answer could be believed: what came has not the trailer that is demanded."""


class Exchange:
    """The one conversation on a line. Used by one thread; nothing of it blocks longer than the deadlines it is given.

    Where neither codec nor trailer checks a frame (hexline with frames without a CRC), an answer is believed when it
    has come twice alike. What cannot be asked again, then, is believed only if the trailer was set to "zero" or "none".

    ``unlocked``: commands beyond READING that may be sent. Alarms, AVCs and test results that come are kept in
    ``notifications``, the newest MOST_NOTIFICATIONS of them.
    """

    def __init__(
        self,
        line: Octets,
        codec: Codec,
        trailer: Trailer | None = None,
        *,
        unlocked: frozenset[Action] = frozenset(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """The first transaction is by chance: an ONU may remember what an agent before this one asked."""
        self._line = line
        self._codec = codec
        self._trailer = trailer or Trailer()
        self._may = READING | unlocked
        self._clock = clock
        self._tci = secrets.choice(OWN_TCIS)
        self._is_doubted = not codec.is_checked and self._trailer.policy not in ("crc32", "cmac")
        self._has_warned = False
        self._heard: deque[Frame] = deque()
        self.notifications: deque[Frame] = deque(maxlen=MOST_NOTIFICATIONS)
        self.ignored = 0
        """Frames that were no answer to what was asked, or whose trailer was not believed."""
        self._asked: Frame | None = None
        self._has_wrong_trailer = False
        """Of an answer to what is asked now, one at least."""

    def ask(self, question: Frame, within: float = ANSWER_WITHIN, tries: int = TRIES) -> Frame:
        """Send a command under a transaction of ours, and return the answer to it.

        Raises NotUnlocked, NoAnswer (WrongTrailer), and what the line raises.
        """
        if question.action not in self._may:
            raise NotUnlocked(f"{name_of(question)} is not sent: the settings do not unlock it")
        self._tci = OWN_TCIS[(self._tci - OWN_TCIS.start + 1) % len(OWN_TCIS)]
        question = self._trailer.finish(replace(question, tci=self._tci, asks=True))
        octets = self._codec.wrapped(question.to_bytes())
        doubted: list[Frame] = []
        self._asked, self._has_wrong_trailer = question, False
        for _ in range(tries + self._is_doubted):
            self._line.write(octets)
            deadline = self._clock() + within
            while frame := self._next(deadline):
                if not _answers(frame, question):
                    self._put_aside(frame)
                elif self._is_proven(frame) or frame in doubted:
                    return frame
                else:
                    doubted.append(frame)
                    break  # and ask again
        why = f"the ONU did not answer {name_of(question)} of {question.class_id} {question.instance}"
        if self._has_wrong_trailer:
            raise WrongTrailer(
                f"{why} with the trailer {self._trailer.policy}: answers came whose trailer is not right"
            )
        raise NoAnswer(why)

    def listen(self, seconds: float) -> Frame | None:
        """The next frame that comes, whoever sent it: on a mirror of the line both sides are heard. None: in vain."""
        deadline = self._clock() + seconds
        while frame := self._next(deadline):
            if self._is_believed(frame):
                return frame
            self.ignored += 1
        return None

    def _is_proven(self, frame: Frame) -> bool:
        return not self._is_doubted or kind(frame) == "crc32"

    def _is_believed(self, frame: Frame) -> bool:
        """Of what nobody can be asked again."""
        is_believed = self._trailer.policy != "ignore" or self._is_proven(frame)
        if not is_believed and not self._has_warned:
            self._has_warned = True
            _log.warning('a frame without a check is not believed, unless [omci] trailer is "zero" or "none"')
        return is_believed

    def _put_aside(self, frame: Frame) -> None:
        if frame.is_notification and self._is_believed(frame):
            self.notifications.append(frame)
        else:
            self.ignored += 1

    def _next(self, deadline: float) -> Frame | None:
        """The next frame that can be believed; None when none came until then."""
        while not self._heard:
            if (left := deadline - self._clock()) <= 0:
                return None
            for octets in self._codec.feed(self._line.read(left)):
                self._hear(octets)
        return self._heard.popleft()

    def _hear(self, octets: bytes) -> None:
        try:
            frame = parse(octets)
        except NotAFrame as error:
            _log.debug("the line: %s", error)
            return
        if self._trailer.accepts(frame):
            self._heard.append(frame)
        else:
            self.ignored += 1
            self._has_wrong_trailer |= self._asked is not None and _answers(frame, self._asked)


def _answers(frame: Frame, question: Frame) -> bool:
    return frame.answers and (frame.tci, frame.action, frame.class_id, frame.instance, frame.is_extended) == (
        question.tci,
        question.action,
        question.class_id,
        question.instance,
        question.is_extended,
    )


def trailer_for(codec: str, policy: str) -> str:
    """The trailer of a line: where its codec has no check of its own, one that is demanded. Raises ValueError."""
    if codec not in NEEDS_CRC or policy in ("crc32", "cmac"):
        return policy
    if policy == "ignore":
        return "crc32"
    raise ValueError(f"{codec} has no check of its own: its frames need the trailer crc32 or cmac")
