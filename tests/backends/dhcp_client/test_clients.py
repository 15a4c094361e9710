"""The service behind the DHCP clients, without a server: where a client stands, who holds a link, what is refused."""

from pathlib import Path

import pytest

from backends.desired_state import NotOurs, Pointer, Refused, Wanted
from backends.dhcp_client.clients import DhcpClients, Place
from backends.dhcp_client.held import MachinesOwn
from backends.dhcp_client.instance import Folders
from backends.dhcp_client.records import Client4, Client6
from backends.netlink_types import Address, Link, RouteTo
from backends.procfs import Procfs
from tests.backends.dhcp_client.test_packets import HEAD

TIMES = "638253633304000000783a040000003c3b0400000069ff"


class Kernel:
    """Two links, and the addresses that a test gives."""

    def __init__(self) -> None:
        self.held: list[Address] = []

    def links(self) -> list[Link]:
        return [Link(2, "eth0", up=False, running=True), Link(3, "eth1", up=False)]

    def addresses(self) -> list[Address]:
        return self.held


class Bench:
    """The service over files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.kernel = Kernel()
        self.path: RouteTo | None = None
        place = Place(lambda pointer: pointer.keys[0], lambda link: link != "eth9", lambda: self.path, lambda _: ())
        self.clients = DhcpClients(
            self.kernel,
            Procfs(root / "proc"),
            place,
            Folders(root / "run", root / "leases"),
            MachinesOwn(root / "machine"),
        )

    def lease(self, left: int | None) -> None:
        """A lease of two minutes that the kernel keeps for so many seconds more."""
        (self.root / "leases").mkdir(exist_ok=True)
        (self.root / "leases/eth0.lease").write_bytes(HEAD + bytes.fromhex(TIMES))
        self.kernel.held = [Address("eth0", 4, "192.0.2.56", 24, valid_lifetime=left)]
        self.clients.forget()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def wanted(*clients: Client4 | Client6) -> Wanted:
    made = Wanted()
    for number, one in enumerate(clients):
        made = made.with_record(f"+{number}", one)
    return made


def on(link: str) -> Pointer:
    return Pointer("Device.IP.Interface.{i}.", (link,))


@pytest.mark.parametrize(
    ("left", "phase"),
    [(120, "bound"), (60, "bound"), (59, "renewing"), (16, "renewing"), (15, "rebinding"), (None, "bound")],
)
def test_where_a_client_stands_follows_from_the_age_of_its_lease(bench: Bench, left: int | None, phase: str) -> None:
    bench.lease(left)
    assert bench.clients.phase("eth0") == phase
    assert bench.clients.remaining("eth0") == left


def test_a_lease_is_in_force_while_the_kernel_has_its_address(bench: Bench) -> None:
    bench.lease(100)
    assert bench.clients.is_leased("eth0", "192.0.2.56")
    assert bench.clients.foreign(4) == ["eth0"]
    bench.kernel.held = []
    bench.clients.forget()
    assert not bench.clients.is_leased("eth0", "192.0.2.56")
    assert bench.clients.phase("eth0") == "init"
    assert bench.clients.foreign(4) == []


def test_a_second_client_of_a_family_on_a_link_is_refused(bench: Bench) -> None:
    bench.clients.check(wanted(Client4(enable=True, interface=on("eth0")), Client6(enable=True, interface=on("eth0"))))
    with pytest.raises(Refused) as refused:
        bench.clients.check(wanted(*[Client4(enable=True, interface=on("eth0"))] * 2))
    assert (refused.value.kind, refused.value.key, refused.value.fields) == (Client4, "+1", {"interface"})


def test_a_link_that_is_not_given_to_the_agent_or_held_by_others_is_not_ours(bench: Bench) -> None:
    with pytest.raises(NotOurs):
        bench.clients.check(wanted(Client4(enable=True, interface=on("eth9"))))
    links = bench.root / "machine/run/systemd/netif/links"
    links.mkdir(parents=True)
    (links / "2").write_text("ADMIN_STATE=configured\n")
    with pytest.raises(NotOurs, match="systemd-networkd"):
        bench.clients.check(wanted(Client4(enable=True, interface=on("eth0"))))


def test_a_client_anew_on_the_way_to_the_management_server_cuts_it(bench: Bench) -> None:
    there = wanted(Client4(enable=True, interface=on("eth0")))
    assert not bench.clients.cuts(there)
    bench.path = RouteTo("eth1", "192.0.2.9")
    assert not bench.clients.cuts(there)
    bench.path = RouteTo("eth0", "192.0.2.56")
    assert bench.clients.cuts(there)


def test_nothing_is_started_on_a_link_that_is_down(bench: Bench) -> None:
    assert not bench.clients.apply(wanted(Client4(enable=True, interface=on("eth0"))))
    assert not bench.clients.is_running(4, "eth0")


def test_an_option_that_is_never_asked_for_is_refused(bench: Bench) -> None:
    with pytest.raises(Refused) as refused:
        bench.clients.check(wanted(Client6(requested_options=(17, 3))))
    assert refused.value.fields == {"requested_options"}
