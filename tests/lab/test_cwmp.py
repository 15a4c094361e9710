"""Sessions over HTTP: cookies, codings, credentials, hostile bodies, and every behaviour that a CPE must bear."""

import gzip
import time
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.lab import cwmp, soap
from agent.lab.acs import LabAcs
from agent.lab.behaviour import Behaviour
from agent.lab.digest import authorization, challenges
from agent.lab.gate import Auth
from agent.lab.http import Limits
from agent.lab.records import Line
from agent.lab.server import server_context
from tests.lab.certificates import client_context, make_certificates
from tests.lab.cpe import DEVICE, Cpe, envelope, exchange_raw, fault, inform, response


@contextmanager
def behaving(**behaviour: Any) -> Iterator[tuple[LabAcs, Cpe]]:
    with LabAcs(behaviour=Behaviour(**behaviour)) as acs, Cpe(acs.port) as cpe:
        yield acs, cpe


def test_a_session_costs_few_bytes(acs: LabAcs, cpe: Cpe) -> None:
    assert cpe.post(inform()).says("InformResponse")
    last = cpe.post()
    assert (last.status, last.body) == (204, b"")
    _, bytes_in, bytes_out = acs.traffic
    assert bytes_out < 500
    assert sum(exchange.bytes_out for exchange in acs.exchanges) == bytes_out
    assert acs.sessions[0].bytes_in == bytes_in
    assert acs.conversation() == ["Inform", "InformResponse", "", ""]


def test_every_byte_is_recorded_as_it_was(acs: LabAcs) -> None:
    body = inform()
    head = b"POST /acs HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    got = exchange_raw(acs.port, head + body)
    [exchange] = acs.exchanges
    assert (exchange.head, exchange.envelope) == (head, body)
    assert exchange.reply_head + exchange.reply_envelope == got
    assert (exchange.bytes_in, exchange.bytes_out) == (len(head) + len(body), len(got))
    assert (exchange.device, exchange.session, exchange.status) == (DEVICE, 1, 200)
    assert exchange.received <= exchange.replied


def test_an_rpc_goes_out_and_its_time_is_taken(acs: LabAcs, cpe: Cpe) -> None:
    cpe.post(inform())
    rpc = acs.queue(DEVICE, "Reboot", {"command_key": "k"})
    asked = cpe.post()
    assert asked.says("Reboot>")
    assert asked.id == rpc.id
    before = time.monotonic()
    time.sleep(0.02)
    assert cpe.post(response("Reboot", asked.id)).status == 204
    assert rpc.state == "done"
    assert rpc.sent is not None
    assert rpc.sent <= before
    assert rpc.seconds is not None
    assert 0.02 <= rpc.seconds < 10


@pytest.mark.parametrize(
    "method",
    ["TransferComplete", "AutonomousTransferComplete", "DUStateChangeComplete", "AutonomousDUStateChangeComplete",
     "RequestDownload", "GetRPCMethods"],
)  # fmt: skip
def test_what_a_cpe_may_ask_is_answered_under_its_id(method: str, cpe: Cpe) -> None:
    cpe.post(inform())
    answer = cpe.post(envelope(f"<c:{method}/>", message_id="my id"))
    assert answer.says(f"{method}Response")
    assert answer.id == "my id"


def test_anything_else_is_answered_with_fault_8000(acs: LabAcs, cpe: Cpe) -> None:
    cpe.post(inform())
    answer = cpe.post(envelope("<c:Kicked/>", message_id="k"))
    assert (answer.status, answer.id) == (200, "k")
    assert "<FaultCode>8000</FaultCode>" in answer.text
    assert acs.conversation()[-2:] == ["Kicked", "Fault"]
    assert cpe.post().status == 204


def test_a_message_without_an_id_is_answered_without_one(cpe: Cpe) -> None:
    cpe.post(inform())
    assert "<s:Header>" not in cpe.post(envelope("<c:GetRPCMethods/>", message_id=None)).text


def test_the_acs_speaks_the_namespace_of_the_cpe(cpe: Cpe) -> None:
    for version in ("1-0", "1-1", "1-2"):
        assert f'"urn:dslforum-org:cwmp-{version}"' in cpe.post(inform(version=version)).text
        cpe.post()
    assert cpe.post(inform(version="9-9")).status == 400


def test_a_session_goes_on_by_its_cookie_on_another_connection(acs: LabAcs, cpe: Cpe) -> None:
    cpe.post(inform())
    acs.queue(DEVICE, "Reboot")
    cpe.reconnect()
    asked = cpe.post()
    cpe.reconnect()
    assert cpe.post(response("Reboot", asked.id)).status == 204
    assert [session.state for session in acs.sessions] == ["ended"]


def test_a_session_goes_on_without_a_cookie_on_its_own_connection_only(cpe: Cpe) -> None:
    cpe.post(inform())
    assert cpe.post(send_cookie=False).status == 204
    cpe.reconnect()
    assert cpe.post(send_cookie=False).status == 400


def test_a_session_starts_with_an_inform(cpe: Cpe) -> None:
    answer = cpe.post()
    assert (answer.status, answer.text) == (400, "a session starts with an Inform\n")


def test_bodies_come_in_gzip_deflate_and_chunks(cpe: Cpe) -> None:
    data = inform()
    raw = zlib.compressobj(wbits=-15)
    for coding, body in (
        ("gzip", gzip.compress(data)),
        ("deflate", zlib.compress(data)),
        ("deflate", raw.compress(data) + raw.flush()),
        ("identity", data),
    ):
        assert cpe.post(body, Content_Encoding=coding).says("InformResponse")
        assert cpe.post().status == 204
    pieces = (data[start : start + 100] for start in range(0, len(data), 100))
    assert "InformResponse" in cpe.request("POST", "/", pieces).text


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"no xml", {}, 400),
        (b"<!DOCTYPE a><a/>", {}, 400),
        (b"<a>" * 200_000, {}, 400),
        (b"\x00\xff" * 1000, {}, 400),
        (inform()[:-20], {}, 400),
        (inform(serial=""), {}, 400),
        (b"plain", {"Content-Encoding": "gzip"}, 400),
        (gzip.compress(inform())[:-9], {"Content-Encoding": "gzip"}, 400),
        (gzip.compress(b" " * (cwmp.MAX_BODY + 1)), {"Content-Encoding": "gzip"}, 413),
        (inform(), {"Content-Encoding": "br"}, 415),
        (inform(), {"Content-Type": "text/xml; charset=utf-7"}, 400),
    ],
)
def test_a_hostile_body_is_refused_and_the_acs_goes_on(
    body: bytes, headers: dict[str, str], status: int, acs: LabAcs, cpe: Cpe
) -> None:
    assert cpe.post(body, **headers).status == status
    cpe.reconnect()
    assert cpe.post(inform()).says("InformResponse")
    assert acs.exchanges[0].status == status


def test_a_body_beyond_the_bound_is_refused_by_its_length(acs: LabAcs, cpe: Cpe) -> None:
    head = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (cwmp.MAX_BODY + 1)
    assert exchange_raw(acs.port, head).startswith(b"HTTP/1.1 413 ")
    assert cpe.post(inform()).status == 200


def test_slow_and_silent_clients_do_not_keep_a_cpe_out() -> None:
    limits = Limits(connections=4, head_time=5.0)
    with LabAcs(limits=limits) as acs, Cpe(acs.port) as cpe:
        slow = [Cpe(acs.port) for _ in range(10)]
        for one in slow:
            one.connection.connect()
            one.connection.sock.sendall(b"POST / HTTP/1.1\r\nContent-Le")
        started = time.monotonic()
        assert cpe.post(inform()).status == 200
        assert time.monotonic() - started < 10
        for one in slow:
            one.close()


def test_a_silent_session_is_lost_in_time() -> None:
    with LabAcs(session_timeout=0.2) as acs, Cpe(acs.port) as cpe:
        cpe.post(inform())
        rpc = acs.queue(DEVICE, "Reboot")
        cpe.post()
        acs.wait(rpc, 5)
        assert rpc.state == "fault"
        assert acs.sessions[0].state == "lost"
        assert cpe.post().status == 400
        assert cpe.post(inform()).status == 200


# --- credentials ----------------------------------------------------------------------------------------------------


def digest_post(cpe: Cpe, body: bytes, user: str = "cpe", password: str = "secret") -> int:
    """Ask, be challenged, answer."""
    first = cpe.post(body)
    if first.status != 401:
        return first.status
    [challenge] = challenges(first.challenges)
    header = authorization(challenge, "POST", "/", user, password, "cn")
    return cpe.post(body, Authorization=header).status


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_every_post_shows_its_digest(algorithm: str) -> None:
    with LabAcs(auth=Auth("digest", "cpe", "secret", (algorithm,))) as acs, Cpe(acs.port) as cpe:
        assert digest_post(cpe, inform(), password="guess") == 401
        assert acs.devices == {}
        assert digest_post(cpe, inform()) == 200
        assert cpe.post().status == 401
        assert digest_post(cpe, b"") == 204
        assert acs.traffic[0] == 7


def test_every_post_shows_its_basic_credentials() -> None:
    with LabAcs(auth=Auth("basic", "cpe", "secret")) as acs, Cpe(acs.port) as cpe:
        assert cpe.post(inform()).challenges == ['Basic realm="lab"']
        assert cpe.post(inform(), Authorization="Basic Y3BlOnNlY3JldA==").status == 200


def test_the_inform_alone_may_need_credentials() -> None:
    auth, behaviour = Auth("basic", "cpe", "secret"), Behaviour(authenticate_inform_only=True)
    with LabAcs(auth=auth, behaviour=behaviour) as acs, Cpe(acs.port) as cpe:
        assert cpe.post(inform()).status == 401
        cpe.post(inform(), Authorization="Basic Y3BlOnNlY3JldA==")
        assert cpe.post().status == 204


def test_a_nonce_may_be_used_up_or_bound_to_its_connection() -> None:
    auth = Auth("digest", "cpe", "secret")
    with LabAcs(auth=auth, behaviour=Behaviour(nonce_per_connection=True)) as acs, Cpe(acs.port) as cpe:
        [challenge] = challenges(cpe.post(inform()).challenges)
        header = authorization(challenge, "POST", "/", "cpe", "secret", "cn")
        cpe.reconnect()
        again = cpe.post(inform(), Authorization=header)
        assert (again.status, "stale=true" in again.challenges[0]) == (401, True)
        acs.behaviour = Behaviour(nonce_uses=1)
        [challenge] = challenges(again.challenges)
        header = authorization(challenge, "POST", "/", "cpe", "secret", "cn")
        assert cpe.post(inform(), Authorization=header).status == 200
        assert "stale=true" in cpe.post(Authorization=header).challenges[0]


def test_sessions_run_over_tls(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path)
    with (
        LabAcs(tls=server_context(certificates.server, certificates.server_key)) as acs,
        Cpe(acs.port, client_context(certificates)) as cpe,
    ):
        assert acs.url.startswith("https://")
        assert cpe.post(inform()).status == 200
        assert cpe.post().status == 204


# --- behaviours -----------------------------------------------------------------------------------------------------


def test_hold_requests_is_in_every_envelope_and_the_empty_reply_lets_go() -> None:
    with behaving(hold_requests=True) as (acs, cpe):
        assert ">1</cwmp:HoldRequests>" in cpe.post(inform()).text
        acs.queue(DEVICE, "Reboot")
        asked = cpe.post()
        assert ">1</cwmp:HoldRequests>" in asked.text
        assert cpe.post(response("Reboot", asked.id)).status == 204
        assert cpe.post(envelope("<c:TransferComplete/>")).says("TransferCompleteResponse")
        assert cpe.post().status == 204


def test_the_connection_closes_after_each_reply() -> None:
    with behaving(close_each_reply=True) as (acs, cpe):
        for body, status in ((inform(), 200), (b"", 204)):
            answer = cpe.post(body)
            assert (answer.status, answer.headers["Connection"]) == (status, "close")
        assert len({exchange.connection for exchange in acs.exchanges}) == 2


def test_the_empty_reply_may_be_a_200() -> None:
    with behaving(empty_200=True) as (_, cpe):
        cpe.post(inform())
        last = cpe.post()
        assert (last.status, last.body, last.headers["Content-Length"]) == (200, b"", "0")


def test_the_first_informs_may_be_asked_for_again() -> None:
    with behaving(faulted_informs=2) as (acs, cpe):
        for _ in range(2):
            assert "<FaultCode>8005</FaultCode>" in cpe.post(inform()).text
        assert cpe.post(inform()).says("InformResponse")
        assert cpe.post().status == 204
        assert len(acs.sessions) == 1
        assert len(acs.informs) == 3


def test_another_fault_to_the_inform_ends_the_session() -> None:
    with behaving(faulted_informs=1, inform_fault=8001) as (acs, cpe):
        assert "<FaultCode>8001</FaultCode>" in cpe.post(inform()).text
        assert cpe.post().status == 400
        assert cpe.post(inform()).says("InformResponse")
        assert len(acs.sessions) == 2


def test_the_first_posts_may_be_refused() -> None:
    with behaving(refused_posts=2, refuse_status=500) as (acs, cpe):
        assert [cpe.post(inform()).status for _ in range(3)] == [500, 500, 200]
        acs.behaviour = Behaviour(refused_posts=1)
        assert cpe.post().status == 503


@pytest.mark.parametrize("status", [302, 307])
def test_posts_may_be_redirected_once_or_for_ever(status: int) -> None:
    with behaving(redirect_to="http://other/acs", redirect_status=status, redirected_posts=1) as (acs, cpe):
        answer = cpe.post(inform())
        assert (answer.status, answer.headers["Location"], answer.body) == (status, "http://other/acs", b"")
        assert cpe.post(inform(), path="/acs").status == 200
        acs.behaviour = Behaviour(redirect_to="/", redirect_status=status)
        assert {cpe.post(inform()).status for _ in range(8)} == {status}


@pytest.mark.parametrize("exchange", [1, 2, 3])
def test_a_connection_may_be_dropped_at_any_exchange_and_the_session_goes_on(exchange: int) -> None:
    with behaving(drop_at_exchange=exchange) as (acs, cpe):
        rpc = acs.queue(acs.expect(DEVICE).id, "Reboot")
        dropped = 0
        bodies = [inform(), b"", response("Reboot", rpc.id)]
        for body in bodies:
            try:
                answer = cpe.post(body)
            except ConnectionError:
                dropped += 1
                cpe.reconnect()
                answer = cpe.post(body)
        assert (answer.status, dropped, rpc.state) == (204, 1, "done")
        assert [each.status for each in acs.exchanges].count(0) == 1


def test_replies_may_be_chunked_and_compressed() -> None:
    with behaving(chunked=True, gzip_replies=True) as (acs, cpe):
        answer = cpe.post(inform())
        assert (answer.headers["Transfer-Encoding"], answer.headers["Content-Encoding"]) == ("chunked", "gzip")
        assert "Content-Length" not in answer.headers
        plain = gzip.decompress(answer.body)
        assert plain == acs.exchanges[0].reply_envelope
        assert b"InformResponse" in plain


def test_a_reply_may_be_late() -> None:
    with behaving(reply_delay=0.2) as (_, cpe):
        started = time.monotonic()
        cpe.post(inform())
        assert time.monotonic() - started >= 0.2


def test_the_version_and_the_namespace_may_be_chosen() -> None:
    with behaving(use_version="1.4", namespace_version="1.0") as (_, cpe):
        first = cpe.post(inform()).text
        assert '<cwmp:UseCWMPVersion s:mustUnderstand="1">1.4</cwmp:UseCWMPVersion>' in first
        assert "urn:dslforum-org:cwmp-1-0" in first
        assert "UseCWMPVersion" not in cpe.post(envelope("<c:GetRPCMethods/>")).text


def test_envelopes_may_use_prefixes_that_nothing_declares() -> None:
    with behaving(undeclared_prefixes=True) as (_, cpe), pytest.raises(ET.ParseError, match="unbound prefix"):
        ET.fromstring(cpe.post(inform()).text)


def test_a_fault_may_be_malformed() -> None:
    with behaving(malformed_fault=True) as (_, cpe):
        cpe.post(inform())
        answer = cpe.post(envelope("<c:Kicked/>"))
        assert "<s:Body:Fault>" in answer.text
        with pytest.raises(ET.ParseError):
            ET.fromstring(answer.text)


def test_the_cookie_may_be_demanded() -> None:
    with behaving(demand_cookie=True) as (_, cpe):
        cpe.post(inform())
        refused = cpe.post(send_cookie=False)
        assert (refused.status, refused.text) == (400, "the session's cookie is missing\n")
        assert cpe.post().status == 204


def test_every_behaviour_is_tried_here() -> None:
    text = Path(__file__).read_text()
    assert [name for name in Behaviour.__slots__ if f"{name}=" not in text and name != "drops"] == []


# --- what is shown --------------------------------------------------------------------------------------------------


def test_the_conversation_is_shown_line_by_line_with_what_was_wrong() -> None:
    lines: list[Line] = []
    with LabAcs(show=lines.append) as acs, Cpe(acs.port) as cpe:
        cpe.post(inform("1 BOOT"))
        given = {"parameters": {"Device.X.Password": "hunter2"}}
        rpc = acs.queue(DEVICE, "SetParameterValues", given)
        cpe.post()
        cpe.post(fault(9003, rpc.id, ("Device.X.Password", 9008)))
        acs.wait_until(lambda: len(lines) >= 6, 5)
    assert [(line.direction, line.what) for line in lines] == [
        ("cpe", "Inform"),
        ("acs", "InformResponse"),
        ("cpe", "(empty)"),
        ("acs", "SetParameterValues"),
        ("cpe", "Fault"),
        ("acs", "(empty)"),
    ]
    assert lines[0].summary.startswith("1 BOOT")
    assert lines[4].details == ("Device.X.Password = 9008 no",)
    assert lines[4].is_bad
    assert lines[4].seconds is not None
    assert "hunter2" not in str(lines)


def test_remarks_about_a_message_follow_it(acs: LabAcs, cpe: Cpe) -> None:
    cpe.post(inform())
    rpc = acs.queue(DEVICE, "GetParameterValues", {"names": ["Device."]})
    cpe.post()
    cpe.post(response("GetParameterValues", rpc.id))
    notes = [line.what for line in acs.sessions[0].lines if line.direction == "note"]
    assert notes == ["ParameterList is missing"]


def test_the_fault_texts_cover_the_codes_of_the_xsd() -> None:
    assert sorted(cwmp.FAULTS) == list(range(8000, 8007))
    assert "Server" in soap.fault_body(8005, cwmp.FAULTS[8005])
