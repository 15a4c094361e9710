"""Hosts are those who are heard on the LAN, and nobody else."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from agent.model.object import Target
from backends.netlink_types import Neighbour, Route, Station
from backends.tr181.hosts import MOST_HOSTS, host_watch
from backends.tr181.parts import Part
from tests.backends.whole_device import WholeDevice, device_in_memory, device_on_linux
from tests.fakes.machine import FakeMachine
from tests.fakes.netlink import FakeKernel
from tests.netlab.namespace import Namespace, veth
from tests.waiting import until

HOSTS = "Device.Hosts.Host."
LAPTOP, PHONE, ROUTER, SWITCH = (f"0c:00:00:00:00:0{number}" for number in range(1, 5))


def neighbour(interface: str, address: str, mac: str, state: str = "reachable", age: float = 5.0) -> Neighbour:
    return Neighbour(interface, address, mac, state, confirmed_age=age, used_age=age)


@pytest.fixture
def kernel() -> FakeKernel:
    """A gateway: wan to the provider; br0 with lan1 and lan2 to the house."""
    kernel = FakeKernel()
    for name in ("wan", "lan1", "lan2"):
        kernel.add_link(name, up=True)
    kernel.add_link("br0", "bridge", up=True)
    for name in ("lan1", "lan2"):
        kernel.links[name] = replace(kernel.links[name], master="br0")
    kernel.routes.append(Route(4, "", "198.51.100.1", "wan"))
    kernel.neighbours = [
        neighbour("wan", "198.51.100.1", ROUTER),
        neighbour("wan", "198.51.100.9", SWITCH),
        neighbour("br0", "192.168.1.10", LAPTOP),
        neighbour("br0", "2001:db8::10", LAPTOP, age=1.0),
        neighbour("br0", "fe80::10", LAPTOP),
        neighbour("br0", "192.168.1.20", PHONE, "stale", age=900.0),
    ]
    kernel.stations = [Station(LAPTOP, "lan2", "br0", used_age=3.0)]
    return kernel


@pytest.fixture
def device(kernel: FakeKernel, tmp_path: Path) -> WholeDevice:
    return device_in_memory(tmp_path, kernel)[0]


def hosts(device: WholeDevice) -> dict[str, dict[str, str]]:
    return device.table(HOSTS, "PhysAddress")


def test_the_hosts_of_the_house_are_told_and_those_of_the_provider_are_not(device: WholeDevice) -> None:
    assert set(hosts(device)) == {LAPTOP, PHONE}
    assert device.get("Device.Hosts.HostNumberOfEntries") == "2"


def test_a_host_has_its_addresses_ipv4_first(device: WholeDevice) -> None:
    laptop = hosts(device)[LAPTOP]
    assert laptop["IPAddress"] == "192.168.1.10"
    assert (laptop["IPv4AddressNumberOfEntries"], laptop["IPv6AddressNumberOfEntries"]) == ("1", "2")
    assert laptop["IPv4Address.1.IPAddress"] == "192.168.1.10"
    assert {laptop["IPv6Address.1.IPAddress"], laptop["IPv6Address.2.IPAddress"]} == {"2001:db8::10", "fe80::10"}


def test_a_host_points_at_the_port_and_the_ip_interface_where_it_is(device: WholeDevice) -> None:
    laptop, phone = hosts(device)[LAPTOP], hosts(device)[PHONE]
    assert device.get(laptop["Layer1Interface"] + ".Name") == "lan2"
    assert device.get(laptop["Layer3Interface"] + ".Name") == "br0"
    assert laptop["InterfaceType"] == "Ethernet"
    assert (phone["Layer1Interface"], phone["InterfaceType"]) == ("", "Other"), "no bridge table says behind which port"


def test_a_host_is_active_while_it_is_heard(kernel: FakeKernel, device: WholeDevice) -> None:
    assert {mac: host["Active"] for mac, host in hosts(device).items()} == {LAPTOP: "true", PHONE: "false"}
    kernel.stations.append(Station(PHONE, "lan1", "br0", used_age=20.0))
    assert hosts(device)[PHONE]["Active"] == "true", "a bridge has heard it, whatever ARP thinks"
    kernel.stations = []
    kernel.neighbours = [neighbour("br0", "192.168.1.10", LAPTOP, "stale", age=299.0)]
    assert hosts(device)[LAPTOP]["Active"] == "true"
    kernel.neighbours = [neighbour("br0", "192.168.1.10", LAPTOP, "stale", age=301.0)]
    assert hosts(device)[LAPTOP]["Active"] == "false"


def test_the_time_of_the_last_change_stays_until_the_next(kernel: FakeKernel, device: WholeDevice) -> None:
    first = hosts(device)[LAPTOP]["ActiveLastChange"]
    time.sleep(0.002)
    assert hosts(device)[LAPTOP]["ActiveLastChange"] == first
    kernel.stations = []
    kernel.neighbours = [neighbour("br0", "192.168.1.10", LAPTOP, "stale", age=4000.0)]
    assert hosts(device)[LAPTOP]["ActiveLastChange"] > first


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_who_was_there_before_us_is_there_since_the_kernel_heard_them_last(device: WholeDevice) -> None:
    """The best that is known: each has a time of its own, and none is the agent's start."""
    now = device.mechanisms.system.clock()
    since = {mac: now - moment(host["ActiveLastChange"]) for mac, host in hosts(device).items()}
    assert 0.9 <= since[LAPTOP].total_seconds() < 60
    assert 599.9 <= since[PHONE].total_seconds() < 660, "heard 900 s ago, and taken to be there for 300 s more"


def test_behind_a_port_that_lost_its_carrier_nobody_is_active(kernel: FakeKernel, device: WholeDevice) -> None:
    """The kernel forgets the bridge's entry with the carrier, and believes in the neighbour for half a minute more."""
    before = hosts(device)[LAPTOP]
    time.sleep(0.002)
    kernel.no_carrier.add("lan2")
    kernel.stations = []
    kernel.changed("link")
    gone = hosts(device)[LAPTOP]
    assert (before["Active"], gone["Active"]) == ("true", "false")
    assert gone["ActiveLastChange"] > before["ActiveLastChange"]
    assert hosts(device)[LAPTOP]["ActiveLastChange"] == gone["ActiveLastChange"]
    kernel.no_carrier.clear()
    kernel.changed("link")
    assert hosts(device)[LAPTOP]["Active"] == "false", "what was heard before the carrier went is no evidence any more"
    kernel.stations = [Station(LAPTOP, "lan1", "br0", used_age=0.0)]
    assert hosts(device)[LAPTOP]["Active"] == "true"


def test_a_link_tells_who_watches_a_host(device: WholeDevice) -> None:
    assert "link" in device.model.changed_by(f"{HOSTS}1.Active")


def test_when_somebody_came_or_went_is_known_though_nobody_asked(kernel: FakeKernel, tmp_path: Path) -> None:
    device, _ = device_in_memory(tmp_path, kernel, services=[host_watch])
    machine = device.machine
    (chore,) = machine.chores

    def happens(topic: str, now: float) -> None:
        machine.look(frozenset({topic}))
        due = chore.due(now)
        assert due is not None
        device.mechanisms.netlink.forget()
        chore.act(max(now, due))
        assert chore.due(now) is None

    happens("neighbour", 100.0)
    time.sleep(0.002)
    kernel.no_carrier.add("lan2")
    kernel.stations = []
    kernel.changed("link")
    machine.look(frozenset({"link"}))
    assert (chore.due(100.0) or 0.0) <= 100.0, "at once"
    happens("link", 100.0)
    gone = device.mechanisms.system.clock()
    kernel.neighbours.append(neighbour("br0", "192.168.1.30", SWITCH, age=0.0))
    machine.look(frozenset({"neighbour"}))
    assert (chore.due(100.0) or 0.0) > 100.0, "with others"
    happens("neighbour", 100.0)
    came = device.mechanisms.system.clock()
    time.sleep(0.002)
    found = hosts(device)
    assert moment(found[LAPTOP]["ActiveLastChange"]) <= gone
    assert gone <= moment(found[SWITCH]["ActiveLastChange"]) <= came


def test_a_host_without_ip_is_a_host(kernel: FakeKernel, device: WholeDevice) -> None:
    kernel.stations.append(Station(SWITCH, "lan1", "br0", used_age=1.0))
    switch = hosts(device)[SWITCH]
    assert (switch["IPAddress"], switch["IPv4AddressNumberOfEntries"], switch["Active"]) == ("", "0", "true")
    assert device.get(switch["Layer1Interface"] + ".Name") == "lan1"


@pytest.mark.parametrize(
    "nobody",
    [
        neighbour("br0", "192.168.1.30", "", "failed"),
        neighbour("br0", "192.168.1.30", PHONE, "incomplete"),
        neighbour("br0", "224.0.0.1", "01:00:5e:00:00:01", "noarp"),
        neighbour("br0", "ff02::1", "33:33:00:00:00:01", "permanent"),
        neighbour("lo", "127.0.0.1", "00:00:00:00:00:00", "noarp"),
        neighbour("br0", "192.168.1.1", "02:00:00:00:00:05", "reachable"),
    ],
    ids=lambda row: f"{row.address} {row.state}",
)
def test_who_never_answered_groups_and_the_machine_itself_are_no_hosts(
    kernel: FakeKernel, device: WholeDevice, nobody: Neighbour
) -> None:
    kernel.links["br0"] = replace(kernel.links["br0"], mac="02:00:00:00:00:05")
    kernel.neighbours, kernel.stations = [nobody], []
    assert hosts(device) == {}


def test_a_machine_that_does_not_forward_sees_all_but_its_gateway(tmp_path: Path) -> None:
    kernel = FakeKernel()
    kernel.add_link("eth0", up=True)
    kernel.routes.append(Route(4, "", "192.168.1.1", "eth0"))
    kernel.neighbours = [
        neighbour("eth0", "192.168.1.1", ROUTER),
        neighbour("eth0", "fe80::1", ROUTER),
        neighbour("eth0", "192.168.1.10", LAPTOP),
    ]
    device, machine = device_in_memory(tmp_path, kernel)
    machine.put("proc/sys/net/ipv4/ip_forward", "0\n")
    assert set(hosts(device)) == {LAPTOP}


def test_a_host_on_a_vlan_or_a_radio_is_where_that_leads(kernel: FakeKernel, tmp_path: Path) -> None:
    kernel.add_link("lan1.5", "vlan", up=True, lower="lan1", vlan_id=5)
    kernel.add_link("wlan0", up=True)
    kernel.neighbours = [neighbour("lan1.5", "192.168.5.10", LAPTOP), neighbour("wlan0", "192.168.6.10", PHONE)]
    kernel.stations = []
    device, machine = device_in_memory(tmp_path, kernel)
    machine.put("sys/class/net/wlan0/phy80211/name", "phy0")
    found = hosts(device)
    assert device.get(found[LAPTOP]["Layer1Interface"] + ".Name") == "lan1"
    assert (found[PHONE]["Layer1Interface"], found[PHONE]["InterfaceType"]) == ("", "Wi-Fi")


def test_a_host_keeps_its_number_while_it_is_there(kernel: FakeKernel, device: WholeDevice) -> None:
    def number_of(mac: str) -> str:
        told = device.tree(HOSTS)
        return next(name for name, text in told.items() if text == mac)

    before = number_of(PHONE)
    kernel.neighbours = [row for row in kernel.neighbours if row.mac != LAPTOP]
    kernel.stations = []
    assert number_of(PHONE) == before


def test_a_flood_of_addresses_is_bounded(kernel: FakeKernel, device: WholeDevice) -> None:
    flood = [
        neighbour(
            "br0", f"10.0.{number >> 8}.{number & 255}", f"0e:00:00:00:{number >> 8:02x}:{number & 255:02x}", age=50.0
        )
        for number in range(MOST_HOSTS + 500)
    ]
    kernel.neighbours += flood
    found = hosts(device)
    assert len(found) == MOST_HOSTS
    assert LAPTOP in found, "who was heard last stays"


def test_a_host_behind_a_real_bridge_is_found(make_namespace: Callable[[], Namespace], tmp_path: Path) -> None:
    router, house = make_namespace(), make_namespace()
    router.ip("link add name br0 type bridge")
    veth(router, "lan1", house, "eth0")
    router.ip("link set dev lan1 master br0")
    router.ip("addr add 192.0.2.1/24 dev br0")
    router.ip("link set dev br0 up")
    house.ip("addr add 192.0.2.2/24 dev eth0")
    (eth0,) = [link for link in house.netlink().links() if link.name == "eth0"]
    netlink = router.netlink()
    device = device_on_linux(netlink, router.sysfs)
    house.python("import socket; s=socket.socket(type=socket.SOCK_DGRAM); s.sendto(b'x',('192.0.2.1',9)); print(1)")
    until(lambda: hosts(device).get(eth0.mac, {}).get("IPAddress"))
    host = hosts(device)[eth0.mac]
    assert (host["IPAddress"], host["Active"]) == ("192.0.2.2", "true")
    assert device.get(host["Layer1Interface"] + ".Name") == "lan1"
    assert device.get(host["Layer3Interface"] + ".Name") == "br0"
    assert set(hosts(device)) == {eth0.mac}
    house.ip("link set dev eth0 down")
    until(lambda: hosts(device)[eth0.mac]["Active"] == "false")  # the kernel takes up to a second to tell of a carrier


def test_the_fake_machine_is_a_gateway(tmp_path: Path) -> None:
    assert FakeMachine(tmp_path).procfs().setting("net/ipv4/ip_forward") == "1"


def test_who_is_associated_is_there_and_says_where(kernel: FakeKernel, tmp_path: Path) -> None:
    row = Target("Device.Ethernet.Interface.{i}.", ("lan1",))  # any row that this device has stands for a station's
    access_points = Part("access points", {"associations": lambda: {PHONE: row, SWITCH: row}})
    device, _ = device_in_memory(tmp_path, kernel, services=[lambda _: access_points])
    found = hosts(device)
    assert (found[PHONE]["Active"], found[PHONE]["InterfaceType"]) == ("true", "Wi-Fi")
    assert device.get(found[PHONE]["AssociatedDevice"] + ".Name") == "lan1"
    assert found[SWITCH]["IPAddress"] == "", "the access point hears it before it has an address"
    assert found[LAPTOP]["AssociatedDevice"] == ""
