"""Orders as JSON, and what is kept of one that is over."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from agent.modules.orders import INSTALL, UNINSTALL, Asked, Order, Result, order_from_json, order_to_json

ASKED = Asked(INSTALL, "http://x/one", "", "", "me", "hunter2", None)
RESULT = Result(INSTALL, "0" * 36, "1.0", "Installed", True, "Device.1", ("Device.2",), 1.5, None, 0, "")
ORDER = Order(7, "key", (ASKED, Asked(UNINSTALL, uuid="1")), ((RESULT,),), 2)


def test_an_order_is_the_same_after_it_was_written_and_read() -> None:
    assert order_from_json(json.loads(json.dumps(order_to_json(ORDER)))) == ORDER


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("number", "7"),
        ("command_key", None),
        ("operations", []),
        ("operations", [{}]),
        ("tries", None),
        ("results", [[[]]]),
        ("operations", [{**asdict(ASKED), "kind": "Updite"}]),
        ("results", [[{**asdict(RESULT), "complete": 1e300}]]),
    ],
)
def test_what_cannot_have_been_written_is_no_order(name: str, value: Any) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        order_from_json({**order_to_json(ORDER), name: value})


def test_the_password_of_an_operation_that_is_over_is_forgotten() -> None:
    order = Order(1, "", (ASKED,), tries=3).with_results([RESULT])
    assert order.is_complete
    assert order.tries == 0
    assert "hunter2" not in json.dumps(order_to_json(order))
    assert "hunter2" not in repr(ASKED)
