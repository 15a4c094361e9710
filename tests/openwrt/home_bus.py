"""The home router's bus: a ubusd of the tests' own, and on it those whom the agent asks."""

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from backends.ubus import BusService, Kind, Method, Published, Request
from tests.fakes.ubusd import FakeUbusd
from tests.openwrt.home_answers import ANSWERS, TOLD
from tests.waiting import PATIENCE

NOT_FOUND: Final = 4
ANYTHING: Final = dict.fromkeys(
    ("name", "interface", "device", "section", "type", "data", "addr", "reason", "deauth", "ban_time", "signal"),
    Kind.UNSPEC,
)
Handle = Callable[[Request], None]


class HomeBus:
    """In threads of its own. ``asked``: how often each method was, with its arguments; ``told``: what was done."""

    def __init__(self, path: Path) -> None:
        self.asked: Counter[tuple[str, str, str]] = Counter()
        self.told: list[tuple[str, str, dict[str, object]]] = []
        path.parent.mkdir(parents=True, exist_ok=True)
        self._bus = FakeUbusd(path)
        self._service = BusService(path)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._service.run, args=(self._stop,), daemon=True)
        for name in {**ANSWERS, **TOLD}:
            methods = {method: Method(self._answering(name, method), ANYTHING) for method in ANSWERS.get(name, ())}
            methods |= {method: Method(self._noting(name), ANYTHING) for method in TOLD.get(name, ())}
            self._service.publish(Published(name, methods))

    def __enter__(self) -> Self:
        self._bus.start()
        there = threading.Event()
        self._service.on_connect(there.set)
        self._thread.start()
        assert there.wait(PATIENCE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._service.wake()
        self._thread.join(PATIENCE)
        self._service.close()
        self._bus.stop()

    def _answering(self, name: str, method: str) -> Handle:
        answer = ANSWERS[name][method]

        def handle(request: Request) -> None:
            self.asked[name, method, str(sorted(request.arguments.items()))] += 1
            found = answer(request.arguments)
            request.answer(found, 0 if found is not None else NOT_FOUND)

        return handle

    def _noting(self, name: str) -> Handle:
        def handle(request: Request) -> None:
            self.told.append((name, request.method, dict(request.arguments)))
            request.answer({})

        return handle
