"""What moves files, whatever the protocol."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from agent.transfers import mover
from agent.transfers.failures import Cause, TransferFailed
from agent.transfers.orders import Stream
from agent.transfers.url_policy import UrlPolicy
from tests.transfers.conftest import Mover
from tests.transfers.file_server import File, FileServer
from tests.transfers.ftp_server import FtpServer


@pytest.mark.parametrize(
    ("url", "download", "upload", "answer"),
    [
        ("ftp://files.example/f", 9010, 9011, 9013),
        ("http://127.0.0.1/f", 9001, 9001, 9001),
        ("http://239.0.0.1/f", 9014, 9011, 9014),
        ("http://a b/", 9010, 9011, 9003),
    ],
)
def test_what_the_policy_forbids_is_not_even_begun(
    moving: Mover, url: str, download: int, upload: int, answer: int
) -> None:
    moving.policy = UrlPolicy()
    with pytest.raises(TransferFailed) as failed:
        moving.download(url)
    assert (failed.value.code, failed.value.answer_code) == (download, answer)
    with pytest.raises(TransferFailed) as failed:
        moving.upload(url, Stream(1, lambda: iter([b"x"])))
    assert failed.value.code == upload
    assert (moving.left, moving.told) == ([], [])


def test_a_name_that_leads_into_the_home_is_asked_nothing(moving: Mover) -> None:
    moving.policy = UrlPolicy(("http", "https", "ftp"), homes=(ip_network("192.0.2.0/24"),))
    moving.resolving({"files.example": "192.0.2.77"})
    for scheme in ("http", "https", "ftp"):
        url = f"{scheme}://files.example/f"
        with pytest.raises(TransferFailed, match="in the home") as failed:
            moving.download(url)
        assert failed.value.code == 9001
        with pytest.raises(TransferFailed, match="in the home"):
            moving.upload(url, Stream(1, lambda: iter([b"x"])))
    assert (moving.left, moving.told) == ([], [])


def test_tries_that_bring_the_file_further_are_not_counted_and_the_log_says_of_which_file_each_is(
    moving: Mover, caplog: pytest.LogCaptureFixture
) -> None:
    content = bytes(20 * mover.WORTH)
    with FileServer({"/f": File(content, cut_after=mover.WORTH)}) as server, caplog.at_level("INFO"):
        assert moving.download(server.url("/f"), id="17").size == len(content)
        assert len(server.requests) == 20
    assert "transfer 17 is tried again: " in caplog.text
    with FileServer({"/f": File(content, cut_after=mover.WORTH - 1)}) as server:
        with pytest.raises(TransferFailed) as failed:
            moving.download(server.url("/f"))
        assert (failed.value.cause, len(server.requests)) == (Cause.INCOMPLETE, mover.TRIES)


def test_what_a_try_has_left_can_be_forgotten(moving: Mover) -> None:
    moving.patient(0.1)
    with FileServer({"/f": File(bytes(100_000), stall_after=50_000)}) as server, pytest.raises(TransferFailed):
        moving.download(server.url("/f"))
    assert moving.left == ["file.part", "file.part.json"]
    mover.forget(moving.to)
    mover.forget(moving.to)
    assert moving.left == []


def test_a_file_that_shrinks_while_it_is_sent_is_9002(moving: Mover, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(bytes(1_000_000))

    class Shrinking(Mover):
        def _progress(self, size: int, total: int | None) -> None:
            log.write_bytes(b"")

    shrinking = Shrinking(moving.directory)
    with FtpServer() as server, pytest.raises(TransferFailed, match="became shorter") as failed:
        shrinking.upload(server.url("u"), log)
    assert failed.value.code == 9002


def test_a_directory_that_is_not_there_is_9002(moving: Mover) -> None:
    moving.directory.rmdir()
    with FileServer({"/f": File(b"x")}) as server, pytest.raises(TransferFailed) as failed:
        moving.download(server.url("/f"))
    assert failed.value.code == 9002
