"""The firewall as a whole, its one level and chain; forwardings and zones as policies."""

import pytest

from backends.openwrt.firewall.policies import LEVEL, WAITING
from tests.backends.openwrt.firewall.conftest import Make
from tests.backends.openwrt.firewall.gateway import NOTHING, UciGateway
from tests.backends.openwrt.firewall.written import lines_changed

pytestmark = pytest.mark.slow

FIREWALL = "Device.Firewall."
POLICY = f"{FIREWALL}Policy."


def test_it_is_always_one_configuration(gateway: UciGateway) -> None:
    told = {"Enable": "true", "Config": "Advanced", "AdvancedLevel": f"{FIREWALL}Level.1", "Type": "Stateful",
            "PolicyLevel": f"{FIREWALL}Level.1", "LastChange": "0001-01-01T00:00:00Z", "Level.1.Name": LEVEL,
            "Level.1.DefaultPolicy": "Reject", "Level.1.Chain": f"{FIREWALL}Chain.1", "LevelNumberOfEntries": "1",
            "ChainNumberOfEntries": "1", "Chain.1.Enable": "true"}  # fmt: skip
    assert gateway.tree(FIREWALL) | told == gateway.tree(FIREWALL)


def test_the_default_policy_is_that_of_what_is_forwarded(gateway: UciGateway) -> None:
    before = gateway.text
    gateway.set({f"{FIREWALL}Level.1.DefaultPolicy": "Drop"})
    assert lines_changed(before, gateway.text)[-2:] == ["-option forward REJECT", "+option forward 'DROP'"]
    assert gateway.get(f"{FIREWALL}LastChange") == "2027-01-15T08:00:00Z"
    assert "option last_change '1800000000'" in gateway.text


def test_a_forwarding_is_a_policy_that_accepts(gateway: UciGateway) -> None:
    values = {"TargetChain": "Accept", "ReverseTargetChain": "Drop", "SourceInterface": gateway.lan,
              "DestinationInterface": gateway.wan, "IPVersion": "-1", "Enable": "true"}  # fmt: skip
    assert gateway.tree(f"{POLICY}1.") | values == gateway.tree(f"{POLICY}1.")
    gateway.set({f"{POLICY}1.Enable": "0", f"{POLICY}1.IPVersion": "4"})
    assert "option enabled '0'" in gateway.text
    assert "option family 'ipv4'" in gateway.text
    gateway.delete(f"{POLICY}1.")
    assert "config forwarding" not in gateway.text


def test_a_policy_of_both_directions_is_two_forwardings(make_gateway: Make) -> None:
    gateway = make_gateway(firewall_=NOTHING)
    gateway.set({f"{POLICY}1.ReverseTargetChain": "Accept"})
    assert gateway.text.count("config forwarding") == 2
    assert gateway.get(f"{FIREWALL}PolicyNumberOfEntries") == "3", "they are one row"
    gateway.set({f"{POLICY}1.Enable": "0"})
    assert gateway.text.count("option enabled '0'") == 2
    gateway.set({f"{POLICY}1.ReverseTargetChain": "Drop"})
    assert gateway.text.count("config forwarding") == 1


def test_a_back_way_that_a_person_changed_is_a_row_of_its_own(make_gateway: Make) -> None:
    gateway = make_gateway(firewall_=NOTHING)
    gateway.set({f"{POLICY}1.ReverseTargetChain": "Accept"})
    gateway.write("firewall", gateway.text.rstrip() + "\n\toption enabled '0'\n")
    assert gateway.get(f"{POLICY}1.ReverseTargetChain") == "Drop"
    assert gateway.get(f"{FIREWALL}PolicyNumberOfEntries") == "4"


def test_a_new_policy_waits_until_it_is_complete(make_gateway: Make) -> None:
    gateway = make_gateway(firewall_=NOTHING)
    row = gateway.add(POLICY, Enable="1", SourceInterface=gateway.wan)
    assert gateway.get(f"{row}Status") == "Error_Misconfigured"
    assert f"config {WAITING} 'cpe_" in gateway.text, "fw4 would warn of a forwarding from or to nowhere"
    values = {"TargetChain": "Drop", "Enable": "true", "SourceInterface": gateway.wan, "DestinationInterface": ""}
    assert gateway.tree(row) | values == gateway.tree(row)
    gateway.set({f"{row}DestinationInterface": gateway.lan})
    assert gateway.get(f"{row}TargetChain") == "Drop"
    assert gateway.text.count("option enabled '0'") == 1
    assert "cpe_policy" not in gateway.text, "fw4 knows of it from now on"
    gateway.set({f"{row}TargetChain": "Accept"})
    assert "option enabled" not in gateway.text
    assert "cpe_row_cpe" not in gateway.text
    gateway.delete(row)
    assert gateway.added(NOTHING).count("config") == 1


def test_a_zone_is_a_policy_towards_itself(gateway: UciGateway) -> None:
    row = gateway.find(POLICY, SourceInterface=gateway.lan, DestinationInterface=gateway.lan)
    gateway.set({f"{row}TargetChain": "Reject", f"{row}ReverseTargetChain": "Reject"})
    assert "option forward 'REJECT'" in gateway.text
    with pytest.raises(Exception, match="always this one"):
        gateway.delete(row)
    assert gateway.text.count("config zone") == 2
