"""Whole sessions with the lab ACS, which shares no code with the agent: each way to log in, each way to be awkward."""

import queue
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.cwmp.messages import DeviceIdStruct, Envelope, EventStruct, Inform, InformResponse, ParameterValueStruct
from agent.lab.acs import LabAcs
from agent.lab.behaviour import Behaviour
from agent.lab.gate import Auth
from agent.runtime.acs_session import AcsSession
from agent.runtime.endpoint import AcsEndpoint, Compression
from agent.runtime.events import AcsFound, AcsReplied, AcsUnreachable
from agent.runtime.redactor import Redactor
from agent.runtime.trace import TraceStore
from tests.runtime.certificates import Authority
from tests.waiting import PATIENCE

SLOW = pytest.mark.slow

INFORM = Envelope(
    Inform(
        device_id=DeviceIdStruct("Maker", "00D09E", "Box", "123"),
        event=[EventStruct("2 PERIODIC")],
        current_time=datetime(2026, 1, 1, tzinfo=UTC),
        parameter_list=[ParameterValueStruct("Device.RootDataModelVersion", "2.19", "string")],
    ),
    id="1",
    version="1.4",
)


def whole_session(endpoint: AcsEndpoint, directory: Path) -> list[AcsReplied | AcsUnreachable]:
    """Inform, empty POST, end; the events that the owner gets."""
    inbox: queue.Queue[AcsReplied | AcsUnreachable] = queue.Queue()
    trace = TraceStore(directory / "traces", Redactor()).open(1, endpoint.url, ())

    def put(event: AcsFound | AcsReplied | AcsUnreachable) -> None:
        if not isinstance(event, AcsFound):
            inbox.put(event)

    session = AcsSession(1, endpoint, put, trace, describe=lambda envelope: "")
    got = []
    for envelope in (INFORM, None):
        session.post(envelope)
        got.append(inbox.get(timeout=PATIENCE))
        if isinstance(got[-1], AcsUnreachable):
            break
    session.close()
    assert session.join(PATIENCE)
    return got


def went_well(got: list[AcsReplied | AcsUnreachable]) -> bool:
    match got:
        case [AcsReplied(envelope=Envelope(message=InformResponse())), AcsReplied(envelope=None)]:
            return True
    return False


@pytest.mark.parametrize("algorithms", [("MD5",), ("SHA-256",), ("MD5", "SHA-256"), ("MD5-sess",), ("SHA-256-sess",)])
@pytest.mark.parametrize("qop", ["auth", *(pytest.param(one, marks=SLOW) for one in ("auth,auth-int", "auth-int", ""))])
def test_every_digest_of_the_lab_is_answered(algorithms: tuple[str, ...], qop: str, tmp_path: Path) -> None:
    auth = Auth("digest", "device", 'pass "word" \xe4', algorithms, qop)
    with LabAcs(auth=auth) as acs:
        assert went_well(whole_session(AcsEndpoint(acs.url, "device", 'pass "word" \xe4'), tmp_path))
        assert len(acs.informs) == 1


def test_a_wrong_password_is_refused_with_the_host_answering(tmp_path: Path) -> None:
    with LabAcs(auth=Auth("digest", "device", "right")) as acs:
        (answer,) = whole_session(AcsEndpoint(acs.url, "device", "wrong"), tmp_path)
    assert answer == AcsUnreachable(1, "the ACS does not accept the user name and password", host_answered=True)


def test_basic_over_tls_and_with_a_client_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "ca")
    server, client = authority.issue("server"), authority.issue("client", names="DNS:device")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server.certificate, server.key)
    context.load_verify_locations(authority.pair.certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    with LabAcs(auth=Auth("basic", "device", "right"), tls=context) as acs:
        endpoint = AcsEndpoint(
            acs.url,
            "device",
            "right",
            ca_file=str(authority.pair.certificate),
            client_certificate=str(client.certificate),
            client_key=str(client.key),
        )
        assert went_well(whole_session(endpoint, tmp_path))


def test_basic_without_tls_is_not_answered(tmp_path: Path) -> None:
    with LabAcs(auth=Auth("basic", "device", "right")) as acs:
        (answer,) = whole_session(AcsEndpoint(acs.url, "device", "right"), tmp_path)
    assert isinstance(answer, AcsUnreachable)
    assert "use https" in answer.reason


AWKWARD = [
    Behaviour(close_each_reply=True, demand_cookie=True),
    Behaviour(close_each_reply=True, demand_cookie=True, nonce_per_connection=True),
    Behaviour(empty_200=True),
    Behaviour(chunked=True),
    Behaviour(gzip_replies=True),
    Behaviour(chunked=True, gzip_replies=True, close_each_reply=True),
    Behaviour(nonce_uses=1),
    Behaviour(nonce_per_connection=True),
    Behaviour(authenticate_inform_only=True),
    Behaviour(undeclared_prefixes=True),
    Behaviour(drop_at_exchange=2),
]
QUICK = (1, 5, 9)
"""Of these, those that are tried each time."""


@pytest.mark.parametrize(
    ("behaviour", "compression"),
    [
        pytest.param(behaviour, compression, marks=() if place in QUICK and compression == "GZIP" else SLOW)
        for place, behaviour in enumerate(AWKWARD)
        for compression in ("GZIP", "Disabled", "Deflate")
    ],
)
def test_an_awkward_acs_gets_its_session(behaviour: Behaviour, compression: Compression, tmp_path: Path) -> None:
    with LabAcs(auth=Auth("digest", "device", "right"), behaviour=behaviour) as acs:
        endpoint = AcsEndpoint(acs.url, "device", "right", compression=compression)
        assert went_well(whole_session(endpoint, tmp_path))
        assert len(acs.informs) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirected_session_stays_where_it_was_sent(status: int, tmp_path: Path) -> None:
    with LabAcs(auth=Auth("digest", "device", "right")) as there:
        behaviour = Behaviour(redirect_to=there.url, redirect_status=status)
        with LabAcs(behaviour=behaviour) as here:
            assert went_well(whole_session(AcsEndpoint(here.url, "device", "right"), tmp_path))
            assert (len(here.informs), len(there.informs)) == (0, 1)


@pytest.mark.parametrize("status", [400, 503])
def test_a_refused_post_breaks_the_session_and_is_not_repeated(status: int, tmp_path: Path) -> None:
    with LabAcs(behaviour=Behaviour(refused_posts=5, refuse_status=status)) as acs:
        (answer,) = whole_session(AcsEndpoint(acs.url), tmp_path)
        assert isinstance(answer, AcsUnreachable)
        assert answer.host_answered
        assert len(acs.exchanges) == 1
