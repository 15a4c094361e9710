"""The ACS's side of a session, turn by turn, without any network."""

import pytest

from agent.lab import bench as bench_module
from agent.lab import soap
from agent.lab.bench import BadTurn, Bench
from agent.lab.records import Device, Session
from agent.lab.rpcs import BadArguments
from tests.lab.cpe import DEVICE, envelope, fault, inform, response, values


def opened(bench: Bench, now: float = 0.0, **options: str) -> Session:
    """A session whose Inform has been answered."""
    message = soap.parse(inform(**options))  # type: ignore[arg-type]
    session = bench.open(message, 1, "http://acs", 0.0, now)
    bench.inform(session, message, 0.0, now)
    assert bench.turn(session, message, now, 0).method == "InformResponse"
    return session


def said(bench: Bench, session: Session, data: bytes = b"", arrived: float = 1.0) -> bench_module.Turn:
    return bench.turn(session, soap.parse(data) if data else None, arrived, len(data))


def device(bench: Bench) -> Device:
    return bench.devices[DEVICE]


def test_a_session_with_nothing_to_ask_ends_with_the_empty_reply() -> None:
    bench = Bench(30)
    session = opened(bench)
    assert said(bench, session).method == ""
    assert session.state == "ended"
    assert device(bench).last_events == ["2 PERIODIC"]


def test_queued_rpcs_go_out_in_their_order_and_their_results_are_kept() -> None:
    bench = Bench(30)
    session = opened(bench)
    first = bench.queue(device(bench), "GetParameterValues", {"names": ["Device.A"]}, 0.0)
    second = bench.queue(device(bench), "Reboot", {}, 0.0)
    turn = said(bench, session)
    assert (turn.method, turn.id, first.state, second.state) == ("GetParameterValues", first.id, "sent", "queued")
    answer = response("GetParameterValues", first.id, values([("Device.A", "5", "unsignedInt")]))
    turn = said(bench, session, answer, arrived=3.0)
    assert (turn.method, turn.response_to, first.state, first.received) == ("Reboot", first, "done", 3.0)
    assert first.result == {"parameters": [{"path": "Device.A", "value": "5", "type": "unsignedInt"}]}
    assert first.response_size == len(answer)
    assert device(bench).known_type("Device.A") == "unsignedInt"
    assert said(bench, session, response("Reboot", second.id)).method == ""
    assert second.state == "done"


def provisioned(bench: Bench, events: tuple[str, ...], **options: str) -> str:
    """What the CPE is asked first in a session with these events."""
    message = soap.parse(inform(*events, **options))  # type: ignore[arg-type]
    session = bench.open(message, 1, "http://acs", 0.0, 0.0)
    bench.inform(session, message, 0.0, 0.0)
    bench.inform(session, message, 0.0, 0.0)  # once more, as after a fault 8005
    bench.turn(session, message, 0.0, 0)
    return said(bench, session).body


def test_no_credentials_are_set_unless_it_is_wanted() -> None:
    assert provisioned(Bench(30), ("0 BOOTSTRAP",)) == ""


def test_at_first_contact_a_device_gets_credentials_of_its_own_and_keeps_its_parameter_key() -> None:
    bench = Bench(30)
    bench.provision = True
    first = bench.queue(bench.expect(DEVICE), "Reboot", {}, 0.0)
    key = [("InternetGatewayDevice.ManagementServer.ParameterKey", "k7", "string")]
    body = provisioned(bench, ("2 PERIODIC",), parameters=key)  # type: ignore[arg-type]
    assert "<Name>InternetGatewayDevice.ManagementServer.ConnectionRequestUsername</Name>" in body
    assert "<ParameterKey>k7</ParameterKey>" in body
    assert list(device(bench).queue) == [first]
    session = device(bench).session
    assert session is not None
    assert session.outstanding is not None
    said(bench, session, response("SetParameterValues", session.outstanding.id, "<Status>0</Status>"))
    assert device(bench).connection_request_user == "lab-acs"
    assert device(bench).connection_request_password in body
    assert "Reboot" in provisioned(bench, ("2 PERIODIC",)) or not device(bench).queue
    other = provisioned(bench, ("2 PERIODIC",), serial="8")
    assert device(bench).connection_request_password not in other


def test_credentials_are_set_again_after_a_bootstrap_but_not_against_a_refusal_or_a_persons_own() -> None:
    bench = Bench(30)
    bench.provision = True
    assert "ConnectionRequestPassword" in provisioned(bench, ("0 BOOTSTRAP",))
    session = device(bench).session
    assert session is not None
    assert session.outstanding is not None
    said(bench, session, fault(9001, session.outstanding.id))
    assert provisioned(bench, ("2 PERIODIC",)) == ""
    own = {"parameters": {"Device.ManagementServer.ConnectionRequestPassword": "mine"}}
    bench.queue(device(bench), "SetParameterValues", own, 0.0)
    assert "mine" in provisioned(bench, ("0 BOOTSTRAP",))
    assert not device(bench).queue
    assert "ConnectionRequestPassword" in provisioned(bench, ("0 BOOTSTRAP",))


def test_a_fault_is_the_result() -> None:
    bench = Bench(30)
    session = opened(bench)
    rpc = bench.queue(device(bench), "SetParameterValues", {"parameters": {"Device.A": "x"}}, 0.0)
    said(bench, session)
    said(bench, session, fault(9003, rpc.id, ("Device.A", 9008)))
    assert rpc.state == "fault"
    assert rpc.result is not None
    assert rpc.result["code"] == 9003
    assert rpc.result["parameters"] == [{"path": "Device.A", "code": 9008, "string": "no"}]
    assert "Device.A" not in device(bench).parameters


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (response("Reboot", "other"), "carries ID 'other'"),
        (response("FactoryReset", "1"), "FactoryResetResponse in answer to Reboot"),
        (b"", "an empty POST in place of the response"),
    ],
)
def test_a_wrong_answer_is_a_fault_without_a_code_and_the_session_goes_on(answer: bytes, reason: str) -> None:
    bench = Bench(30)
    session = opened(bench)
    rpc = bench.queue(device(bench), "Reboot", {}, 0.0)
    said(bench, session)
    turn = said(bench, session, answer)
    assert rpc.state == "fault"
    assert rpc.result is not None
    assert rpc.result["code"] == 0
    assert reason in rpc.result["string"]
    assert turn.remark
    assert session.state == "ended"


def test_a_fault_under_a_wrong_id_counts_with_a_remark() -> None:
    bench = Bench(30)
    session = opened(bench)
    rpc = bench.queue(device(bench), "Reboot", {}, 0.0)
    said(bench, session)
    assert "carries ID" in said(bench, session, fault(9001, "x")).remark
    assert rpc.result is not None
    assert rpc.result["code"] == 9001


def test_values_that_were_set_are_known_and_the_connection_request_password_is_remembered() -> None:
    bench = Bench(30)
    session = opened(bench)
    given = {
        "Device.ManagementServer.ConnectionRequestUsername": "me",
        "Device.ManagementServer.ConnectionRequestPassword": {"value": "secret", "type": "string"},
        "Device.A": True,
    }
    rpc = bench.queue(device(bench), "SetParameterValues", {"parameters": given}, 0.0)
    said(bench, session)
    said(bench, session, response("SetParameterValues", rpc.id, "<Status>0</Status>"))
    known = device(bench)
    assert (known.connection_request_user, known.connection_request_password) == ("me", "secret")
    assert known.parameters["Device.A"][0] == "1"
    assert "Device.ManagementServer.ConnectionRequestPassword" not in known.parameters


def test_requests_of_the_cpe_are_answered_before_and_after_the_empty_reply() -> None:
    bench = Bench(30)
    session = opened(bench)
    request = envelope("<c:GetRPCMethods/>", message_id="q")
    assert said(bench, session, request).method == "GetRPCMethodsResponse"
    assert said(bench, session).method == ""
    turn = said(bench, session, request)
    assert (turn.method, turn.id, session.state) == ("GetRPCMethodsResponse", "q", "open")
    assert said(bench, session).method == ""


def test_a_request_that_is_not_served_gets_fault_8000_and_the_session_goes_on() -> None:
    bench = Bench(30)
    session = opened(bench)
    turn = said(bench, session, envelope("<c:Kicked/>"))
    assert (turn.method, "<FaultCode>8000<" in turn.body) == ("Fault", True)
    assert session.is_open


@pytest.mark.parametrize(
    ("prepare", "data", "reason"),
    [
        (False, inform(), "an Inform inside a session"),
        (False, response("Reboot", "1"), "answers nothing that was asked"),
        (True, envelope("<c:GetRPCMethods/>"), "where the response to Reboot is due"),
    ],
)
def test_what_is_out_of_turn_is_refused_and_changes_nothing(prepare: bool, data: bytes, reason: str) -> None:
    bench = Bench(30)
    session = opened(bench)
    if prepare:
        bench.queue(device(bench), "Reboot", {}, 0.0)
        said(bench, session)
    before = (session.state, session.outstanding)
    with pytest.raises(BadTurn, match=reason):
        said(bench, session, data)
    assert (session.state, session.outstanding) == before


def test_nothing_is_served_before_the_inform_was_accepted() -> None:
    bench = Bench(30)
    message = soap.parse(inform())
    session = bench.open(message, 1, "http://acs", 0.0, 0.0)
    for data in (b"", envelope("<c:GetRPCMethods/>")):
        with pytest.raises(BadTurn, match="accepted"):
            said(bench, session, data)


def test_an_inform_without_an_identity_opens_nothing() -> None:
    bench = Bench(30)
    with pytest.raises(BadTurn, match="SerialNumber"):
        bench.open(soap.parse(inform(serial="")), 1, "http://acs", 0.0, 0.0)
    assert bench.devices == {}


def test_a_silent_session_is_lost_and_its_rpc_is_a_fault() -> None:
    bench = Bench(30)
    session = opened(bench)
    rpc = bench.queue(device(bench), "Reboot", {}, 0.0)
    said(bench, session)
    bench.expire(30.0)
    assert session.is_open
    bench.expire(30.5)
    assert session.state == "lost"
    assert rpc.result == {"code": 0, "string": "session lost: silent for 30 s", "parameters": []}
    with pytest.raises(BadTurn, match="over"):
        said(bench, session)
    bench.expire(500.0)
    assert bench.sessions == {}


def test_a_cpe_may_ask_for_a_longer_silence() -> None:
    bench = Bench(30)
    message = soap.parse(inform(header="<c:SessionTimeout>90</c:SessionTimeout>"))
    session = bench.open(message, 1, "http://acs", 0.0, 0.0)
    bench.expire(60.0)
    assert session.is_open


def test_a_device_has_one_session_and_a_new_one_takes_its_place() -> None:
    bench = Bench(30)
    first = opened(bench)
    second = opened(bench)
    assert (first.state, second.state) == ("lost", "open")
    assert list(device(bench).sessions) == [first, second]


def test_a_session_is_found_by_its_cookie_or_by_its_connection() -> None:
    bench = Bench(30)
    session = opened(bench)
    assert bench.find(session.cookie, 99, cookie_only=True) is session
    assert bench.find(None, 1, cookie_only=False) is session
    assert bench.find(None, 1, cookie_only=True) is None
    assert bench.find("0" * 16, 99, cookie_only=False) is None


def test_rpcs_are_checked_when_they_are_queued() -> None:
    bench = Bench(30)
    with pytest.raises(BadArguments):
        bench.queue(bench.expect("d"), "Reboot", {"nonsense": 1}, 0.0)
    assert bench.rpcs == {}


def test_devices_and_rpcs_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_module, "DEVICES_KEPT", 2)
    monkeypatch.setattr(bench_module, "RPCS_KEPT", 2)
    bench = Bench(30)
    for serial in ("1", "2", "3"):
        opened(bench, serial=serial)
        for _ in range(2):
            bench.queue(bench.devices[f"001122-Box-{serial}"], "Reboot", {}, 0.0)
    assert len(bench.devices) == 2
    assert len(bench.sessions) == 2
    assert len(bench.rpcs) == 2


def test_what_devices_tell_of_their_transfers_is_kept() -> None:
    bench = Bench(30)
    session = opened(bench)
    complete = (
        "<c:TransferComplete><CommandKey>new</CommandKey><FaultStruct><FaultCode>9016</FaultCode><FaultString>gone"
        "</FaultString></FaultStruct><StartTime>2026-03-01T12:00:00Z</StartTime></c:TransferComplete>"
    )
    assert said(bench, session, envelope(complete)).method == "TransferCompleteResponse"
    said(
        bench, session, envelope("<c:RequestDownload><FileType>1 Firmware Upgrade Image</FileType></c:RequestDownload>")
    )
    said(bench, session, envelope("<c:GetRPCMethods/>"))
    assert [(one.method, one.command_key, one.fault_code, one.session) for one in bench.told] == [
        ("TransferComplete", "new", 9016, 1),
        ("RequestDownload", "", 0, 1),
    ]
