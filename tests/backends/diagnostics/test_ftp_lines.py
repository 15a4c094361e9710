"""RETR and STOR on one connection, and how each refusal of a server is called."""

from collections.abc import Callable

import pytest

from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.throughput import Throughput, download, upload
from tests.backends.diagnostics.speed_asked import MILLION, asked, is_in_order, result_of, state_of
from tests.backends.diagnostics.speed_server import FtpBehaviour, ftp_server
from tests.waiting import until


def test_ftp_retrieves_in_binary_from_the_host_it_speaks_to_and_stores_where_it_is_told() -> None:
    with ftp_server(FtpBehaviour(MILLION)) as (url, seen):
        result = result_of(download(), asked(url))
    assert result.test_bytes == MILLION
    assert is_in_order(result)
    assert until(lambda: seen.requests[-1] == "QUIT")  # which the client does not wait for
    assert seen.requests == [
        "USER anonymous", "PASS cpe-agent@", "TYPE I", "SIZE deep/file", "PASV", "RETR deep/file", "QUIT",
    ]  # fmt: skip
    with ftp_server(FtpBehaviour()) as (url, seen):
        result = result_of(upload(), asked(url.replace("ftp://", "ftp://me:my%20word@"), size=MILLION))
    assert seen.received == result.test_bytes == MILLION
    assert seen.requests[:2] == ["USER me", "PASS my word"]
    assert seen.requests[-4:-1] == ["CWD deep", "PASV", "STOR file"]


@pytest.mark.slow
def test_ftp_by_time_retrieves_again_and_stores_until_it_is_enough() -> None:
    with ftp_server(FtpBehaviour(200_000)) as (url, seen):
        result_of(download(), asked(url, duration=1))
    assert sum(line.startswith("RETR") for line in seen.requests) > 2
    with ftp_server(FtpBehaviour()) as (url, seen):
        result = result_of(upload(), asked(url, duration=1))
    assert seen.received == result.test_bytes > 0


@pytest.mark.parametrize(
    ("test", "behaviour", "state"),
    [
        (download, FtpBehaviour(answers={"USER": "530 no"}), "Error_PasswordRequestFailed"),
        (download, FtpBehaviour(answers={"PASS": "530 no"}), "Error_LoginFailed"),
        (download, FtpBehaviour(answers={"TYPE": "504 no"}), "Error_NoTransferMode"),
        (download, FtpBehaviour(answers={"PASV": "502 no"}), "Error_NoPASV"),
        (download, FtpBehaviour(answers={"PASV": "227 nonsense"}), "Error_NoPASV"),
        (download, FtpBehaviour(answers={"RETR": "550 no"}), "Error_TransferFailed"),
        (download, FtpBehaviour(answers={"RETR end": "451 no"}), "Error_TransferFailed"),
        (download, FtpBehaviour(size=500, sends=400), "Error_IncorrectSize"),
        (download, FtpBehaviour(greeting="421 go away"), "Error_NoResponse"),
        (download, FtpBehaviour(greeting="\r\n".join(["220-x"] * 400)), "Error_NoResponse"),
        (upload, FtpBehaviour(answers={"CWD": "550 no"}), "Error_NoCWD"),
        (upload, FtpBehaviour(answers={"STOR": "553 no"}), "Error_NoSTOR"),
        (upload, FtpBehaviour(answers={"STOR end": "451 no"}), "Error_NoTransferComplete"),
    ],
)
def test_each_refusal_of_an_ftp_server_has_its_name(
    test: Callable[[], Throughput], behaviour: FtpBehaviour, state: str
) -> None:
    with ftp_server(behaviour) as (url, _):
        assert state_of(test(), asked(url, size=1000)) == state


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (FtpBehaviour(answers={"USER": "530 no"}), "the server said: 530 no"),
        (FtpBehaviour(greeting="220 " + "x" * 9000), "the server's answer cannot be read: got more than 8192 bytes"),
        (
            FtpBehaviour(greeting="\r\n".join(["220-x"] * 400)),
            "the server's answer cannot be read: more than 256 lines",
        ),
        (FtpBehaviour(answers={"PASV": "227 (1,2,3,4,999,1)"}), "cannot be read: there is no port 255745"),
    ],
)
def test_the_words_of_a_server_are_told_as_its_own_and_no_others(behaviour: FtpBehaviour, said: str) -> None:
    with ftp_server(behaviour) as (url, _), pytest.raises(DiagnosticFailed, match=said):
        result_of(download(), asked(url))


def test_a_port_of_an_extended_answer_that_is_no_number_is_told_as_that() -> None:
    with (
        ftp_server(FtpBehaviour(answers={"EPSV": "229 (|||x|)"}), "::1") as (url, _),
        pytest.raises(DiagnosticFailed, match="its port is no number"),
    ):
        result_of(download(), asked(url))


def test_a_url_cannot_smuggle_a_second_command() -> None:
    with ftp_server(FtpBehaviour()) as (url, seen):
        assert state_of(download(), asked(f"{url}%0D%0ADELE%20x")) == "Error_TransferFailed"
    assert not any("DELE" in line for line in seen.requests)
