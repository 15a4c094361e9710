"""Another program on one link takes that link, and none of the others."""

import logging
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from backends.desired_state import Pointer, Wanted
from backends.lan.others import NOBODY, LeftOut, left_out
from backends.lan.records import Dhcp4, Dhcp6, DnsRelay, Pool4, Pool6
from backends.lan.service import log as told_here
from backends.tr181.lan_tables import LOOK
from tests.backends.lan_device import Gateway
from tests.netlab.namespace import Namespace
from tests.waiting import until

RELAY = "Device.DNS.Relay."


@pytest.fixture
def two(gateway: Gateway, tmp_path: Path) -> Iterator[Gateway]:
    """The gateway with another link of the LAN, that has no address yet."""
    gateway.close()
    gateway.namespace.ip("link add lan9 type bridge")
    gateway.namespace.ip("link set lan9 up")
    made = Gateway(gateway.namespace, tmp_path, manage=("br0", "lan9"))
    yield made
    made.close()


@contextmanager
def another(lab: Namespace, directory: Path, *options: str) -> Iterator[int]:
    """Somebody else's dnsmasq on lan9, that serves names and addresses there as soon as it has an address."""
    arguments = ("-k", "-C", "/dev/null", "--interface=lan9", "--bind-dynamic", "--pid-file", *options)
    lease = ("--dhcp-range=192.168.50.10,192.168.50.20,1h", f"--dhcp-leasefile={directory}/other")
    other = subprocess.Popen(lab.command("dnsmasq", *arguments, *lease), stderr=subprocess.DEVNULL)
    try:
        assert until(lambda: "lan9" in lab.run("ss", "-lunH", "sport", "=", ":67"))
        yield other.pid
    finally:
        other.terminate()
        other.wait()


def names_on(gateway: Gateway, process: int | None) -> set[str]:
    """The IPv4 addresses on which a process serves names."""
    lines = gateway.namespace.run("ss", "-ltnpH", "-4", "sport", "=", ":53").splitlines()
    return {line.split()[3].removesuffix(":53") for line in lines if f"pid={process}," in line}


def address_comes(gateway: Gateway) -> None:
    gateway.namespace.ip("addr add 192.168.50.1/24 dev lan9")
    assert until(lambda: "192.168.50.1:53" in gateway.namespace.run("ss", "-ltnH"))
    gateway.netlink.forget()


def pool_on_lan9(gateway: Gateway) -> dict[str, str]:
    return {
        "Interface": gateway.interface("lan9"), "MinAddress": "192.168.50.50", "MaxAddress": "192.168.50.99",
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("blind", [0, 3], ids=["seen in time", "quicker than us"])
def test_a_link_that_somebody_else_serves_is_left_to_it_until_it_goes(
    two: Gateway, tmp_path: Path, caplog: pytest.LogCaptureFixture, blind: int
) -> None:
    pool = two.pool()
    two.set_row(RELAY, Enable="1")
    with another(two.namespace, tmp_path) as other:
        address_comes(two)
        two.blind = blind  # at the first look nobody was seen, and dnsmasq ends over who came in between
        two.tables.reapply()
        assert names_on(two, two.server) == {"192.0.2.1"}
        assert "192.168.50.1" in names_on(two, other)
        assert "br0" in two.namespace.run("ss", "-lunH", "sport", "=", ":67")
        assert (two.get(f"{RELAY}Status"), two.get(f"{pool}Status")) == ("Enabled", "Enabled")
        server = two.server
        assert two.tables.act(0.0) == frozenset(), "nothing has changed"
        two.set_row(RELAY, Enable="1")
        assert two.server == server
        two.set_row(pool, LeaseTime="7200")
        assert two.refused_in("Device.DHCPv4.Server.Pool.1.", **pool_on_lan9(two)) == {"Interface": "Denied"}
        assert two.get(f"{pool}Status") == "Enabled"
        assert two.again().is_serving()
    said = f"dnsmasq (process {other}) has port 53 on lan9: what would be served there is left to it until it goes"
    assert [one.getMessage() for one in caplog.records if one.name == told_here.name][:1] == [said]
    assert two.tables.act(LOOK) == {"lan"}
    assert names_on(two, two.server) == {"192.0.2.1", "192.168.50.1"}


@pytest.mark.slow
def test_a_pool_whose_link_was_taken_says_so_and_the_others_go_on(two: Gateway, tmp_path: Path) -> None:
    here, there = two.pool(), two.pool(**pool_on_lan9(two), IPRouters="192.168.50.1")
    two.set_row(RELAY, Enable="1")
    with another(two.namespace, tmp_path, "--port=0"):
        two.namespace.ip("addr add 192.168.50.1/24 dev lan9")
        two.netlink.forget()
        two.tables.reapply()
        assert (two.get(f"{here}Status"), two.get(f"{there}Status")) == ("Enabled", "Error")
        assert names_on(two, two.server) == {"192.0.2.1", "192.168.50.1"}, "names are served there by nobody else"
    two.tables.act(LOOK)
    assert (two.get(f"{here}Status"), two.get(f"{there}Status")) == ("Enabled", "Enabled")


def test_who_serves_names_on_every_link_leaves_the_addresses_to_us(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    pool = gateway.pool()
    gateway.set_row(RELAY, Enable="1")
    gateway.tables.daemons.program.stop()
    command = ("dnsmasq", "-k", "-C", "/dev/null", "-R", "-h", "--pid-file")
    other = subprocess.Popen(gateway.namespace.command(*command), stderr=subprocess.DEVNULL)
    try:
        assert until(lambda: ":53" in gateway.namespace.run("ss", "-ltnH"))
        gateway.tables.act(0.0)
        assert (gateway.get(f"{RELAY}Status"), gateway.get(f"{pool}Status")) == ("Error", "Enabled")
    finally:
        other.terminate()
        other.wait()
    gateway.tables.act(LOOK)
    assert gateway.get(f"{RELAY}Status") == "Enabled"
    assert f"no longer: dnsmasq (process {other.pid}) has port 53 on br0" in caplog.text


ON4 = Pool4(
    enable=True, interface=Pointer("IP", ("lan0",)), min_address="192.0.2.5", max_address="192.0.2.9",
    subnet_mask="255.255.255.0",
)  # fmt: skip
WANTED = (
    Wanted()
    .with_record("", DnsRelay(enable=True))
    .with_record("", Dhcp4(enable=True))
    .with_record("", Dhcp6(enable=True))
    .with_record("4", ON4)
    .with_record("6", Pool6(enable=True, interface=ON4.interface))
)
TAKEN: list[tuple[set[int], Sequence[str], LeftOut]] = [
    (set(), ("lan0", "lan1"), NOBODY),
    ({67}, ("lan0", "lan1"), LeftOut(pools4={"lan0": "x has port 67 on lan0"})),
    ({547}, ("lan0", "lan1"), LeftOut(pools6={"lan0": "x has port 547 on lan0"})),
    ({53}, ("lan0", "lan1"), LeftOut(*[{"lan0": "x has port 53 on lan0"}] * 3)),
    ({53}, ("lan0",), LeftOut({"lan0": "x has port 53 on lan0"})),
]


@pytest.mark.parametrize(("ports", "name_links", "expected"), TAKEN)
def test_what_is_left_to_others(ports: set[int], name_links: Sequence[str], expected: LeftOut) -> None:
    def blocking(port: int, link: str) -> str | None:
        return "x" if port in ports and link == "lan0" else None

    def link_of(pointer: Pointer | None) -> str | None:
        return pointer.keys[0] if pointer else None

    found = left_out(WANTED, link_of, name_links, blocking)
    assert found == expected
    assert found.is_as(expected)
    assert found.is_as(NOBODY) == (not ports)
    assert found.reasons() == sorted({f"x has port {port} on lan0" for port in ports})
