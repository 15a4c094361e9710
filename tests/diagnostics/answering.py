"""Diagnostics for tests: one that waits until it is told, one that fails, one that breaks."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from backends.diagnostics.failures import DiagnosticFailed

HERE = __name__


@dataclass(frozen=True)
class Found:
    host: str
    when: datetime
    times: tuple[int, ...] = (1, 2)


class Waiting:
    """Runs until ``go`` or until it is cancelled; counts how many are at work."""

    name = "Waiting"
    go: ClassVar[threading.Event] = threading.Event()
    at_work: ClassVar[list[int]] = []
    most_at_work: ClassVar[list[int]] = []

    def run(self, request: Any, progress: Callable[[Mapping[str, Any]], None], cancelled: Callable[[], bool]) -> Any:
        self.at_work.append(1)
        self.most_at_work.append(len(self.at_work))
        progress({"begun": str(request)})
        while not self.go.is_set() and not cancelled():
            time.sleep(0.005)
        self.at_work.pop()
        return Found(str(request), datetime(2026, 6, 1, 12, 0, 0, 7, tzinfo=UTC))


class Failing:
    name = "Failing"

    def run(self, request: Any, progress: Any, cancelled: Any) -> Any:
        raise DiagnosticFailed("Error_NoRouteToHost", "there is no way", Found(str(request), datetime.now(UTC), ()))


class FailingAs:
    """With whatever state it is asked for."""

    name = "FailingAs"

    def run(self, request: Any, progress: Any, cancelled: Any) -> Any:
        raise DiagnosticFailed(str(request), "")


class Broken:
    name = "Broken"

    def run(self, request: Any, progress: Any, cancelled: Any) -> Any:
        return object()
