"""The document of transfers: what was not written by the agent is not believed."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.transfers.document import dumped, read
from agent.transfers.file_types import Outcome
from agent.transfers.orders import FileOrder
from agent.transfers.queue import Asked, State, Transfer, TransferQueue
from agent.transfers.windows import Window

ONE = Transfer(
    FileOrder("http://files.example/x", "user", "secret", "1 Firmware Upgrade Image", 7, "x", False, "key", "3"),
    "ScheduleDownload",
    Asked("boot", 12.5, None),
    windows=(Window(1, 2, "2 Immediately", "", 4),),
    state=State.TAKING,
    arrived=("/tmp/x", 7, "ab"),
    start=1.0,
    outcome=Outcome(9015, "why"),
)


def test_a_transfer_comes_back_as_it_was() -> None:
    assert read(json.loads(json.dumps(dumped(ONE)))) == ONE


def paths(document: Any, so_far: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    return [so_far, *(path for key, value in items for path in paths(value, (*so_far, key)))]


WHOLE = {"acs": "http://a/", "number": 3, "requests": [["4", "1 Firmware Upgrade Image"]], "transfers": [dumped(ONE)]}


@given(st.sampled_from(paths(json.loads(json.dumps(WHOLE)))[1:]), st.sampled_from([None, -1.5, True, "?", [], {}, [1]]))
def test_what_is_damaged_is_refused_or_makes_a_queue(path: tuple[Any, ...], instead: Any) -> None:
    document = copy.deepcopy(json.loads(json.dumps(WHOLE)))
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = instead
    try:
        queue = TransferQueue.load(document, "boot")
    except ValueError:
        return
    queue.next_due(0.0, None)
    queue.dump()


def test_too_many_are_not_ours() -> None:
    with pytest.raises(ValueError, match="no queue"):
        TransferQueue.load({**WHOLE, "transfers": [dumped(ONE)] * 17}, "boot")
