"""Requests of ours: only in a session whose Inform told of them, in order, each until the ACS knows; no storm."""

from dataclasses import dataclass, field

import pytest

from agent.cwmp import messages as m
from agent.cwmp.event_queue import EventQueue
from agent.cwmp.outbox import ENOUGH, FIRST_PAUSE, LONGEST_PAUSE, Outbox, Waiting
from agent.cwmp.session import NO_ANSWER

COMPLETE, AUTONOMOUS, WANTED = "7 TRANSFER COMPLETE", "10 AUTONOMOUS TRANSFER COMPLETE", "9 REQUEST DOWNLOAD"
OWN = m.AutonomousTransferComplete(
    is_download=True, file_type="3 Vendor Configuration File", fault_struct=m.FaultStruct()
)


@dataclass
class Desk:
    """Has requests, and notes which of them are known."""

    events: EventQueue
    requests: list[Waiting] = field(default_factory=list)

    def waiting(self) -> list[Waiting]:
        return list(self.requests)

    def delivered(self, key: str) -> None:
        self.requests = [one for one in self.requests if one.key != key]

    def complete(self, key: str, code: int = 0) -> None:
        self.events.occurred("M Download", key)
        self.requests.append(Waiting(key, m.TransferComplete(key, m.FaultStruct(code)), COMPLETE))

    def own(self, key: str) -> None:
        self.events.occurred(AUTONOMOUS)
        self.requests.append(Waiting(key, OWN, AUTONOMOUS))

    def wanted(self, key: str) -> None:
        self.events.occurred(WANTED)
        self.requests.append(Waiting(key, m.RequestDownload("1 Firmware Upgrade Image"), WANTED))


class Acs:
    """Plays sessions: what it is sent in each, and what it says to it."""

    def __init__(self) -> None:
        self.events = EventQueue()
        self.desk = Desk(self.events)
        self.outbox = Outbox([self.desk], self.events)
        self.now = 1000.0

    def session(self, *answers: m.Response | m.Fault, version: str = "1.4") -> list[m.Request]:
        told = self.events.for_inform()
        self.outbox.begin(told)
        self.events.informed(told)
        given, sent = list(answers), list[m.Request]()
        while request := self.outbox.next_request(version):
            sent.append(request)
            self.outbox.answered(request, given.pop(0) if given else m.response_to(request)(), self.now)
        return sent

    @property
    def pending(self) -> list[str]:
        return [event.code for event in self.events.pending]

    @property
    def is_asked_for(self) -> bool:
        return self.events.opens_session(lambda _: True, self.outbox.put_off)


@pytest.fixture
def acs() -> Acs:
    return Acs()


def test_each_is_sent_once_in_the_order_of_their_owner(acs: Acs) -> None:
    acs.desk.complete("one")
    acs.desk.complete("two")
    acs.desk.own("three")

    sent = acs.session()

    assert [getattr(one, "command_key", "own") for one in sent] == ["one", "two", "own"]
    assert acs.pending == []
    assert acs.session() == []


def test_what_ends_after_the_inform_waits_for_the_next_session(acs: Acs) -> None:
    acs.desk.complete("one")
    acs.outbox.begin(acs.events.for_inform())
    acs.desk.complete("two")
    acs.desk.own("three")

    first = acs.outbox.next_request("1.4")
    assert isinstance(first, m.TransferComplete)
    assert first.command_key == "one"
    acs.outbox.answered(first, m.TransferCompleteResponse(), acs.now)
    assert acs.outbox.next_request("1.4") is None
    assert acs.pending == [COMPLETE, AUTONOMOUS, "M Download"]
    assert len(acs.session()) == 2


def test_the_event_of_several_goes_with_the_last_of_them(acs: Acs) -> None:
    acs.desk.own("one")
    acs.desk.own("two")
    acs.outbox.begin(acs.events.for_inform())
    request = acs.outbox.next_request("1.4")
    assert request is not None
    acs.outbox.answered(request, m.AutonomousTransferCompleteResponse(), acs.now)

    assert acs.pending == [AUTONOMOUS]
    assert acs.session() == [OWN]
    assert acs.pending == []


def test_what_is_taken_back_meanwhile_is_not_sent(acs: Acs) -> None:
    acs.desk.wanted("one")
    acs.outbox.begin(acs.events.for_inform())
    acs.desk.delivered("one")
    assert acs.outbox.next_request("1.4") is None


def test_what_is_refused_asks_for_a_session_again_after_ever_longer_pauses(acs: Acs) -> None:
    acs.desk.complete("one")
    pause = FIRST_PAUSE
    for _ in range(9):
        assert acs.session(m.Fault(8002, "no")) != []
        assert not acs.is_asked_for
        assert acs.outbox.retry_at == acs.now + pause
        acs.now += pause
        pause = min(pause * 2, LONGEST_PAUSE)
    assert acs.pending == [COMPLETE, "M Download"], "it is never discarded"
    assert len(acs.session()) == 1
    assert acs.outbox.retry_at is None


def test_another_one_that_ends_does_not_wait_for_what_was_refused(acs: Acs) -> None:
    acs.desk.complete("one")
    acs.session(m.Fault(8001, "no"))
    acs.desk.complete("two")
    assert acs.is_asked_for
    assert [one.command_key for one in acs.session() if isinstance(one, m.TransferComplete)] == ["one", "two"]


def test_who_never_answers_is_taken_to_have_heard(acs: Acs) -> None:
    acs.desk.complete("one")
    for _ in range(ENOUGH - 1):
        acs.session(NO_ANSWER)
        assert acs.pending == [COMPLETE, "M Download"]
    acs.session(NO_ANSWER)
    assert acs.pending == []
    assert acs.desk.requests == []


def test_who_has_no_such_method_is_asked_no_more_unless_it_has_to_have_it(acs: Acs) -> None:
    unknown = m.Fault(8000, "Method not supported")
    acs.desk.complete("one")
    acs.desk.own("two")
    acs.desk.wanted("three")
    acs.session(unknown, unknown, unknown)
    assert acs.pending == [COMPLETE, "M Download"]


def test_who_speaks_an_older_version_is_told_in_its_words(acs: Acs) -> None:
    acs.desk.complete("one", 9016)
    acs.desk.complete("two", 9020)
    acs.desk.own("three")
    sent = acs.session(version="1.0")
    assert [one.fault_struct.fault_code for one in sent if isinstance(one, m.TransferComplete)] == [9010, 9010]
    assert len(sent) == 2, "CWMP 1.0 has no AutonomousTransferComplete"
    assert acs.pending == []


def test_answers_to_others_are_none_of_its_business(acs: Acs) -> None:
    acs.desk.complete("one")
    acs.outbox.begin(acs.events.for_inform())
    acs.outbox.answered(m.GetRPCMethods(), m.GetRPCMethodsResponse(), acs.now)
    assert acs.outbox.next_request("1.4") is not None
