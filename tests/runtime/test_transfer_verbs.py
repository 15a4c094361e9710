"""The verb transfers: what people see of transfers, and their say in them."""

from typing import Any

import pytest

from agent.cwmp import messages as m
from agent.runtime import events as on
from agent.runtime.transfer_verbs import STALLED, TransferVerbs
from agent.runtime.transfers import Moved
from agent.transfers.failures import Cause, TransferFailed
from agent.transfers.queue import State
from tests.fakes.transfers import FIRMWARE
from tests.runtime.conversation import Talk, begun

URL = "https://user@files.example/image?token=1"
ASKED = m.Download(command_key="key", file_type=FIRMWARE, url="https://files.example/image?token=1", file_size=12)
CONSENT = m.TimeWindowStruct(0, 600, "4 Confirmation Needed", "A new version. Now?", -1)


@pytest.fixture
def talk() -> Talk:
    return begun()


def verb(talk: Talk, **arguments: Any) -> dict[str, Any]:
    return TransferVerbs(talk.transfers, lambda: talk.moment, talk.delivery.save).answer(arguments)


def asks(talk: Talk, *requests: m.Request) -> None:
    talk.pass_on(on.ConnectionRequested())
    for answer in talk.ends(*requests):
        assert isinstance(answer, m.Response)


def test_what_waits_is_shown_with_its_time_and_without_secrets(talk: Talk) -> None:
    asks(talk, m.Download(file_type=FIRMWARE, url=ASKED.url, username="u", password="hidden", delay_seconds=60))
    [one] = verb(talk)["transfers"]
    assert (one["state"], one["seconds"], one["asked_by"]) == ("waiting", 60, "Download")
    assert one["url"] == "https://files.example/image"
    assert "hidden" not in str(one)
    assert verb(talk)["file_types"]["download"] == [FIRMWARE, "3 Vendor Configuration File"]


def test_what_is_on_its_way_is_shown_with_how_far_it_is(talk: Talk) -> None:
    asks(talk, ASKED)
    shown = list[dict[str, Any]]()
    [job] = talk.jobs

    def tell(told: object) -> None:
        talk.pass_on(on.Told(job.name, told))
        shown.extend(verb(talk)["transfers"])

    job.job(tell)
    assert (shown[0]["state"], shown[0]["done"], shown[0]["total"]) == ("moving", 12, 12)
    assert shown[0]["rate"] == 0
    assert shown[1]["state"] == "taking"


def test_what_waits_for_another_one_says_which(talk: Talk) -> None:
    asks(talk, ASKED, m.Download(file_type=FIRMWARE, url=ASKED.url))
    assert [(one["state"], one["behind"]) for one in verb(talk)["transfers"]] == [("moving", None), ("waiting", "1")]


def test_consent_is_given_here(talk: Talk) -> None:
    asks(talk, m.ScheduleDownload(file_type=FIRMWARE, url=ASKED.url, time_window_list=[CONSENT]))
    [one] = verb(talk)["transfers"]
    assert (one["needs_confirmation"], one["message"]) == (True, "A new version. Now?")
    assert talk.jobs == []
    verb(talk, confirm=one["id"])
    talk.pass_on(None)
    assert len(talk.jobs) == 1
    assert verb(talk)["transfers"][0]["needs_confirmation"] is False


def test_the_window_that_is_shown_is_the_one_that_comes_next(talk: Talk) -> None:
    at_once = m.TimeWindowStruct(1000, 2000, "2 Immediately", "", -1)
    asks(talk, m.ScheduleDownload(file_type=FIRMWARE, url=ASKED.url, time_window_list=[CONSENT, at_once]))
    talk.to(talk.now + 700)
    [one] = verb(talk)["transfers"]
    assert (one["window"], one["needs_confirmation"], one["message"]) == ("2 Immediately", False, "")


def test_a_transfer_is_given_up_here(talk: Talk) -> None:
    asks(talk, m.Download(file_type=FIRMWARE, url=ASKED.url, delay_seconds=60))
    [one] = verb(talk, cancel="1")["transfers"]
    assert (one["state"], one["fault"]) == ("ended", {"code": 9001, "text": "cancelled on the device"})
    assert '"state": "ended"' in talk.documents.texts["delivery"]
    assert verb(talk, cancel="1")["error"]["code"] == "refused"
    assert verb(talk, cancel="2")["error"]["code"] == "unknown"


def test_a_persons_own_is_given_up_and_the_acs_hears_nothing(talk: Talk) -> None:
    verb(talk, fetch="http://files.example/x", file_type=FIRMWARE)
    answer = verb(talk, cancel="1")
    assert answer["transfers"] == []
    assert answer["over"] == [{"id": "1", "code": 0, "text": "cancelled on the device"}]
    talk.pass_on(None)
    assert not talk.in_session


def test_how_the_last_ones_ended_is_told_also_of_those_that_are_gone(talk: Talk) -> None:
    talk.depot.courier.failures = [TransferFailed(Cause.NO_ACCESS, "it is not there")]
    for _ in range(2):
        verb(talk, fetch="http://files.example/x", file_type=FIRMWARE)
        talk.pass_on(None)
        talk.works()
    answer = verb(talk)
    assert answer["transfers"] == []
    assert [(one["id"], one["code"]) for one in answer["over"]] == [("1", 9016), ("2", 0)]


def test_what_stands_still_has_no_rate(talk: Talk) -> None:
    asks(talk, ASKED)
    [job] = talk.jobs
    talk.pass_on(on.Told(job.name, Moved("1", 5, 12, 1000.0)))
    assert verb(talk)["transfers"][0]["rate"] == 1000
    talk.to(talk.now + STALLED + 1)
    assert verb(talk)["transfers"][0]["rate"] == 0


def test_the_acs_is_asked_for_a_download_from_here(talk: Talk) -> None:
    assert verb(talk, request=FIRMWARE)["requests"] == [FIRMWARE]
    talk.pass_on(None)
    assert verb(talk, request="5 Ringer File")["error"]["code"] == "refused"


def test_a_person_fetches_a_file_and_the_acs_hears_of_it_as_it_wants(talk: Talk) -> None:
    assert verb(talk, fetch="http://files.example/x", file_type="4 Tone File")["error"]["code"] == "refused"
    [one] = verb(talk, fetch="http://files.example/x", file_type=FIRMWARE)["transfers"]
    assert one["asked_by"] == "this machine"
    talk.pass_on(None)
    talk.works()
    assert talk.depot.firmware.taken == [b"new firmware"]
    assert not talk.in_session
    assert talk.delivery.transfers.all == ()


@pytest.mark.parametrize("arguments", [{"cancel": "1", "confirm": "1"}, {"cancel": 1}, {"what": "1"}])
def test_what_makes_no_sense_is_said(talk: Talk, arguments: dict[str, Any]) -> None:
    assert verb(talk, **arguments)["error"]["code"] == "invalid_arguments"


def test_what_cannot_be_saved_is_not_done(talk: Talk) -> None:
    asks(talk, m.Download(file_type=FIRMWARE, url=ASKED.url, delay_seconds=60))
    talk.documents.is_full = True
    assert verb(talk, cancel="1")["error"] == {
        "code": "not_saved",
        "message": "it could not be saved: No space left on device",
        "next": "make room in the state directory",
    }
    assert [one.state for one in talk.delivery.transfers.all] == [State.WAITING]
    assert talk.delivery.events.pending == (), "nor is it told"


def test_a_cancel_that_is_refused_leaves_no_trace_and_the_next_one_leaves_one(talk: Talk) -> None:
    ended: list[tuple[str, int]] = []
    talk.delivery.transfers.ended = lambda one: ended.append((one.id, one.outcome.code))
    asks(talk, m.Download(file_type=FIRMWARE, url=ASKED.url, delay_seconds=60))
    talk.documents.is_full = True
    for _ in range(2):
        verb(talk, cancel="1")
        talk.pass_on(None)
    assert (ended, verb(talk)["over"]) == ([], [])
    talk.documents.is_full = False
    assert [one["id"] for one in verb(talk, cancel="1")["over"]] == ["1"]
    talk.pass_on(None)
    assert ended == [("1", 9001)]


def test_a_cancel_of_the_acs_that_is_refused_leaves_no_trace_either(talk: Talk) -> None:
    ended: list[tuple[str, str]] = []
    talk.delivery.transfers.ended = lambda one: ended.append((one.id, one.outcome.text))
    asks(talk, m.Download(command_key="key", file_type=FIRMWARE, url=ASKED.url, delay_seconds=60))
    talk.pass_on(on.ConnectionRequested())
    talk.says(m.InformResponse())
    talk.documents.is_full = True
    talk.says(m.CancelTransfer("key"))
    assert talk.last_posted().code == 9002
    assert (ended, verb(talk)["over"]) == ([], [])
    talk.documents.is_full = False
    talk.says(m.CancelTransfer("key"))
    assert isinstance(talk.last_posted(), m.CancelTransferResponse)
    assert ended == [("1", "cancelled by the ACS")]
