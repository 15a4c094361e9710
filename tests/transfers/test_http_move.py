"""Files by HTTP, from a server that has every trouble."""

import base64
import contextlib
import hashlib
import itertools
import random
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.runtime.wire import Address
from agent.transfers.failures import Cancelled, Cause, TransferFailed
from agent.transfers.mover import TRIES
from agent.transfers.orders import Stream
from agent.transfers.url_policy import UrlPolicy
from tests.runtime.certificates import Authority
from tests.runtime.raw_server import Connection, RawServer
from tests.transfers.conftest import Mover
from tests.transfers.file_server import File, FileServer, context_of
from tests.waiting import PATIENCE, until

CONTENT = random.Random(1).randbytes(300_000)
HASH = hashlib.sha256(CONTENT).hexdigest()


@contextlib.contextmanager
def refused(cause: Cause, words: str = ".") -> Iterator[None]:
    with pytest.raises(TransferFailed, match=words) as failed:
        yield
    assert failed.value.cause is cause, failed.value.text


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer({"/f": File(CONTENT)}) as made:
        yield made


def test_a_file_arrives_whole_with_its_hash(server: FileServer, moving: Mover) -> None:
    received = moving.download(server.url("/f"))
    assert (received.path, received.size, received.sha256) == (moving.to, len(CONTENT), HASH)
    assert moving.to.read_bytes() == CONTENT
    assert moving.left == ["file"]
    assert received.start <= received.complete
    assert (moving.told[0], moving.told[-1]) == ((0, len(CONTENT)), (len(CONTENT), len(CONTENT)))
    [request] = server.requests
    assert request.get("accept-encoding") == "identity"
    assert not request.get("authorization")
    assert moving.to.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("file", [File(CONTENT, chunked=True), File(CONTENT, announces=-1, etag="")])
def test_a_file_whose_length_is_not_said_ends_where_it_ends(server: FileServer, moving: Mover, file: File) -> None:
    server.files["/f"] = file
    assert moving.download(server.url("/f")).sha256 == HASH
    assert moving.download(server.url("/f"), file_size=len(CONTENT)).sha256 == HASH


def test_an_empty_file_is_a_file(server: FileServer, moving: Mover) -> None:
    server.files["/f"] = File(b"")
    assert moving.download(server.url("/f")).size == 0
    assert moving.to.read_bytes() == b""


# -- log-in -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["Basic", "MD5", "SHA-256"])
@pytest.mark.parametrize("of_connection", [False, True])
def test_who_asks_is_shown_once_it_is_asked_for(
    server: FileServer, moving: Mover, login: str, of_connection: bool
) -> None:
    server.login, server.nonce_of_connection = login, of_connection
    assert moving.download(server.url("/f"), username="device", password="hunter2").sha256 == HASH
    assert [bool(one.get("authorization")) for one in server.requests] == [False, True]
    assert server.connections == 1


@pytest.mark.parametrize("of_connection", [False, True])
def test_who_asks_is_shown_again_by_each_connection(server: FileServer, moving: Mover, of_connection: bool) -> None:
    server.login, server.nonce_of_connection = "MD5", of_connection
    server.files["/f"].cut_after = 100_000
    assert moving.download(server.url("/f"), username="device", password="hunter2").sha256 == HASH
    assert len(server.requests) == (6 if of_connection else 4)


@pytest.mark.parametrize(
    ("login", "invites", "qop"),
    [
        ("", True, ""),
        ("", False, ""),
        ("Basic", True, ""),
        ("MD5", True, "auth"),
        ("SHA-256", True, "auth"),
        ("SHA-256", False, "auth"),
        ("MD5", True, "auth-int"),
    ],
)
def test_an_upload_shows_who_it_is_as_well(
    server: FileServer, moving: Mover, login: str, invites: bool, qop: str
) -> None:
    server.login, server.invites, server.qop = login, invites, qop
    source = Stream(len(CONTENT), lambda: iter([CONTENT[:100_000], CONTENT[100_000:]]))
    sent = moving.upload(server.url("/u"), source, username="device", password="hunter2")
    assert server.uploads == {"/u": CONTENT}
    assert sent.size == len(CONTENT)
    assert moving.told[-1] == (len(CONTENT), len(CONTENT))


def test_a_server_that_knows_no_expectations_gets_the_file_at_once(moving: Mover) -> None:
    def serve(connection: Connection, _number: int) -> None:
        while b"\r\n\r\n" not in connection._pending:
            connection._more()
        if b"Expect" in connection._pending:
            connection.reply(417, b"no", "Connection: close")
        elif connection.read():
            connection.reply(201)

    with RawServer(serve) as raw:
        moving.upload(raw.url("/u"), Stream(len(CONTENT), lambda: iter([CONTENT])))
        assert [one.body for one in raw.requests] == [CONTENT]


def test_a_large_upload_is_not_sent_in_vain(server: FileServer, moving: Mover) -> None:
    server.login = "MD5"
    asked: list[int] = []

    def pieces() -> Iterator[bytes]:
        asked.append(1)
        yield CONTENT

    moving.upload(server.url("/u"), Stream(len(CONTENT), pieces), username="device", password="hunter2")
    assert asked == [1]
    assert [len(one.body) for one in server.requests] == [0, len(CONTENT)]


def test_a_file_is_uploaded_as_it_was_when_the_upload_began(server: FileServer, moving: Mover, tmp_path: Path) -> None:
    for size in (0, 10, 200_000):
        (tmp_path / "log").write_bytes(CONTENT[:size])
        assert moving.upload(server.url("/u"), tmp_path / "log").size == size
        assert server.uploads["/u"] == CONTENT[:size]
    with pytest.raises(TransferFailed) as failed:
        moving.upload(server.url("/u"), tmp_path / "none")
    assert failed.value.code == 9002


@pytest.mark.parametrize("password", ["wrong", ""])
@pytest.mark.parametrize("login", ["Basic", "MD5"])
def test_a_log_in_that_is_refused_is_9012(server: FileServer, moving: Mover, login: str, password: str) -> None:
    server.login = login
    username = "device" if password else ""
    with refused(Cause.NOT_AUTHENTICATED, "the file server"):
        moving.download(server.url("/f"), username=username, password=password)
    with pytest.raises(TransferFailed) as failed:
        moving.upload(server.url("/f"), Stream(3, lambda: iter([b"abc"])), username=username, password=password)
    assert failed.value.code == 9012
    assert moving.left == []


def test_basic_without_tls_is_for_laboratories(server: FileServer, moving: Mover) -> None:
    server.login = "Basic"
    moving.policy = UrlPolicy()
    with pytest.MonkeyPatch.context() as patch:  # the policy would stop it before
        patch.setattr(UrlPolicy, "check_address", lambda *_: None)
        moving.resolving({"files.example": "127.0.0.1"})
        with refused(Cause.NOT_AUTHENTICATED, "Basic without TLS"):
            moving.download(server.url("/f", "files.example"), username="device", password="hunter2")
    assert not any(one.get("authorization") for one in server.requests)


# -- redirects --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(server: FileServer, moving: Mover, status: int) -> None:
    server.files["/a"] = File(status=status, location="/f")
    assert moving.download(server.url("/a")).sha256 == HASH


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_an_upload_is_redirected_with_its_body(server: FileServer, moving: Mover, status: int) -> None:
    server.files["/a"] = File(status=status, location="/b")
    moving.upload(server.url("/a"), Stream(len(CONTENT), lambda: iter([CONTENT])))
    assert server.uploads == {"/b": CONTENT}


def test_a_redirect_says_where_to(server: FileServer, moving: Mover) -> None:
    answer = RawServer(lambda connection, _: connection.reply(302) if connection.read() else None)
    with answer as raw, refused(Cause.NO_ACCESS, "without saying where to"):
        moving.download(raw.url("/f"))


def test_a_proxy_that_asks_who_this_is_gets_no_answer(server: FileServer, moving: Mover) -> None:
    server.files["/f"] = File(status=407)
    with refused(Cause.NOT_AUTHENTICATED, "407"):
        moving.download(server.url("/f"), username="device", password="hunter2")


@pytest.mark.parametrize("length", [70_000, 100])
def test_a_long_refusal_is_not_read_to_its_end(moving: Mover, length: int) -> None:
    def serve(connection: Connection, number: int) -> None:
        while request := connection.read():
            if request.get("authorization"):
                connection.reply(200, CONTENT)
            elif length > 1000:
                connection.reply(401, bytes(length), 'WWW-Authenticate: Digest realm="r",nonce="n",qop="auth"')
            else:
                challenge = b'HTTP/1.1 401 who\r\nWWW-Authenticate: Digest realm="r",nonce="n",qop="auth"\r\n'
                connection.write(challenge + b"Content-Length: 100\r\n\r\nshort")
                break

    with RawServer(serve) as raw:
        assert moving.download(raw.url("/f"), username="device", password="hunter2").sha256 == HASH
        assert raw.connections == 2


def test_credentials_are_for_the_server_that_the_acs_named_and_no_other(server: FileServer, moving: Mover) -> None:
    with FileServer({"/f": File(CONTENT)}, login="Basic") as other:
        server.login = "MD5"
        server.files["/a"] = File(status=302, location=other.url("/f"))
        with refused(Cause.NOT_AUTHENTICATED, "not the server that the ACS named"):
            moving.download(server.url("/a"), username="device", password="hunter2")
        other.login = ""
        assert moving.download(server.url("/a"), username="device", password="hunter2").sha256 == HASH
        assert len(other.requests) == 2
        assert not any(one.get("authorization") for one in other.requests)


def test_the_same_server_behind_tls_is_shown_who_asks(authority: Authority, moving: Mover) -> None:
    pair = authority.issue("upgrading")
    moving.trusting(authority.pair.certificate)
    secure = FileServer({"/f": File(CONTENT)}, context_of(pair.certificate, pair.key), login="Basic")
    with FileServer({"/a": File(status=301, location="https://localhost/f")}) as plain, secure:
        ports = {80: plain.port, 443: secure.port}

        def resolve(host: str, port: int) -> list[Address]:
            return [Address(socket.AF_INET, ("127.0.0.1", ports[port]))]

        moving.way = replace(moving.way, resolve=resolve)
        assert moving.download("http://localhost/a", username="device", password="hunter2").sha256 == HASH
        plain.files["/a"].location = "https://localhost:444/f"
        ports[444] = secure.port
        with refused(Cause.NOT_AUTHENTICATED, "localhost asks who this is"):
            moving.download("http://localhost/a", username="device", password="hunter2")


def test_a_file_comes_by_ipv6(moving: Mover) -> None:
    with FileServer({"/f": File(CONTENT)}, family=socket.AF_INET6) as server:
        assert moving.download(server.url("/f", "[::1]")).sha256 == HASH
        assert server.requests[0].get("host") == f"[::1]:{server.port}"


def test_redirects_end_after_five(server: FileServer, moving: Mover) -> None:
    server.files["/a"] = File(status=302, location="/a")
    with refused(Cause.NO_ACCESS, "more than 5"):
        moving.download(server.url("/a"))
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    ("location", "cause"),
    [
        ("file:///etc/shadow", Cause.NO_ACCESS),
        ("ftp://files.example/", Cause.NO_ACCESS),
        ("http://user:secret@files.example/", Cause.NO_ACCESS),
        ("http://224.0.0.1/", Cause.MULTICAST),
        ("http://other.example/", Cause.DENIED),
        ("http://[::1", Cause.NO_ACCESS),
        ("http://f\u00e4les.example/", Cause.NO_ACCESS),
    ],
)
def test_each_hop_is_held_to_the_policy(server: FileServer, moving: Mover, location: str, cause: Cause) -> None:
    moving.policy = replace(moving.policy, hosts=("127.0.0.1", "files.example"))
    server.files["/a"] = File(status=302, location=location)
    with refused(cause):
        moving.download(server.url("/a"))


def test_a_redirect_to_this_machine_is_not_followed_though_its_name_is_another(moving: Mover) -> None:
    """The policy is asked of the address: as if a public server's redirect named a host that leads to loopback."""
    moving.policy = UrlPolicy()
    moving.resolving({"files.example": "127.0.0.1"})
    with FileServer({"/f": File(CONTENT)}) as inner:
        with refused(Cause.DENIED, "127.0.0.1 is this machine"):
            moving.download(inner.url("/f", "files.example"))
        assert (inner.connections, moving.left) == (0, [])


def test_a_name_that_leads_elsewhere_at_the_second_time_is_asked_again(moving: Mover) -> None:
    """DNS rebinding: the address is looked at where it is connected to, and each connection is looked at."""
    looked: list[str] = []

    class Watching(UrlPolicy):
        def check_address(self, address: str, own: str = "") -> None:
            looked.append(address)
            if len(looked) > 2:
                UrlPolicy().check_address(address, own)

    moving.policy = Watching(laboratory=True)
    with FileServer({"/f": File(CONTENT, cut_after=100_000)}) as server:
        with refused(Cause.DENIED):
            moving.download(server.url("/f"))
        assert (looked, server.connections) == (["127.0.0.1"] * 3, 1)


# -- what breaks off --------------------------------------------------------------------------------------------------


def test_a_connection_that_breaks_every_64_kb_does_not_matter(server: FileServer, moving: Mover) -> None:
    server.files["/f"] = File(CONTENT, cut_after=65_536)
    assert moving.download(server.url("/f")).sha256 == HASH
    ranges = [one.get("range") for one in server.requests]
    assert ranges == ["", *(f"bytes={65_536 * n}-" for n in range(1, 5))]
    assert {one.get("if-range") for one in server.requests[1:]} == {'"v1"'}


def test_a_broken_file_is_continued_by_its_date_where_it_has_no_tag(server: FileServer, moving: Mover) -> None:
    date = "Sat, 01 Jan 2022 00:00:00 GMT"
    server.files["/f"] = File(CONTENT, cut_after=200_000, etag="", last_modified=date)
    assert moving.download(server.url("/f")).sha256 == HASH
    assert server.requests[1].get("if-range") == date


@pytest.mark.parametrize(
    "file", [File(CONTENT, cut_after=200_000, etag=""), File(CONTENT, cut_after=200_000, etag='W/"1"')]
)
def test_a_file_that_may_be_another_one_is_fetched_from_its_beginning(
    server: FileServer, moving: Mover, file: File
) -> None:
    server.files["/f"] = file
    with refused(Cause.INCOMPLETE):
        moving.download(server.url("/f"))
    assert {one.get("range") for one in server.requests} == {""}
    assert moving.left == []


def test_a_file_that_changed_meanwhile_is_fetched_anew(server: FileServer, moving: Mover) -> None:
    server.files["/f"] = File(bytes(300_000), cut_after=200_000)
    server.files["/f"].ranges = False
    with refused(Cause.INCOMPLETE):
        moving.download(server.url("/f"))
    assert moving.left == ["file.part", "file.part.json"]
    server.files["/f"] = File(CONTENT, etag='"v2"')
    assert moving.download(server.url("/f")).sha256 == HASH
    assert server.requests[-1].get("range") == "bytes=200000-"


@pytest.mark.parametrize(
    "wrong", ["bytes 0-299999/300000", "bytes 200000-299999/400000", "bytes 100-299999/300000", "", "nonsense"]
)
def test_a_range_that_does_not_fit_is_not_believed(server: FileServer, moving: Mover, wrong: str) -> None:
    server.files["/f"] = File(CONTENT, cut_after=200_000)
    moving.cancelled = lambda: False

    def answer(connection, request, file):  # type: ignore[no-untyped-def]
        if request.get("range"):
            connection.reply(206, CONTENT[200_000:], 'ETag: "v1"', *([f"Content-Range: {wrong}"] if wrong else []))
            file.cut_after = 0
            return True
        return FileServer._give(server, connection, request, file)

    server._give = answer  # type: ignore[method-assign]
    assert moving.download(server.url("/f")).sha256 == HASH
    assert [bool(one.get("range")) for one in server.requests] == [False, True, False]


def test_a_part_that_nobody_asked_for_is_not_the_file(server: FileServer, moving: Mover) -> None:
    server.files["/f"] = File(status=206)
    with refused(Cause.NO_ACCESS, "a part of the file"):
        moving.download(server.url("/f"))


def test_a_later_call_goes_on_where_the_first_one_ended(server: FileServer, moving: Mover) -> None:
    moving.patient(0.2)
    server.files["/f"] = File(CONTENT, stall_after=200_000)
    with refused(Cause.INCOMPLETE, r"no answer from the file server for 0.2 s") as _:
        moving.download(server.url("/f"), id="7")
    assert moving.left == ["file.part", "file.part.json"]
    start = time.time()
    server.files["/f"] = File(CONTENT)
    received = moving.download(server.url("/f"), id="7")
    assert (received.sha256, received.size) == (HASH, len(CONTENT))
    assert server.requests[-1].get("range") == "bytes=200000-"
    assert received.start.timestamp() < start
    assert moving.left == ["file"]


def test_what_came_for_another_order_is_of_no_use(server: FileServer, moving: Mover) -> None:
    moving.patient(0.2)
    server.files["/f"] = File(CONTENT, stall_after=200_000)
    with refused(Cause.INCOMPLETE):
        moving.download(server.url("/f"), id="7")
    server.files["/f"] = File(CONTENT)
    assert moving.download(server.url("/f"), id="8").sha256 == HASH
    assert not server.requests[-1].get("range")


def test_a_file_that_was_whole_before_a_crash_is_not_fetched_again(server: FileServer, moving: Mover) -> None:
    moving.patient(0.2)
    server.files["/f"] = File(CONTENT, stall_after=299_999)
    with refused(Cause.INCOMPLETE):
        moving.download(server.url("/f"))
    asked = len(server.requests)
    part, note = moving.directory / "file.part", moving.directory / "file.part.json"
    part.write_bytes(CONTENT)
    note.write_text(
        note.read_text().replace("299999", "300000").replace(hashlib.sha256(CONTENT[:-1]).hexdigest(), HASH)
    )
    shutil.copytree(moving.directory, again := moving.directory.with_name("again"))
    assert moving.download(server.url("/f")).sha256 == HASH
    assert len(server.requests) == asked
    moving.directory = again
    with refused(Cause.CORRUPTED, "has 300000 bytes, and it is to have 5"):
        moving.download(server.url("/f"), file_size=5)


# -- what is wrong with the file --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 403, 404, 405, 410, 204, 304])
def test_a_file_that_is_not_given_is_9016(server: FileServer, moving: Mover, status: int) -> None:
    server.files["/f"] = File(status=status)
    with refused(Cause.NO_ACCESS, f"the file server answers {status}"):
        moving.download(server.url("/f"))
    assert moving.left == []


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_a_server_in_trouble_is_asked_again_and_then_9010(server: FileServer, moving: Mover, status: int) -> None:
    server.files["/f"] = File(status=status)
    with refused(Cause.NOT_READY, f"answers {status} .*: the reason .31m why"):
        moving.download(server.url("/f"))
    assert len(server.requests) == 4


def test_an_upload_that_is_refused_has_come_nowhere(server: FileServer, moving: Mover) -> None:
    server.files["/u"] = File(status=503)
    with refused(Cause.NOT_READY):
        moving.upload(server.url("/u"), Stream(3, lambda: iter([b"abc"])))
    assert moving.told == [(0, 3), (3, 3), (3, 3), (0, 3)] * TRIES


def test_uploads_fail_with_9011(server: FileServer, moving: Mover) -> None:
    for status in (403, 404, 413, 500):
        server.files["/u"] = File(status=status)
        with pytest.raises(TransferFailed) as failed:
            moving.upload(server.url("/u"), Stream(3, lambda: iter([b"abc"])))
        assert failed.value.code == 9011


@pytest.mark.parametrize("announces", [299_999, 300_001, 1])
def test_a_file_of_another_size_than_the_acs_says_is_9018_at_once(
    server: FileServer, moving: Mover, announces: int
) -> None:
    with refused(Cause.CORRUPTED, "has a file of 300000 bytes, and it is to have"):
        moving.download(server.url("/f"), file_size=announces)
    assert moving.left == []


@pytest.mark.parametrize(
    ("file", "cause"),
    [
        (File(CONTENT, announces=300_010), Cause.INCOMPLETE),
        (File(CONTENT, announces=-1, etag=""), Cause.INCOMPLETE),
        (File(CONTENT, chunked=True), Cause.CORRUPTED),
        (File(CONTENT, chunked=True, cut_after=100_000, etag=""), Cause.INCOMPLETE),
    ],
)
def test_a_file_that_ends_too_soon_is_not_taken(server: FileServer, moving: Mover, file: File, cause: Cause) -> None:
    server.files["/f"] = file
    with refused(cause):
        moving.download(server.url("/f"), file_size=300_010)
    assert not moving.to.exists()


@pytest.mark.parametrize("file", [File(CONTENT, chunked=True), File(CONTENT, announces=-1), File(endless=True)])
def test_more_than_was_announced_is_not_taken(server: FileServer, moving: Mover, file: File) -> None:
    server.files["/f"] = file
    with refused(Cause.CORRUPTED, "more comes than the 200000"):
        moving.download(server.url("/f"), file_size=200_000)
    assert moving.left == []


@pytest.mark.parametrize(
    ("file", "told"),
    [(File(endless=True), "no end, and may have 1000000"), (File(CONTENT, announces=1 << 50), "at most 1000000")],
)
def test_no_file_may_be_larger_than_who_takes_it_says(server: FileServer, moving: Mover, file: File, told: str) -> None:
    server.files["/f"] = file
    with refused(Cause.NO_ROOM, told):
        moving.download(server.url("/f"), largest=1_000_000)
    assert moving.left == []


def test_what_comes_behind_the_announced_length_is_not_of_the_file(server: FileServer, moving: Mover) -> None:
    server.files["/f"] = File(CONTENT + b"more", announces=300_000)
    assert moving.download(server.url("/f")).sha256 == HASH


@pytest.mark.parametrize("length", ["-5", "1e3", "9" * 30, "\u00b2"])
def test_a_length_that_is_none_is_not_believed(server: FileServer, moving: Mover, length: str) -> None:
    server.files["/f"] = File(CONTENT, announces=-1, fields=(f"Content-Length: {length}",))
    with refused(Cause.NOT_READY, "no usable Content-Length"):
        moving.download(server.url("/f"))


def test_two_lengths_are_none(server: FileServer, moving: Mover) -> None:
    server.files["/f"] = File(CONTENT, announces=-1, fields=("Content-Length: 10", "Content-Length: 20"))
    with pytest.raises(TransferFailed):
        moving.download(server.url("/f"))
    assert moving.left == []


def test_a_compressed_file_stays_as_it_comes(server: FileServer, moving: Mover) -> None:
    """Nobody asked for gzip: the file may well be what is compressed."""
    server.files["/f"] = File(CONTENT, fields=("Content-Encoding: gzip",))
    assert moving.download(server.url("/f"), file_size=len(CONTENT)).sha256 == HASH


def stated(algorithm: str, content: bytes = CONTENT) -> str:
    return base64.b64encode(hashlib.new(algorithm, content).digest()).decode()


@pytest.mark.parametrize(
    "line",
    [
        "Repr-Digest: sha-256=:{sha256}:",
        "Repr-Digest: sha-512=:{sha512}:, x=:AAAA:",
        "Digest: SHA-256={sha256}",
        "Content-MD5: {md5}",
    ],
)
def test_the_hash_that_the_server_states_has_to_be_the_files(server: FileServer, moving: Mover, line: str) -> None:
    hashes = {name: stated(name) for name in ("sha256", "sha512", "md5")}
    server.files["/f"] = File(CONTENT, fields=(line.format(**hashes),))
    assert moving.download(server.url("/f")).sha256 == HASH
    server.files["/f"].content = CONTENT[:-1] + b"\0"
    with refused(Cause.CORRUPTED, "another"):
        moving.download(server.url("/f"))
    assert moving.left == ["file"]


@pytest.mark.parametrize("line", ["Repr-Digest: sha-256=:AAAA:", "Digest: crc32c=AAAA", "Content-MD5: ???"])
def test_a_hash_that_is_none_is_left_aside(server: FileServer, moving: Mover, line: str) -> None:
    server.files["/f"] = File(CONTENT, fields=(line,))
    assert moving.download(server.url("/f")).sha256 == HASH


# -- who does not answer ----------------------------------------------------------------------------------------------


def test_a_server_that_is_not_there_is_9015(moving: Mover) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
        with refused(Cause.NO_CONTACT, "Connection refused"):
            moving.download(url)
    assert moving.left == []


def test_a_name_that_nobody_knows_is_9015(moving: Mover) -> None:
    def resolve(host: str, port: int) -> list[Address]:
        raise socket.gaierror(-2, "Name or service not known")

    moving.way = replace(moving.way, resolve=resolve)
    with refused(Cause.NO_CONTACT, "the name files.example is not found"):
        moving.download("http://files.example/")


def test_a_server_that_says_nothing_is_9015(server: FileServer, moving: Mover) -> None:
    moving.patient(0.1)
    server.files["/f"] = File(silent=True)
    with refused(Cause.NO_CONTACT, "no answer from the file server for 0.1 s"):
        moving.download(server.url("/f"))


def test_what_is_not_http_is_9015(moving: Mover) -> None:
    with (
        RawServer(lambda connection, _: connection.write(b"SSH-2.0-x\r\n")) as raw,
        refused(Cause.NO_CONTACT, "not HTTP"),
    ):
        moving.download(raw.url("/f"))


# -- TLS --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca") / "ca")


def test_a_file_comes_by_tls_from_who_the_acss_authority_knows(authority: Authority, moving: Mover) -> None:
    pair = authority.issue("good")
    moving.trusting(authority.pair.certificate)
    with FileServer({"/f": File(CONTENT, cut_after=100_000)}, context_of(pair.certificate, pair.key)) as server:
        assert moving.download(server.url("/f", "localhost")).sha256 == HASH


@pytest.mark.parametrize("what", ["expired", "stranger", "other name"])
def test_a_server_that_cannot_prove_who_it_is_is_9012(
    authority: Authority, moving: Mover, tmp_path: Path, what: str
) -> None:
    by = Authority(tmp_path / "ca", "Another CA") if what == "stranger" else authority
    end = "20210101000000Z" if what == "expired" else "20490101000000Z"
    names = "DNS:other.example" if what == "other name" else "DNS:localhost"
    pair = by.issue(what.replace(" ", "-"), end=end, names=names)
    moving.trusting(authority.pair.certificate)
    with FileServer({"/f": File(CONTENT)}, context_of(pair.certificate, pair.key)) as server:
        with refused(Cause.NOT_AUTHENTICATED, "the certificate of localhost is not accepted"):
            moving.download(server.url("/f", "localhost"))
        assert server.requests == []
        if what == "expired":
            moving.way = replace(moving.way, wall_clock_trusted=False)
            assert moving.download(server.url("/f", "localhost")).sha256 == HASH


def test_a_redirect_from_https_to_http_is_not_followed(authority: Authority, moving: Mover, server: FileServer) -> None:
    pair = authority.issue("redirecting")
    moving.trusting(authority.pair.certificate)
    files = {"/a": File(status=302, location=server.url("/f"))}
    with FileServer(files, context_of(pair.certificate, pair.key)) as secure:
        with refused(Cause.DENIED, "from https to http"):
            moving.download(secure.url("/a", "localhost"))
        assert server.requests == []


def test_neither_netrc_nor_environment_is_asked(
    server: FileServer, moving: Mover, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password mine\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert moving.download(server.url("/f")).sha256 == HASH
    assert not server.requests[0].get("authorization")


# -- who does not want it any more ------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", [File(silent=True), File(CONTENT, stall_after=100_000), File(CONTENT, drip=0.01)])
def test_a_stopped_transfer_ends_at_once_and_is_gone_on_with(server: FileServer, moving: Mover, file: File) -> None:
    server.files["/f"] = file
    since = time.monotonic()
    moving.cancelled = lambda: time.monotonic() > since + 0.3
    with pytest.raises(Cancelled):
        moving.download(server.url("/f"))
    assert time.monotonic() - since < 10
    has_begun = not file.silent
    assert moving.left == (["file.part", "file.part.json"] if has_begun else [])
    reached = len(moving.part)
    assert (reached > 0) == has_begun
    moving.cancelled = lambda: False
    server.files["/f"] = File(CONTENT)
    assert moving.download(server.url("/f")).sha256 == HASH
    assert server.requests[-1].get("range") == (f"bytes={reached}-" if has_begun else "")


def test_what_a_server_would_not_go_on_with_is_not_kept(server: FileServer, moving: Mover) -> None:
    server.files["/f"] = File(CONTENT, stall_after=100_000, etag="")
    moving.cancelled = lambda: bool(moving.part)
    with pytest.raises(Cancelled):
        moving.download(server.url("/f"))
    assert moving.left == []


@pytest.mark.slow
def test_a_hundred_transfers_are_cancelled_at_once(server: FileServer, moving: Mover) -> None:
    server.files["/f"] = File(CONTENT, stall_after=1000, etag="")
    over = threading.Event()
    ends: list[str] = []

    def fetch(number: int) -> None:
        mine = replace(moving, directory=moving.directory / str(number), cancelled=over.is_set)
        mine.directory.mkdir()
        with contextlib.suppress(Cancelled):
            mine.download(server.url("/f"))
        ends.extend(mine.left)

    threads = [threading.Thread(target=fetch, args=(number,), daemon=True) for number in range(100)]
    for thread in threads:
        thread.start()
    until(lambda: len(server.requests) >= 100)
    since = time.monotonic()
    over.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)
    assert (ends, time.monotonic() - since < 8) == ([], True)


def test_a_cancelled_upload_and_a_cancelled_wait_end(server: FileServer, moving: Mover) -> None:
    count = itertools.count()
    moving.cancelled = lambda: next(count) > 5
    with pytest.raises(Cancelled):
        moving.upload(server.url("/u"), Stream(1 << 30, lambda: itertools.repeat(bytes(65_536), 1 << 14)))
    server.files["/f"] = File(status=503)
    count = itertools.count()
    moving.way = replace(moving.way, pause=60)
    with pytest.raises(Cancelled):
        moving.download(server.url("/f"))


def test_a_cancelled_transfer_waits_for_no_handshake(moving: Mover) -> None:
    moving.way = replace(moving.way, limits=replace(moving.way.limits, connect_seconds=30))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        since = time.monotonic()
        moving.cancelled = lambda: time.monotonic() > since + 0.2
        with pytest.raises(Cancelled):
            moving.download(f"https://127.0.0.1:{silent.getsockname()[1]}/")
        assert time.monotonic() - since < 15


def test_a_cancelled_transfer_waits_for_no_connection(moving: Mover) -> None:
    moving.way = replace(moving.way, limits=replace(moving.way.limits, connect_seconds=30))
    with socket.socket() as full, contextlib.ExitStack() as stack:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(2):  # whoever comes now is not heard
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        since = time.monotonic()
        moving.cancelled = lambda: time.monotonic() > since + 0.2
        with pytest.raises(Cancelled):
            moving.download(f"http://127.0.0.1:{full.getsockname()[1]}/")
        assert 0.2 <= time.monotonic() - since < 15


def test_a_cancelled_transfer_waits_for_no_resolver(moving: Mover) -> None:
    waiting = threading.Event()

    def resolve(host: str, port: int) -> list[Address]:
        waiting.wait(60)
        raise OSError

    moving.way = replace(moving.way, resolve=resolve)
    since = time.monotonic()
    moving.cancelled = lambda: time.monotonic() > since + 0.2
    with pytest.raises(Cancelled):
        moving.download("http://files.example/")
    assert time.monotonic() - since < 30
    waiting.set()
