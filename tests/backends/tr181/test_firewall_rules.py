"""Device.Firewall.Chain.{i}.Rule.: every criterion, in its order, for as long as it is told."""

import logging
from collections.abc import Callable, Iterator

import pytest

from tests.backends.tr181.firewall_device import FirewallDevice
from tests.netlab.gateway import HOST, HOST6, STRANGER, STRANGER6, Gateway
from tests.netlab.namespace import Namespace

FIREWALL = "Device.Firewall."
ANYWHERE = {"SourceAllInterfaces": "1", "DestAllInterfaces": "1"}


@pytest.fixture
def device(make_namespace: Callable[[], Namespace]) -> Iterator[FirewallDevice]:
    made = FirewallDevice(Gateway(make_namespace))
    level = made.add(f"{FIREWALL}Level.", DefaultPolicy="Drop")
    made.set({f"{FIREWALL}AdvancedLevel": level[:-1], f"{FIREWALL}Config": "Advanced"})
    yield made
    made.close()


def rule(device: FirewallDevice, **values: str) -> str:
    return device.add(f"{FIREWALL}Chain.1.Rule.", **{"Enable": "1", "Target": "Accept", **ANYWHERE, **values})


def comes_in(device: FirewallDevice, address: str = HOST6, port: int = 8000, soon: bool = False) -> bool:
    with device.gateway.listen(device.gateway.lan, port) as server:
        return bool(device.gateway.reached(server, device.gateway.wan, address, port, soon=soon))


MATCHING = [
    {"IPVersion": "6"},
    {"DestIP": HOST6},
    {"DestIP": HOST6, "DestMask": "/64"},
    {"SourceIP": STRANGER6, "SourceMask": "/128"},
    {"Protocol": "6"},
    {"Protocol": "17", "ProtocolExclude": "1"},
    {"DestPort": "8000"},
    {"DestPort": "7000", "DestPortRangeMax": "9000"},
    {"DestPort": "80", "DestPortExclude": "1"},
    {"SourcePort": "1024", "SourcePortRangeMax": "65535"},
    {"DSCP": "0"},
    {"DSCP": "46", "DSCPExclude": "1"},
    {"ConnectionState": "NEW,INVALID"},
    {"SourceMAC": "02:00:00:00:00:99", "SourceMACExclude": "1"},
    {"DestIP": HOST, "DestIPExclude": "1"},
    {"Log": "1"},
]
OTHERS = [
    {"IPVersion": "4"},
    {"DestIP": HOST},
    {"DestIP": HOST6, "DestMask": "/64", "DestIPExclude": "1"},
    {"SourceIP": STRANGER6, "SourceIPExclude": "1"},
    {"Protocol": "17"},
    {"Protocol": "6", "ProtocolExclude": "1"},
    {"DestPort": "8001"},
    {"DestPort": "7000", "DestPortRangeMax": "9000", "DestPortExclude": "1"},
    {"SourcePort": "1", "SourcePortRangeMax": "1023"},
    {"DSCP": "46"},
    {"ConnectionState": "ESTABLISHED,RELATED"},
    {"SourceMAC": "02:00:00:00:00:99"},
    {"Enable": "0"},
]


@pytest.mark.slow
def test_what_fulfils_a_criterion_passes(device: FirewallDevice) -> None:
    for criteria in MATCHING:
        row = rule(device, **criteria)
        assert device.get(f"{row}Status") == "Enabled"
        for name, value in criteria.items():
            assert device.get(f"{row}{name}") in (value, "true"), name
        assert comes_in(device), criteria
        device.delete(row)


@pytest.mark.slow
def test_what_does_not_is_left_to_the_default_policy(device: FirewallDevice) -> None:
    for criteria in OTHERS:
        row = rule(device, **criteria)
        assert not comes_in(device, soon=True), criteria
        device.delete(row)


def test_interfaces_are_told_by_any_row_that_stands_for_them(device: FirewallDevice) -> None:
    port = device.find("Device.Ethernet.Interface.", Name="wan0")[:-1]
    row = rule(device, SourceAllInterfaces="0", SourceInterface=port, DestAllInterfaces="0", DestInterface=device.lan)
    assert device.get(f"{row}Status") == "Enabled"
    assert comes_in(device)
    device.set({f"{row}DestInterfaceExclude": "1"})
    assert not comes_in(device, soon=True)
    assert device.refused({f"{row}SourceInterface": f"{FIREWALL}Chain.1"}) == {f"{row}SourceInterface": "InvalidValue"}


def test_a_rule_that_is_not_complete_says_so(device: FirewallDevice) -> None:
    row = device.add(f"{FIREWALL}Chain.1.Rule.", Enable="1")
    assert device.get(f"{row}Status") == "Enabled", "no interface is told, so every one is meant"
    device.set({f"{row}Target": "TargetChain"})
    assert device.get(f"{row}Status") == "Error_Misconfigured"
    assert device.get(f"{row}CreationDate") == "2027-01-15T08:00:00Z"


def test_the_first_rule_that_matches_counts_and_orders_move(device: FirewallDevice) -> None:
    accept, drop = rule(device), rule(device, Target="Drop")
    assert comes_in(device)
    device.set({f"{drop}Order": "1"})
    assert (device.get(f"{accept}Order"), device.get(f"{drop}Order")) == ("2", "1")
    assert not comes_in(device, soon=True)
    device.delete(drop)
    assert device.get(f"{accept}Order") == "1"
    assert comes_in(device)


def test_another_chain_is_called_and_cannot_call_back(device: FirewallDevice) -> None:
    chain = device.add(f"{FIREWALL}Chain.", Enable="1", Name="web")
    row = rule(device, Target="TargetChain", TargetChain=chain[:-1])
    assert not comes_in(device, soon=True)
    device.add(f"{chain}Rule.", Enable="1", Target="Accept", DestPort="8000", **ANYWHERE)
    assert comes_in(device)
    assert not comes_in(device, port=8001, soon=True)
    back = device.add(f"{chain}Rule.", Target="TargetChain", TargetChain=f"{FIREWALL}Chain.1", **ANYWHERE)
    assert list(device.refused({f"{back}Enable": "1"}).values()) == ["InvalidValue"]
    assert device.get(f"{row}Status") == "Enabled"
    device.set({f"{chain}Enable": "0"})
    assert device.get(f"{row}Status") == "Error", "the kernel has no such rule"
    device.set({f"{chain}Enable": "1"})
    device.delete(chain)
    assert device.get(f"{row}TargetChain") == ""
    assert device.get(f"{row}Status") == "Error_Misconfigured"
    assert not comes_in(device, soon=True)


def test_a_rule_ends_at_its_date_and_the_log_says_so(device: FirewallDevice, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    row = rule(device, Description="for guests")
    assert device.get(f"{row}ExpiryDate") == "9999-12-31T23:59:59Z"
    device.set({f"{row}ExpiryDate": "2027-01-15T08:01:00Z"})
    assert device.tables.due(7.0) == 67.0
    device.clock.forward(60)
    assert device.tables.act(0.0) == {"firewall"}
    assert "Device.Firewall.Chain.1.Rule.1. 'for guests' is over and taken away" in caplog.messages
    assert device.get(f"{FIREWALL}Chain.1.RuleNumberOfEntries") == "0"
    assert device.get(f"{FIREWALL}LastChange") == "2027-01-15T08:01:00Z"
    assert not comes_in(device, soon=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("values", "blamed"),
    [
        ({"DestIP": "x"}, "DestIP"),
        ({"DestMask": "24"}, "DestMask"),
        ({"DestMask": "/129"}, "DestMask"),
        ({"SourceIP": STRANGER, "SourceMask": "/33"}, "SourceMask"),
        ({"DestPort": "9", "DestPortRangeMax": "8"}, "DestPortRangeMax"),
        ({"ExpiryDate": "0001-01-01T00:00:00Z"}, "ExpiryDate"),
        ({"SourceMAC": "02"}, "SourceMAC"),
        ({"ConnectionState": "OLD"}, "ConnectionState"),
        ({"Target": "Jump"}, "Target"),
        ({"Order": "0"}, "Order"),
        ({"TargetChain": "Device.Firewall.Level.1"}, "TargetChain"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    device: FirewallDevice, values: dict[str, str], blamed: str
) -> None:
    row = rule(device)
    before = device.ruleset(), device.tree(row)
    assert f"{row}{blamed}" in device.refused({f"{row}{name}": value for name, value in values.items()})
    assert (device.ruleset(), device.tree(row)) == before
