"""Status is what fw4 has loaded, by the names that it marks its rules with."""

from typing import Any

import pytest

from backends.errors import MechanismError
from backends.openwrt.firewall.loaded import Loaded
from tests.backends.openwrt.firewall.conftest import Make
from tests.backends.openwrt.firewall.gateway import FIREWALL, Fw4, UciGateway
from tests.backends.openwrt.firewall.test_firewall_sections import sections

pytestmark = pytest.mark.slow

MAPPING = "Device.NAT.PortMapping."
RULE = "Device.Firewall.Chain.1.Rule."


def rule(chain: str, name: str) -> dict[str, Any]:
    return {"rule": {"chain": chain, "comment": f"!fw4: {name}", "expr": []}}


@pytest.fixture
def fw4() -> Fw4:
    return Fw4()


def test_a_row_is_enabled_when_its_rules_are_there(make_gateway: Make, fw4: Fw4) -> None:
    gateway = make_gateway(nftables=fw4)
    statuses = {
        f"{MAPPING}1.": rule("dstnat_wan", "web"),
        f"{RULE}1.": rule("forward_wan", "Allow-ICMPv6-Forward"),
        "Device.Firewall.Service.1.": rule("input_wan", "Allow-Ping"),
        "Device.NAT.InterfaceSetting.1.": rule("srcnat_wan", "Masquerade IPv4 wan traffic"),
        "Device.Firewall.Service.2.": {"chain": {"name": "input_lan"}},
    }
    assert {gateway.get(f"{row}Status") for row in statuses} == {"Error"}, "fw4 has loaded nothing"
    fw4.rules = list(statuses.values())
    assert {gateway.get(f"{row}Status") for row in statuses} == {"Enabled"}
    assert gateway.get(f"{RULE}2.Status") == "Error"
    fw4.rules = [rule("dstnat_lan", "web")]
    assert gateway.get(f"{MAPPING}1.Status") == "Error", "it is in the chain of another zone"


def test_the_kernel_is_asked_once_in_a_request(make_gateway: Make, fw4: Fw4) -> None:
    gateway = make_gateway(nftables=fw4)
    fw4.asked = 0
    gateway.tree("Device.Firewall.")
    assert fw4.asked == 1
    gateway.get("Device.Firewall.Config")
    assert fw4.asked == 1, "only for a status"


def test_a_section_without_a_name_is_known_by_its_place(make_gateway: Make, fw4: Fw4) -> None:
    text = FIREWALL.replace("	option name		Allow-ISAKMP\n", "").replace("'web'", "'the \"web\"'")
    gateway = make_gateway(firewall_=text, nftables=fw4)
    fw4.rules = [rule("forward_wan", "@rule[2]"), rule("dstnat_wan", "the 'web'")]
    assert gateway.get(f"{RULE}2.Status") == gateway.get(f"{MAPPING}1.Status") == "Enabled"
    row = gateway.add(RULE, Enable="1", SourceInterface=gateway.lan, DestInterface=gateway.wan)
    name = gateway.text.rpartition("config rule '")[2].partition("'")[0]
    fw4.rules.append(rule("forward_lan", name))
    assert gateway.get(f"{row}Status") == "Enabled"


def test_a_rule_from_everywhere_stands_before_the_zones(make_gateway: Make, fw4: Fw4) -> None:
    gateway = make_gateway(nftables=fw4)
    row = gateway.add(RULE, Enable="1", Description="all")
    fw4.rules = [rule("forward", "all")]
    assert gateway.get(f"{row}Status") == "Enabled"


def test_where_the_kernel_cannot_be_asked_uci_is_believed(gateway: UciGateway) -> None:
    assert gateway.get(f"{MAPPING}1.Status") == "Enabled"


def test_an_answer_that_is_none_is_no_claim() -> None:
    class Silent:
        def listed(self, family: str, name: str) -> list[dict[str, Any]]:
            raise MechanismError(f"{family} {name}")

    loaded = Loaded(Silent())
    assert loaded.has(sections(), "rule", "nobody")
    loaded.forget()
