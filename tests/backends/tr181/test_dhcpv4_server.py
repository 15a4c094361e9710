"""A pool serves those it is for, as it says, and tells who has got an address; proven by real clients."""

import json
import subprocess
import threading
from pathlib import Path

import pytest

from agent.model.errors import Refusals
from backends.errors import MechanismError
from tests.backends.lan_device import Answer, Gateway
from tests.backends.openwrt.router import Router
from tests.netlab.namespace import Namespace, veth
from tests.waiting import until

SERVER = "Device.DHCPv4.Server."
POOLS = f"{SERVER}Pool."


def mac_of(house: Namespace, link: str = "eth0") -> str:
    mac: str = json.loads(house.run("ip", "-j", "link", "show", link))[0]["address"]
    return mac


def more_clients(gateway: Gateway, house: Namespace, count: int) -> list[str]:
    """More links of the house on the bridge; their names."""
    for number in range(1, count + 1):
        veth(gateway.namespace, f"lan1{number}", house, f"eth{number}")
        gateway.namespace.ip(f"link set lan1{number} master br0")
    return [f"eth{number}" for number in range(1, count + 1)]


def test_a_client_gets_an_address_of_the_range_and_what_the_pool_tells(gateway: Gateway, house: Namespace) -> None:
    pool = gateway.pool(DNSServers="192.0.2.1,192.0.2.2", DomainName="lab.example", LeaseTime="600")
    gateway.add(f"{pool}StaticAddress.", Enable="1", Chaddr=mac_of(house), Yiaddr="192.0.2.60")
    gateway.add(f"{pool}Option.", Enable="1", Tag="66", Value="746674702E6578616D706C65")
    answer = Answer.with_address("192.0.2.60", house)
    assert answer.told["mask"] == "24"
    assert answer.told["router"] == "192.0.2.1"
    assert answer.told["dns"] == "192.0.2.1 192.0.2.2"
    assert answer.told["domain"] == "lab.example"
    assert answer.told["lease"] == "600"
    assert answer.told["tftp"] == "tftp.example"
    assert gateway.get(f"{pool}Status") == "Enabled"


def test_a_client_with_a_lease_is_told_with_its_address_and_its_identifier(gateway: Gateway, house: Namespace) -> None:
    pool = gateway.pool()
    mac = mac_of(house)
    gateway.add(f"{pool}StaticAddress.", Enable="1", Chaddr=mac, Yiaddr="192.0.2.60")
    Answer.with_address("192.0.2.60", house, "-x", "hostname:laptop")
    told = gateway.tree(f"{pool}Client.")
    assert told["1.Chaddr"] == mac
    assert told["1.Active"] == "true"
    assert told["1.IPv4Address.1.IPAddress"] == "192.0.2.60"
    assert told["1.IPv4Address.1.LeaseTimeRemaining"].startswith("20")
    options = {told[f"1.Option.{number}.Tag"]: told[f"1.Option.{number}.Value"] for number in ("1", "2")}
    assert options == {"12": b"laptop".hex().upper(), "61": "01" + mac.replace(":", "").upper()}


def test_a_lease_for_ever_ends_at_the_last_moment_there_is(gateway: Gateway, house: Namespace) -> None:
    pool = gateway.pool(LeaseTime="-1")
    gateway.add(f"{pool}StaticAddress.", Enable="1", Chaddr=mac_of(house), Yiaddr="192.0.2.60")
    assert Answer.with_address("192.0.2.60", house).told["lease"] == str(2**32 - 1)
    assert gateway.get(f"{pool}Client.1.IPv4Address.1.LeaseTimeRemaining") == "9999-12-31T23:59:59Z"


def test_a_static_address_is_taken_up_without_a_restart(gateway: Gateway, house: Namespace) -> None:
    pool = gateway.pool()
    server = gateway.server
    gateway.add(f"{pool}StaticAddress.", Enable="1", Chaddr=mac_of(house), Yiaddr="192.0.2.61")
    gateway.set_row(pool, IPRouters="192.0.2.9", DNSServers="192.0.2.8", DomainName="other.example")
    answer = Answer.with_address("192.0.2.61", house)
    assert (answer.told["router"], answer.told["dns"], answer.told["domain"]) == (
        "192.0.2.9",
        "192.0.2.8",
        "other.example",
    )
    assert gateway.server == server


def test_a_lease_is_told_as_an_event_within_a_second(gateway: Gateway, house: Namespace) -> None:
    pool = gateway.pool()
    gateway.add(f"{pool}StaticAddress.", Enable="1", Chaddr=mac_of(house), Yiaddr="192.0.2.60")
    told: list[frozenset[str]] = []
    stop = threading.Event()
    assert gateway.part.watch is not None
    watcher = threading.Thread(target=gateway.part.watch, args=(told.append, stop))
    watcher.start()
    try:
        Answer.with_address("192.0.2.60", house)
        assert until(lambda: frozenset({"lease"}) in told)
    finally:
        stop.set()
        watcher.join()


def test_a_new_run_of_the_agent_leaves_the_server_alone(gateway: Gateway) -> None:
    gateway.pool()
    server = gateway.server
    assert server is not None
    again = gateway.again()
    assert again.server == server
    assert again.get(f"{POOLS}1.Status") == "Enabled"
    again.procfs.close()


def test_what_is_switched_off_serves_nobody(gateway: Gateway) -> None:
    pool = gateway.pool()
    gateway.set_row(SERVER, Enable="0")
    assert not gateway.is_serving()
    assert gateway.get(f"{pool}Status") == "Disabled"
    gateway.set_row(SERVER, Enable="1")
    assert gateway.is_serving()
    gateway.delete(pool)
    assert not gateway.is_serving()


def test_a_pool_that_cannot_be_says_so(home: Gateway | Router) -> None:
    pool = home.pool()
    home.set_row(pool, MaxAddress="198.51.100.9")
    assert home.get(f"{pool}Status") == "Error_Misconfigured"
    home.set_row(pool, MinAddress="198.51.100.5", MaxAddress="198.51.100.9")
    assert home.get(f"{pool}Status") == "Error", "the link has no address in this subnet"
    home.set_row(pool, Interface="")
    assert home.get(f"{pool}Status") == "Error_Misconfigured"


def test_the_first_pool_that_fits_is_the_only_one(home: Gateway | Router) -> None:
    first, second, third = home.pool(), home.pool(), home.pool()

    def orders() -> list[str]:
        return [home.get(f"{pool}Order") for pool in (first, second, third)]

    assert orders() == ["1", "2", "3"]
    home.set_row(third, Order="1")
    assert orders() == ["2", "3", "1"]
    home.delete(third)
    assert [home.get(f"{pool}Order") for pool in (first, second)] == ["1", "2"]


def test_a_link_of_somebody_elses_is_refused(gateway: Gateway) -> None:
    gateway.namespace.ip("link add eth9 type veth peer name eth8")
    gateway.namespace.ip("addr add 203.0.113.1/24 dev eth9")
    pool = gateway.pool()
    gateway.netlink.forget()
    assert gateway.refused_in(pool, Interface=gateway.interface("eth9")) == {"Interface": "Denied"}
    assert gateway.get(f"{pool}Status") == "Enabled"


def test_another_server_in_the_way_is_named(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    other = subprocess.Popen(
        gateway.namespace.command(
            "dnsmasq", "-k", "-C", "/dev/null", "--port=0", "--interface=br0", "--bind-interfaces", "--pid-file",
            "--dhcp-range=192.0.2.100,192.0.2.110", f"--dhcp-leasefile={gateway.directory}/other",
        ),
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert until(lambda: "0.0.0.0" in gateway.namespace.run("ss", "-lunH", "sport", "=", ":67"))
        with pytest.raises(Refusals):
            gateway.pool()
        assert "dnsmasq (process" in caplog.text
        assert f"{other.pid}" in caplog.text
    finally:
        other.terminate()
        other.wait()
    assert gateway.server is None
    gateway.pool()
    assert gateway.server is not None


def test_what_the_server_will_not_take_leaves_everything_as_it_was(
    gateway: Gateway, house: Namespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pool = gateway.pool()
    gateway.add(f"{pool}StaticAddress.", Enable="1", Chaddr=mac_of(house), Yiaddr="192.0.2.60")
    before = {
        path.name: path.read_text()
        for path in (gateway.directory / "run" / "lan").glob("[dho]*")
        if path.suffix != ".running"
    }
    state = gateway.tables.state()
    broken = tmp_path / "bin" / "dnsmasq"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho no >&2\nexit 3\n")
    broken.chmod(0o755)
    with monkeypatch.context() as patched:
        patched.setenv("PATH", f"{broken.parent}:/usr/sbin:/usr/bin:/sbin:/bin")
        with pytest.raises((Refusals, MechanismError)):
            gateway.set_row(pool, MaxAddress="192.0.2.70")
    assert gateway.tables.state() == state
    gateway.tables.apply_at_start()
    assert gateway.get(f"{pool}MaxAddress") == "192.0.2.99"
    assert Answer(house).address == "192.0.2.60"
    after = {
        path.name: path.read_text()
        for path in (gateway.directory / "run" / "lan").glob("[dho]*")
        if path.suffix != ".running"
    }
    assert {name: text for name, text in after.items() if not name.endswith(("log", "pid"))} == {
        name: text for name, text in before.items() if not name.endswith(("log", "pid"))
    }


REFUSED = {
    "LeaseTime": ("0", "119", "-2"),
    "VendorClassID": ("x", "a" * 256),
    "VendorClassIDMode": ("Suffix",),
    "DomainName": ("a b", "a\nb", 'x"y', "$(reboot)", "a" * 65, "日本"),
    "MinAddress": ("192.0.2", "::1", "192.0.2.1,192.0.2.2", "x"),
    "ChaddrMask": ("zz:00:00:00:00:00",),
}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in REFUSED.items() for text in texts])
def test_what_cannot_be_served_is_refused_with_its_name(home: Gateway | Router, name: str, text: str) -> None:
    pool = home.pool()
    assert home.refused_in(pool, **{name: text}) == {name: "InvalidValue"}


@pytest.mark.slow
def test_conditions_decide_which_pool_serves(gateway: Gateway, house: Namespace) -> None:
    links = more_clients(gateway, house, 5)
    usual = gateway.pool(MinAddress="192.0.2.50", MaxAddress="192.0.2.59", ReservedAddresses="192.0.2.50")
    exact = gateway.pool(MinAddress="192.0.2.60", MaxAddress="192.0.2.69", VendorClassID="phone", Order="1")
    prefix = {"VendorClassID": "tele", "VendorClassIDMode": "Prefix"}
    gateway.pool(MinAddress="192.0.2.70", MaxAddress="192.0.2.79", Order="1", **prefix)
    part = {"VendorClassID": 'a,"b":', "VendorClassIDMode": "Substring"}
    gateway.pool(MinAddress="192.0.2.80", MaxAddress="192.0.2.89", Order="1", **part)
    mac = mac_of(house, links[4])
    masked = {"Chaddr": mac, "ChaddrMask": "ff:ff:ff:ff:ff:f0"}
    gateway.pool(MinAddress="192.0.2.90", MaxAddress="192.0.2.99", Order="1", **masked)
    classes = ["phone", "phones", "television", 'xa,"b":c', "other"]
    answers = [Answer(house, "-V", name, link=link) for link, name in zip(links, classes, strict=True)]
    places = [int(answer.address.rpartition(".")[2]) // 10 for answer in answers]
    assert places == [6, 5, 7, 8, 9]
    assert gateway.get(f"{exact}ClientNumberOfEntries") == "1"
    assert gateway.get(f"{usual}Client.1.Chaddr") == mac_of(house, links[1])


@pytest.mark.slow
def test_an_excluded_class_is_served_elsewhere(gateway: Gateway, house: Namespace) -> None:
    links = more_clients(gateway, house, 2)
    not_phones = {"VendorClassID": "phone", "VendorClassIDExclude": "1"}
    gateway.pool(MinAddress="192.0.2.60", MaxAddress="192.0.2.69", **not_phones)
    gateway.pool(MinAddress="192.0.2.70", MaxAddress="192.0.2.79")
    answers = [Answer(house, "-V", name, link=link) for link, name in zip(links, ("phone", "phone 2"), strict=True)]
    assert [answer.address[:9] for answer in answers] == ["192.0.2.7", "192.0.2.6"]


@pytest.mark.slow
def test_a_changed_pool_is_applied_and_reserved_addresses_are_nobodys(gateway: Gateway, house: Namespace) -> None:
    pool = gateway.pool(MinAddress="192.0.2.50", MaxAddress="192.0.2.51", ReservedAddresses="192.0.2.50")
    assert Answer(house).address == "192.0.2.51"
    gateway.set_row(pool, MinAddress="192.0.2.80", MaxAddress="192.0.2.81")
    server = gateway.server
    gateway.set_row(pool, ReservedAddresses="192.0.2.81")
    assert Answer(house).address == "192.0.2.80"
    assert gateway.server == server
    static = gateway.add(f"{pool}StaticAddress.", Enable="0", Chaddr="02:00:00:00:00:99", Yiaddr="192.0.2.80")
    assert Answer(house).address == "", "a disabled static address is not in the pool"
    gateway.delete(static)
    assert Answer(house).address == "192.0.2.80"
