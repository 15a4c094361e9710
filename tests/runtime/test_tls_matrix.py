"""Which servers are trusted with a session, and which not (hardening T6): a cell for each kind, a verdict in each."""

import contextlib
import logging
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.runtime.http import AcsClient, AcsEndpoint, Limits, Unreachable
from agent.runtime.tls import context_for
from tests.runtime.certificates import Authority, Pair, self_signed
from tests.runtime.raw_server import Connection, RawServer, Request, says, scripted
from tests.waiting import PATIENCE

QUICK = Limits(connect_seconds=2, reply_seconds=2, session_seconds=6)


@dataclass(frozen=True)
class World:
    """The certificates of these tests: a root that the agent trusts, and what servers and the agent show."""

    root: Path
    intermediate: Path
    other_root: Path
    pairs: dict[str, Pair]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    directory = tmp_path_factory.mktemp("tls")
    root = Authority(directory / "root")
    between = Authority(directory / "between", "Test CA 2", issuer=root)
    other = Authority(directory / "other", "Other CA")
    pairs = {
        "good": root.issue("good"),
        "rsa": root.issue("rsa", rsa=True),
        "expired": root.issue("expired", start="20200101000000Z", end="20210101000000Z"),
        "future": root.issue("future", start="20480101000000Z"),
        "wrong name": root.issue("wrong-name", names="DNS:acs.example"),
        "expired wrong name": root.issue("expired-wrong-name", names="DNS:acs.example", end="20210101000000Z"),
        "wildcard of all": root.issue("wildcard", names="DNS:*"),
        "address only": root.issue("address", names="IP:127.0.0.1"),
        "other authority": other.issue("other"),
        "expired, other authority": other.issue("other-expired", end="20210101000000Z"),
        "sha1": root.issue("sha1", digest="sha1", rsa=True),
        "below intermediate": between.issue("below"),
        "below intermediate, sent": between.issue("below-sent", chain=between),
        "self-signed": self_signed(directory, "self"),
        "signed by a leaf": Authority(directory / "leaf", "x").issue("rogue"),
        "client": root.issue("client", names="DNS:device"),
        "stranger": other.issue("stranger", names="DNS:device"),
    }
    return World(root.pair.certificate, between.pair.certificate, other.pair.certificate, pairs)


def server_context(pair: Pair, configure: Callable[[ssl.SSLContext], None] | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ALL:@SECLEVEL=0")  # what the server would do must not decide a cell
    context.load_cert_chain(pair.certificate, pair.key)
    if configure:
        configure(context)
    return context


def only(version: ssl.TLSVersion, ciphers: str = "ALL:@SECLEVEL=0") -> Callable[[ssl.SSLContext], None]:
    def configure(context: ssl.SSLContext) -> None:
        context.minimum_version = context.maximum_version = version
        context.set_ciphers(ciphers)

    return configure


def verdict(server: RawServer, endpoint: AcsEndpoint, *, wall_clock_trusted: bool = True) -> str:
    """ "" when a session went well, else the reason; what left the machine is checked on the way."""
    heard = len(server.requests)
    failed: Unreachable | None = None
    with contextlib.closing(AcsClient(endpoint, QUICK, wall_clock_trusted=wall_clock_trusted)) as client:
        try:
            client.post(b"<e/>")
        except Unreachable as failure:
            failed = failure
    assert failed is None or failed.host_answered == (len(server.requests) > heard)
    return failed.reason if failed else ""


def endpoint_for(server: RawServer, ca: Path | None, host: str = "localhost", **more: str) -> AcsEndpoint:
    return AcsEndpoint(server.url(host=host), "user", "hunter2", ca_file=str(ca or ""), **more)  # type: ignore[arg-type]


BAD = [
    ("expired", "expired"),
    ("future", "not yet valid"),
    ("wrong name", "hostname mismatch"),
    ("expired wrong name", ""),
    ("wildcard of all", "hostname mismatch"),
    ("other authority", "unable to get local issuer"),
    ("expired, other authority", ""),
    ("sha1", "too weak"),
    ("below intermediate", "unable to get local issuer"),
    ("self-signed", "self-signed certificate"),
    ("signed by a leaf", ""),
]


@pytest.mark.parametrize("profile", ["modern", "compat"])
@pytest.mark.parametrize(("pair", "reason"), BAD, ids=[pair for pair, _ in BAD])
def test_a_certificate_that_is_not_the_acs_s_is_refused(world: World, pair: str, reason: str, profile: str) -> None:
    with RawServer(scripted(says(204)), server_context(world.pairs[pair])) as server:
        assert reason in verdict(server, endpoint_for(server, world.root, tls_profile=profile)).lower() != ""
    assert server.requests == []


@pytest.mark.parametrize("profile", ["modern", "compat"])
@pytest.mark.parametrize("pair", ["good", "rsa", "below intermediate, sent"])
def test_a_good_certificate_is_accepted(world: World, pair: str, profile: str) -> None:
    with RawServer(scripted(says(204)), server_context(world.pairs[pair])) as server:
        assert verdict(server, endpoint_for(server, world.root, tls_profile=profile)) == ""


def test_a_common_name_alone_is_enough_for_the_compat_profile_only(world: World) -> None:
    with RawServer(scripted(says(204)), server_context(world.pairs["address only"])) as server:
        assert "hostname mismatch" in verdict(server, endpoint_for(server, world.root)).lower()
        assert verdict(server, endpoint_for(server, world.root, tls_profile="compat")) == ""


def test_an_address_in_the_url_must_be_in_the_certificate(world: World) -> None:
    with RawServer(scripted(says(204)), server_context(world.pairs["address only"])) as server:
        assert verdict(server, endpoint_for(server, world.root, "127.0.0.1")) == ""
    with RawServer(scripted(says(204)), server_context(world.pairs["wrong name"])) as server:
        assert "ip address mismatch" in verdict(server, endpoint_for(server, world.root, "127.0.0.1")).lower()


@pytest.mark.parametrize("pair", ["expired", "future", "good"])
def test_only_the_date_goes_unchecked_while_the_clock_is_not_set(world: World, pair: str) -> None:
    with RawServer(scripted(says(204)), server_context(world.pairs[pair])) as server:
        assert verdict(server, endpoint_for(server, world.root), wall_clock_trusted=False) == ""


@pytest.mark.parametrize(
    "pair", ["wrong name", "expired wrong name", "other authority", "expired, other authority", "self-signed", "sha1"]
)
def test_all_else_is_checked_while_the_clock_is_not_set(world: World, pair: str) -> None:
    with RawServer(scripted(says(204)), server_context(world.pairs[pair])) as server:
        assert verdict(server, endpoint_for(server, world.root), wall_clock_trusted=False) != ""
    assert server.requests == []


def test_the_owner_may_trust_an_intermediate_or_one_certificate_alone(world: World) -> None:
    for pair, trusted in [
        ("below intermediate", world.intermediate),
        ("self-signed", world.pairs["self-signed"].certificate),
        ("good", world.pairs["good"].certificate),
    ]:
        with RawServer(scripted(says(204)), server_context(world.pairs[pair])) as server:
            assert verdict(server, endpoint_for(server, trusted)) == "", pair


def test_without_a_ca_file_the_system_s_authorities_count(world: World) -> None:
    with RawServer(scripted(says(204)), server_context(world.pairs["good"])) as server:
        assert "unable to get local issuer" in verdict(server, endpoint_for(server, None))


OLD_CIPHER = "AES128-SHA"  # TLS_RSA_WITH_AES_128_CBC_SHA

VERSIONS = [
    (only(ssl.TLSVersion.TLSv1), "modern", False),
    (only(ssl.TLSVersion.TLSv1), "compat", False),
    (only(ssl.TLSVersion.TLSv1_1), "modern", False),
    (only(ssl.TLSVersion.TLSv1_1), "compat", False),
    (only(ssl.TLSVersion.TLSv1_2), "modern", True),
    (only(ssl.TLSVersion.TLSv1_3), "modern", True),
    (only(ssl.TLSVersion.TLSv1_3), "compat", True),
    (only(ssl.TLSVersion.TLSv1_2, OLD_CIPHER), "modern", False),
    (only(ssl.TLSVersion.TLSv1_2, OLD_CIPHER), "compat", True),
    (only(ssl.TLSVersion.TLSv1_2, "AES128-GCM-SHA256"), "modern", False),
    (only(ssl.TLSVersion.TLSv1_2, "AES128-GCM-SHA256"), "compat", True),
    (only(ssl.TLSVersion.TLSv1_2, "ECDHE-RSA-AES128-GCM-SHA256"), "modern", True),
    (only(ssl.TLSVersion.TLSv1_2, "NULL-SHA256:@SECLEVEL=0"), "compat", False),
    (only(ssl.TLSVersion.TLSv1_2, "ADH-AES128-SHA256:@SECLEVEL=0"), "compat", False),
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("configure", "profile", "is_good"), VERSIONS)
def test_old_versions_are_refused_and_old_ciphers_are_the_owner_s_choice(
    world: World, configure: Callable[[ssl.SSLContext], None], profile: str, is_good: bool
) -> None:
    with RawServer(scripted(says(204)), server_context(world.pairs["rsa"], configure)) as server:
        assert (verdict(server, endpoint_for(server, world.root, tls_profile=profile)) == "") is is_good


def test_no_context_offers_less_than_it_should() -> None:
    for profile in ("modern", "compat"):
        context = context_for(AcsEndpoint("https://acs/", tls_profile=profile), wall_clock_trusted=False)
        names = {str(cipher["name"]) for cipher in context.get_ciphers()}
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2
        assert context.check_hostname
        assert context.verify_mode == ssl.CERT_REQUIRED
        assert not [name for name in names if any(word in name for word in ("NULL", "RC4", "DES", "MD5", "ADH", "EXP"))]
        assert (OLD_CIPHER in names) is (profile == "compat")


def test_the_compat_profile_and_an_unset_clock_are_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with RawServer(scripted(says(204)), server_context(world.pairs["good"])) as server:
        verdict(server, endpoint_for(server, world.root, tls_profile="compat"), wall_clock_trusted=False)
    assert "tls_profile is compat" in caplog.text
    assert "dates of the ACS's certificate are not checked" in caplog.text


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize(("shown", "is_good"), [("client", True), ("stranger", False), ("", False)])
def test_a_client_certificate_is_shown_when_there_is_one(
    world: World, shown: str, is_good: bool, version: ssl.TLSVersion
) -> None:
    def configure(context: ssl.SSLContext) -> None:
        only(version)(context)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(world.root)

    pair = world.pairs[shown] if shown else None
    files = {"client_certificate": str(pair.certificate), "client_key": str(pair.key)} if pair else {}
    with RawServer(scripted(says(204)), server_context(world.pairs["good"], configure)) as server:
        client = AcsClient(endpoint_for(server, world.root, **files), QUICK)
        if is_good:
            assert client.post(b"<e/>").status == 204
        else:
            with pytest.raises(Unreachable, match=r"TLS|closed|broke"):
                client.post(b"<e/>")
    assert bool(server.requests) is is_good


@pytest.mark.parametrize("what", ["missing", "not a certificate", "encrypted key", "other key"])
def test_files_that_cannot_be_used_are_named(world: World, what: str, tmp_path: Path) -> None:
    text, encrypted = tmp_path / "text.pem", tmp_path / "encrypted.pem"
    text.write_text("nothing of use")
    client, other = world.pairs["client"], world.pairs["good"]
    command = ["openssl", "ec", "-in", client.key, "-aes128", "-passout", "pass:x", "-out", encrypted]
    subprocess.run(command, check=True, capture_output=True)
    more: dict[str, tuple[Path, dict[str, str], str]] = {
        "missing": (tmp_path / "none.pem", {}, "none.pem cannot be used: no such file"),
        "not a certificate": (text, {}, "text.pem cannot be used"),
        "encrypted key": (
            world.root,
            {"client_certificate": str(client.certificate), "client_key": str(encrypted)},
            "encrypted.pem cannot be used",
        ),
        "other key": (
            world.root,
            {"client_certificate": str(client.certificate), "client_key": str(other.key)},
            "cannot be used: key values mismatch",
        ),
    }
    authority, files, reason = more[what]
    with RawServer(scripted(says(204)), server_context(world.pairs["good"])) as server:
        assert reason in verdict(server, endpoint_for(server, authority, **files))
    assert server.requests == []


def test_the_server_is_told_which_name_is_meant(world: World) -> None:
    names: list[str | None] = []

    def configure(context: ssl.SSLContext) -> None:
        context.sni_callback = lambda _socket, name, _context: names.append(name)

    with RawServer(scripted(says(204)), server_context(world.pairs["good"], configure)) as server:
        assert verdict(server, endpoint_for(server, world.root)) == ""
    assert names == ["localhost"]


def test_basic_is_answered_over_tls_only_after_it_was_asked_for(world: World) -> None:
    replies = [says(401, b"", 'WWW-Authenticate: Basic realm="r"'), says(204), says(204)]
    with RawServer(scripted(*replies), server_context(world.pairs["good"])) as server:
        client = AcsClient(endpoint_for(server, world.root), QUICK)
        client.post(b"<e/>")
        client.post(None)
    assert [request.get("authorization") for request in server.requests] == ["", *["Basic dXNlcjpodW50ZXIy"] * 2]


def test_digest_is_preferred_to_basic_over_tls_too(world: World) -> None:
    challenges = ['WWW-Authenticate: Basic realm="r"', 'WWW-Authenticate: Digest realm="r",nonce="n",qop="auth"']
    with RawServer(scripted(says(401, b"", *challenges), says(204)), server_context(world.pairs["good"])) as server:
        assert verdict(server, endpoint_for(server, world.root)) == ""
    assert server.requests[1].get("authorization").startswith("Digest ")


def test_a_wrong_basic_password_is_shown_once(world: World) -> None:
    challenge = says(401, b"", 'WWW-Authenticate: Basic realm="r"')
    with RawServer(scripted(challenge), server_context(world.pairs["good"])) as server:
        assert "does not accept" in verdict(server, endpoint_for(server, world.root))
    assert len(server.requests) == 2


def test_https_never_becomes_http_and_http_may_become_https(world: World) -> None:
    plain = RawServer(scripted(says(204)))
    with plain as below:
        redirect = scripted(says(302, b"", f"Location: {below.url()}"))
        with RawServer(redirect, server_context(world.pairs["good"])) as server:
            assert "from https to http" in verdict(server, endpoint_for(server, world.root))
        assert below.requests == []
    with RawServer(scripted(says(204)), server_context(world.pairs["good"])) as above:
        redirect = scripted(says(302, b"", f"Location: {above.url(host='localhost')}", "Set-Cookie: a=b"))
        with RawServer(redirect) as server:
            assert verdict(server, endpoint_for(server, world.root, "127.0.0.1")) == ""


def test_a_peer_that_speaks_no_tls_ends_the_attempt(world: World) -> None:
    def serve(connection: Connection, _number: int) -> None:
        connection.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        connection.stream.recv(1000)

    with RawServer(serve) as server:
        endpoint = AcsEndpoint(server.url(host="localhost").replace("http", "https"), "user", "hunter2")
        with pytest.raises(Unreachable, match="TLS with localhost failed") as caught:
            AcsClient(endpoint, QUICK).post(b"<e/>")
    assert not caught.value.host_answered


def test_a_silent_handshake_ends_in_time() -> None:
    def serve(connection: Connection, _number: int) -> None:
        connection.stream.recv(1000)
        threading.Event().wait(0.6)

    with RawServer(serve) as server:
        endpoint = AcsEndpoint(server.url(host="localhost").replace("http", "https"))
        with pytest.raises(Unreachable, match="no answer"):
            AcsClient(endpoint, Limits(reply_seconds=0.3)).post(b"<e/>")


@contextlib.contextmanager
def renegotiating_server(pair: Pair) -> Iterator[int]:
    """openssl's test server with TLS 1.2; asks for a renegotiation when it gets the letter R on its input."""
    command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-tls1_2", "-key", pair.key, "-cert", pair.certificate]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdin
    assert process.stdout
    try:
        line = next(line for line in process.stdout if line.startswith("ACCEPT"))
        asker = threading.Thread(target=_ask, args=(process,), daemon=True)
        asker.start()
        yield int(line.rsplit(":", 1)[1])
    finally:
        process.kill()
        process.wait()
        asker.join(PATIENCE)
        process.stdin.close()
        process.stdout.close()


def _ask(process: "subprocess.Popen[str]") -> None:
    """Once the client's POST is printed: ask to renegotiate, and answer in the same breath."""
    assert process.stdin
    assert process.stdout
    with contextlib.suppress(OSError, ValueError):
        for line in process.stdout:
            if line.startswith("<e/>") or "Content-Length: 4" in line:
                process.stdin.write("R\n")
                process.stdin.flush()
                return


def test_a_renegotiation_is_not_entered_into(world: World) -> None:
    with renegotiating_server(world.pairs["good"]) as port:
        endpoint = AcsEndpoint(f"https://localhost:{port}/", ca_file=str(world.root))
        with pytest.raises(Unreachable) as caught:
            AcsClient(endpoint, Limits(connect_seconds=2, reply_seconds=1)).post(b"<e/>")
    assert caught.value.reason.startswith("the ACS ended TLS")  # entered into, it would end in silence


def test_no_secret_is_in_any_word_about_a_failure(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    def refuse(connection: Connection, request: Request) -> None:
        connection.reply(401, b"", 'WWW-Authenticate: Basic realm="r"')

    with RawServer(scripted(refuse), server_context(world.pairs["good"])) as server:
        reason = verdict(server, endpoint_for(server, world.root))
    assert any("dXNlcjpodW50ZXIy" in request.get("authorization") for request in server.requests)
    for secret in ("hunter2", "dXNlcjpodW50ZXIy"):
        assert secret not in caplog.text + reason
