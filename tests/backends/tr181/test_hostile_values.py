"""Text that means nothing, in every writable parameter of the network: an answer to the caller, never an accident."""

import re
from collections.abc import Callable

import pytest

from agent.model.data_model import Caller
from agent.model.errors import InvalidValue, Refusals, Unavailable
from agent.model.view import Stalled
from tests.backends.conftest import Bench
from tests.backends.device import NetworkDevice

HOSTILE = (
    "", " ", "x", "-1", "0", "1", "64", "65536", "4294967295", "18446744073709551616", "1e9", "true", "\u0661",
    "\U0001f5a7", "a" * 300, "../../etc/passwd", "%s%n", "192.0.2.7", "10.9.9.9", "255.255.255.255", "255.0.255.0",
    "192.0.2.007", "0.0.0.0", "1.2.3", "2001:db8::5::1", "2001:db8::/148", "2001:db8::/-1", "2001:db8::/48/48",
    "2001:db8::1/48", "/64", "::", "::1", "::/0", "ff02::1", "fe80::1%eth0", "fe80::1%eth0/64", "2001:db8:77::/48",
    "::ffff:192.0.2.1", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "Device.", "Device.IP.Interface.", "Device.IP.Interface.1", "Device.IP.Interface.99", "Device.Ethernet.Link.1,x",
)  # fmt: skip
"""Each means something somewhere, or nearly does."""

BRIDGES = "Device.Bridging.Bridge."
IP = "Device.IP.Interface."
LINKS = "Device.Ethernet.Link."
VLANS = "Device.Ethernet.VLANTermination."
ROUTES = "Device.Routing.Router.1."


def prepared(bench: Bench) -> tuple[NetworkDevice, list[str]]:
    """A device with rows of its own and of the machine's in every table, and the paths of what is writable."""
    device = bench.device(manage=("*",))
    eth1 = device.find(IP, Name="eth1")
    link = device.find(LINKS, Name="eth1")
    device.add(f"{eth1}IPv4Address.", IPAddress="203.0.113.5", SubnetMask="255.255.255.0", Enable="1")
    device.add(f"{eth1}IPv6Address.", IPAddress="2001:db8:5::7", Enable="1")
    device.add(f"{ROUTES}IPv4Forwarding.", DestIPAddress="198.18.0.0", GatewayIPAddress="203.0.113.9", Enable="1")
    device.add(f"{ROUTES}IPv6Forwarding.", DestIPPrefix="2001:db8:9::/48", NextHop="2001:db8:5::9", Enable="1")
    bridge = device.add(BRIDGES, Enable="1")
    device.add(f"{bridge}Port.", ManagementPort="1", Enable="1")
    filtering = device.add(BRIDGES, Enable="0")
    vlan, port = device.add(f"{filtering}VLAN.", VLANID="10"), device.add(f"{filtering}Port.")
    device.add(f"{filtering}VLANPort.", VLAN=vlan, Port=port, Enable="1")
    device.add(f"{eth1}IPv6Prefix.", Prefix="2001:db8:6::/64", OnLink="1", Enable="1")
    device.add("Device.Logical.Interface.", LowerLayers=eth1, Name="LAN", Enable="1")
    device.add("Device.NeighborDiscovery.InterfaceSetting.", Interface=eth1, Enable="1")
    device.add(VLANS, LowerLayers=link)
    for table in (IP, LINKS, VLANS, f"{eth1}IPv4Address.", f"{eth1}IPv6Address."):
        device.add(table)
    for table in (f"{ROUTES}IPv4Forwarding.", f"{ROUTES}IPv6Forwarding.", f"{bridge}Port."):
        device.add(table)
    tree = device.model.names("Device.", False, Caller.ACS)
    return device, [name.path for name in tree if name.writable and not name.path.endswith((".", "Alias"))]


def first_and_last(paths: list[str]) -> list[str]:
    """Of each parameter that of the machine's own row that comes first, and of the one that was added last."""
    alike: dict[str, list[str]] = {}
    for path in paths:
        alike.setdefault(re.sub(r"\.\d+(?=\.)", ".{i}", path), []).append(path)
    return list(dict.fromkeys(path for some in alike.values() for path in (some[0], some[-1])))


SHARES = 8
RUNS = [
    pytest.param("memory", 0, 1, first_and_last, marks=pytest.mark.slow),
    pytest.param("linux", 0, SHARES, first_and_last, marks=pytest.mark.slow),
    *(pytest.param("linux", share, SHARES, list, marks=pytest.mark.sweep) for share in range(SHARES)),
]
"""On which kernel, which share of how many, and which of the paths."""


@pytest.mark.parametrize(("kernel", "share", "shares", "chosen"), RUNS)
def test_no_text_in_a_writable_parameter_of_the_network_is_an_accident(
    kernel: str,
    share: int,
    shares: int,
    chosen: Callable[[list[str]], list[str]],
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
) -> None:
    device, paths = prepared(request.getfixturevalue(kernel))
    assert len(paths) > 100
    accidents = []
    for path in chosen(paths)[share::shares]:
        for text in HOSTILE:
            try:
                device.set({path: text})
            except Refusals as refusals:
                bad = [one for one in refusals.refusals if isinstance(one, Unavailable) or one.path != path]
                bad = [one for one in bad if "Unknown device type" not in one.reason]  # a kernel without VLANs
                bad = [one for one in bad if not isinstance(one, Stalled)]  # a machine that others keep busy
                accidents += [f"{path} = {text!r}: {one}" for one in bad]
    assert accidents == []
    assert [record.message for record in caplog.records if record.exc_info] == []
    assert device.tree("Device.")


@pytest.mark.parametrize("text", ["x", "2001:db8::5::1", "192.0.2.1", "fe80::1%eth0", "2001:db8::/148"])
def test_what_is_no_ipv6_address_or_prefix_is_an_invalid_value(memory: Bench, text: str) -> None:
    device = memory.device()
    address = device.add(f"{device.find(IP, Name='eth1')}IPv6Address.")
    route = device.add(f"{ROUTES}IPv6Forwarding.")
    for path in (f"{address}IPAddress", f"{route}NextHop", f"{route}DestIPPrefix"):
        assert device.refused({path: text}) == {path: "InvalidValue"}


@pytest.mark.parametrize("text", ["::ffff:10.0.0.1", "::ffff:a00:1", "::10.0.0.1", "::a00:1"])
def test_an_ipv4_address_in_the_form_of_an_ipv6_one_is_an_invalid_value(memory: Bench, text: str) -> None:
    device = memory.device()
    before = memory.state()
    address = device.add(f"{device.find(IP, Name='eth1')}IPv6Address.", Enable="1")
    route = device.add(f"{ROUTES}IPv6Forwarding.")
    wrong = {f"{address}IPAddress": text, f"{route}NextHop": text, f"{route}DestIPPrefix": f"{text}/128"}
    assert device.refused(wrong) == dict.fromkeys(wrong, "InvalidValue")
    assert memory.state() == before


NAMES = ("'\"`$(reboot);|&<>\\", "line\nline\r", "\x00", "a" * 10_000, "\u0416\u6f22\U0001f5a7", "${IFS}", "%n", " x ")


@pytest.mark.parametrize("text", NAMES)
def test_a_name_comes_back_as_it_was_given_or_is_refused(memory: Bench, text: str) -> None:
    device = memory.device()
    bridge = device.add(BRIDGES, Standard="802.1Q-2011")
    for path in (device.add(f"{bridge}VLAN.") + "Name", device.add("Device.Logical.Interface.") + "Name"):
        refused: list[type] = []
        try:
            device.set({path: text})
        except Refusals as refusals:
            refused = [type(one) for one in refusals.refusals]
        assert refused == [InvalidValue] or (refused == [] and device.get(path) == text)
