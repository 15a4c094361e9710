"""Device.NAT. and Device.Firewall. as an ACS sets them, over nftables on Linux and over fw4's configuration."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.model.errors import Refusals
from tests.backend_contract.firewall_devices import Device, linux, openwrt
from tests.netlab.namespace import Namespace

pytestmark = pytest.mark.slow

MAPPING = "Device.NAT.PortMapping."
SETTING = "Device.NAT.InterfaceSetting."
FIREWALL = "Device.Firewall."
RULE = f"{FIREWALL}Chain.1.Rule."
HOST, HOST6 = "192.168.1.10", "2001:db8:1::10"
ANYWHERE = {"SourceAllInterfaces": "1", "DestAllInterfaces": "1"}
HOSTILE = ["it's", 'say "hi"', "a\nb", "\\", "$(reboot)", "`x`; flush ruleset", "} }", "东京 🛜", "ж" * 256, "-", " - "]
Make = Callable[..., Device]


@pytest.fixture(params=[linux, openwrt])
def make(request: pytest.FixtureRequest, make_namespace: Callable[[], Namespace], tmp_path: Path) -> Iterator[Make]:
    made: list[Device] = []

    def make_one(**given: bool) -> Device:
        made.append(request.param(make_namespace, tmp_path, **given))
        return made[-1]

    yield make_one
    for one in made:
        one.close()


@pytest.fixture
def device(make: Make) -> Device:
    return make()


def web(device: Device, **values: str) -> str:
    usual = {"Enable": "1", "Interface": device.wan, "ExternalPort": "8080", "InternalPort": "80"}
    return device.add(MAPPING, **{**usual, "InternalClient": HOST, "Protocol": "TCP", **values})


def rule(device: Device, **values: str) -> str:
    return device.add(RULE, **{"Enable": "1", "Target": "Accept", **ANYWHERE, **values})


def test_a_new_mapping_has_the_defaults_of_the_data_model(device: Device) -> None:
    told = device.tree(device.add(MAPPING))
    del told["Alias"]
    assert told == {
        "Enable": "false", "Status": "Disabled", "Origin": "Controller", "Interface": "", "AllInterfaces": "false",
        "LeaseDuration": "0", "RemainingLeaseTime": "0", "RemoteHost": "", "ExternalPort": "0",
        "ExternalPortEndRange": "0", "InternalPort": "0", "Protocol": "TCP", "InternalClient": "", "Description": "",
    }  # fmt: skip


MAPPINGS: list[dict[str, str]] = [
    {},
    {"ExternalPortEndRange": "8090", "InternalPort": "0"},
    {"ExternalPortEndRange": "8090", "InternalPort": "8080"},
    {"ExternalPort": "0", "InternalPort": "0"},
    {"ExternalPort": "0"},
    {"RemoteHost": "203.0.113.1", "Protocol": "UDP"},
    {"Interface": "", "AllInterfaces": "1", "Description": "all of them"},
    {"InternalPort": "8080", "ExternalPortEndRange": "8080"},
    {"Enable": "0", "Interface": "", "InternalClient": ""},
]


def test_a_mapping_reads_as_it_was_set_and_changes(device: Device) -> None:
    for values in MAPPINGS:
        row = web(device, **values)
        for name, value in values.items():
            assert device.get(f"{row}{name}") in (value, {"1": "true", "0": "false"}.get(value)), name
        assert device.get(f"{row}Status") == ("Enabled" if values.get("Enable") != "0" else "Disabled")
        device.set({f"{row}Description": "another"})
        device.set({f"{row}Enable": "0"})
        for name, value in {**values, "Description": "another", "Enable": "0"}.items():
            assert device.get(f"{row}{name}") in (value, {"1": "true", "0": "false"}.get(value)), name
        device.delete(row)
        assert device.get("Device.NAT.PortMappingNumberOfEntries") == "0"


IMPOSSIBLE = [
    *(("RemoteHost", text) for text in ("2001:db8::1", "example.com", "0.0.0.0", "1.2.3.4; drop")),
    *(("InternalClient", text) for text in ("-x", "a b", "$(reboot)", "1.2.3.256", "x" * 64, "дом")),
    ("InternalClient", "255.255.255.255"),
    *(("ExternalPort", text) for text in ("7547", "65536", "-1")),
    ("ExternalPortEndRange", "80"),
    ("Protocol", "SCTP"),
    ("Interface", "Device.Ethernet.Interface.1"),
]


def test_a_mapping_that_cannot_be_is_refused_and_nothing_changes(device: Device) -> None:
    row = web(device)
    before = device.tree(row)
    for name, value in IMPOSSIBLE:
        assert device.refused({f"{row}{name}": value}) == {f"{row}{name}": "InvalidValue"}
        assert device.tree(row) == before


def test_two_enabled_mappings_cannot_have_one_port(device: Device) -> None:
    web(device)
    other = web(device, Enable="0")
    with pytest.raises(Refusals, match="the same RemoteHost, ExternalPort, Protocol"):
        device.set({f"{other}Enable": "1"})
    device.set({f"{other}Enable": "1", f"{other}Protocol": "UDP"})


def test_what_is_not_complete_says_so(device: Device) -> None:
    for row in (
        web(device, InternalClient=""),
        web(device, ExternalPort="81", Interface=""),
        device.add(f"{FIREWALL}DMZ.", Enable="1"),
        device.add(f"{FIREWALL}Pinhole.", Enable="1", Interface=device.wan),
        device.add(f"{FIREWALL}Service.", Enable="1"),
        device.add(SETTING, Enable="1"),
        device.add(f"{FIREWALL}Policy.", Enable="1", SourceInterface=device.lan),
        rule(device, SourceIP="203.0.113.1", DestIP=HOST6),
    ):
        assert device.get(f"{row}Status") == "Error_Misconfigured", row
        assert device.get(f"{row}Enable") == "true"
        device.delete(row)


def test_hostile_texts_come_back_equal(device: Device) -> None:
    rows = [device.add(table) for table in (MAPPING, f"{FIREWALL}DMZ.", f"{FIREWALL}Pinhole.", RULE)]
    for text in [*HOSTILE, ""]:
        device.set({f"{row}Description": text for row in rows})
        assert [device.get(f"{row}Description") for row in rows] == [text] * len(rows)


def test_a_lease_ends_by_itself(device: Device, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for table in (MAPPING, f"{FIREWALL}DMZ.", f"{FIREWALL}Pinhole."):
        row = device.add(table, LeaseDuration="60", Description="for a minute")
        assert device.tables.due(5.0) == 65.0
        device.clock.forward(59)
        assert device.tables.act(0.0) == frozenset()
        assert (device.get(f"{row}LeaseDuration"), device.get(f"{row}RemainingLeaseTime")) == ("60", "1")
        device.clock.forward(1)
        assert device.tables.act(0.0) == {"firewall"}
        assert f"{row} 'for a minute' is over and taken away" in caplog.messages
        assert device.get(f"{table[:-1]}NumberOfEntries") == "0"
        assert device.tables.due(5.0) is None


def test_what_the_owner_keeps_is_not_touched(make: Make) -> None:
    device = make(is_given=False)
    row = web(device, Enable="0")
    assert set(device.refused({f"{row}Enable": "1"}).values()) == {"Denied"}
    assert device.get(f"{row}Enable") == "false"


RULES: list[dict[str, str]] = [
    {"IPVersion": "6"}, {"DestIP": HOST6}, {"DestIP": HOST6, "DestMask": "/64"}, {"Protocol": "6"},
    {"SourceIP": "2001:db8:f::1", "SourceMask": "/128"}, {"DestPort": "8000"}, {"Protocol": "58"}, {"Log": "1"},
    {"Protocol": "1"}, {"DestPort": "7000", "DestPortRangeMax": "9000", "Protocol": "17"},
    {"DestPort": "80", "DestPortExclude": "1", "Protocol": "6"}, {"DSCP": "46", "DSCPExclude": "1"},
    {"SourceMAC": "02:00:00:00:00:99", "SourceMACExclude": "1"},
    {"DestIP": HOST, "DestIPExclude": "1", "IPVersion": "4"},
    {"Target": "Reject", "Description": "no"}, {"Protocol": "253"}, {"SourcePort": "1", "DestPort": "2"},
]  # fmt: skip


def test_a_rule_reads_as_it_was_set_and_changes(device: Device) -> None:
    for values in RULES:
        row = rule(device, **values)
        assert device.get(f"{row}Status") == "Enabled"
        assert device.get(f"{row}CreationDate") == "2027-01-15T08:00:00Z"
        for name, value in values.items():
            assert device.get(f"{row}{name}") in (value, "true"), name
        device.set({f"{row}SourceAllInterfaces": "0", f"{row}SourceInterface": device.lan, f"{row}Enable": "0"})
        for name, value in values.items():
            assert device.get(f"{row}{name}") in (value, "true"), name
        assert device.get(f"{row}SourceInterface") == device.lan
        device.delete(row)
        assert device.get(f"{FIREWALL}Chain.1.RuleNumberOfEntries") == "0"


WRONG: list[tuple[dict[str, str], str]] = [
    ({"DestIP": "x"}, "DestIP"), ({"DestMask": "24"}, "DestMask"), ({"DestMask": "/129"}, "DestMask"),
    ({"SourceIP": "203.0.113.1", "SourceMask": "/33"}, "SourceMask"),
    ({"DestPort": "9", "DestPortRangeMax": "8"}, "DestPortRangeMax"),
    ({"ExpiryDate": "0001-01-01T00:00:00Z"}, "ExpiryDate"), ({"SourceMAC": "02"}, "SourceMAC"),
    ({"ConnectionState": "OLD"}, "ConnectionState"), ({"Target": "Jump"}, "Target"), ({"Order": "0"}, "Order"),
    ({"TargetChain": "Device.Firewall.Level.1"}, "TargetChain"),
]  # fmt: skip


def test_a_rule_that_cannot_be_is_refused_and_nothing_changes(device: Device) -> None:
    row = rule(device)
    before = device.tree(row)
    for values, blamed in WRONG:
        assert f"{row}{blamed}" in device.refused({f"{row}{name}": value for name, value in values.items()})
        assert device.tree(row) == before


def test_orders_move_and_those_behind_a_rule_that_ended_move_up(device: Device) -> None:
    first, *others = [rule(device, DestPort=port) for port in ("1", "2", "3", "4")]
    device.set({f"{others[2]}Order": "2"})
    assert [device.get(f"{row}Order") for row in (first, *others)] == ["1", "3", "4", "2"]
    device.set({f"{first}ExpiryDate": "2027-01-15T08:01:00Z"})
    assert device.tables.due(7.0) == 67.0
    device.clock.forward(60)
    assert device.tables.act(0.0) == {"firewall"}
    assert device.get(f"{FIREWALL}LastChange") == "2027-01-15T08:01:00Z"
    assert [device.get(f"{row}Order") for row in (*others, rule(device))] == ["2", "3", "1", "4"]


def test_pinholes_and_services_read_as_they_were_set(device: Device) -> None:
    hole = device.add(
        f"{FIREWALL}Pinhole.", Enable="1", Interface=device.wan, DestIP=HOST6, Protocol="6,17", DestPort="8000",
        DestPortRangeMax="8010", SourcePrefixes="2001:db8::/32,2001:db8:1::/48",
    )  # fmt: skip
    service = device.add(
        f"{FIREWALL}Service.", Enable="1", Interface=device.wan, DestPort="22,80", Protocol="6", Action="Reject",
        SourcePrefixes="203.0.113.0/24",
    )  # fmt: skip
    ping = device.add(f"{FIREWALL}Service.", Enable="1", Interface=device.wan, ICMPType="8", Protocol="1")
    for row, values in (
        (hole, {"DestPort": "8000", "DestPortRangeMax": "8010", "Protocol": "6,17", "DestIP": HOST6,
                "SourcePrefixes": "2001:db8::/32,2001:db8:1::/48", "Interface": device.wan}),
        (service, {"DestPort": "22,80", "Protocol": "6", "Action": "Reject", "SourcePrefixes": "203.0.113.0/24"}),
        (ping, {"ICMPType": "8", "Protocol": "1", "DestPort": "-1", "Action": "Accept"}),
    ):  # fmt: skip
        assert device.get(f"{row}Status") == "Enabled"
        assert device.tree(row) | values == device.tree(row)
    device.set({f"{hole}DestIP": HOST, f"{service}DestPort": "443"})
    assert (device.get(f"{hole}DestIP"), device.get(f"{service}DestPort")) == (HOST, "443")


def test_a_policy_and_a_dmz_read_as_they_were_set(device: Device) -> None:
    policy = device.add(
        f"{FIREWALL}Policy.", Enable="1", SourceInterface=device.wan, DestinationInterface=device.lan,
        TargetChain="Accept", IPVersion="6",
    )  # fmt: skip
    assert device.get(f"{policy}Status") == "Enabled"
    device.set({f"{policy}ReverseTargetChain": "Accept"})
    values = {"TargetChain": "Accept", "ReverseTargetChain": "Accept", "IPVersion": "6", "Chain": ""}
    assert device.tree(policy) | values == device.tree(policy)
    device.set({f"{policy}ReverseTargetChain": "Drop", f"{policy}Enable": "0"})
    assert (device.get(f"{policy}ReverseTargetChain"), device.get(f"{policy}Status")) == ("Drop", "Disabled")
    dmz = device.add(f"{FIREWALL}DMZ.", Enable="1", Interface=device.wan, DestIP=HOST, SourcePrefix="203.0.113.0/24")
    assert device.get(f"{dmz}Status") == "Enabled"
    assert device.get(f"{dmz}SourcePrefix") == "203.0.113.0/24"
    device.set({f"{FIREWALL}Level.1.DefaultPolicy": "Accept"})
    assert device.get(f"{FIREWALL}Level.1.DefaultPolicy") == "Accept"
