"""What the ACS is told of transfers; refusals are in the transcript download_refused."""

from dataclasses import replace
from typing import Any

import pytest

from agent.cwmp import messages as m
from agent.model.errors import InvalidArguments, ModelError, UnsupportedProtocol
from agent.transfers.file_types import Outcome
from agent.transfers.orders import FileOrder
from agent.transfers.queue import Asked, Transfer, TransferQueue
from agent.transfers.requests import Policy, TransferRequests, shown
from agent.transfers.url_policy import UrlPolicy
from tests.fakes.transfers import BACKUP, FIRMWARE, Depot

ASKED = m.Download(file_type=FIRMWARE, url="http://files.example/image")
NOON = 1_772_362_800.0


@pytest.fixture
def queue() -> TransferQueue:
    found = TransferQueue("boot")
    Depot().register(found.types)
    return found


def requests(queue: TransferQueue, policy: UrlPolicy | None = None) -> TransferRequests:
    return TransferRequests(queue, lambda: policy or UrlPolicy(), lambda text: text.replace("secret", "***"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://files.example/" + "x" * 256},
        {"username": "u" * 257},
        {"password": "p" * 257},
        {"target_file_name": "t" * 257},
        {"file_type": "X 00D09E " + "y" * 64},
        {"url": "http://files.example/a b"},
        {"url": "http:///nothing"},
        {"url": "http://files.example:0/"},
    ],
)
def test_what_is_too_long_or_no_url_is_a_mistake(queue: TransferQueue, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidArguments):
        requests(queue).accept(replace(ASKED, **wrong), 0.0, None)
    assert queue.is_new


def test_what_is_allowed_is_asked_anew_for_each(queue: TransferQueue) -> None:
    by_ftp = replace(ASKED, url="ftp://files.example/image")
    with pytest.raises(UnsupportedProtocol):
        requests(queue).accept(by_ftp, 0.0, None)
    requests(queue, UrlPolicy(schemes=("ftp",))).accept(by_ftp, 0.0, None)
    with pytest.raises(ModelError):
        requests(queue, UrlPolicy(hosts=("other.example",))).accept(ASKED, 0.0, None)


def test_what_no_answer_can_say_is_told_when_it_has_failed(queue: TransferQueue) -> None:
    requests(queue).accept(replace(ASKED, url="http://[ff02::1]/image"), 0.0, None)  # 9014 is TransferComplete's alone
    assert len(queue) == 1


@pytest.mark.parametrize(
    ("code", "is_upload", "told"),
    [
        (0, False, 0),
        (9013, False, 9010),
        (9004, False, 9010),
        (9020, False, 9020),
        (9016, True, 9011),
        (9012, True, 9012),
    ],
)
def test_codes_are_those_that_the_message_may_have(queue: TransferQueue, code: int, is_upload: bool, told: int) -> None:
    order = FileOrder(ASKED.url, "", "", BACKUP if is_upload else FIRMWARE, 0, "", is_upload, "key")
    one = queue.add(order, "Upload" if is_upload else "Download", 0.0, NOON)
    queue.begins(one, NOON)
    queue.has_failed(one.id, Outcome(code, "the secret is wrong"), 0.0, NOON)
    [waiting] = requests(queue).waiting()
    assert isinstance(waiting.request, m.TransferComplete)
    assert waiting.request.fault_struct == m.FaultStruct(told, "the *** is wrong" if told else "")


def test_unknown_times_are_the_unknown_time(queue: TransferQueue) -> None:
    one = queue.add(FileOrder(ASKED.url, "", "", FIRMWARE, 0, "", False, "key"), "Download", 0.0, None)
    queue.begins(one, None)
    queue.was_sent(one.id, None)
    [waiting] = requests(queue).waiting()
    assert isinstance(waiting.request, m.TransferComplete)
    assert waiting.request.start_time == waiting.request.complete_time == m.UNKNOWN_TIME


def test_the_ways_of_others_are_shown_to_who_asks_for_all(queue: TransferQueue) -> None:
    queue.add(FileOrder(ASKED.url, "", "", FIRMWARE, 7, "x", False, ""), "", 0.0, None)
    assert requests(queue).listed(everybody=False) == []
    assert requests(queue).listed(everybody=True) == [m.AllQueuedTransferStruct("", 1, True, FIRMWARE, 7, "x")]


DONE = Transfer(FileOrder("", "", "", FIRMWARE, 0, "", False, ""), "", Asked("", 0.0, None))
FAILED = replace(DONE, outcome=Outcome(9018))
SENT = replace(DONE, order=replace(DONE.order, file_type=BACKUP, is_upload=True))


@pytest.mark.parametrize(
    ("policy", "wanted"),
    [
        ({"Enable": False}, []),
        ({}, [DONE, FAILED, SENT]),
        ({"TransferTypeFilter": "Upload"}, [SENT]),
        ({"TransferTypeFilter": "Download"}, [DONE, FAILED]),
        ({"ResultTypeFilter": "Failure"}, [FAILED]),
        ({"ResultTypeFilter": "Success"}, [DONE, SENT]),
        ({"FileTypeFilter": [BACKUP]}, [SENT]),
        ({"FileTypeFilter": ["X 00D09E Certificate"]}, []),
    ],
)
def test_the_policy_says_of_which_the_acs_hears(policy: dict[str, Any], wanted: list[Transfer]) -> None:
    values = {"Enable": True, "TransferTypeFilter": "Both", "ResultTypeFilter": "Both", "FileTypeFilter": []} | policy
    assert [one for one in (DONE, FAILED, SENT) if Policy(values.__getitem__).wants(one)] == wanted


def test_a_url_is_shown_without_what_it_should_not_tell() -> None:
    assert shown("https://user:secret@files.example:8443/a/b?token=1#c") == "https://files.example:8443/a/b"
    assert shown("http://[::1") == ""
