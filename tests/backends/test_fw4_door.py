"""What the package puts into OpenWrt's firewall lets connection requests in as the agent says: the kernel's word."""

import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from backends.errors import MechanismError
from backends.fw4_door import NFT, Fw4Door, Opening
from tests.netlab.fixtures import lab, make_namespace
from tests.netlab.namespace import Namespace

__all__ = ["lab", "make_namespace"]
FILES = Path(__file__).parent.parent.parent / "openwrt" / "files"
PORT, ELSEWHERE = 7547, 7548

pytestmark = pytest.mark.skipif(not shutil.which("nft"), reason="nft is not installed (Debian: apt install nftables)")


class Firewall:
    """fw4 as far as it matters here: its table with what others have it include, a redirect that would take the port as
    a DMZ does, all else from outside dropped.
    """

    def __init__(self, lab: Namespace, folder: Path) -> None:
        self.lab, self.folder = lab, folder
        self.file = folder / "firewall" / "requests.nft"
        self.door = Fw4Door(self.file, self.run)
        sets = (FILES / "fw4-sets.nft").read_text().replace("/var/run/cpe-agent", str(folder))
        (folder / "sets.nft").write_text(sets)
        (folder / "ruleset.nft").write_text(
            "table inet fw4\ndelete table inet fw4\ntable inet fw4 {\n"
            f'include "{folder}/sets.nft"\n'
            "chain input {\ntype filter hook input priority filter; policy drop;\n"
            f'include "{FILES}/fw4-rules.nft"\n'
            "ct state established accept\n}\n"
            "chain dstnat {\ntype nat hook output priority -100; policy accept;\n"
            f'include "{FILES}/fw4-own-ports.nft"\n'
            f"tcp dport {PORT} redirect to :{ELSEWHERE}\n}}\n}}\n"
        )

    def run(self, arguments: Sequence[str], given: str = "") -> str:
        (self.folder / "orders").write_text(given)
        try:
            return self.lab.run(*[str(self.folder / "orders") if each == "-" else each for each in arguments])
        except Exception as failure:  # the laboratory's own, for a program that has failed
            raise MechanismError(f"nft: {failure} {getattr(failure, 'stderr', '')}") from failure

    def reload(self) -> None:
        self.lab.run("nft", "-f", str(self.folder / "ruleset.nft"))

    def lets_in(self, address: str) -> bool:
        """Whether a connection from this address of ours to the port is made."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        to = "::1" if ":" in address else "127.0.0.1"
        code = (
            "import socket, sys\n"
            "listener = socket.create_server((sys.argv[2], int(sys.argv[3])), family=int(sys.argv[4]))\n"
            "try: socket.create_connection(listener.getsockname()[:2], 0.4, (sys.argv[1], 0)); print('true')\n"
            "except OSError: print('false')"
        )
        return bool(self.lab.python(code, address, to, str(PORT), str(int(family))))

    def lets_packets_in(self, address: str) -> bool:
        """The same of a packet by UDP."""
        code = (
            "import socket, sys\n"
            "ear, mouth = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in 'ab')\n"
            "ear.bind(('127.0.0.1', int(sys.argv[2]))); ear.settimeout(0.4); mouth.bind((sys.argv[1], 0))\n"
            "mouth.sendto(b'x', ear.getsockname())\n"
            "try: ear.recv(1); print('true')\n"
            "except OSError: print('false')"
        )
        return bool(self.lab.python(code, address, str(PORT)))


@pytest.fixture
def firewall(lab: Namespace, tmp_path: Path) -> Firewall:
    one = Firewall(lab, tmp_path)
    one.reload()
    return one


def test_nobody_is_let_in_before_the_agent_says_so(firewall: Firewall) -> None:
    assert not firewall.lets_in("127.0.0.1")


def test_an_open_door_is_open_to_all_and_still_after_a_reload_of_the_firewall(firewall: Firewall) -> None:
    firewall.door.let_in([Opening(PORT)])
    assert firewall.lets_in("127.0.0.1")
    firewall.reload()
    assert firewall.lets_in("127.0.0.1")
    firewall.door.let_in([])
    assert not firewall.lets_in("127.0.0.1")
    firewall.reload()
    assert not firewall.lets_in("127.0.0.1")


def test_a_door_for_the_acs_is_shut_to_others_in_both_families(firewall: Firewall) -> None:
    firewall.door.let_in([Opening(PORT, "127.0.0.7"), Opening(PORT, "::1")])
    assert firewall.lets_in("127.0.0.7")
    assert firewall.lets_in("::1")
    assert not firewall.lets_in("127.0.0.1")


def test_what_is_open_by_udp_is_not_open_by_tcp_nor_the_other_way_round(firewall: Firewall) -> None:
    firewall.door.let_in([Opening(PORT, "127.0.0.7", "udp")])
    assert firewall.lets_packets_in("127.0.0.7")
    assert not firewall.lets_packets_in("127.0.0.8")
    assert not firewall.lets_in("127.0.0.7")
    firewall.door.let_in([Opening(PORT)])
    assert firewall.lets_in("127.0.0.7")
    assert not firewall.lets_packets_in("127.0.0.7")


def test_without_a_firewall_it_is_kept_for_the_day_there_is_one(firewall: Firewall) -> None:
    firewall.lab.run("nft", "delete", "table", "inet", "fw4")
    firewall.door.let_in([Opening(PORT)])
    firewall.reload()
    assert firewall.lets_in("127.0.0.1")


def test_no_text_that_is_no_address_reaches_the_firewall(firewall: Firewall) -> None:
    with pytest.raises(ValueError, match="address"):
        firewall.door.let_in([Opening(PORT, "192.0.2.1 }; flush ruleset")])


def test_without_fw4s_table_nothing_is_in_anybodys_way_by_nfts_own_words(lab: Namespace, tmp_path: Path) -> None:
    door = Fw4Door(tmp_path / "firewall" / "requests.nft", lambda words, given="": NFT(lab.command(*words), given))
    door.let_in([Opening(PORT)])
    with pytest.raises(MechanismError, match="syntax error"):
        NFT(lab.command("nft", "-f", "-"), "add table\n")
