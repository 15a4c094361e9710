"""Rules as rows of the chain, pinholes and services; a zone's input as the last of these."""

import pytest

from backends.openwrt.firewall.rules import is_pinhole, is_rule, is_service
from tests.backends.openwrt.firewall.conftest import Make
from tests.backends.openwrt.firewall.gateway import NOTHING, UciGateway
from tests.backends.openwrt.firewall.test_firewall_sections import sections
from tests.backends.openwrt.firewall.written import lines_changed

pytestmark = pytest.mark.slow

FIREWALL = "Device.Firewall."
RULE = f"{FIREWALL}Chain.1.Rule."
SERVICE = f"{FIREWALL}Service."
HOLE = f"{FIREWALL}Pinhole."


def with_rule(*options: str) -> str:
    return f"{NOTHING}\nconfig rule\n" + "".join(f"\t{one}\n" for one in options)


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ("src wan|dest lan|target ACCEPT|proto esp", "rule"),
        ("src *|dest *|target drop", "rule"),
        ("src wan|dest lan|target ACCEPT|dest_ip fd00::5|proto tcp|dest_port 22", "pinhole"),
        ("src wan|dest lan|target DROP|dest_ip fd00::5", "rule"),
        ("src lan|dest wan|target ACCEPT|dest_ip fd00::5", "rule"),
        ("src wan|dest lan|target ACCEPT|dest_ip fd00::5|log 1", "rule"),
        ("src wan|target ACCEPT|dest_port 22", "service"),
        ("src *|target ACCEPT|dest_port 22", ""),
        ("dest wan|target REJECT", ""),
        ("src lan|dest wan|target MARK", ""),
        ("src nowhere|dest wan|target DROP", ""),
    ],
)
def test_a_rule_is_one_of_one_kind(options: str, kind: str) -> None:
    pairs = (one.split(" ") for one in options.split("|"))
    text = "config rule 'r'\n" + "".join(f"\toption {name} '{value}'\n" for name, value in pairs)
    here = sections(f"{NOTHING}\n{text}")
    found = [name for name, is_one in (("rule", is_rule), ("pinhole", is_pinhole), ("service", is_service))
             if is_one(here, here.section("r"))]  # fmt: skip
    assert found == [kind] * bool(kind)


def test_those_that_are_delivered_are_rows(gateway: UciGateway) -> None:
    assert [gateway.get(f"{RULE}{number}.Description") for number in (1, 2)] == ["Allow-ICMPv6-Forward", "Allow-ISAKMP"]
    assert gateway.tree(f"{RULE}2.") | {"Protocol": "17", "DestPort": "500", "Order": "2", "Target": "Accept",
        "SourceInterface": gateway.wan, "DestInterface": gateway.lan} == gateway.tree(f"{RULE}2.")  # fmt: skip
    assert gateway.get(f"{RULE}1.DestAllInterfaces") == "true"
    ping = gateway.tree(f"{SERVICE}1.")
    assert (ping["ICMPType"], ping["Protocol"], ping["IPVersion"], ping["Interface"]) == ("8", "1", "4", gateway.wan)


def test_what_no_parameter_says_stays(gateway: UciGateway) -> None:
    before = gateway.text
    gateway.set({f"{RULE}1.Enable": "0", f"{RULE}1.Description": "kept"})
    changed = lines_changed(before, gateway.text)
    assert [line for line in changed if line[0] == "-"] == ["-config rule", "-option name Allow-ICMPv6-Forward"]
    assert {"+option enabled '0'", "+option name 'kept'"} < {*changed}
    assert "option limit		1000/sec" in gateway.text


def test_a_list_is_as_many_rows_and_one_section_until_they_differ(make_gateway: Make) -> None:
    text = with_rule("option src lan", "option dest wan", "list src_mac 02:00:00:00:00:01", "option weekdays 'Mon'",
                     "list src_mac 02:00:00:00:00:02", "option target REJECT", "option proto all")  # fmt: skip
    gateway = make_gateway(firewall_=text)
    assert [gateway.get(f"{RULE}{n}.SourceMAC")[-1] for n in (1, 2)] == ["1", "2"]
    gateway.set({f"{RULE}{n}.Enable": "0" for n in (1, 2)})
    assert gateway.text.count("config rule") == 1
    assert "cpe_row_rule" not in gateway.text
    gateway.set({f"{RULE}2.Enable": "1", f"{RULE}2.Target": "Drop"})
    assert gateway.text.count("config rule") == gateway.text.count("weekdays 'Mon'") == 2
    assert [gateway.get(f"{RULE}{n}.Target") for n in (1, 2)] == ["Reject", "Drop"]
    assert [gateway.get(f"{RULE}{n}.Order") for n in (1, 2)] == ["1", "2"]


def test_orders_are_those_of_the_sections(gateway: UciGateway) -> None:
    gateway.set({f"{RULE}2.Order": "1"})
    assert gateway.text.index("Allow-ISAKMP") < gateway.text.index("Allow-ICMPv6-Forward")
    assert gateway.text.index("Allow-Ping") < gateway.text.index("Allow-ISAKMP"), "others keep their places"


def test_a_pinhole_that_fw4_would_take_for_another_rule_stays_one(make_gateway: Make) -> None:
    gateway = make_gateway(firewall_=NOTHING)
    row = gateway.add(HOLE, Enable="1", Interface=gateway.wan, DestIP="192.168.1.7", DestPort="22")
    assert "option as 'Pinhole'" in gateway.text
    assert gateway.get(f"{row}Protocol") == "-1"
    assert "option dest 'lan'" in gateway.text
    gateway.set({f"{row}DestIP": "2001:db8::7"})
    assert "option dest '*'" in gateway.text
    assert gateway.get(f"{FIREWALL}Chain.1.RuleNumberOfEntries") == "0"


def test_prefixes_that_lie_in_others_are_told_once(make_gateway: Make) -> None:
    gateway = make_gateway(firewall_=NOTHING)
    told = "203.0.113.0/24,203.0.113.7,2001:db8::/32"
    row = gateway.add(SERVICE, Enable="1", Interface=gateway.wan, DestPort="22", SourcePrefixes=told)
    assert gateway.text.count("list src_ip") == 2, "nftables would refuse the whole ruleset"
    assert gateway.get(f"{row}SourcePrefixes") == told


def test_what_a_zone_does_with_all_else_is_a_service(gateway: UciGateway) -> None:
    path = gateway.find(SERVICE, Interface=gateway.wan, Action="Reject")
    gateway.set({f"{path}Action": "Drop"})
    assert "option input 'DROP'" in gateway.text
    assert gateway.refused({f"{path}DestPort": "22"}) == {f"{path}DestPort": "InvalidValue"}
    with pytest.raises(Exception, match="always this one"):
        gateway.delete(path)


def test_a_log_prefix_of_a_person_s_stays(make_gateway: Make) -> None:
    text = with_rule(
        "option src lan", "option dest wan", "option proto tcp", "option target DROP", "option log 'mine: '"
    )
    gateway = make_gateway(firewall_=text)
    assert gateway.get(f"{RULE}1.Log") == "true"
    gateway.set({f"{RULE}1.Description": "x"})
    assert "option log 'mine: '" in gateway.text
    gateway.set({f"{RULE}1.Log": "0"})
    assert "option log" not in gateway.text
