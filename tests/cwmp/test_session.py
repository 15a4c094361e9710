"""Whose turn it is: every row of the session table, then any ACS at all."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.cwmp import messages as m
from agent.cwmp.session import (
    MOST_RETRIES,
    UNANSWERED,
    AcsViolation,
    Finished,
    InformRefused,
    Later,
    Post,
    Session,
    SessionFailed,
    Waiting,
)
from tests.shorthand import DEVICE, NOON, valid

INFORM = m.Inform(device_id=DEVICE, event=(m.EventStruct("2 PERIODIC"),), current_time=NOON, parameter_list=())
COMPLETE = m.TransferComplete("key", m.FaultStruct())
RETRY = m.Fault(8005, "Retry request")


@dataclass
class Cpe:
    """A session with its callbacks: ``ours`` waits to be sent, ``heard`` is what came back for it."""

    ours: list[m.Request] = field(default_factory=list)
    answer: Callable[[m.Request], m.Response | m.Fault | Later] = lambda request: m.RebootResponse()
    version: str = "1.4"
    most_requests: int = 100

    def __post_init__(self) -> None:
        self.heard: list[tuple[m.Request, m.Response | m.Fault]] = []
        self.session = Session(
            INFORM,
            self.answer,
            lambda: self.ours.pop(0) if self.ours else None,
            lambda request, response: self.heard.append((request, response)),
            version=self.version,
            most_requests=self.most_requests,
        )
        self.sent = self.session.start()

    def gets(self, message: m.Message | None, **headers: object) -> m.Message | None:
        """What the CPE posts next; None for an empty body. Everything that it posts is valid by the XSDs."""
        outcome = self.outcome(message, **headers)
        assert isinstance(outcome, Post)
        self.sent = outcome
        if outcome.envelope is None:
            return None
        valid(outcome.envelope)
        return outcome.envelope.message

    def outcome(self, message: m.Message | None, **headers: object) -> Post | Waiting | Finished:
        if message is None:
            return self.session.receive(None)
        if isinstance(message, m.Response) and "id" not in headers and self.sent.envelope is not None:
            headers["id"] = self.sent.envelope.id
        return self.session.receive(m.Envelope(message, **headers))  # type: ignore[arg-type]

    def informed(self, **headers: object) -> "Cpe":
        self.gets(m.InformResponse(), **headers)
        return self


# --- the table ----------------------------------------------------------------------------------------------------


def test_a_session_without_business_is_inform_empty_end() -> None:
    cpe = Cpe()
    assert cpe.sent.envelope is not None
    assert cpe.sent.envelope.message is INFORM
    assert cpe.gets(m.InformResponse()) is None
    assert cpe.outcome(None) == Finished()
    assert cpe.session.is_over


def test_the_inform_is_valid_and_offers_every_version() -> None:
    envelope = Cpe().sent.envelope
    assert envelope is not None
    assert envelope.supported_versions == m.VERSIONS
    assert b'xmlns:cwmp="urn:dslforum-org:cwmp-1-2"' in valid(envelope)


def test_events_are_delivered_with_the_inform_response_and_not_before() -> None:
    cpe = Cpe()
    assert not cpe.session.informed
    cpe.gets(RETRY)
    assert (cpe.session.informed, cpe.heard) == (False, [])
    cpe.gets(m.InformResponse())
    assert (cpe.session.informed, cpe.heard) == (True, [(INFORM, m.InformResponse())])


def test_our_requests_come_after_the_inform_response_and_before_the_empty_post() -> None:
    cpe = Cpe(ours=[COMPLETE, m.GetRPCMethods()])
    assert cpe.gets(m.InformResponse()) == COMPLETE
    assert cpe.gets(m.TransferCompleteResponse()) == m.GetRPCMethods()
    assert cpe.gets(m.GetRPCMethodsResponse(("Inform",))) is None
    assert cpe.outcome(None) == Finished()
    assert [response for _, response in cpe.heard[1:]] == [
        m.TransferCompleteResponse(),
        m.GetRPCMethodsResponse(("Inform",)),
    ]


def test_held_requests_wait_until_the_acs_has_nothing_left() -> None:
    cpe = Cpe(ours=[COMPLETE])
    assert cpe.gets(m.InformResponse(), hold_requests=True) is None
    assert cpe.gets(m.Reboot("a"), id="77") == m.RebootResponse()
    assert cpe.gets(None) == COMPLETE
    assert cpe.gets(m.TransferCompleteResponse()) is None
    assert cpe.outcome(None) == Finished()


def test_a_hold_on_the_answer_to_one_request_postpones_the_next() -> None:
    cpe = Cpe(ours=[COMPLETE, m.GetRPCMethods()])
    assert cpe.gets(m.InformResponse()) == COMPLETE
    assert cpe.gets(m.TransferCompleteResponse(), hold_requests=True) is None
    assert cpe.gets(None) == m.GetRPCMethods()
    assert cpe.gets(m.GetRPCMethodsResponse()) is None


def test_a_hold_without_requests_of_ours_ends_at_the_first_empty_answer() -> None:
    cpe = Cpe().informed(hold_requests=True)
    assert cpe.outcome(None) == Finished()


def test_a_request_that_comes_up_after_the_empty_post_waits_for_the_next_session() -> None:
    cpe = Cpe().informed()
    cpe.ours.append(COMPLETE)
    assert cpe.outcome(None) == Finished()
    assert cpe.ours == [COMPLETE]


def test_an_acs_request_is_answered_under_its_own_id() -> None:
    cpe = Cpe().informed()
    assert cpe.gets(m.Reboot("a"), id="<&77>") == m.RebootResponse()
    assert cpe.sent.envelope is not None
    assert cpe.sent.envelope.id == "<&77>"


def test_an_acs_request_without_an_id_is_answered_without_one() -> None:
    cpe = Cpe().informed()
    cpe.gets(m.Reboot("a"))
    assert cpe.sent.envelope is not None
    assert cpe.sent.envelope.id is None


def test_the_acs_may_use_the_informs_id_for_all_its_requests() -> None:
    cpe = Cpe().informed()
    for _ in range(3):
        assert cpe.gets(m.Reboot("a"), id="1") == m.RebootResponse()


def test_a_refusal_is_an_answer_and_the_session_goes_on() -> None:
    cpe = Cpe(answer=lambda request: m.Fault(9005, "Invalid parameter name")).informed()
    assert cpe.gets(m.GetParameterValues(("Device.Nothing",)), id="9") == m.Fault(9005, "Invalid parameter name")
    assert cpe.outcome(None) == Finished()


def test_each_request_of_ours_has_an_id_of_its_own() -> None:
    cpe = Cpe(ours=[COMPLETE, COMPLETE])
    ids = [cpe.sent.envelope.id] if cpe.sent.envelope else []
    for reply in (m.InformResponse(), m.TransferCompleteResponse()):
        cpe.gets(reply)
        ids += [cpe.sent.envelope.id] if cpe.sent.envelope else []
    assert len(set(ids)) == len(ids) == 3


def test_a_request_under_a_header_that_must_be_understood_is_refused_unheard() -> None:
    cpe = Cpe(answer=lambda request: pytest.fail("was obeyed")).informed()
    said = cpe.gets(m.NotUnderstood("Reboot", "Transaction"), id="5")
    assert said == m.Fault(0, "Transaction is not understood", soap_code="MustUnderstand")


def test_an_envelope_around_nothing_is_an_empty_answer() -> None:
    assert Cpe().informed().outcome(m.Nothing()) == Finished()


# --- again ---------------------------------------------------------------------------------------------------------


def test_8005_brings_the_same_inform_again() -> None:
    cpe = Cpe()
    first = cpe.sent
    assert cpe.gets(RETRY) is INFORM
    assert cpe.sent == first
    assert cpe.gets(m.InformResponse()) is None


def test_8005_brings_the_same_request_again() -> None:
    cpe = Cpe(ours=[COMPLETE]).informed()
    first = cpe.sent
    assert cpe.gets(RETRY) == COMPLETE
    assert cpe.sent == first
    assert [request for request, _ in cpe.heard] == [INFORM]


def test_8005_without_end_ends_the_session() -> None:
    cpe = Cpe(ours=[COMPLETE])
    cpe.gets(RETRY)
    cpe.gets(m.InformResponse())
    for _ in range(MOST_RETRIES):
        assert cpe.gets(RETRY) == COMPLETE
    with pytest.raises(AcsViolation, match="again"):
        cpe.gets(RETRY)


@pytest.mark.parametrize("code", [0, 8000, 8002, 8004, 8006, 8800])
def test_any_other_fault_on_the_inform_fails_the_session(code: int) -> None:
    cpe = Cpe()
    with pytest.raises(InformRefused) as refused:
        cpe.outcome(m.Fault(code, "no"))
    assert refused.value.fault == m.Fault(code, "no")
    assert cpe.session.is_over
    assert not cpe.session.informed


def test_a_fault_on_our_request_is_told_and_the_session_goes_on() -> None:
    cpe = Cpe(ours=[m.GetRPCMethods()]).informed()
    assert cpe.gets(m.Fault(8000, "Method not supported"), id="2") is None
    assert cpe.heard[1] == (m.GetRPCMethods(), m.Fault(8000, "Method not supported"))


# --- what some servers do ------------------------------------------------------------------------------------------


def test_an_empty_answer_to_our_request_counts_as_no_answer() -> None:
    cpe = Cpe(ours=[COMPLETE, m.GetRPCMethods()]).informed()
    assert cpe.gets(None) == m.GetRPCMethods()
    assert cpe.heard[1] == (COMPLETE, m.Fault(UNANSWERED, "Internal error: no answer"))


def test_a_request_instead_of_an_answer_to_ours_is_served() -> None:
    cpe = Cpe(ours=[m.GetRPCMethods()]).informed()
    assert cpe.gets(m.Reboot("a"), id="9") == m.RebootResponse()
    assert cpe.heard[1] == (m.GetRPCMethods(), m.Fault(UNANSWERED, "Internal error: no answer"))
    assert cpe.outcome(None) == Finished()


def test_an_answer_without_an_id_is_believed() -> None:
    cpe = Cpe(ours=[COMPLETE]).informed(id=None)
    assert cpe.gets(m.TransferCompleteResponse(), id=None) is None


def test_an_acs_that_asks_without_end_is_left() -> None:
    cpe = Cpe(most_requests=10).informed()
    for _ in range(10):
        cpe.gets(m.Reboot("a"))
    with pytest.raises(AcsViolation, match="without end"):
        cpe.outcome(m.Reboot("a"))


# --- violations ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [None, m.Reboot("a"), m.TransferCompleteResponse()])
def test_the_inform_must_be_answered(first: m.Message | None) -> None:
    with pytest.raises(AcsViolation, match="while the session waits for the InformResponse"):
        Cpe().outcome(first)


@pytest.mark.parametrize("late", [m.InformResponse(), m.RebootResponse(), m.Fault(8002), RETRY])
def test_there_is_no_answer_to_what_was_not_asked(late: m.Message) -> None:
    with pytest.raises(AcsViolation, match="waits for the ACS's next request"):
        Cpe().informed().outcome(late)


def test_the_answer_to_another_method_is_a_violation() -> None:
    with pytest.raises(AcsViolation, match="InformResponse"):
        Cpe(ours=[COMPLETE]).informed().outcome(m.InformResponse())


@pytest.mark.parametrize("message", [m.TransferCompleteResponse(), m.Fault(8002)])
def test_the_answer_under_another_id_is_a_violation(message: m.Message) -> None:
    with pytest.raises(AcsViolation):
        Cpe(ours=[COMPLETE]).informed().outcome(message, id="77")


@pytest.mark.parametrize("more", [None, m.Reboot("a"), m.InformResponse()])
def test_nothing_may_come_after_the_end(more: m.Message | None) -> None:
    cpe = Cpe().informed()
    cpe.outcome(None)
    with pytest.raises(AcsViolation, match="is over"):
        cpe.outcome(more)


def test_a_session_starts_once() -> None:
    with pytest.raises(RuntimeError, match="start"):
        Cpe().session.start()


# --- later ---------------------------------------------------------------------------------------------------------


def test_an_answer_that_takes_time_keeps_the_session_waiting() -> None:
    cpe = Cpe(answer=lambda request: Later()).informed()
    assert cpe.outcome(m.SetParameterValues(()), id="5") == Waiting()
    post = cpe.session.answered(m.SetParameterValuesResponse(0))
    assert post == Post(m.Envelope(m.SetParameterValuesResponse(0), id="5", version="1.3"))
    assert cpe.outcome(None) == Finished()


@pytest.mark.parametrize("message", [None, m.Reboot("a"), RETRY])
def test_the_acs_is_silent_while_we_owe_an_answer(message: m.Message | None) -> None:
    cpe = Cpe(answer=lambda request: Later()).informed()
    cpe.outcome(m.SetParameterValues(()))
    with pytest.raises(AcsViolation, match="owes an answer"):
        cpe.outcome(message)


def test_there_is_no_late_answer_without_a_question() -> None:
    with pytest.raises(RuntimeError, match="answered"):
        Cpe().informed().session.answered(m.RebootResponse())


# --- versions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begun", "namespace", "used", "agreed"),
    [
        ("1.4", "1.0", None, "1.0"),
        ("1.4", "1.1", None, "1.1"),
        ("1.4", "1.2", None, "1.3"),
        ("1.4", "1.2", "1.4", "1.4"),
        ("1.4", "1.2", "1.1", "1.1"),
        ("1.4", "1.2", "9.9", "1.3"),
        ("1.4", "1.3", None, "1.3"),
        ("1.4", "1.4", None, "1.4"),
        ("1.4", None, None, "1.3"),
        ("1.2", "1.2", None, "1.2"),
        ("1.1", "1.2", "1.4", "1.1"),
        ("1.0", "1.1", None, "1.0"),
    ],
)
def test_the_acs_decides_the_version(begun: str, namespace: str | None, used: str | None, agreed: str) -> None:
    cpe = Cpe(ours=[m.GetRPCMethods()], version=begun).informed(version=namespace, use_version=used)
    assert cpe.session.version == agreed
    assert cpe.sent.envelope is not None
    assert cpe.sent.envelope.version == agreed


def test_an_answer_is_in_the_namespace_of_its_question() -> None:
    cpe = Cpe().informed(version="1.2")
    cpe.gets(m.Reboot("a"), version="1.0")
    assert cpe.sent.envelope is not None
    assert cpe.sent.envelope.version == "1.0"


# --- any acs -------------------------------------------------------------------------------------------------------

REPLIES = st.one_of(
    st.none(),
    st.builds(
        m.Envelope,
        st.sampled_from(
            [
                m.InformResponse(),
                m.TransferCompleteResponse(),
                m.GetRPCMethodsResponse(),
                m.RebootResponse(),
                m.Reboot("a"),
                m.GetParameterValues(("Device.",)),
                m.UnknownRequest("X_Dance"),
                m.InvalidRequest("AddObject", "no name"),
                m.NotUnderstood("Reboot", "T"),
                m.Inform(device_id=DEVICE, event=(), current_time=NOON, parameter_list=()),
                m.Nothing(),
                RETRY,
                m.Fault(8000),
                m.Fault(0),
            ]
        ),
        id=st.sampled_from([None, "", "1", "2", "3", "x"]),
        hold_requests=st.booleans(),
        use_version=st.sampled_from([None, "1.0", "1.4", "7"]),
        version=st.sampled_from([None, *m.VERSIONS]),
    ),
)


@settings(max_examples=300, deadline=None)
@given(
    replies=st.lists(st.one_of(st.just(m.Envelope(m.InformResponse())), REPLIES), max_size=60),
    ours=st.lists(st.sampled_from([COMPLETE, m.GetRPCMethods()]), max_size=4),
    puts_off=st.booleans(),
)
def test_no_acs_makes_the_machine_leave_its_table(
    replies: list[m.Envelope | None], ours: list[m.Request], puts_off: bool
) -> None:
    outstanding: list[m.Message] = [INFORM]
    queue = list(ours)

    def next_request() -> m.Request | None:
        assert outstanding == [], "two requests would be outstanding"
        return queue.pop(0) if queue else None

    def on_response(request: m.Request, response: m.Response | m.Fault) -> None:
        assert outstanding == [request]
        outstanding.clear()

    def answer(request: m.Request) -> m.Response | Later:
        assert not isinstance(request, m.NotUnderstood)
        assert session.informed, "obeyed before the Inform was answered"
        return Later() if puts_off else m.RebootResponse()

    session = Session(INFORM, answer, next_request, on_response, most_requests=40)
    session.start()
    for reply in replies:
        was_informed = session.informed
        try:
            outcome = session.receive(reply)
        except SessionFailed:
            assert session.is_over
            break
        assert session.informed == (was_informed or (reply is not None and isinstance(reply.message, m.InformResponse)))
        if isinstance(outcome, Finished):
            assert session.is_over
            assert outstanding == []
            break
        if isinstance(outcome, Waiting):
            outcome = session.answered(m.RebootResponse())
        if outcome.envelope is not None and isinstance(outcome.envelope.message, m.Request):
            assert outstanding in ([], [outcome.envelope.message]), "two requests are outstanding"
            outstanding[:] = [outcome.envelope.message]


@settings(max_examples=100, deadline=None)
@given(reply=REPLIES, ours=st.lists(st.just(COMPLETE), max_size=4))
def test_an_acs_that_says_the_same_for_ever_comes_to_an_end(reply: m.Envelope | None, ours: list[m.Request]) -> None:
    cpe = Cpe(ours=list(ours), most_requests=40).informed()
    for _ in range(40 + MOST_RETRIES * 6 + 20):
        try:
            if isinstance(cpe.session.receive(reply), Finished):
                return
        except SessionFailed:
            return
    pytest.fail("it would go on for ever")
