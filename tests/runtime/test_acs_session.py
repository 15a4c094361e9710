"""A session's thread: what the owner is told for each message, and that it always ends."""

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agent.cwmp.messages import Envelope, GetRPCMethods, GetRPCMethodsResponse
from agent.runtime.acs_session import AcsSession
from agent.runtime.endpoint import AcsEndpoint, Limits
from agent.runtime.events import AcsFound, AcsReplied, AcsUnreachable
from agent.runtime.redactor import Redactor
from agent.runtime.trace import TraceStore
from agent.runtime.wire import Address, connect_through, resolve_by_system
from tests.runtime.raw_server import Connection, RawServer, Request, says, scripted
from tests.waiting import PATIENCE

QUICK = Limits(connect_seconds=2, reply_seconds=3, session_seconds=10)
RESPONSE = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:c="urn:dslforum-org:cwmp-1-2"><e:Header>'
    "<c:ID>1</c:ID></e:Header><e:Body><c:GetRPCMethodsResponse><MethodList/></c:GetRPCMethodsResponse></e:Body></e:Envelope>"
)
QUESTION = Envelope(GetRPCMethods(), id="1")


@dataclass
class Owner:
    """Stands for the core: posts, and waits for what is put into its inbox."""

    session: AcsSession
    inbox: "queue.Queue[AcsReplied | AcsUnreachable]"
    traces: TraceStore
    found: "queue.Queue[AcsFound]"

    def ask(self, envelope: Envelope | None) -> AcsReplied | AcsUnreachable:
        self.session.post(envelope)
        return self.inbox.get(timeout=PATIENCE)


@contextmanager
def session_with(
    server: RawServer, directory: Path, *, limits: Limits = QUICK, username: str = "", password: str = "", **more: Any
) -> Iterator[Owner]:
    inbox: queue.Queue[AcsReplied | AcsUnreachable] = queue.Queue()
    traces = TraceStore(directory, Redactor())
    endpoint = AcsEndpoint(server.url(), username, password)
    trace = traces.open(4, endpoint.url, ())
    describe: Callable[[Envelope | None], str] = lambda envelope: type(envelope.message).__name__ if envelope else "-"  # noqa: E731
    found: queue.Queue[AcsFound] = queue.Queue()

    def put(event: AcsFound | AcsReplied | AcsUnreachable) -> None:
        if isinstance(event, AcsFound):
            found.put(event)
        else:
            inbox.put(event)

    session = AcsSession(4, endpoint, put, trace, describe=describe, limits=limits, **more)
    try:
        yield Owner(session, inbox, traces, found)
    finally:
        session.close("over")
        assert session.join(PATIENCE), "the thread did not end"


def test_where_the_acs_was_found_is_told_before_anything_is_said(tmp_path: Path) -> None:
    with RawServer(scripted(says(204))) as server, session_with(server, tmp_path) as owner:
        assert owner.found.get(timeout=PATIENCE) == AcsFound(4, "127.0.0.1")
        assert not server.requests
        assert owner.ask(QUESTION) == AcsReplied(4, None)
        assert server.connections == 1


def test_each_message_gets_its_answer_and_the_end_closes_the_connection(tmp_path: Path) -> None:
    replies = scripted(says(200, RESPONSE.encode()), says(204))
    with RawServer(replies) as server, session_with(server, tmp_path) as owner:
        answer = owner.ask(QUESTION)
        assert isinstance(answer, AcsReplied)
        assert answer.session == 4
        assert answer.envelope
        assert isinstance(answer.envelope.message, GetRPCMethodsResponse)
        assert owner.ask(None) == AcsReplied(4, None)
        owner.session.close("done")
        assert owner.session.join(PATIENCE)
    assert b"GetRPCMethods" in server.requests[0].body
    assert server.requests[1].body == b""
    assert server.connections == 1
    lines = [(line["kind"], line.get("summary")) for line in owner.traces.session(4)]
    assert lines == [
        ("session", None),
        ("message", "GetRPCMethods"),
        ("exchange", None),
        ("message", "GetRPCMethodsResponse"),
        ("message", "-"),
        ("exchange", None),
        ("message", "-"),
        ("end", None),
    ]
    assert owner.traces.sessions()[0]["outcome"] == "done"


@pytest.mark.parametrize("reply", [says(200), says(204), says(200, b"  \r\n ")])
def test_an_empty_answer_is_none_whatever_its_status(
    reply: Callable[[Connection, Request], None], tmp_path: Path
) -> None:
    with RawServer(scripted(reply)) as server, session_with(server, tmp_path) as owner:
        assert owner.ask(QUESTION) == AcsReplied(4, None)


@pytest.mark.parametrize("body", [b"<html>Welcome</html>", b"hello", b"<", b"\x00\xff", b"<!DOCTYPE x []><x/>"])
def test_what_is_no_envelope_breaks_the_session_with_a_reason(body: bytes, tmp_path: Path) -> None:
    with RawServer(scripted(says(200, body))) as server, session_with(server, tmp_path) as owner:
        answer = owner.ask(QUESTION)
        assert isinstance(answer, AcsUnreachable)
        assert answer.host_answered
        assert answer.reason.startswith("the ACS's reply is no CWMP message: ")
        assert owner.session.join(0) is False  # it waits a little for the owner's last word
    assert [line.get("summary") for line in owner.traces.session(4)][-2:] == ["not a CWMP message", None]
    assert owner.traces.sessions()[0]["outcome"] == "over"


def test_a_failure_is_told_once_and_later_messages_go_nowhere(tmp_path: Path) -> None:
    with RawServer(scripted(says(503))) as server, session_with(server, tmp_path) as owner:
        answer = owner.ask(QUESTION)
        assert answer == AcsUnreachable(4, "the ACS answers 503 Service Unavailable", host_answered=True)
        owner.session.post(None)
        with pytest.raises(queue.Empty):
            owner.inbox.get(timeout=0.2)
    assert len(server.requests) == 1


def test_closing_ends_a_wait_at_once_and_silences_the_session(tmp_path: Path) -> None:
    asked = threading.Event()

    def serve(connection: Connection, _number: int) -> None:
        connection.read()
        asked.set()
        connection.read()

    with RawServer(serve) as server, session_with(server, tmp_path, limits=Limits()) as owner:
        owner.session.post(QUESTION)
        assert asked.wait(PATIENCE)
        began = time.monotonic()
        owner.session.close("the agent was stopped")
        assert time.monotonic() - began < 15  # it would wait for the answer for half a minute
        assert owner.session.join(PATIENCE)
        assert owner.inbox.empty()
    assert owner.traces.sessions()[0]["outcome"] == "the agent was stopped"


def test_a_name_that_is_found_after_the_end_is_not_connected_to(tmp_path: Path) -> None:
    asked, goes_on = threading.Event(), threading.Event()
    connected: list[Address] = []

    def resolve(host: str, port: int) -> list[Address]:
        asked.set()
        goes_on.wait(20)
        return resolve_by_system(host, port)

    def connect(address: Address, seconds: float) -> socket.socket:
        connected.append(address)
        return connect_through("")(address, seconds)

    with (
        RawServer(scripted(says(204))) as server,
        session_with(server, tmp_path, resolve=resolve, connect=connect) as owner,
    ):
        assert asked.wait(PATIENCE)
        owner.session.close("there is a new way to the ACS")
        goes_on.set()
        assert owner.session.join(PATIENCE)
        assert owner.found.empty()
        assert owner.inbox.empty()
    assert connected == []


def test_what_was_ordered_before_a_close_that_overtakes_it_is_not_sent(tmp_path: Path) -> None:
    with RawServer(scripted(says(204))) as server:
        with session_with(server, tmp_path) as owner:
            owner.session.post(QUESTION)
            owner.session.close("changed my mind")
            assert owner.session.join(PATIENCE)
        assert len(server.requests) <= 1
        assert owner.inbox.empty() or server.requests


def test_an_owner_who_falls_silent_does_not_keep_the_session(tmp_path: Path) -> None:
    limits = Limits(session_seconds=0.3)
    with RawServer(scripted(says(204))) as server, session_with(server, tmp_path, limits=limits) as owner:
        assert owner.ask(QUESTION) == AcsReplied(4, None)
        answer = owner.inbox.get(timeout=2)
    assert answer == AcsUnreachable(4, "the session takes too long", host_answered=True)


def test_a_surprise_ends_the_session_and_is_told_without_details(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def resolve(host: str, port: int) -> Any:
        raise RuntimeError("inner details")

    with RawServer(scripted(says(204))) as server, session_with(server, tmp_path, resolve=resolve) as owner:
        assert owner.ask(QUESTION) == AcsUnreachable(4, "internal error", host_answered=False)
    assert "inner details" in caplog.text


def test_the_charset_of_the_http_head_counts(tmp_path: Path) -> None:
    body = RESPONSE.replace("<MethodList/>", "<MethodList><string>\xe4</string></MethodList>").encode("latin-1")
    reply = says(200, body, "Content-Type: text/xml; charset=ISO-8859-1")
    with RawServer(scripted(reply)) as server, session_with(server, tmp_path) as owner:
        answer = owner.ask(QUESTION)
        assert isinstance(answer, AcsReplied)
        assert answer.envelope
        assert isinstance(answer.envelope.message, GetRPCMethodsResponse)
        assert list(answer.envelope.message.method_list) == ["\xe4"]


def test_no_secret_of_the_conversation_is_in_its_trace_or_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    secret_request = RESPONSE.replace("GetRPCMethodsResponse", "Download").replace(
        "<MethodList/>", "<CommandKey/><URL>http://u:canary2@h/</URL><Username/><Password>canary3</Password>"
    )
    challenge = says(401, b"", 'WWW-Authenticate: Digest realm="r",nonce="n",qop="auth"', "Set-Cookie: s=canary4")
    replies = scripted(challenge, says(200, secret_request.encode()))
    with (
        RawServer(replies) as server,
        session_with(server, tmp_path, username="device", password="canary1") as owner,
    ):
        assert isinstance(owner.ask(QUESTION), AcsReplied)
    assert "Digest" in server.requests[1].get("authorization")
    shown = "".join(path.read_text() for path in tmp_path.iterdir()) + caplog.text
    assert "canary" not in shown
    assert "Download" in shown
