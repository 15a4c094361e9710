"""Files by FTP, from a server that has every trouble."""

import hashlib
import random
import socket
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from agent.transfers.failures import Cancelled, Cause, TransferFailed
from agent.transfers.orders import Stream
from agent.transfers.url_policy import UrlPolicy
from tests.transfers.conftest import Mover
from tests.transfers.ftp_server import FtpServer
from tests.transfers.test_http_move import refused

CONTENT = random.Random(2).randbytes(300_000)
HASH = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server() -> Iterator[FtpServer]:
    with FtpServer({"d/f": CONTENT}) as made:
        yield made


def test_a_file_arrives_whole_with_its_hash(server: FtpServer, moving: Mover) -> None:
    received = moving.download(server.url("d/f"), file_size=len(CONTENT))
    assert (received.sha256, moving.to.read_bytes()) == (HASH, CONTENT)
    assert (moving.left, moving.told[-1]) == (["file"], (len(CONTENT), len(CONTENT)))


def test_a_file_arrives_by_ipv6(moving: Mover) -> None:
    with FtpServer({"f": CONTENT}, family=socket.AF_INET6) as server:
        assert moving.download(server.url("f")).sha256 == HASH
        assert "EPSV" in server.said


def test_ftp_is_spoken_only_where_it_is_allowed(server: FtpServer, moving: Mover) -> None:
    moving.policy = UrlPolicy(laboratory=True)
    with refused(Cause.PROTOCOL, "ftp is not allowed here"):
        moving.download(server.url("d/f"))
    assert server.said == []


def test_a_file_is_uploaded(server: FtpServer, moving: Mover) -> None:
    server.username, server.password = "device", "gehe\u00efm"
    server.password = server.password.encode().decode("latin-1")
    source = Stream(len(CONTENT), lambda: iter([CONTENT[:7], CONTENT[7:]]))
    moving.upload(server.url("a%20b"), source, username="device", password="gehe\u00efm")
    assert server.files["a b"] == CONTENT
    assert moving.told[-1] == (len(CONTENT), len(CONTENT))


def test_a_typecode_is_no_part_of_the_name(server: FtpServer, moving: Mover) -> None:
    server.files["d/f;type=i"] = b"so called"
    assert moving.download(server.url("d/f;type=i")).sha256 == HASH
    assert moving.download(server.url("d/f%3Btype=i")).size == len(b"so called")


def test_connections_that_break_do_not_matter(server: FtpServer, moving: Mover) -> None:
    server.cut_after = 65_536
    assert moving.download(server.url("d/f")).sha256 == HASH
    assert [one for one in server.said if one.startswith("REST")] == [f"REST {65_536 * n}" for n in range(1, 5)]


def test_a_file_that_has_another_time_is_another_file(server: FtpServer, moving: Mover) -> None:
    moving.patient(0.2)
    server.files["d/f"], server.stall = bytes(100_000), True
    server.knows_size = True
    server.cut_after = 0
    server.files["d/f"] = CONTENT[:100_000]
    server.refusals["SIZE"] = "213 300000"
    with refused(Cause.INCOMPLETE):
        moving.download(server.url("d/f"))
    assert moving.left == ["file.part", "file.part.json"]
    server.files["d/f"], server.stall, server.modified = CONTENT, False, "20260101000001"
    server.said.clear()
    assert moving.download(server.url("d/f")).sha256 == HASH
    assert not any(one.startswith("REST") for one in server.said)


def test_a_server_that_cannot_go_on_gives_the_file_anew(server: FtpServer, moving: Mover) -> None:
    moving.patient(0.2)
    server.files["d/f"], server.stall = CONTENT[:100_000], True
    server.refusals["SIZE"] = "213 300000"
    with refused(Cause.INCOMPLETE):
        moving.download(server.url("d/f"))
    server.files["d/f"], server.stall, server.knows_rest = CONTENT, False, False
    moving.patient(10)
    assert moving.download(server.url("d/f")).sha256 == HASH


def test_a_server_that_knows_neither_size_nor_time_gives_a_file_all_the_same(server: FtpServer, moving: Mover) -> None:
    server.knows_size, server.modified = False, ""
    assert moving.download(server.url("d/f")).sha256 == HASH
    with refused(Cause.CORRUPTED, "more comes"):
        moving.download(server.url("d/f"), file_size=200_000)
    with refused(Cause.INCOMPLETE, "ended after 300000"):
        moving.download(server.url("d/f"), file_size=300_001)


def test_data_comes_from_the_server_itself_whatever_it_says(server: FtpServer, moving: Mover) -> None:
    server.lies_about_host = True
    assert moving.download(server.url("d/f")).sha256 == HASH


def test_every_connection_is_held_to_the_policy(server: FtpServer, moving: Mover) -> None:
    looked: list[str] = []

    class Watching(UrlPolicy):
        def check_address(self, address: str, own: str = "") -> None:
            looked.append(address)

    moving.policy = Watching(schemes=("ftp",), laboratory=True)
    moving.download(server.url("d/f"))
    assert looked == ["127.0.0.1"] * 4
    moving.policy = UrlPolicy(schemes=("ftp",))
    moving.resolving({"files.example": "127.0.0.1"})
    with refused(Cause.DENIED):
        moving.download(server.url("d/f").replace("127.0.0.1", "files.example"))


@pytest.mark.parametrize(
    ("command", "answer", "cause"),
    [
        ("USER", "530 no", Cause.NOT_AUTHENTICATED),
        ("PASS", "530 no", Cause.NOT_AUTHENTICATED),
        ("RETR", "550 no such file", Cause.NO_ACCESS),
        ("RETR", "530 not you", Cause.NOT_AUTHENTICATED),
        ("RETR", "450 busy", Cause.NOT_READY),
        ("PASV", "421 too many", Cause.NOT_READY),
        ("PASV", "227 nonsense", Cause.NO_CONTACT),
        ("TYPE", "nonsense", Cause.NO_CONTACT),
        ("SIZE", "213 299999", Cause.CORRUPTED),
    ],
)
def test_each_refusal_has_its_cause(server: FtpServer, moving: Mover, command: str, answer: str, cause: Cause) -> None:
    server.refusals[command] = answer
    with refused(cause, "the file server|more comes"):
        moving.download(server.url("d/f"))
    assert moving.left == []


def test_a_wrong_password_is_9012_for_both_ways_and_is_not_repeated(server: FtpServer, moving: Mover) -> None:
    with refused(Cause.NOT_AUTHENTICATED, "refuses the log-in: 530 who are you"):
        moving.download(server.url("d/f"), username="device", password="hunter2")
    with pytest.raises(TransferFailed) as failed:
        moving.upload(server.url("u"), Stream(1, lambda: iter([b"x"])), username="device", password="hunter2")
    assert failed.value.code == 9012
    assert "hunter2" not in failed.value.text
    assert "\x1b" not in failed.value.text


@pytest.mark.parametrize("name", ["", "a%0d%0aDELE%20f", "a%00"])
def test_a_name_cannot_carry_commands(server: FtpServer, moving: Mover, name: str) -> None:
    with refused(Cause.ARGUMENTS):
        moving.download(server.url(name))
    assert server.said == []


def test_a_user_cannot_carry_commands(server: FtpServer, moving: Mover) -> None:
    with refused(Cause.ARGUMENTS):
        moving.download(server.url("d/f"), username="a\r\nDELE f")
    assert server.said == []


@pytest.mark.parametrize(
    ("greeting", "words"),
    [
        (b"220-and so on\r\n" * 1000, "a reply without an end"),
        (b"220 " + b"x" * 100_000 + b"\r\n", "got more than"),
        (b"\r\n", "the file server says: $"),
        (b"", "the connection to the file server broke"),
    ],
)
def test_a_greeting_without_an_end_is_none(moving: Mover, greeting: bytes, words: str) -> None:
    moving.patient(0.2)
    with FtpServer(greeting=greeting) as server, refused(Cause.NO_CONTACT, words):
        moving.download(server.url("f"))


def test_another_size_than_the_acs_says_is_9018_at_once(server: FtpServer, moving: Mover) -> None:
    with refused(Cause.CORRUPTED, "has a file of 300000 bytes, and it is to have 5"):
        moving.download(server.url("d/f"), file_size=5)
    assert not any(one.startswith("RETR") for one in server.said)


def test_a_server_that_says_too_early_that_it_is_done(server: FtpServer, moving: Mover) -> None:
    server.early = "200 soon"
    assert moving.download(server.url("d/f")).sha256 == HASH
    server.early = "300 later"
    with refused(Cause.NO_CONTACT, "300 later"):
        moving.download(server.url("d/f"))


def test_an_endless_file_ends_where_it_should_have_ended(server: FtpServer, moving: Mover) -> None:
    server.endless = True
    with refused(Cause.CORRUPTED, "more comes than the 300000"):
        moving.download(server.url("d/f"))


def test_no_file_may_be_larger_than_who_takes_it_says(server: FtpServer, moving: Mover) -> None:
    with refused(Cause.NO_ROOM, "at most 1000"):
        moving.download(server.url("d/f"), largest=1000)
    assert moving.left == []


def test_a_stopped_transfer_ends_at_once_and_is_gone_on_with(server: FtpServer, moving: Mover) -> None:
    server.stall = True
    server.refusals["SIZE"] = "213 400000"
    since = time.monotonic()
    moving.cancelled = lambda: time.monotonic() > since + 0.2
    with pytest.raises(Cancelled):
        moving.download(server.url("d/f"))
    assert moving.left == ["file.part", "file.part.json"]
    with pytest.raises(Cancelled):
        moving.upload(server.url("u"), Stream(1 << 30, lambda: (bytes(65536) for _ in range(1 << 14))))
    assert time.monotonic() - since < 10
    moving.cancelled = lambda: False
    server.files["d/f"] = CONTENT + bytes(100_000)
    server.stall = False
    assert moving.download(server.url("d/f")).size == 400_000
    assert "REST 300000" in server.said


def test_a_server_that_says_nothing_is_9015(moving: Mover) -> None:
    moving.way = replace(moving.way, pause=0.0)
    moving.patient(0.1)
    with FtpServer(greeting=b"") as server, refused(Cause.NO_CONTACT, "broke: "):
        moving.download(server.url("f"))
