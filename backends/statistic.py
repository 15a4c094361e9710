"""One sampled parameter: from the texts that it reads as to one value for each interval (TR-181, SampleSet). Pure."""

import re
from collections import deque
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final

NUMBER: Final = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?")
LONGEST_TEXT: Final = 128
"""Characters of a sampled text that are kept; a longer one is cut, and suspect."""
MOST_BINS: Final = 32
THOUSANDTH: Final = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Way:
    """How a parameter is sampled, in TR-181's words; a ``boundary`` of None, as the last one, is no upper bound."""

    mode: str = "Current"
    calculation: str = "Latest"
    low: int = 0
    high: int = 0
    boundaries: tuple[Decimal | None, ...] = ()

    @property
    def has_thresholds(self) -> bool:
        """Equal thresholds are none."""
        return self.low != self.high

    @property
    def is_looked_at_between(self) -> bool:
        """Whether its value within an interval matters, not only that at its ends."""
        return self.calculation != "Latest" or (self.has_thresholds and self.mode == "Current")


@dataclass(frozen=True, slots=True)
class Sample:
    """What is told of one interval: during how many seconds it was collected, and what it came to."""

    seconds: int
    text: str
    bins: tuple[int, ...]
    is_suspect: bool


class Statistic:
    """The samples of one parameter, and the interval that is under way. Times are seconds of any one clock."""

    def __init__(self, way: Way, most: int) -> None:
        self.way = way
        self.samples: deque[Sample] = deque(maxlen=most)
        self.failures = 0
        self.has_begun = False
        self._range = 0
        self._since: float | None = None
        self._start: Decimal | None = None
        self._least: Decimal | None = None
        self._most: Decimal | None = None
        self._clear()

    def keep(self, most: int) -> None:
        """Keep as many samples as this, the newest ones."""
        if most != self.samples.maxlen:
            self.samples = deque(self.samples, maxlen=most)

    def begin(self, now: float, text: str | None) -> None:
        """An interval begins with this value; None: there is no such parameter at present."""
        self._clear()
        self.has_begun = True
        if text is not None:
            self._since = now
            self._start = _number(text)

    def look(self, now: float, text: str | None) -> None:
        """The value within the interval, or at its end."""
        if text is None:
            self._since, self._start, self._text, self._is_suspect = None, None, "", True
            return
        if self._since is None:  # it came into being: what was collected counts from here
            self._since, self._is_suspect = now, True
        number = _number(text)
        self._text, self._is_suspect = text[:LONGEST_TEXT], self._is_suspect or len(text) > LONGEST_TEXT
        value = number
        if self.way.mode == "Change" and number is not None:
            value = None if self._start is None else number - self._start
            self._is_suspect |= value is None or value < 0  # counters that go back were reset
            self._text = _plain(value) if value is not None else ""
            self._start = number
        if value is not None:
            self._take(value)

    def end(self, now: float, text: str | None) -> None:
        """The interval ends with this value, and the next one begins."""
        self.look(now, text)
        self.samples.append(self._sample(now))
        self.begin(now, text)

    def preview(self, now: float, text: str | None) -> Sample:
        """What the interval would come to if it ended now; nothing of it is kept."""
        as_if = copy(self)
        as_if.look(now, text)
        return as_if._sample(now)

    def _clear(self) -> None:
        self._since = self._start = self._least = self._most = None
        self._text = ""
        self._is_suspect = False
        self._count, self._sum = 0, Decimal(0)
        self._bins = (0,) * max(0, len(self.way.boundaries) - 1)

    def _take(self, value: Decimal) -> None:
        self._count, self._sum = self._count + 1, self._sum + value
        self._least = value if self._least is None else min(self._least, value)
        self._most = value if self._most is None else max(self._most, value)
        self._bins = tuple(
            count + (low is not None and low <= value and (high is None or value < high))
            for count, (low, high) in zip(self._bins, pairwise(self.way.boundaries), strict=True)
        )
        if self.way.has_thresholds:
            now_in = 1 if value >= self.way.high else -1 if value <= self.way.low else 0
            self.failures += now_in not in (0, self._range)
            self._range = now_in

    def _sample(self, now: float) -> Sample:
        seconds = 0 if self._since is None else round(now - self._since)
        return Sample(seconds, self._told(), self._bins, self._is_suspect)

    def _told(self) -> str:
        match self.way.calculation:
            case "Histogram":
                return ""
            case "Minimum" if self._least is not None:
                return _plain(self._least)
            case "Maximum" if self._most is not None:
                return _plain(self._most)
            case "Average" if self._count:
                return _plain((self._sum / self._count).quantize(THOUSANDTH))
        return self._text  # a text that is no number can only be the latest (TR-181, CalculationMode)


def boundaries(texts: Sequence[str]) -> tuple[Decimal | None, ...]:
    """HistogramBinBoundaries; ValueError unless they rise, and only the last is open."""
    if len(texts) > MOST_BINS:
        raise ValueError(f"at most {MOST_BINS} boundaries")
    read = [_number(text.strip()) for text in texts]
    closed = read[:-1] if texts and not texts[-1].strip() else read
    if None in closed or any(low >= high for low, high in pairwise(closed) if low is not None and high is not None):
        raise ValueError("boundaries are rising numbers; the last may be empty")
    return tuple(read)


def _number(text: str) -> Decimal | None:
    return Decimal(text) if NUMBER.fullmatch(text) else None


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
