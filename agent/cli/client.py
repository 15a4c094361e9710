"""Asks the running agent through its control socket; standard library only, so that every verb starts at once."""

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NoReturn

from agent.control_connection import connected
from agent.settings_form import UCI_FILE

OK: Final = 0
PROBLEM: Final = 1
USAGE: Final = 2
NOT_RUNNING: Final = 3
REFUSED: Final = 4

ANSWER_WITHIN: Final = 90.0  # seconds; more than the agent itself allows its owner
DEFAULT_SOCKET: Final = Path("/run/cpe-agent/control.sock")
DEFAULT_CONFIG: Final = Path("/etc/cpe-agent/agent.toml")

# What the agent answers when it could have done it and will not; any other error is a problem, not a refusal.
_REFUSALS: Final = frozenset(
    {
        "denied",
        "invalid_arguments",
        "invalid_type",
        "invalid_value",
        "not_writable",
        "notification_rejected",
        "refused",
        "resources_exceeded",
        "unknown_path",
    }
)


class Failure(Exception):
    """What a verb could not do: a word for programs, a sentence, the next step, and the exit code."""

    def __init__(self, code: str, message: str, next_step: str, status: int = PROBLEM, **more: Any) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
        self.status = status
        self.document = {"error": {"code": code, "message": message, "next": next_step, **more}}


def socket_path(options: argparse.Namespace) -> Path:
    """Find the socket: --socket, --config, CPE_AGENT_SOCKET, what the usual settings file says, the usual place."""
    if options.socket:
        return Path(options.socket)
    if not options.config and (named := os.environ.get("CPE_AGENT_SOCKET")):
        return Path(named)
    if options.config or os.access(DEFAULT_CONFIG, os.R_OK) or os.access(UCI_FILE, os.R_OK):
        from agent.settings import SettingsError, load

        try:
            return load(Path(options.config) if options.config else None).settings.control_socket()
        except SettingsError as error:
            raise Failure("settings", str(error), "mend the file, or name the socket with --socket", USAGE) from None
    return DEFAULT_SOCKET


def ask(options: argparse.Namespace, verb: str, **arguments: Any) -> dict[str, Any]:
    """Ask one question and return its answer. Raises Failure, also for an answer that is an error."""
    for answer in stream(options, verb, **arguments):
        return answer
    raise Failure("no_answer", "the agent ended while it was asked", "look at its log, then ask again")


def stream(options: argparse.Namespace, verb: str, **arguments: Any) -> Iterator[dict[str, Any]]:
    """Ask, and yield the lines of the answer as they come. Raises Failure."""
    path = socket_path(options)
    try:
        opened = connected(path, ANSWER_WITHIN)
    except OSError as error:
        _explain(error, path)
    with opened as connection:
        try:
            request = {"verb": verb, "arguments": arguments}
            connection.sendall(json.dumps(request, ensure_ascii=False).encode() + b"\n")
            with connection.makefile("rb") as lines:
                for line in lines:
                    if arguments.get("follow"):
                        connection.settimeout(None)  # what comes next comes when it happens
                    yield _answer(line)
        except TimeoutError:
            raise Failure(
                "timeout", "the agent did not answer in time", "look at its log: journalctl -u cpe-agent"
            ) from None
        except (BrokenPipeError, ConnectionResetError):
            raise Failure(
                "no_answer", "the agent ended while it was asked", "look at its log, then ask again"
            ) from None


def _explain(error: OSError, path: Path) -> NoReturn:
    if isinstance(error, PermissionError):
        raise Failure(
            "no_permission",
            f"only the agent's own user may ask on {path}",
            "become that user, mostly root: sudo cpe-agent …",
        ) from None
    if isinstance(error, BlockingIOError):
        raise Failure("busy", "the agent is answering too many requests at once", "try again in a moment") from None
    raise Failure(
        "not_running",
        f"no agent answers on {path}",
        "start one (systemctl start cpe-agent, or cpe-agent run --config FILE), or name its socket with --socket",
        NOT_RUNNING,
    ) from None


def _answer(line: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(line)
        error = answer.get("error")
    except (ValueError, AttributeError):
        raise Failure("no_answer", "what answers is no agent of this kind", "check --socket and the versions") from None
    if error is None:
        return dict(answer)
    more = {key: value for key, value in error.items() if key not in ("code", "message", "next")}
    code = str(error.get("code", "error"))
    raise Failure(code, str(error.get("message", code)), str(error.get("next", "")), _status(code), **more)


def _status(code: str) -> int:
    return REFUSED if code in _REFUSALS else PROBLEM
