"""Device.NAT. as an ACS sets it: who is reached, by whom, and for how long."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest

from agent.model.errors import Denied, InvalidValue
from backends.desired_state import Wanted
from backends.lan.leases import Lease
from backends.tr181.nat import nat
from tests.backends.tr181.firewall_device import FirewallDevice
from tests.netlab.gateway import HOST, OTHER_STRANGER, OUTSIDE, STRANGER, Gateway, goes_on
from tests.netlab.namespace import Namespace

pytestmark = pytest.mark.slow

MAPPING = "Device.NAT.PortMapping."
SETTING = "Device.NAT.InterfaceSetting."


@pytest.fixture
def device(make_namespace: Callable[[], Namespace]) -> Iterator[FirewallDevice]:
    made = FirewallDevice(Gateway(make_namespace))
    yield made
    made.close()


def web(device: FirewallDevice, **values: str) -> str:
    usual = {"Enable": "1", "Interface": device.wan, "ExternalPort": "8080", "InternalPort": "80"}
    return device.add(MAPPING, **{**usual, "InternalClient": HOST, "Protocol": "TCP", **values})


def is_reached(
    device: FirewallDevice, port: int = 8080, inside: int = 80, source: str = "", soon: bool = False
) -> bool:
    with device.gateway.listen(device.gateway.lan, inside) as server:
        return bool(device.gateway.reached(server, device.gateway.wan, OUTSIDE, port, source, soon=soon))


def test_an_interface_translates(device: FirewallDevice) -> None:
    setting = device.add(SETTING)
    assert device.tree(setting) == {
        "Enable": "false",
        "Status": "Disabled",
        "Alias": device.get(f"{setting}Alias"),
        "Interface": "",
    }
    device.set({f"{setting}Enable": "1"})
    assert device.get(f"{setting}Status") == "Error_Misconfigured"
    device.set({f"{setting}Interface": device.wan})
    assert device.get(f"{setting}Status") == "Enabled"
    assert device.get(f"{setting}Interface") == device.wan
    with device.gateway.listen(device.gateway.wan, 80) as server:
        assert device.gateway.reached(server, device.gateway.lan, STRANGER, 80) == OUTSIDE
        device.delete(setting)
        assert device.gateway.reached(server, device.gateway.lan, STRANGER, 80) == HOST
    assert device.ruleset() == ""


def test_a_port_mapping_is_made_changed_and_taken_away(device: FirewallDevice) -> None:
    row = web(device, RemoteHost=STRANGER, Description="the printer's page")
    assert device.get(f"{row}Status") == "Enabled"
    assert is_reached(device, source=STRANGER)
    assert not is_reached(device, source=OTHER_STRANGER, soon=True)
    device.set({f"{row}RemoteHost": "", f"{row}ExternalPort": "8081"})
    assert is_reached(device, 8081, source=OTHER_STRANGER)
    assert not is_reached(device, soon=True)
    device.set({f"{row}Interface": "", f"{row}AllInterfaces": "1"})
    assert is_reached(device, 8081)
    device.set({f"{row}Enable": "0"})
    assert device.get(f"{row}Status") == "Disabled"
    assert not is_reached(device, 8081, soon=True)
    assert device.get(f"{row}Description") == "the printer's page"
    device.delete(row)
    assert device.get("Device.NAT.PortMappingNumberOfEntries") == "0"


def test_an_unrelated_change_leaves_a_connection_and_the_counters(device: FirewallDevice) -> None:
    device.add(SETTING, Enable="1", Interface=device.wan)
    web(device)
    with (
        device.gateway.listen(device.gateway.lan, 80) as server,
        device.gateway.connect(device.gateway.wan, OUTSIDE, 8080) as client,
    ):
        accepted, _ = server.accept()
        before = device.nftables.counters("cpe_agent")["port mapping +2"]
        assert before.packets == 1
        web(device, ExternalPort="9090")
        device.set({"Device.Firewall.Config": "High"})
        assert goes_on(client, accepted)
        accepted.close()
        assert device.nftables.counters("cpe_agent")["port mapping +2"] == before


def test_a_lease_ends_by_itself(device: FirewallDevice) -> None:
    row = web(device, LeaseDuration="60")
    assert device.tables.due(5.0) == 65.0
    device.clock.forward(59)
    assert device.tables.act(0.0) == frozenset()
    assert (device.get(f"{row}LeaseDuration"), device.get(f"{row}RemainingLeaseTime")) == ("60", "1")
    assert is_reached(device)
    device.clock.forward(1)
    assert device.tables.due(5.0) == 5.0
    assert device.tables.act(0.0) == {"firewall"}
    assert device.get("Device.NAT.PortMappingNumberOfEntries") == "0"
    assert not is_reached(device, soon=True)
    assert device.tables.due(5.0) is None


@pytest.mark.parametrize(("later", "boot", "left"), [(10, "boot", "50"), (10, "another", "50"), (90, "another", "0")])
def test_a_lease_ends_over_a_restart_too(device: FirewallDevice, later: int, boot: str, left: str) -> None:
    row = web(device, LeaseDuration="60")
    device.clock.forward(later)
    device.clock.now = replace(device.clock.now, boot=boot, uptime=device.clock.now.uptime if boot == "boot" else 3.0)
    again = FirewallDevice(device.gateway, store=device.store, clock=device.clock)
    assert again.get(f"{row}RemainingLeaseTime") == left
    assert is_reached(device, soon=left == "0") is (left != "0")
    again.close()


def test_a_restart_writes_nothing_that_is_there(device: FirewallDevice) -> None:
    device.add(SETTING, Enable="1", Interface=device.wan)
    web(device)
    before = device.gateway.router.run("nft", "-a", "list", "ruleset")
    again = FirewallDevice(device.gateway, store=device.store)
    assert again.nftables.writes == 0
    assert device.gateway.router.run("nft", "-a", "list", "ruleset") == before
    again.close()


def test_a_client_is_followed_by_its_name(make_namespace: Callable[[], Namespace]) -> None:
    leases = [Lease(4, "192.168.1.66", 5, host_name="Printer")]
    lan = SimpleNamespace(leases=SimpleNamespace(leases=lambda: leases), wanted=Wanted(), followers=[])
    device = FirewallDevice(Gateway(make_namespace), lan=lan)
    row = web(device, InternalClient="printer")
    assert device.get(f"{row}Status") == "Enabled"
    assert not is_reached(device, soon=True)
    leases.append(Lease(4, HOST, 9, host_name="PRINTER"))
    device.tables.reapply()
    assert is_reached(device)
    assert device.get(f"{row}InternalClient") == "printer"
    leases.clear()
    device.tables.reapply()
    assert device.get(f"{row}Status") == "Error"
    device.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("RemoteHost", text) for text in ("2001:db8::1", "example.com", "0.0.0.0", "1.2.3.4; drop")),
        *(("InternalClient", text) for text in ("-x", "a b", "$(reboot)", "1.2.3.256", "x" * 64, "дом")),
        ("InternalClient", "255.255.255.255"),
        *(("ExternalPort", text) for text in ("7547", "65536", "-1")),
        ("ExternalPortEndRange", "80"),
        ("Protocol", "SCTP"),
        ("Interface", "Device.Ethernet.Interface.1"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(device: FirewallDevice, name: str, value: str) -> None:
    row = web(device)
    before = device.ruleset(), device.tree(row)
    assert device.refused({f"{row}{name}": value}) == {f"{row}{name}": InvalidValue.__name__}
    assert (device.ruleset(), device.tree(row)) == before


def test_a_port_of_a_service_of_this_machine_is_not_mapped_nor_the_other_way_round(device: FirewallDevice) -> None:
    service, row = "Device.Firewall.Service.", web(device)
    ssh = device.add(service, Enable="1", Interface=device.wan, DestPort="22,2222", Protocol="6")
    assert device.refused({f"{row}ExternalPort": "2222"}) == {f"{row}ExternalPort": InvalidValue.__name__}
    device.set({f"{row}Enable": "0", f"{row}ExternalPort": "2222"})
    assert device.refused({f"{row}Enable": "1"}) == {f"{row}Enable": InvalidValue.__name__}
    device.set({f"{row}Enable": "1", f"{row}Protocol": "UDP"})
    assert device.refused({f"{ssh}Protocol": "6,17"}) == {f"{ssh}Protocol": InvalidValue.__name__}
    device.set({f"{ssh}Enable": "0", f"{row}Protocol": "TCP"})
    assert device.refused({f"{ssh}Enable": "1"}) == {f"{ssh}Enable": InvalidValue.__name__}
    device.set({f"{ssh}Enable": "1", f"{ssh}Interface": device.lan})
    assert device.get(f"{row}Status") == device.get(f"{ssh}Status") == "Enabled"


def test_an_interface_that_the_owner_keeps_is_not_touched(make_namespace: Callable[[], Namespace]) -> None:
    device = FirewallDevice(Gateway(make_namespace), manage=("lan0",))
    row = device.add(SETTING, Interface=device.wan)
    assert device.refused({f"{row}Enable": "1"}) == {f"{row}Enable": Denied.__name__}
    assert device.ruleset() == ""
    device.close()


def test_a_level_that_forbids_port_mappings_is_told_of(device: FirewallDevice) -> None:
    setting, row = device.add(SETTING, Enable="1", Interface=device.wan), web(device)
    level = device.add("Device.Firewall.Level.", Name="closed", PortMappingEnabled="0")
    device.set({"Device.Firewall.AdvancedLevel": level[:-1], "Device.Firewall.Config": "Advanced"})
    assert device.get(f"{setting}Status") == "Enabled_PortMappingDisabled"
    assert device.get(f"{row}Status") == "Enabled"
    assert not is_reached(device, soon=True)


def test_a_machine_without_a_packet_filter_has_no_nat() -> None:
    assert nat(SimpleNamespace(firewall=None)) == []  # type: ignore[arg-type]
