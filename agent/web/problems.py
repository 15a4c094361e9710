"""An error of the daemon's as an HTTP status and one of the API's words; a refusal names its parameters."""

from collections.abc import Mapping
from typing import Any, Final

from agent.web.responses import Response, problem

STATUS: Final[Mapping[str, tuple[int, str]]] = {
    "agent_down": (503, "agent_down"),
    "timeout": (503, "agent_down"),
    "busy": (409, "busy"),
    "unavailable": (503, "agent_down"),
    "internal": (500, "internal"),
    "unknown_verb": (404, "not_found"),
    "unknown_session": (404, "not_found"),
    "no_capture": (404, "not_found"),
    "unknown": (404, "not_found"),
    "bad_request": (400, "bad_request"),
    "wrong_code": (401, "wrong_code"),
    "changed_meanwhile": (401, "wrong_password"),
    "too_many_tries": (429, "too_many_tries"),
    "not_saved": (507, "not_saved"),
}
"""By the daemon's word; any other is a refusal."""


def translated(error: Mapping[str, Any], *, is_change: bool = False) -> Response:
    """The answer for an ``error`` of the daemon's; to who only reads, what is not there is not found."""
    code = str(error.get("code", ""))
    message, next_step = str(error.get("message", code)), str(error.get("next", ""))
    status, word = STATUS.get(code, (422, "refused"))
    if not is_change and code in ("unknown_path", "invalid_arguments"):
        status, word = (404, "not_found") if code == "unknown_path" else (400, "bad_request")
    if status != 422:
        return problem(status, word, message, next_step)
    refusals = error.get("refusals") or [error]
    parameters = [
        {"path": one.get("path", ""), "code": one.get("code", ""), "message": one.get("message", "")}
        for one in refusals
    ]
    return problem(status, word, message, next_step, parameters=parameters)
