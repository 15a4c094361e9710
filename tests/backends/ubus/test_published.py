"""Objects of ours: what the bus shows of them, and which requests reach their methods."""

import threading
from typing import Any

import pytest

from backends.ubus.blobmsg import Kind, decode, encode
from backends.ubus.errors import Status
from backends.ubus.published import SESSION, Document, Method, Published, Request

Outcome = tuple[Document | None, int]
ARGUMENTS = {
    "text": Kind.STRING,
    "switch": Kind.BOOL,
    "number": Kind.INT32,
    "large": Kind.INT64,
    "double": Kind.DOUBLE,
    "list": Kind.ARRAY,
    "table": Kind.TABLE,
    "any": Kind.UNSPEC,
}


def asked(arguments: dict[str, Any], method: str = "echo") -> Outcome:
    outcome: list[Outcome] = []
    request = Request(method, arguments, "root", "root", lambda document, status: outcome.append((document, status)))
    methods = {
        "echo": Method(lambda request: request.answer(request.arguments) and None, ARGUMENTS),
        "fail": Method(lambda request: {}["nothing"]),
    }
    Published("thing", methods).serve(request)
    (only,) = outcome
    return only


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"text": "a", "switch": True, "number": 5, "large": 2**40, "double": 0.5, "list": [1], "table": {"a": 1}},
        {"double": 5},
        {"any": True},
        {"any": {"a": 1}},
        {"any": "a"},
    ],
)
def test_arguments_of_their_kinds_reach_the_method(arguments: dict[str, Any]) -> None:
    assert asked(arguments) == (arguments, Status.OK)


@pytest.mark.parametrize(
    "arguments",
    [
        {"text": 5},
        {"switch": 1},
        {"number": True},
        {"number": "5"},
        {"double": True},
        {"list": {}},
        {"table": []},
        {"other": 1},
    ],
)
def test_others_are_refused_before(arguments: dict[str, Any]) -> None:
    assert asked(arguments) == (None, Status.INVALID_ARGUMENT)


def test_what_is_null_is_absent_and_a_log_in_is_no_argument() -> None:
    assert asked({"text": None, "other": None, SESSION: "0" * 32, "number": 1}) == ({"number": 1}, Status.OK)


def test_a_method_that_is_not_there_and_one_that_fails_are_answered(caplog: pytest.LogCaptureFixture) -> None:
    assert asked({}, "none") == (None, Status.METHOD_NOT_FOUND)
    assert asked({}, "fail") == (None, Status.UNKNOWN_ERROR)
    assert "'fail' over ubus failed" in caplog.text


def test_the_bus_is_shown_each_method_with_the_kinds_of_its_arguments() -> None:
    shown = Published("thing", {"echo": Method(lambda _: None, {"a": Kind.TABLE}), "none": Method(lambda _: None)})
    assert decode(encode(shown.signature())) == {
        "echo": {"a": Kind.TABLE, SESSION: Kind.STRING},
        "none": {SESSION: Kind.STRING},
    }


def test_of_many_who_answer_at_once_one_does() -> None:
    sent: list[Outcome] = []
    request = Request("a", {}, "", "", lambda document, status: sent.append((document, status)))
    told: list[bool] = []
    threads = [threading.Thread(target=lambda: told.append(request.answer({}))) for _ in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum(told) == len(sent) == 1
