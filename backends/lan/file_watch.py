"""Tells at once when certain files change, each by its topic (inotify): nothing is forked."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from backends.inotify import watched

SETTLED: Final = 0.05
"""Seconds without another change: dnsmasq writes its leases in pieces."""
MOST_PIECES: Final = 10
WAIT: Final = 1.0


class FileWatch:
    """Watches files, which may come and go in folders that are there. ``topics`` says what each is told as."""

    def __init__(self, topics: Mapping[Path, str]) -> None:
        self._topics = topics

    def watch(self, tell: Callable[[frozenset[str]], None], stop: threading.Event) -> None:
        """Tell the topics of what changed, until ``stop``. MechanismError without inotify."""
        with watched({path.parent for path in self._topics}, growing=True) as changes:
            while not stop.is_set():
                topics = set(self._topics_of(changes.wait(WAIT)))
                for _ in range(MOST_PIECES if topics else 0):
                    more = changes.wait(SETTLED)
                    if not more:
                        break
                    topics.update(self._topics_of(more))
                if topics:
                    tell(frozenset(topics))

    def _topics_of(self, changed: Iterable[Path]) -> Iterator[str]:
        """A folder stands for all its files: more changed in it than the kernel kept."""
        for one in changed:
            yield from (topic for path, topic in self._topics.items() if one in (path, path.parent))
