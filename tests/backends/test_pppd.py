"""PPP connections as a service, without a peer. What comes of them with one is in tests/vm/pppoe_suite.py."""

from pathlib import Path

import pytest

from backends import pppd as module
from backends.desired_state import NotOurs, Pointer, Refused, Wanted
from backends.netlink_types import Address, Link, RouteTo
from backends.ppp.records import PppInterface
from backends.pppd import Place, Pppd, link_name

SESSIONS = """Id       Address              Device
00000100 6e:2e:50:a9:64:12       w0
00000A01 6e:2e:50:a9:64:12       w1
"""


class Kernel:
    """The links and addresses that a test gives."""

    def __init__(self) -> None:
        self.there = [Link(2, "eth0", up=False), Link(3, "lo", type=772)]
        self.held: list[Address] = []

    def links(self) -> list[Link]:
        return self.there

    def addresses(self) -> list[Address]:
        return self.held


class Bench:
    """The service over files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.kernel = Kernel()
        self.path: RouteTo | None = None
        (root / "sessions").write_text(SESSIONS)
        place = Place(
            lambda pointer: pointer.keys[0], lambda link: link != "eth9", lambda: self.path, root / "sessions"
        )
        self.pppd = Pppd(self.kernel, place, root / "ppp")

    def up(self, said: str = "PPP session is 1\n") -> None:
        """A connection under the key +7, as it looks when it is there."""
        (self.root / "ppp").mkdir(exist_ok=True)
        (self.root / "ppp/ppp-7.log").write_text(said)
        (self.root / "ppp/ppp-7.etc").mkdir(exist_ok=True)
        (self.root / "ppp/ppp-7.etc/resolv.conf").write_text("nameserver 9.9.9.9\nnonsense\nnameserver 8.8.8.8\n")
        self.kernel.there.append(Link(9, "ppp-7", type=512, up=True, running=True))
        self.kernel.held = [
            Address("ppp-7", 4, "10.64.1.1", 32, peer="10.64.0.1"),
            Address("ppp-7", 6, "fe80::1:2", 128, peer="fe80::3:4", scope="link"),
        ]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def over(link: str, **values: object) -> Wanted:
    pointer = Pointer("Device.Ethernet.Link.{i}.", (link,))
    return Wanted().with_record("+7", PppInterface(enable=True, lower=pointer, **values))  # type: ignore[arg-type]


def test_what_is_agreed_is_read_from_the_kernel_and_from_pppd_s_files(bench: Bench) -> None:
    bench.up()
    assert bench.pppd.phase("ppp-7") == "Connected"
    assert bench.pppd.session("ppp-7", "w0") == 1
    assert bench.pppd.name_servers("ppp-7") == ["9.9.9.9", "8.8.8.8"]
    assert bench.pppd.identifiers("ppp-7") == ("::1:2", "::3:4")
    found = bench.pppd.address("ppp-7")
    assert found is not None
    assert (found.address, found.peer) == ("10.64.1.1", "10.64.0.1")
    assert [link.name for link in bench.pppd.links()] == ["ppp-7"]


def test_of_a_connection_that_is_gone_nothing_is_told_but_why(bench: Bench) -> None:
    bench.up("PPP session is 1\nlocal  IP address 10.64.1.1\nModem hangup\n")
    assert bench.pppd.error("ppp-7") == "ERROR_NONE"
    bench.kernel.there.pop()
    bench.kernel.held = []
    bench.pppd.forget()
    assert bench.pppd.phase("ppp-7") == "Disconnected"
    assert bench.pppd.error("ppp-7") == "ERROR_ISP_DISCONNECT"
    assert bench.pppd.name_servers("ppp-7") == []
    assert bench.pppd.session("ppp-7", "w0") is None
    assert bench.pppd.identifiers("ppp-7") == ("", "")


def test_of_two_sessions_on_a_port_the_one_that_pppd_told_of_is_meant(bench: Bench) -> None:
    bench.up("PPP session is 2\n")
    (bench.root / "sessions").write_text(SESSIONS.replace("w1", "w0").replace("0A01", "0200"))
    assert bench.pppd.session("ppp-7", "w0") == 2
    assert bench.pppd.session("ppp-7", "w1") is None


def test_a_link_that_is_not_given_to_the_agent_is_not_ours(bench: Bench) -> None:
    bench.pppd.check(over("eth0"))
    with pytest.raises(NotOurs):
        bench.pppd.check(over("eth9"))


def test_what_pppd_cannot_be_told_is_refused_by_its_field(bench: Bench) -> None:
    with pytest.raises(Refused) as refused:
        bench.pppd.check(over("eth0", username="\0"))
    assert (refused.value.key, refused.value.fields) == ("+7", {"username"})


def test_nothing_is_started_on_a_link_that_is_down(bench: Bench) -> None:
    assert not bench.pppd.apply(over("eth0"))
    assert not bench.pppd.is_running("ppp-7")


def test_a_connection_that_does_not_run_cuts_nothing(bench: Bench) -> None:
    bench.path = RouteTo("ppp-7", "10.64.1.1")
    assert not bench.pppd.cuts(Wanted())


def test_a_link_is_called_by_its_key() -> None:
    assert link_name("+12") == "ppp-12"


def test_a_machine_without_pppd_has_no_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_program", lambda _: None)
    assert module.plugin() is None
