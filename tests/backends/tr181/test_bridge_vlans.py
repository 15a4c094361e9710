"""Bridges that filter VLANs, as an ACS makes them. Linux's side runs in the throw-away machine (tests/vm)."""

import json
import os
from collections.abc import Callable

import pytest

from agent.model.errors import Refusals
from tests.backends.conftest import Bench
from tests.backends.device import NetworkDevice
from tests.netlab.namespace import Namespace

IN_MACHINE = "CPE_AGENT_IN_MACHINE" in os.environ
BRIDGES = "Device.Bridging.Bridge."
PORTS = "Device.Ethernet.Interface."


KERNELS = ["fake", "linux"] if IN_MACHINE else ["fake"]
by_our_own_hand = pytest.mark.parametrize("vlans", KERNELS, indirect=True)
"""What netifd does otherwise, or leaves to whoever made it."""


@pytest.fixture(params=[*KERNELS, *([] if IN_MACHINE else [pytest.param("openwrt", marks=pytest.mark.slow)])])
def vlans(request: pytest.FixtureRequest) -> Bench:
    """The bench, on a kernel whose bridges filter."""
    return request.getfixturevalue({"fake": "memory"}.get(request.param, request.param))  # type: ignore[no-any-return]


def entries(bench: Bench) -> set[tuple[str, int, bool, bool]]:
    """What passes where: link, VLAN, untagged, PVID; of Linux, as its own tool tells."""
    bench.netlink.forget()
    found = {(one.interface, one.vlan_id, one.untagged, one.pvid) for one in bench.netlink.bridge_vlans()}
    if bench.lab is not None:
        told = json.loads(bench.lab.run("bridge", "-j", "vlan"))
        assert found == {
            (link["ifname"], one["vlan"], "Egress Untagged" in one.get("flags", ()), "PVID" in one.get("flags", ()))
            for link in told
            for one in link["vlans"]
        }
    return found


def filtering_bridge(device: NetworkDevice) -> tuple[str, str, str]:
    """A bridge of 802.1Q with its management port and the member eth1."""
    bridge = device.add(BRIDGES, Standard="802.1Q-2011", Enable="1")
    management = device.add(f"{bridge}Port.", ManagementPort="1", Enable="1")
    member = device.add(f"{bridge}Port.", LowerLayers=device.find(PORTS, Name="eth1"), Enable="1")
    return bridge, management, member


@by_our_own_hand
def test_a_vlan_passes_the_ports_that_its_rows_name_and_no_other(vlans: Bench) -> None:
    device = vlans.device()
    before = vlans.state()
    bridge, management, member = filtering_bridge(device)
    name = device.get(f"{bridge}Name")
    assert vlans.netlink.link(name).bridge.vlan_filtering
    assert entries(vlans) == set()
    vlan = device.add(f"{bridge}VLAN.", VLANID="10", Name="guests", Enable="1")
    one = device.add(f"{bridge}VLANPort.", VLAN=vlan, Port=member, Untagged="1", Enable="1")
    device.add(f"{bridge}VLANPort.", VLAN=vlan, Port=management, Enable="1")
    assert entries(vlans) == {("eth1", 10, True, False), (name, 10, False, False)}
    device.set({f"{member}PVID": "10"})
    assert entries(vlans) == {("eth1", 10, True, True), (name, 10, False, False)}
    device.set({f"{vlan}VLANID": "11", f"{member}PVID": "11"})
    assert entries(vlans) == {("eth1", 11, True, True), (name, 11, False, False)}
    device.set({f"{member}AcceptableFrameTypes": "AdmitOnlyVLANTagged", f"{one}Untagged": "0"})
    assert entries(vlans) == {("eth1", 11, False, False), (name, 11, False, False)}
    device.set({f"{vlan}Enable": "0"})
    assert entries(vlans) == set()
    assert (device.get(f"{vlan}Name"), device.get(f"{one}VLAN")) == ("guests", vlan[:-1])
    device.delete(bridge)
    assert vlans.state() == before


@by_our_own_hand
def test_the_same_is_made_at_the_next_start_and_nothing_is_done_again(vlans: Bench) -> None:
    device = vlans.device()
    bridge, _, member = filtering_bridge(device)
    vlan = device.add(f"{bridge}VLAN.", VLANID="10", Enable="1")
    device.add(f"{bridge}VLANPort.", VLAN=vlan, Port=member, Untagged="1", Enable="1")
    device.set({f"{member}PVID": "10"})
    made, name = entries(vlans), device.get(f"{bridge}Name")
    vlans.netlink.delete_link(name)
    again = vlans.device(store=device.store)
    assert entries(vlans) == made
    assert again.get(f"{member}PVID") == "10"
    again.network.begin()
    again.network.prepare()
    assert again.network.undo_record() is None
    again.network.rollback()


@by_our_own_hand
def test_the_machines_own_bridge_shows_what_it_lets_pass_and_gives_it_back(vlans: Bench) -> None:
    vlans.netlink.add_bridge("br7", vlan_filtering=1)
    vlans.netlink.set_link("eth1", master="br7")
    vlans.netlink.add_bridge_vlan("eth1", 30)
    before = entries(vlans)
    device = vlans.device()
    bridge = device.find(BRIDGES, Name="br7")
    assert device.get(f"{bridge}Standard") == "802.1Q-2011"
    told = device.tree(f"{bridge}VLAN.")
    assert sorted(value for name, value in told.items() if name.endswith("VLANID")) == ["1", "30"]
    vlan = device.find(f"{bridge}VLAN.", VLANID="30")
    member = device.find(f"{bridge}VLANPort.", VLAN=vlan[:-1])
    port = device.find(f"{bridge}Port.", ManagementPort="false")
    assert (device.get(f"{member}Port"), device.get(f"{member}Untagged")) == (port[:-1], "false")
    assert device.get(f"{port}PVID") == "1"
    device.set({f"{vlan}Enable": "0"})
    assert entries(vlans) == before - {("eth1", 30, False, False)}
    device.set({f"{vlan}Enable": "1", f"{member}Untagged": "1", f"{port}PVID": "30"})
    assert entries(vlans) == {("eth1", 30, True, True), ("eth1", 1, True, False), ("br7", 1, True, True)}
    device.delete(device.find(f"{bridge}VLAN.", VLANID="1"))
    assert entries(vlans) == {("eth1", 30, True, True)}
    device.model.forget_everything()
    assert entries(vlans) == before


def test_a_bridge_that_stops_filtering_lets_everything_pass_again(vlans: Bench) -> None:
    device = vlans.device()
    bridge, _, member = filtering_bridge(device)
    device.set({f"{bridge}Standard": "802.1D-2004"})
    assert not vlans.netlink.link(device.get(f"{bridge}Name")).bridge.vlan_filtering
    assert (device.get(f"{member}Type"), device.get(f"{member}IngressFiltering")) == ("VLANUnawarePort", "false")
    device.set({f"{bridge}Standard": "802.1Q-2005"})
    assert (device.get(f"{member}Type"), device.get(f"{bridge}Standard")) == ("CustomerVLANPort", "802.1Q-2005")


def test_one_vlan_twice_in_a_bridge_is_refused(memory: Bench) -> None:
    device = memory.device()
    bridge, _, member = filtering_bridge(device)
    first = device.add(f"{bridge}VLAN.", VLANID="10", Enable="1")
    second = device.add(f"{bridge}VLAN.", VLANID="10")
    assert device.refused({f"{second}Enable": "1"}) == {f"{second}Enable": "InvalidValue"}
    device.add(f"{bridge}VLANPort.", VLAN=first, Port=member, Enable="1")
    again = device.add(f"{bridge}VLANPort.", VLAN=first, Port=member)
    assert device.refused({f"{again}Enable": "1"}) == {f"{again}Enable": "InvalidValue"}


def test_a_new_vlan_has_a_free_number(memory: Bench) -> None:
    device = memory.device()
    bridge, *_ = filtering_bridge(device)
    assert [device.get(device.add(f"{bridge}VLAN.") + "VLANID") for _ in range(3)] == ["1", "2", "3"]


def test_rows_of_another_bridge_are_refused(memory: Bench) -> None:
    device = memory.device()
    bridge, _, member = filtering_bridge(device)
    other = device.add(BRIDGES, Standard="802.1Q-2011", Enable="1")
    foreign = device.add(f"{other}VLAN.", VLANID="10")
    row = device.add(f"{bridge}VLANPort.")
    for asked in ({f"{row}VLAN": foreign}, {f"{row}Port": device.add(f"{other}Port.")}):
        assert set(device.refused(asked).values()) == {"InvalidValue"}
    assert member


def test_what_linux_does_with_frames_and_cannot_do_otherwise_is_told(memory: Bench) -> None:
    device = memory.device()
    _, _, member = filtering_bridge(device)
    fixed = {"DefaultUserPriority": "0", "PriorityRegeneration": "0,1,2,3,4,5,6,7", "PriorityTagging": "false",
             "IngressFiltering": "true", "AcceptableFrameTypes": "AdmitAll", "PVID": "1", "TPID": "33024"}  # fmt: skip
    assert {name: device.get(member + name) for name in fixed} == fixed
    device.set({member + name: value for name, value in fixed.items() if name != "TPID"})
    other = {"DefaultUserPriority": "1", "PriorityRegeneration": "0,0,0,0,4,5,6,7", "PriorityTagging": "1",
             "IngressFiltering": "0", "AcceptableFrameTypes": "AdmitOnlyPrioUntagged"}  # fmt: skip
    asked = {member + name: value for name, value in other.items()}
    assert device.refused(asked) == dict.fromkeys(asked, "InvalidValue")


def test_a_kernel_that_cannot_filter_says_so(make_namespace: Callable[[], Namespace], linux: Bench) -> None:
    linux.netlink.add_bridge("br7")
    if linux.netlink.link("br7").bridge.can_filter:
        linux.netlink.delete_link("br7")
        device = linux.device()
        assert device.get("Device.Bridging.MaxQBridgeEntries") != "0"
        return
    device = linux.device()
    assert device.get("Device.Bridging.MaxQBridgeEntries") == device.get("Device.Bridging.MaxVLANEntries") == "0"
    row = device.find(BRIDGES, Name="br7")
    assert device.refused({f"{row}Standard": "802.1Q-2011"}) == {f"{row}Standard": "InvalidValue"}
    linux.netlink.delete_link("br7")
    with pytest.raises(Refusals):  # nobody knew before the kernel was asked
        device.add(BRIDGES, Standard="802.1Q-2011", Enable="1")


REACH = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], 9), timeout=4)
except ConnectionRefusedError:
    print("true")  # a host that answers
except OSError:
    print("false")
"""


def reaches(host: Namespace, address: str) -> bool:
    """Whether a host's frames get to another one and back."""
    return bool(host.python(REACH, address))


@pytest.mark.skipif(not IN_MACHINE, reason="needs a kernel whose bridges filter")
def test_traffic_is_kept_apart(make_namespace: Callable[[], Namespace], linux: Bench) -> None:
    lab = linux.lab
    assert lab is not None
    hosts = [make_namespace() for _ in range(3)]
    for number, host in enumerate(hosts, 1):
        lab.ip(f"link add port{number} type veth peer name eth0 netns {host.pid}")
        lab.ip(f"link set port{number} up")
        host.ip("link set eth0 up")
    hosts[0].ip("addr add 203.0.113.1/24 dev eth0")
    hosts[1].ip("link add link eth0 name tagged type vlan id 10")
    hosts[1].ip("addr add 203.0.113.2/24 dev tagged")
    hosts[1].ip("link set tagged up")
    hosts[2].ip("addr add 203.0.113.3/24 dev eth0")
    linux.netlink.forget()
    device = linux.device(manage=("port*", "br*"))
    bridge = device.add(BRIDGES, Standard="802.1Q-2011", Enable="1")
    vlan = {number: device.add(f"{bridge}VLAN.", VLANID=number, Enable="1") for number in ("10", "20")}
    for name, number, untagged in (("port1", "10", "1"), ("port2", "10", "0"), ("port3", "20", "1")):
        port = device.add(f"{bridge}Port.", LowerLayers=device.find(PORTS, Name=name), PVID=number, Enable="1")
        device.add(f"{bridge}VLANPort.", VLAN=vlan[number], Port=port, Untagged=untagged, Enable="1")

    assert reaches(hosts[0], "203.0.113.2")
    assert not reaches(hosts[0], "203.0.113.3")
    assert not reaches(hosts[2], "203.0.113.2")
