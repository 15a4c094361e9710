"""An error of the daemon's comes as a status and a word of the API's."""

import json
from typing import Any

import pytest

from agent.web.problems import translated


def told(error: dict[str, Any], **how: bool) -> tuple[int, dict[str, Any]]:
    answer = translated(error, **how)
    assert isinstance(answer.body, bytes)
    return answer.status, json.loads(answer.body)["error"]


@pytest.mark.parametrize(
    ("code", "status", "word"),
    [
        ("agent_down", 503, "agent_down"),
        ("timeout", 503, "agent_down"),
        ("busy", 409, "busy"),
        ("internal", 500, "internal"),
        ("unknown_path", 404, "not_found"),
        ("unknown_session", 404, "not_found"),
        ("no_capture", 404, "not_found"),
        ("unknown", 404, "not_found"),
        ("invalid_arguments", 400, "bad_request"),
        ("wrong_code", 401, "wrong_code"),
        ("denied", 422, "refused"),
        ("no_acs", 422, "refused"),
    ],
)
def test_each_word_has_its_status(code: str, status: int, word: str) -> None:
    found, error = told({"code": code, "message": "what", "next": "next"})
    assert (found, error["code"], error["message"], error["next"]) == (status, word, "what", "next")


def test_what_the_model_refuses_names_each_parameter() -> None:
    refusals = [{"path": "Device.A", "code": "denied", "message": "no", "next": "x"}, {"code": "invalid_value"}]
    _, error = told({"code": "denied", "message": "no; no", "refusals": refusals}, is_change=True)
    assert error["parameters"] == [
        {"path": "Device.A", "code": "denied", "message": "no"},
        {"path": "", "code": "invalid_value", "message": ""},
    ]


def test_to_who_changes_an_unknown_path_is_a_refusal() -> None:
    assert told({"code": "unknown_path", "path": "Device.X"}, is_change=True)[0] == 422
