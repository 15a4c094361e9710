"""The section of the NTP daemon, read and written again."""

from pathlib import Path

import pytest

from backends.ntp import Client
from backends.openwrt.system.ntp import Ground, NtpMapping, client_of
from backends.uci import BrokenPackage, FileUci, Places, Section
from tests.backends.openwrt.router import NETWORK
from tests.backends.uci.boards import CORPUS, mutated

pytestmark = pytest.mark.slow

GROUND = Ground(lambda _: None, lambda _: None, dict, tuple)


def changed_by_nothing(directory: Path, text: str) -> frozenset[str]:
    """The packages that would be written when nothing is asked for."""
    places = Places.under(directory)
    places.config.mkdir(parents=True, exist_ok=True)
    (places.config / "system").write_bytes(text.encode("utf-8", "surrogateescape"))
    (places.config / "network").write_text(NETWORK)
    mapping = NtpMapping(GROUND)
    edits = FileUci(places).edit()
    now = mapping.read(edits.read)
    mapping.check(now, now)
    mapping.write(edits, now, now)
    assert mapping.read(edits.read) == now
    return edits.changed()


def test_what_is_read_and_written_again_is_as_it_was(tmp_path: Path) -> None:
    for path in sorted(CORPUS.glob("*/system")):
        assert not changed_by_nothing(tmp_path, path.read_text(encoding="utf-8", errors="surrogateescape"))


def test_so_is_any_text_that_is_uci(tmp_path: Path) -> None:
    read = 0
    for number, text in enumerate(mutated(5, 80)):
        word = ("enabled 'no'", "server 'a b'", "enable_server 'on'", "cpe_server_places '3 1'")[number % 4]
        try:
            assert not changed_by_nothing(tmp_path, f"{text}\nconfig timeserver 'ntp'\n\toption {word}\n")
        except BrokenPackage:
            continue
        read += 1
    assert read > 10


@pytest.mark.parametrize(
    ("options", "client"),
    [
        ({"server": ("a", "b")}, Client(servers=("a", "b"))),
        ({"server": "a b"}, Client(servers=("a", "b"))),
        ({"server": ("a",), "cpe_server_places": "3"}, Client(servers=("", "", "a"))),
        ({"server": ("a",), "cpe_server_places": "1 2"}, Client(servers=("a",))),
        ({"server": ("a",), "cpe_server_places": "999999999"}, Client(servers=("a",))),
        ({"cpe_server": ("a",), "cpe_client_disabled": "1"}, Client(enable=False, servers=("a",))),
        ({}, Client()),
    ],
)
def test_servers_are_in_their_places(options: dict[str, str], client: Client) -> None:
    assert client_of(Section("timeserver", "ntp", "ntp", options)) == client
