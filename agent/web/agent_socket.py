"""Asks the daemon through its control socket: a verb and its arguments; the JSON lines of the answer as they come."""

import json
from collections.abc import Iterator
from typing import Any, Final

from agent.control_connection import connected

ANSWER_WITHIN: Final = 90.0  # seconds; more than the agent allows its owner
REFUSAL: Final = b'{"schema":1,"error":'
"""How a line begins that says what went wrong."""


class AgentDown(Exception):
    """There is no answer; the text says why."""


class AgentSocket:
    """One control socket; each question has a connection of its own, so any thread may ask."""

    def __init__(self, path: str) -> None:
        self._path = path

    def ask(self, verb: str, **arguments: Any) -> dict[str, Any]:
        """The answer as a document; it may be an error document. Raises AgentDown."""
        answer = json.loads(self.ask_raw(verb, **arguments))
        if not isinstance(answer, dict):
            raise AgentDown("what answers on the control socket is no agent")
        return answer

    def ask_raw(self, verb: str, **arguments: Any) -> bytes:
        """The answer as the line of JSON that it came as: what is only passed on is not read. Raises AgentDown."""
        for line in self.stream(verb, **arguments):
            return line
        raise AgentDown("the agent ended while it was asked")

    def stream(self, verb: str, **arguments: Any) -> Iterator[bytes]:
        """The lines of the answer as they come, without their line ends. Raises AgentDown."""
        asked = json.dumps({"verb": verb, "arguments": arguments}, ensure_ascii=False).encode("utf-8", "replace")
        try:
            with connected(self._path, ANSWER_WITHIN) as connection:
                connection.sendall(asked + b"\n")
                with connection.makefile("rb") as lines:
                    for line in lines:
                        yield line.rstrip(b"\n")
        except OSError as broken:
            raise AgentDown(f"the agent does not answer: {broken.strerror or 'it took too long'}") from None
