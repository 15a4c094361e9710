"""A few threads for what has to wait: they come when there is work and go when there is none for a while."""

import logging
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Final

log = logging.getLogger(__name__)

MOST: Final = 6
IDLE_SECONDS: Final = 10.0

Work = Callable[[], None]


class Pool:
    """Used by one thread; ``tell`` hands it what a worker has to say."""

    def __init__(self, tell: Callable[[Work], None], idle_seconds: float = IDLE_SECONDS) -> None:
        self._tell = tell
        self._idle_seconds = idle_seconds
        self._waiting: SimpleQueue[Work] = SimpleQueue()
        self._unfinished = 0
        self.threads = 0

    def submit(self, work: Work) -> None:
        """Have it done."""
        self._unfinished += 1
        self._waiting.put(work)
        self._have_enough()

    def _have_enough(self) -> None:
        while self.threads < min(MOST, self._unfinished):
            self.threads += 1
            threading.Thread(target=self._run, name="web-worker", daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                work = self._waiting.get(timeout=self._idle_seconds)
            except Empty:
                break
            try:
                work()
            except Exception:
                log.exception("a request to the page could not be served")
            self._tell(self._finished)
        self._tell(self._ended)

    def _finished(self) -> None:
        self._unfinished -= 1

    def _ended(self) -> None:
        self.threads -= 1
        self._have_enough()  # work may have come while it was going
