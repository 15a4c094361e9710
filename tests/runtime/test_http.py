"""What the client does on the wire, seen by a server that scripts every byte."""

import base64
import gzip
import hashlib
import logging
import socket
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from agent.runtime.http import AcsClient, AcsEndpoint, HttpReply, Limits, Turn, Unreachable
from agent.runtime.wire import Address, connect_through, resolve_by_system
from tests.runtime.raw_server import Connection, RawServer, Request, digest_fields, says, scripted

QUICK = Limits(connect_seconds=1, reply_seconds=3, session_seconds=10)


def client_of(url: str, limits: Limits = QUICK, **options: Any) -> AcsClient:
    names = ("username", "password", "compression", "interface", "ca_file", "client_certificate", "client_key")
    endpoint = {name: options.pop(name) for name in names if name in options}
    return AcsClient(AcsEndpoint(url, **endpoint), limits, **options)


def failure_of(act: Callable[[], HttpReply]) -> Unreachable:
    with pytest.raises(Unreachable) as caught:
        act()
    return caught.value


def test_an_envelope_and_an_empty_post_have_exactly_these_heads() -> None:
    with RawServer(scripted(says(200, b"<x/>", "Set-Cookie: session=ab"), says(204))) as server:
        client = client_of(server.url("/acs?a=1"))
        assert client.post(b"<e/>").body == b"<x/>"
        assert client.post(None).body == b""
        client.close()
    inform, empty = (request.raw.decode() for request in server.requests)
    host = f"Host: 127.0.0.1:{server.port}\r\nUser-Agent: cpe-agent\r\n"
    assert inform == (
        f'POST /acs?a=1 HTTP/1.1\r\n{host}Content-Type: text/xml; charset="utf-8"\r\nSOAPAction: \r\n'
        "Content-Length: 4\r\n\r\n<e/>"
    )
    assert empty == f"POST /acs?a=1 HTTP/1.1\r\n{host}Cookie: session=ab\r\nContent-Length: 0\r\n\r\n"


def test_a_body_in_pieces_goes_out_with_its_length_and_not_chunked() -> None:
    with RawServer(scripted(says(204))) as server:
        client_of(server.url()).post(iter([b"<a>" * 50_000, b"</a>"]))
    assert server.requests[0].body == b"<a>" * 50_000 + b"</a>"
    assert server.requests[0].get("transfer-encoding") == ""


def test_a_session_keeps_one_connection() -> None:
    with RawServer(scripted(says(200, b"<x/>"))) as server:
        client = client_of(server.url())
        for _ in range(5):
            client.post(b"<e/>")
    assert server.connections == 1


@pytest.mark.parametrize("says_so", [True, False])
def test_a_server_that_closes_after_each_reply_is_connected_to_again(says_so: bool) -> None:
    def serve(connection: Connection, _number: int) -> None:
        connection.read()
        connection.reply(200, b"<x/>", *(["Connection: close"] if says_so else []), "Set-Cookie: s=1")

    with RawServer(serve) as server:
        client = client_of(server.url())
        assert [client.post(b"<e/>").status for _ in range(3)] == [200, 200, 200]
    assert server.connections == 3
    assert [request.get("cookie") for request in server.requests] == ["", "s=1", "s=1"]


def test_a_connection_that_ends_while_the_next_message_is_on_its_way_is_replaced_once() -> None:
    def serve(connection: Connection, number: int) -> None:
        connection.read()
        if number == 0:
            connection.reply(200, b"<x/>")
        connection.read()  # and not a word in answer, on any later connection either

    with RawServer(serve) as server:
        client = client_of(server.url(), Limits(reply_seconds=0.5))
        client.post(b"<e/>")
        failure = failure_of(lambda: client.post(b"<f/>"))
    assert [request.body for request in server.requests].count(b"<f/>") == 2
    assert failure.host_answered is False  # silence for reply_seconds on the second one


def test_cookies_need_no_path_last_for_the_session_and_can_be_deleted() -> None:
    replies = [
        says(200, b"<x/>", "Set-Cookie: session=abc", "Set-Cookie: other=1; Path=/elsewhere; Max-Age=60"),
        says(200, b"<x/>", "Set-Cookie: other=; Max-Age=0"),
        says(204),
    ]
    with RawServer(scripted(*replies)) as server:
        client = client_of(server.url("/deep/path/acs"))
        for body in (b"<e/>", b"<e/>", None):
            client.post(body)
        client_of(server.url("/deep/path/acs")).post(b"<e/>")
    assert [request.get("cookie") for request in server.requests] == ["", "session=abc; other=1", "session=abc", ""]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_followed_with_the_same_post_and_holds_for_the_session(status: int) -> None:
    with (
        RawServer(scripted(says(200, b"<x/>"))) as there,
        RawServer(scripted(says(status, b"moved", f"Location: {there.url('/new')}"))) as here,
    ):
        client = client_of(here.url())
        client.post(b"<e/>")
        client.post(None)
        client_of(here.url()).post(b"<again/>")
    assert [(request.line, request.body) for request in there.requests] == [
        ("POST /new HTTP/1.1", b"<e/>"),
        ("POST /new HTTP/1.1", b""),
        ("POST /new HTTP/1.1", b"<again/>"),
    ]
    assert [request.body for request in here.requests] == [b"<e/>", b"<again/>"]


def test_a_redirect_may_be_relative_and_set_a_cookie() -> None:
    with RawServer(scripted(says(302, b"", "Location: next", "Set-Cookie: a=b"), says(204))) as server:
        client_of(server.url("/one/two")).post(b"<e/>")
    assert server.requests[1].line == "POST /one/next HTTP/1.1"
    assert server.requests[1].get("cookie") == "a=b"
    assert server.connections == 1


def nobodys_address(address: Address, seconds: float) -> socket.socket:
    """A connector that has this machine at an address of nobody too."""
    host, port = address.socket_address[:2]
    return connect_through("")(Address(address.family, ("127.0.0.1" if host == "192.0.2.1" else host, port)), seconds)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]"])
def test_an_acs_elsewhere_redirects_to_nothing_of_this_machine(host: str) -> None:
    with RawServer(scripted(says(200, b"<x/>"))) as here:
        to = f"http://{host}:{here.port}/admin"
        with RawServer(scripted(says(307, b"", f"Location: {to}"))) as acs:
            endpoint = AcsEndpoint(f"http://192.0.2.1:{acs.port}/")
            client = AcsClient(endpoint, QUICK, connect=nobodys_address)
            failure = failure_of(lambda: client.post(b"<e/>"))
            client.close()
    assert failure.host_answered
    assert "redirects to" in failure.reason
    assert "this machine" in failure.reason
    assert here.connections == 0


def test_an_acs_elsewhere_may_redirect_elsewhere() -> None:
    with (
        RawServer(scripted(says(204))) as there,
        RawServer(scripted(says(307, b"", f"Location: http://192.0.2.1:{there.port}/"))) as acs,
    ):
        client = AcsClient(AcsEndpoint(f"http://192.0.2.1:{acs.port}/"), QUICK, connect=nobodys_address)
        assert client.post(b"<e/>").status == 204
        client.close()


def test_where_dhcp_names_the_acs_its_name_leads_to_nothing_of_this_machine() -> None:
    with RawServer(scripted(says(200, b"<x/>"))) as here:
        for host in ("127.0.0.1", "localhost"):
            client = AcsClient(AcsEndpoint(f"http://{host}:{here.port}/", is_elsewhere=True), QUICK)
            failure = failure_of(lambda client=client: client.post(b"<e/>"))  # type: ignore[misc]
            assert "this machine" in failure.reason
            assert not failure.host_answered
    assert here.connections == 0


def test_five_redirects_are_followed_and_a_sixth_is_not() -> None:
    with RawServer(scripted(*[says(302, b"", "Location: /a")] * 5, says(204))) as server:
        assert client_of(server.url()).post(b"<e/>").status == 204
    with RawServer(scripted(*[says(302, b"", "Location: /a")] * 6, says(204))) as server:
        failure = failure_of(lambda: client_of(server.url()).post(b"<e/>"))
    assert failure.host_answered
    assert "more than 5" in failure.reason


@pytest.mark.parametrize("location", ["", "ftp://x/", "http://", "http://[", "//", "x" * 3000, "http://h:99999/"])
def test_a_redirect_to_nowhere_fails_the_session(location: str) -> None:
    with RawServer(scripted(says(302, b"", f"Location: {location}"))) as server:
        failure = failure_of(lambda: client_of(server.url()).post(b"<e/>"))
    assert failure.host_answered


def checked_digest(request: Request, *, algorithm: str = "MD5", body: bytes | None = None) -> dict[str, str]:
    """The request's Digest fields, its response recomputed here from name "user" and password "pass"."""
    fields = digest_fields(request)

    def hashed(text: str) -> str:
        return hashlib.new(
            {"MD5": "md5", "SHA-256": "sha256"}[algorithm.removesuffix("-sess")], text.encode()
        ).hexdigest()

    a1 = hashed(f"user:{fields['realm']}:pass")
    if algorithm.endswith("-sess"):
        a1 = hashed(f"{a1}:{fields['nonce']}:{fields['cnonce']}")
    a2 = f"POST:{fields['uri']}"
    if fields.get("qop") == "auth-int":
        hasher = hashlib.new({"MD5": "md5", "SHA-256": "sha256"}[algorithm.removesuffix("-sess")], request.body)
        a2 += f":{hasher.hexdigest()}"
    middle = f":{fields['nc']}:{fields['cnonce']}:{fields['qop']}" if "qop" in fields else ""
    assert fields["response"] == hashed(f"{a1}:{fields['nonce']}{middle}:{hashed(a2)}")
    return fields


@pytest.mark.parametrize("algorithm", ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess"])
@pytest.mark.parametrize(
    ("offered", "used"), [("auth", "auth"), ("auth,auth-int", "auth"), ("auth-int", "auth-int"), ("", None)]
)
def test_every_digest_is_answered(algorithm: str, offered: str, used: str | None) -> None:
    qop = f',qop="{offered}"' if offered else ""
    challenge = f'WWW-Authenticate: Digest realm="acs",nonce="n1",algorithm={algorithm}{qop},opaque="o"'
    with RawServer(scripted(says(401, b"who?", challenge), says(200, b"<x/>"))) as server:
        client = client_of(server.url("/acs?q=1"), username="user", password="pass")
        client.post(b"<e/>")
        client.post(None)
    assert server.connections == 1
    assert server.requests[0].get("authorization") == ""
    for count, request in enumerate(server.requests[1:], 1):
        fields = checked_digest(request, algorithm=algorithm)
        assert (fields["uri"], fields["opaque"], fields.get("qop")) == ("/acs?q=1", "o", used)
        assert not used or int(fields["nc"], 16) == count


def test_of_several_challenges_the_strongest_is_answered() -> None:
    challenges = [
        'WWW-Authenticate: Basic realm="b"',
        'WWW-Authenticate: Digest realm="m",nonce="1",qop="auth"',
        'WWW-Authenticate: Digest realm="s",nonce="2",qop="auth",algorithm=SHA-256',
    ]
    with RawServer(scripted(says(401, b"", *challenges), says(204))) as server:
        client_of(server.url(), username="user", password="pass").post(b"<e/>")
    assert checked_digest(server.requests[1], algorithm="SHA-256")["realm"] == "s"


def test_a_stale_nonce_is_replaced_and_a_second_refusal_is_final() -> None:
    def challenge(nonce: str, more: str = "") -> Callable[[Connection, Request], None]:
        return says(401, b"", f'WWW-Authenticate: Digest realm="r",nonce="{nonce}",qop="auth"{more}')

    with RawServer(scripted(challenge("1"), challenge("2", ",stale=true"), says(204))) as server:
        client_of(server.url(), username="user", password="pass").post(b"<e/>")
    assert [checked_digest(request)["nonce"] for request in server.requests[1:]] == ["1", "2"]
    with RawServer(scripted(challenge("1"), challenge("2"))) as server:
        failure = failure_of(client_of(server.url(), username="user", password="pass").post)
    assert len(server.requests) == 2
    assert "does not accept the user name and password" in failure.reason
    assert failure.host_answered


def test_a_nonce_bound_to_its_connection_is_asked_for_again_after_a_reconnect() -> None:
    """GenieACS: the 401 keeps the connection, the nonce is worth nothing on another one."""

    def serve(connection: Connection, number: int) -> None:
        nonce = f"nonce-{number}"
        for request in connection.requests():
            if f'nonce="{nonce}"' in request.get("authorization"):
                connection.reply(200, b"<x/>")
                return  # close: the next message needs a new connection
            connection.reply(
                401, b"Unauthorized", f'WWW-Authenticate: Digest realm="G",qop="auth,auth-int",nonce="{nonce}"'
            )

    with RawServer(serve) as server:
        client = client_of(server.url(), username="user", password="pass")
        assert [client.post(b"<e/>").status for _ in range(3)] == [200, 200, 200]
    assert server.connections == 3
    assert [request.connection for request in server.requests] == [0, 0, 1, 1, 2, 2]


def test_basic_without_tls_is_refused_before_a_byte_of_it_leaves() -> None:
    with RawServer(scripted(says(401, b"", 'WWW-Authenticate: Basic realm="r"'))) as server:
        failure = failure_of(client_of(server.url(), username="user", password="pass").post)
    assert "use https" in failure.reason
    assert len(server.requests) == 1


def test_a_challenge_without_credentials_to_answer_it_says_so() -> None:
    with RawServer(scripted(says(401, b"", 'WWW-Authenticate: Digest realm="r",nonce="n"'))) as server:
        failure = failure_of(client_of(server.url()).post)
    assert "none is set" in failure.reason


def test_credentials_in_the_url_are_neither_sent_nor_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with RawServer(scripted(says(500, b"no", "Content-Type: text/plain"))) as server:
        endpoint = AcsEndpoint(server.url().replace("//", "//me:hunter2@"), "user", "hunter2")
        turns: list[Turn] = []
        failure = failure_of(AcsClient(endpoint, QUICK, on_turn=turns.append).post)
    assert server.requests[0].get("authorization") == ""
    assert failure.reason == "the ACS answers 500 Internal Server Error: no"
    assert "hunter2" not in f"{endpoint!r} {failure!r} {turns} {caplog.text}"


@pytest.mark.parametrize("status", [400, 403, 404, 405, 407, 420, 500, 503, 303, 304])
def test_an_error_status_means_the_host_answered(status: int) -> None:
    with RawServer(scripted(says(status))) as server:
        failure = failure_of(client_of(server.url()).post)
    assert failure.host_answered
    assert str(status) in failure.reason


def test_nobody_listening_means_the_host_did_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    failure = failure_of(client_of(f"http://127.0.0.1:{port}/").post)
    assert failure.reason == f"cannot connect: 127.0.0.1:{port}: Connection refused"
    assert not failure.host_answered


@pytest.mark.parametrize("url", ["", "acs", "ftp://acs/", "http://", "http://acs:0x50/", "http://[::1/", "http://a b/"])
def test_a_url_that_is_none_fails_with_words(url: str) -> None:
    failure = failure_of(client_of(url).post)
    assert "URL" in failure.reason
    assert not failure.host_answered


def test_every_address_of_the_name_is_tried_in_order() -> None:
    with RawServer(scripted(says(204))) as server:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            closed = taken.getsockname()[1]
        asked = []

        def resolve(host: str, port: int) -> list[Address]:
            asked.append((host, port))
            return [
                Address(socket.AF_INET6, ("::1", closed, 0, 0)),
                Address(socket.AF_INET, ("127.0.0.1", closed)),
                Address(socket.AF_INET, ("127.0.0.1", server.port)),
            ]

        reply = client_of("http://acs.example:7547/x", resolve=resolve).post(b"<e/>")
    assert reply.address == f"127.0.0.1:{server.port}"
    assert asked == [("acs.example", 7547)]
    assert server.requests[0].get("host") == "acs.example:7547"


def test_an_address_that_does_not_answer_costs_only_its_share_of_time() -> None:
    with RawServer(scripted(says(204))) as server:
        addresses = [Address(socket.AF_INET, ("192.0.2.1", 80)), Address(socket.AF_INET, ("127.0.0.1", server.port))]
        limits_seen = []

        def connect(address: Address, seconds: float) -> socket.socket:
            limits_seen.append(seconds)
            if address is addresses[0]:
                raise TimeoutError  # as a connection to a host that is not there ends
            return connect_through("")(address, seconds)

        client_of("http://acs.example/", resolve=lambda *_: addresses, connect=connect).post(b"<e/>")
    assert limits_seen == [1, 1]


def test_ipv6_is_spoken() -> None:
    with RawServer(scripted(says(204)), family=socket.AF_INET6) as server:
        reply = client_of(server.url(host="[::1]")).post(b"<e/>")
    assert reply.address == f"[::1]:{server.port}"
    assert server.requests[0].get("host") == f"[::1]:{server.port}"


def test_a_name_without_address_says_so() -> None:
    def resolve(host: str, port: int) -> list[Address]:
        raise socket.gaierror(-2, "Name or service not known")

    failure = failure_of(client_of("http://acs.example/", resolve=resolve).post)
    assert failure.reason == "the name acs.example is not found: Name or service not known"


def test_the_system_resolver_gives_addresses_to_connect_to() -> None:
    assert Address(socket.AF_INET, ("127.0.0.1", 7547)) in resolve_by_system("127.0.0.1", 7547)


def test_an_interface_that_does_not_exist_fails_the_connection() -> None:
    failure = failure_of(client_of("http://127.0.0.1:9/", interface="nosuch0").post)
    assert "cannot connect" in failure.reason


@pytest.mark.parametrize(("setting", "coding"), [("GZIP", "gzip"), ("Deflate", "deflate")])
def test_bodies_are_compressed_both_ways_when_the_acs_says_so(setting: str, coding: str) -> None:
    packed = gzip.compress(b"<answer/>") if coding == "gzip" else zlib.compress(b"<answer/>")
    with RawServer(scripted(says(200, packed, f"Content-Encoding: {coding}"), says(204))) as server:
        client = client_of(server.url(), compression=setting)
        assert client.post([b"<e>" * 100, b"</e>"]).body == b"<answer/>"
        client.post(None)
    inform, empty = server.requests
    assert (inform.get("content-encoding"), inform.get("accept-encoding")) == (coding, coding)
    assert (gzip.decompress if coding == "gzip" else zlib.decompress)(inform.body) == b"<e>" * 100 + b"</e>"
    assert empty.get("content-encoding") == ""


def test_an_acs_without_compression_gets_plain_messages_for_the_rest_of_the_session() -> None:
    with RawServer(scripted(says(415), says(204))) as server:
        client = client_of(server.url(), compression="GZIP")
        client.post(b"<e/>")
        client.post(b"<f/>")
    assert [request.body for request in server.requests[1:]] == [b"<e/>", b"<f/>"]


def test_raw_deflate_is_understood_unasked() -> None:
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(b"<answer/>") + packer.flush()
    with RawServer(scripted(says(200, packed, "Content-Encoding: deflate"))) as server:
        assert client_of(server.url()).post(b"<e/>").body == b"<answer/>"


def test_a_chunked_reply_and_one_that_ends_with_the_connection_are_read() -> None:
    def serve(connection: Connection, number: int) -> None:
        for _ in connection.requests():
            if number == 0:
                connection.write(
                    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n<a>\r\n4\r\n</a>\r\n0\r\n\r\n"
                )
                continue
            connection.write(b"HTTP/1.0 200 OK\r\n\r\n<b/>")
            return

    with RawServer(serve) as server:
        client = client_of(server.url())
        assert [client.post(b"<e/>").body for _ in range(2)] == [b"<a></a>"] * 2
        assert client_of(server.url()).post(b"<e/>").body == b"<b/>"


def test_every_exchange_is_told_with_its_bytes() -> None:
    challenge = 'WWW-Authenticate: Digest realm="r",nonce="n"'
    turns: list[Turn] = []
    with RawServer(scripted(says(401, b"", challenge), says(200, b"<x/>"))) as server:
        client_of(server.url(), username="u", password="p", on_turn=turns.append).post(b"<e/>")
    assert [(turn.status, turn.is_new_connection) for turn in turns] == [(401, True), (200, False)]
    assert [turn.sent_bytes for turn in turns] == [len(request.raw) for request in server.requests]
    assert turns[1].received_bytes == len(b"HTTP/1.1 200 Reason\r\nContent-Length: 4\r\n\r\n<x/>")


def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login env password env\n")
    for name, value in {
        "HOME": str(tmp_path),
        "http_proxy": "http://127.0.0.1:9",
        "NETRC": str(tmp_path / ".netrc"),
    }.items():
        monkeypatch.setenv(name, value)
    with RawServer(scripted(says(204))) as server:
        client_of(server.url()).post(b"<e/>")
    assert base64.b64encode(b"env:env").decode() not in server.requests[0].get("authorization")


def test_an_abort_from_another_thread_ends_the_wait() -> None:
    def serve(connection: Connection, _number: int) -> None:
        connection.read()
        client.abort()
        connection.read()

    with RawServer(serve) as server:
        client = client_of(server.url(), Limits())
        assert failure_of(lambda: client.post(b"<e/>")).reason == "the session was closed"
