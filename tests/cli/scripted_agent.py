"""An agent whose answers are written down: the real control socket, and an owner that says what the test tells it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agent.runtime.control import ControlServer, Stream

Reply = dict[str, Any]


@contextmanager
def scripted_agent(
    path: Path, answers: Mapping[str, Reply], streams: Mapping[str, Stream] | None = None
) -> Iterator[list[tuple[str, Reply]]]:
    """Serve the answers on a socket; gives the list of what was asked, in its order."""
    asked: list[tuple[str, Reply]] = []

    def owner(verb: str, arguments: Reply, answer: Any) -> None:
        asked.append((verb, arguments))
        answer(answers[verb])

    server = ControlServer(path, owner, streams)
    server.start()
    try:
        yield asked
    finally:
        server.stop()
