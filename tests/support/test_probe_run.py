"""Connection tests against the lab ACS over real HTTP and TLS: each way to succeed, and each failure for real."""

import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.cwmp.messages import DeviceIdStruct, EventStruct, Inform, ParameterValueStruct
from agent.lab.acs import LabAcs
from agent.lab.behaviour import Behaviour
from agent.lab.gate import Auth
from agent.runtime.endpoint import AcsEndpoint, Limits
from agent.runtime.wire import Address, Resolve, resolve_by_system
from agent.support.probe_run import NotNow, ProbeRun, Step, name_servers
from tests.durability.stand import Stand
from tests.netlab.fixtures import make_namespace
from tests.netlab.namespace import Namespace, veth
from tests.runtime.certificates import Authority, Pair, self_signed
from tests.runtime.raw_server import Connection, RawServer, says, scripted
from tests.waiting import PATIENCE

__all__ = ["make_namespace"]

QUICK = Limits(connect_seconds=1, reply_seconds=2, session_seconds=10, addresses=4)
INFORM = Inform(
    device_id=DeviceIdStruct("Maker", "00D09E", "Box", "123"),
    event=[EventStruct("2 PERIODIC")],
    current_time=datetime(2026, 1, 1, tzinfo=UTC),
    parameter_list=[ParameterValueStruct("Device.RootDataModelVersion", "2.19", "string")],
)
ALL = ["dns", "tcp", "tls", "http", "authentication", "inform"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates") / "ca")


@pytest.fixture
def acs() -> Iterator[LabAcs]:
    with LabAcs() as made:
        yield made


def tls(pair: Pair) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    return context


def named(name: str) -> Resolve:
    """A name server that knows one name, for this machine."""

    def resolve(host: str, port: int) -> list[Address]:
        return resolve_by_system("127.0.0.1" if host == name else host, port)

    return resolve


def steps(endpoint: AcsEndpoint | str, lend: Callable[[], Inform] = lambda: INFORM, **options: Any) -> list[Step]:
    told: list[Step] = []
    endpoint = AcsEndpoint(endpoint) if isinstance(endpoint, str) else endpoint
    ProbeRun(endpoint, lend, told.append, **{"limits": QUICK, **options}).run()
    return told


def failed(told: list[Step], step: str) -> Step:
    """The last step is the only one that failed, and it says what to do."""
    assert [one.step for one in told if not one.ok] == [step], told
    assert told[-1].step == step
    assert told[-1].next
    return told[-1]


def names(told: list[Step]) -> list[str]:
    return [one.step for one in told]


# -- it works ---------------------------------------------------------------------------------------------------------


def test_all_steps_of_a_plain_acs_are_told_in_order_and_the_session_ends_politely(acs: LabAcs) -> None:
    told = steps(acs.url)
    assert names(told) == ALL
    assert all(step.ok for step in told)
    assert told[0].what == "127.0.0.1 is an address"
    assert "anybody on the way" in told[2].what
    assert acs.conversation() == ["Inform", "InformResponse", "", ""]
    assert acs.wait_for_session_end(timeout=PATIENCE).state == "ended"
    assert acs.informs[0].events == ("2 PERIODIC",)


def test_the_chain_is_shown_and_which_name_fits(authority: Authority) -> None:
    pair = authority.issue("good", names="DNS:*.example.net, DNS:other.example.org")
    with LabAcs(tls=tls(pair)) as acs:
        url = acs.url.replace("127.0.0.1", "acs.example.net")
        endpoint = AcsEndpoint(url, ca_file=str(authority.pair.certificate))
        told = steps(endpoint, resolve=named("acs.example.net"))
    assert names(told) == ALL
    assert all(step.ok for step in told)
    shown = told[2].details
    assert (shown["version"], shown["matched"], shown["verified"]) == ("TLSv1.3", "*.example.net", True)
    leaf = shown["chain"][0]
    assert (leaf["subject"], leaf["issuer"]) == ("localhost", "Test CA")
    assert leaf["not_before"] == "2020-01-01T00:00:00Z"
    assert leaf["names"] == ["*.example.net", "other.example.org"]
    assert "*.example.net is from Test CA, good until 2049-01-01" in told[2].what


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_digest_is_answered_and_named(algorithm: str) -> None:
    with LabAcs(auth=Auth("digest", "device", "right", (algorithm,))) as acs:
        told = steps(AcsEndpoint(acs.url, "device", "right"))
    assert names(told) == ALL
    assert told[3].what.startswith("answers 401")
    assert told[4].what == f"Digest {algorithm}: user name device and its password are accepted"
    assert told[-1].ok


def test_basic_over_tls_is_answered(authority: Authority) -> None:
    with LabAcs(auth=Auth("basic", "device", "right"), tls=tls(authority.issue("basic"))) as acs:
        told = steps(AcsEndpoint(acs.url, "device", "right", ca_file=str(authority.pair.certificate)))
    assert told[-1].ok
    assert told[4].details == {"scheme": "Basic"}


def test_what_the_acs_asks_for_is_left_to_the_next_session(acs: LabAcs) -> None:
    acs.expect("00D09E-Box-123")
    rpc = acs.queue("00D09E-Box-123", "Reboot", {"command_key": "k"})
    told = steps(acs.url)
    assert told[-1].ok
    assert "work for this device (Reboot), which is left to the next session" in told[-1].what
    assert acs.conversation()[-2:] == ["", "Reboot"]
    assert rpc.state != "done"


def test_a_redirect_is_followed_and_told(acs: LabAcs) -> None:
    with LabAcs(behaviour=Behaviour(redirect_to=acs.url)) as first:
        told = steps(first.url)
        assert names(told) == ALL
        assert told[-1].ok
        assert f"after a redirect to {acs.url}" in told[3].what
        assert told[3].details["redirected_by"] == [first.url]


# -- it does not ------------------------------------------------------------------------------------------------------


def test_a_name_that_does_not_resolve() -> None:
    last = failed(steps("http://acs.invalid/"), "dns")
    assert "acs.invalid is not found" in last.what
    assert "name server" in last.next


def test_a_refused_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    told = steps(f"http://127.0.0.1:{port}/")
    last = failed(told, "tcp")
    assert names(told) == ["dns", "tcp"]
    assert "Connection refused" in last.what
    assert "nothing listens there" in last.next


def test_a_black_hole(make_namespace: Callable[[], Namespace]) -> None:
    home, away = make_namespace(), make_namespace()
    veth(home, "wan", away, "acs")
    home.ip("address add 192.0.2.2/24 dev wan")
    home.ip("neighbour add 192.0.2.1 lladdr 02:00:00:00:00:01 dev wan")  # whose frames nobody takes
    try:
        told = Stand.inside(lambda: steps("http://192.0.2.1:7547/"), home)
    except OSError as refused:
        pytest.skip(f"only root may enter a network namespace: {refused}")
    last = failed(told, "tcp")
    assert "no answer" in last.what
    assert "a firewall on the way drops it" in last.next

    home.ip("address del 192.0.2.2/24 dev wan")
    last = failed(Stand.inside(lambda: steps("http://192.0.2.1:7547/"), home), "tcp")
    assert "there is no route" in last.next


def test_an_interface_that_does_not_exist() -> None:
    last = failed(steps(AcsEndpoint("http://127.0.0.1:7547/", interface="nosuch0")), "tcp")
    assert "no such interface" in last.next or "forbids" in last.next


def certificate_failure(pair: Pair, ca: Path | None, host: str = "localhost") -> Step:
    with LabAcs(tls=tls(pair)) as acs:
        url = acs.url.replace("127.0.0.1", host)
        endpoint = AcsEndpoint(url, ca_file=str(ca or ""))
        told = steps(endpoint, resolve=named(host))
        assert acs.informs == []
    assert names(told) == ["dns", "tcp", "tls"]
    return failed(told, "tls")


def test_an_expired_certificate(authority: Authority) -> None:
    pair = authority.issue("old", start="20200101000000Z", end="20210101000000Z")
    last = certificate_failure(pair, authority.pair.certificate)
    assert "localhost ended at 2021-01-01T00:00:00Z; here it is 20" in last.what
    assert "renewed" in last.next
    assert last.details["chain"][0]["not_after"] == "2021-01-01T00:00:00Z"


def test_a_certificate_that_is_not_valid_yet(authority: Authority) -> None:
    pair = authority.issue("young", start="20480101000000Z")
    last = certificate_failure(pair, authority.pair.certificate)
    assert "begins at 2048-01-01" in last.what
    assert "clock" in last.next


def test_a_wrong_name(authority: Authority) -> None:
    pair = authority.issue("other", names="DNS:acs.example.org, DNS:*.example.net")
    last = certificate_failure(pair, authority.pair.certificate, "wrong.example.com")
    assert "for acs.example.org, *.example.net, not for wrong.example.com" in last.what
    assert last.details["matched"] == ""
    assert last.details["lacks_authority"] is False
    assert "name of the certificate" in last.next


def test_an_unknown_authority(authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other", "Another CA")
    last = certificate_failure(authority.issue("unknown"), other.pair.certificate)
    assert "the chain ends at Test CA" in last.what
    assert "[acs] ca_file" in last.next
    assert last.details["chain"][0]["issuer"] == "Test CA"
    assert last.details["lacks_authority"] is True


def test_a_certificate_that_signs_itself(authority: Authority, tmp_path: Path) -> None:
    last = certificate_failure(self_signed(tmp_path, "alone"), authority.pair.certificate)
    assert "signs itself" in last.what


def test_a_ca_file_that_cannot_be_used(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").touch()
    last = certificate_failure(authority.issue("any"), tmp_path / "empty.pem")
    assert "empty.pem cannot be used" in last.what
    assert "in the settings file" in last.next


def test_a_port_that_speaks_no_tls() -> None:
    def serve(connection: Connection, number: int) -> None:
        connection.stream.recv(4096)
        connection.reply(400, b"this is plain HTTP")

    with RawServer(serve) as server:
        last = failed(steps(server.url().replace("http:", "https:")), "tls")
    assert "speaks no TLS" in last.next


def test_a_client_certificate_that_the_acs_wants(authority: Authority) -> None:
    context = tls(authority.issue("strict"))
    context.load_verify_locations(authority.pair.certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    with LabAcs(tls=context) as acs:
        told = steps(AcsEndpoint(acs.url, ca_file=str(authority.pair.certificate)))
    last = failed(told, "http")
    assert "certificate" in last.what
    assert "[acs] client_certificate" in last.next


def test_an_acs_that_ends_the_connection_before_its_words_arrive_may_want_one_too(authority: Authority) -> None:
    def serve(connection: Connection, number: int) -> None:
        connection.stream.recv(1)
        connection.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.stream.close()

    with RawServer(serve, tls(authority.issue("hasty"))) as server:
        last = failed(steps(AcsEndpoint(server.url(), ca_file=str(authority.pair.certificate))), "http")
    assert "wants a certificate of its client may end" in last.what
    assert "the port" in last.next
    assert "[acs] client_certificate" in last.next


@pytest.mark.parametrize("scheme", ["digest", "basic"])
def test_a_wrong_password(scheme: Any, authority: Authority) -> None:
    with LabAcs(auth=Auth(scheme, "device", "right"), tls=tls(authority.issue("login"))) as acs:
        told = steps(AcsEndpoint(acs.url, "device", "wrong-horse", ca_file=str(authority.pair.certificate)))
        assert acs.informs == []
    assert names(told) == ["dns", "tcp", "tls", "http", "authentication"]
    last = failed(told, "authentication")
    assert last.what == "the ACS does not accept the user name and password (user name device)"
    assert "operator" in last.next
    assert "wrong-horse" not in repr(told)


def test_a_password_that_is_asked_for_and_not_set() -> None:
    with LabAcs(auth=Auth("digest", "device", "right")) as acs:
        assert "none is set" in failed(steps(acs.url), "authentication").what
        assert "no password is set" in failed(steps(AcsEndpoint(acs.url, "device")), "authentication").next


def test_basic_without_tls_is_not_answered() -> None:
    with LabAcs(auth=Auth("basic", "device", "right")) as acs:
        assert "use https://" in failed(steps(AcsEndpoint(acs.url, "device", "right")), "authentication").next


def test_an_acs_that_answers_a_fault(acs: LabAcs) -> None:
    acs.behaviour = Behaviour(faulted_informs=1, inform_fault=8003)
    told = steps(acs.url)
    last = failed(told, "inform")
    assert names(told) == ALL
    assert "8003" in last.what
    assert last.details == {"fault": 8003}
    assert "00D09E-Box-123" in last.next


def test_an_acs_that_wants_the_inform_again_gets_it(acs: LabAcs) -> None:
    acs.behaviour = Behaviour(faulted_informs=2)
    assert steps(acs.url)[-1].ok


def test_a_redirect_that_leads_nowhere(acs: LabAcs) -> None:
    acs.behaviour = Behaviour(redirect_to="http://elsewhere.invalid/")
    last = failed(steps(acs.url), "dns")
    assert last.what.startswith("after the redirect to elsewhere.invalid: ")


def test_a_redirect_to_the_device_itself_is_the_acs_s_mistake(make_namespace: Callable[[], Namespace]) -> None:
    home, away = make_namespace(), make_namespace()
    veth(home, "wan", away, "acs")
    home.ip("address add 192.0.2.2/24 dev wan")
    home.ip("link set lo up")
    away.ip("address add 192.0.2.1/24 dev acs")
    away.ip("link set lo up")
    try:
        with Listening(away, Behaviour(redirect_to="http://127.0.0.1:7547/")) as url:
            last = failed(Stand.inside(lambda: steps(url), home), "http")
    except OSError as refused:
        pytest.skip(f"only root may enter a network namespace: {refused}")
    assert last.what.startswith("the ACS redirects to 127.0.0.1: this machine")
    assert "have the ACS redirect to an address that devices reach" in last.next


def test_an_acs_of_dhcp_s_that_is_this_machine(acs: LabAcs) -> None:
    last = failed(steps(AcsEndpoint(acs.url, is_elsewhere=True)), "tcp")
    assert "have the DHCP server name an ACS elsewhere" in last.next


def test_redirects_without_end(acs: LabAcs) -> None:
    acs.behaviour = Behaviour(redirect_to=acs.url)
    last = failed(steps(acs.url), "http")
    assert "redirects more than" in last.what


@pytest.mark.parametrize(
    ("status", "step", "next_step"),
    [
        (503, "http", "try again later"),
        (404, "http", "path of the URL"),
        (500, "inform", "its log"),
        (400, "inform", "log"),
    ],
)
def test_an_http_status_that_is_no_success(status: int, step: str, next_step: str, acs: LabAcs) -> None:
    acs.behaviour = Behaviour(refused_posts=1, refuse_status=status)
    last = failed(steps(acs.url), step)
    assert f"answers {status}" in last.what
    assert next_step in last.next


def test_a_plain_web_page_is_no_acs() -> None:
    page = b"<!DOCTYPE html><html><head><title>Welcome to\n a server</title></head></html>"
    with RawServer(scripted(says(200, page, "Content-Type: text/html"))) as server:
        told = steps(server.url("/"))
    last = failed(told, "inform")
    assert last.what == 'what answers is a web page ("Welcome to a server"), not an ACS'
    assert last.next == "check host, port and path of the URL"
    with RawServer(scripted(says(405, b"no", "Content-Type: text/html"))) as server:
        assert "takes no messages there" in failed(steps(server.url("/")), "http").next


def test_what_says_nothing_or_speaks_no_http_is_no_acs() -> None:
    with RawServer(scripted(says(204))) as server:
        assert "not an ACS: an empty answer" in failed(steps(server.url("/")), "inform").what
    with RawServer(scripted(lambda connection, _: connection.write(b"SSH-2.0-OpenSSH\r\n"))) as server:
        assert "not HTTP/1.1" in failed(steps(server.url("/")), "http").what
    with RawServer(scripted(lambda connection, _: connection.stream.close())) as server:
        failed(steps(server.url("/")), "http")


def test_an_acs_that_breaks_off_after_it_took_the_inform_is_told(acs: LabAcs) -> None:
    acs.behaviour = Behaviour(drop_at_exchange=2, drops=9)
    last = failed(steps(acs.url), "inform")
    assert "accepts it" in last.what
    assert "but then" in last.what


def test_a_session_that_is_in_the_way_is_told(acs: LabAcs) -> None:
    def lend() -> Inform:
        raise NotNow("a session with the ACS is under way")

    told = steps(acs.url, lend)
    assert names(told) == ["dns", "tcp", "tls", "inform"]
    assert failed(told, "inform").what == "not sent: a session with the ACS is under way"
    assert acs.informs == []


def test_a_cancelled_test_ends_at_once_and_says_nothing_more(acs: LabAcs) -> None:
    acs.behaviour = Behaviour(reply_delay=5)
    told: list[Step] = []

    def lend() -> Inform:
        run.cancel()
        return INFORM

    run = ProbeRun(AcsEndpoint(acs.url), lend, told.append, limits=QUICK)
    run.run()
    assert names(told) == ["dns", "tcp", "tls"]


def test_a_test_bound_to_an_interface_leaves_by_it(make_namespace: Callable[[], Namespace]) -> None:
    home, away = make_namespace(), make_namespace()
    for number, name in enumerate(("wan", "mgmt")):  # the ACS is at the end of both
        veth(home, name, away, f"acs{number}")
        home.ip(f"address add 192.0.2.{2 + number}/24 dev {name}")
    away.ip("address add 192.0.2.1/24 dev acs0")
    away.ip("address add 192.0.2.1/32 dev acs1")
    away.ip("route add 192.0.2.3/32 dev acs1")
    away.ip("link set lo up")
    try:
        with Listening(away) as url:
            told = Stand.inside(lambda: steps(AcsEndpoint(url, interface="mgmt")), home)
    except OSError as refused:
        pytest.skip(f"only root may enter a network namespace: {refused}")
    assert told[-1].ok, told
    assert told[1].details["own_address"] == "192.0.2.3"
    assert told[1].what.endswith("from 192.0.2.3 by mgmt")


class Listening:
    """A lab ACS in a namespace."""

    def __init__(self, place: Namespace, behaviour: Behaviour | None = None) -> None:
        self._place = place
        self._acs = LabAcs("192.0.2.1", behaviour=behaviour)

    def __enter__(self) -> str:
        Stand.inside(self._acs.start, self._place)
        return self._acs.url

    def __exit__(self, *_: object) -> None:
        self._acs.stop()


def test_whom_the_system_asks_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    assert name_servers(str(file)) == []
    assert name_servers(str(tmp_path)) is None
    file.write_text("# nameserver 192.0.2.9\nsearch home\nnameserver 192.0.2.1\nnameserver\n nameserver 2001:db8::1\n")
    assert name_servers(str(file)) == ["192.0.2.1", "2001:db8::1"]
