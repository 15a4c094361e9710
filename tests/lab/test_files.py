"""Files are served and taken in one directory, and no request reaches beyond it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.lab.acs import LabAcs
from agent.lab.files import Files
from agent.lab.gate import Auth
from tests.lab.cpe import Cpe, exchange_raw


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[tuple[Cpe, Path]]:
    directory = tmp_path / "files"
    directory.mkdir()
    (tmp_path / "outside").write_text("outside")
    with LabAcs(data=directory, file_limit=100_000) as acs, Cpe(acs.port) as cpe:
        yield cpe, directory


def test_a_file_is_served_whole(bench: tuple[Cpe, Path]) -> None:
    cpe, directory = bench
    content = os.urandom(300_000)
    (directory / "fw.bin").write_bytes(content)
    got = cpe.request("GET", "/files/fw.bin")
    assert (got.status, got.headers["Content-Length"], got.body) == (200, "300000", content)
    assert cpe.request("GET", "/files/other.bin").status == 404


def test_a_part_of_a_file_is_served_as_long_as_it_is_the_same_file(bench: tuple[Cpe, Path]) -> None:
    cpe, directory = bench
    (directory / "fw.bin").write_bytes(b"0123456789")
    whole = cpe.request("GET", "/files/fw.bin")
    tag = whole.headers["ETag"]

    part = cpe.request("GET", "/files/fw.bin", Range="bytes=4-", If_Range=tag)
    assert (part.status, part.headers["Content-Range"], part.body) == (206, "bytes 4-9/10", b"456789")
    assert cpe.request("GET", "/files/fw.bin", Range="bytes=2-3").body == b"23"
    assert cpe.request("GET", "/files/fw.bin", Range="bytes=2-300").body == b"23456789"
    beyond = cpe.request("GET", "/files/fw.bin", Range="bytes=10-")
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, "bytes */10")
    assert cpe.request("GET", "/files/fw.bin", Range="lines=1-2").status == 200

    (directory / "fw.bin").write_bytes(b"another one")
    other = cpe.request("GET", "/files/fw.bin", Range="bytes=4-", If_Range=tag)
    assert (other.status, other.body) == (200, b"another one")


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_file_is_taken_and_can_be_fetched_again(method: str, bench: tuple[Cpe, Path]) -> None:
    cpe, directory = bench
    assert cpe.request(method, "/files/log-1.txt", b"x" * 50_000).status == 201
    assert cpe.request(method, "/files/log-1.txt", iter([b"a", b"b"])).status == 204
    assert cpe.request("GET", "/files/log-1.txt").body == b"ab"
    assert os.listdir(directory) == ["log-1.txt"]


@pytest.mark.parametrize(
    "name",
    ["../outside", "..%2foutside", "%2e%2e/outside", "..", ".", "", ".hidden", "a/b", "a%00b", "link", "folder", "pipe",
     "x" * 200],
)  # fmt: skip
def test_no_name_leads_outside_or_to_what_is_no_file(name: str, bench: tuple[Cpe, Path]) -> None:
    cpe, directory = bench
    (directory / "link").symlink_to("../outside")
    (directory / "folder").mkdir()
    (directory / ".hidden").write_text("hidden")
    os.mkfifo(directory / "pipe")
    assert exchange_raw(cpe.port, f"GET /files/{name} HTTP/1.0\r\n\r\n".encode()).startswith(b"HTTP/1.1 404 ")


def test_a_symbolic_link_is_replaced_and_its_target_untouched(bench: tuple[Cpe, Path]) -> None:
    cpe, directory = bench
    (directory / "link").symlink_to("../outside")
    cpe.request("PUT", "/files/link", b"new")
    assert (directory.parent / "outside").read_text() == "outside"
    assert (directory / "link").read_bytes() == b"new"


def test_a_file_that_is_too_large_or_breaks_off_leaves_nothing(bench: tuple[Cpe, Path]) -> None:
    cpe, directory = bench
    assert cpe.request("PUT", "/files/big", b"x" * 100_001).status == 413
    head = b"PUT /files/short HTTP/1.1\r\nContent-Length: 100\r\n\r\nonly this"
    cpe.reconnect()
    sock = cpe.connection
    sock.connect()
    sock.sock.sendall(head)
    sock.close()
    assert cpe.request("GET", "/files/short").status == 404
    assert [name for name in os.listdir(directory) if not name.endswith(".part")] == []


def test_a_disk_that_takes_nothing_is_reported(bench: tuple[Cpe, Path]) -> None:
    cpe, directory = bench
    directory.rmdir()
    answer = cpe.request("PUT", "/files/x", b"1")
    assert (answer.status, "cannot be kept" in answer.text) == (507, True)


def test_other_methods_are_not_served(bench: tuple[Cpe, Path]) -> None:
    assert bench[0].request("DELETE", "/files/x").status == 405


def test_files_ask_for_the_same_credentials_as_cwmp(tmp_path: Path) -> None:
    (tmp_path / "fw").write_text("firmware")
    with LabAcs(data=tmp_path, auth=Auth("basic", "cpe", "secret")) as acs, Cpe(acs.port) as cpe:
        assert cpe.request("GET", "/files/fw").status == 401
        assert cpe.request("GET", "/files/fw", Authorization="Basic Y3BlOnNlY3JldA==").text == "firmware"
        assert cpe.request("PUT", "/files/new", b"x").status == 401
    assert not (tmp_path / "new").exists()


def test_without_a_directory_there_are_no_files(cpe: Cpe) -> None:
    answer = cpe.request("GET", "/files/x")
    assert (answer.status, "without a data directory" in answer.text) == (404, True)


def test_the_listing_names_regular_files_with_their_sizes(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("12")
    (tmp_path / "a").write_text("1")
    (tmp_path / ".c").write_text("1")
    (tmp_path / "d").symlink_to("a")
    assert Files(tmp_path).listing() == [{"name": "a", "size": 1}, {"name": "b", "size": 2}]
