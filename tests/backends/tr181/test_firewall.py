"""Device.Firewall. as an ACS sets it: who is let in, who is let out, and what is told of it."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from agent.model.errors import Denied
from backends.tr181.firewall import firewall
from tests.backends.tr181.firewall_device import FirewallDevice
from tests.netlab.gateway import HOST, HOST6, OUTSIDE, STRANGER, STRANGER6, Gateway
from tests.netlab.namespace import Namespace

FIREWALL = "Device.Firewall."


@pytest.fixture
def device(make_namespace: Callable[[], Namespace]) -> Iterator[FirewallDevice]:
    made = FirewallDevice(Gateway(make_namespace))
    yield made
    made.close()


def comes_in(device: FirewallDevice, port: int = 8000, soon: bool = False) -> bool:
    with device.gateway.listen(device.gateway.lan, port) as server:
        return bool(device.gateway.reached(server, device.gateway.wan, HOST6, port, soon=soon))


def goes_out(device: FirewallDevice, port: int = 8000, soon: bool = False) -> bool:
    with device.gateway.listen(device.gateway.wan, port) as server:
        return bool(device.gateway.reached(server, device.gateway.lan, STRANGER6, port, soon=soon))


def advanced(device: FirewallDevice, **values: str) -> tuple[str, str]:
    """A level in force, and its chain."""
    level = device.add(f"{FIREWALL}Level.", **values)
    device.set({f"{FIREWALL}AdvancedLevel": level[:-1], f"{FIREWALL}Config": "Advanced"})
    return level, device.get(f"{level}Chain") + "."


def test_a_device_that_nobody_configured_filters_nothing(device: FirewallDevice) -> None:
    assert device.tree(FIREWALL) | {"Config": "Low"} == device.tree(FIREWALL)
    assert device.get(f"{FIREWALL}Enable") == "false"
    assert device.get(f"{FIREWALL}Type") == "Stateful"
    assert device.get(f"{FIREWALL}LastChange") == "0001-01-01T00:00:00Z"
    assert device.ruleset() == ""
    assert comes_in(device)


def test_who_chooses_a_configuration_turns_the_firewall_on(device: FirewallDevice) -> None:
    device.set({f"{FIREWALL}Config": "High"})
    assert device.get(f"{FIREWALL}Enable") == "true"
    assert device.get(f"{FIREWALL}LastChange") == "2027-01-15T08:00:00Z"
    assert not comes_in(device, soon=True)
    assert goes_out(device, 443)
    assert not goes_out(device, 6667, soon=True)
    device.set({f"{FIREWALL}Config": "Low"})
    assert goes_out(device, 6667)
    assert not comes_in(device, soon=True)
    device.set({f"{FIREWALL}Enable": "0"})
    assert comes_in(device)
    assert device.ruleset() == ""


def test_a_configuration_without_its_level_is_refused(device: FirewallDevice) -> None:
    assert device.refused({f"{FIREWALL}Config": "Advanced"}) == {f"{FIREWALL}Config": "InvalidValue"}
    assert device.refused({f"{FIREWALL}Config": "Off"}) == {f"{FIREWALL}Config": "InvalidValue"}
    assert device.get(f"{FIREWALL}Config") == "Low"


def test_a_firewall_of_a_machine_that_was_not_given_to_the_agent_is_refused(
    make_namespace: Callable[[], Namespace],
) -> None:
    device = FirewallDevice(Gateway(make_namespace), manage=())
    assert device.refused({f"{FIREWALL}Config": "Low"}) == {f"{FIREWALL}Config": Denied.__name__}
    device.close()


def test_a_level_comes_with_a_chain_and_goes_with_it(device: FirewallDevice) -> None:
    level = device.add(f"{FIREWALL}Level.")
    chain = device.get(f"{level}Chain")
    assert chain == f"{FIREWALL}Chain.1"
    assert device.get(f"{chain}.Enable") == "true"
    assert device.get(f"{chain}.Creator") == "ACS"
    device.delete(level)
    assert device.get(f"{FIREWALL}ChainNumberOfEntries") == "0"


def test_the_level_in_force_holds_and_cannot_be_taken_away(device: FirewallDevice) -> None:
    level, chain = advanced(device, DefaultPolicy="Accept")
    assert comes_in(device)
    rule = device.add(f"{chain}Rule.", Enable="1", SourceAllInterfaces="1", DestAllInterfaces="1")
    assert device.get(f"{rule}Status") == "Enabled"
    assert not comes_in(device, soon=True)
    device.set({f"{level}DefaultPolicy": "Drop", f"{rule}Target": "Accept", f"{rule}DestPort": "8000"})
    assert comes_in(device)
    assert not comes_in(device, 8001, soon=True)
    with pytest.raises(Exception, match="level"):
        device.delete(level)
    assert comes_in(device)
    assert device.get(f"{FIREWALL}AdvancedLevel") == level[:-1]


def test_orders_make_room_and_close_up(device: FirewallDevice) -> None:
    levels = [device.add(f"{FIREWALL}Level.", Name=name) for name in "abc"]

    def orders() -> list[str]:
        return [device.get(f"{level}Order") for level in levels]

    assert orders() == ["1", "2", "3"]
    device.set({f"{levels[2]}Order": "1"})
    assert orders() == ["2", "3", "1"]
    device.delete(levels.pop(0))
    assert orders() == ["2", "1"]


def test_policies_hold_between_two_interfaces(device: FirewallDevice) -> None:
    level = device.add(f"{FIREWALL}Level.", DefaultPolicy="Accept")
    chain = device.add(f"{FIREWALL}Chain.", Enable="1", Name="no chat")
    everywhere = {"SourceAllInterfaces": "1", "DestAllInterfaces": "1"}
    device.add(f"{chain}Rule.", Enable="1", Protocol="6", DestPort="6667", **everywhere)
    policy = device.add(f"{FIREWALL}Policy.", Enable="1", SourceInterface=device.lan, DestinationInterface=device.wan)
    device.set({f"{policy}TargetChain": "Chain"})
    assert device.get(f"{policy}Status") == "Error_Misconfigured"
    device.set(
        {
            f"{policy}Chain": chain[:-1],
            f"{level}Policies": policy[:-1],
            f"{FIREWALL}PolicyLevel": level[:-1],
            f"{FIREWALL}Config": "Policy",
        }
    )
    assert device.get(f"{policy}Status") == "Enabled"
    assert goes_out(device)
    assert not goes_out(device, 6667, soon=True)
    assert not comes_in(device, soon=True)
    device.delete(policy)
    assert device.get(f"{level}Policies") == ""
    assert comes_in(device)


def test_the_dmz_is_one_host_inside(device: FirewallDevice) -> None:
    row = device.add(f"{FIREWALL}DMZ.", Enable="1")
    assert device.get(f"{row}Status") == "Error_Misconfigured"
    device.set({f"{row}Interface": device.wan, f"{row}DestIP": HOST, f"{row}SourcePrefix": f"{STRANGER}/32"})
    assert device.get(f"{row}Status") == "Enabled"
    device.set({f"{FIREWALL}Config": "High"})
    with device.gateway.listen(device.gateway.lan, 1234) as server:
        assert device.gateway.reached(server, device.gateway.wan, OUTSIDE, 1234, STRANGER)
        device.set({f"{row}LeaseDuration": "10"})
        device.clock.forward(10)
        assert device.tables.act(0.0)
        assert not device.gateway.reached(server, device.gateway.wan, OUTSIDE, 1234, STRANGER, soon=True)
    assert device.get(f"{FIREWALL}DMZNumberOfEntries") == "0"


def test_a_pinhole_and_a_service_are_let_in(device: FirewallDevice) -> None:
    device.set({f"{FIREWALL}Config": "Low"})
    hole = device.add(
        f"{FIREWALL}Pinhole.", Enable="1", Interface=device.wan, DestIP=HOST6, Protocol="6,17", DestPort="8000"
    )
    assert device.get(f"{hole}Status") == "Enabled"
    assert comes_in(device)
    assert not comes_in(device, 8001, soon=True)
    row = device.add(f"{FIREWALL}Service.", Enable="1", Interface=device.wan, DestPort="22", Protocol="6")
    assert device.get(f"{row}Status") == "Enabled"
    with device.gateway.listen(device.gateway.router, 22) as ssh:
        assert device.gateway.reached(ssh, device.gateway.wan, OUTSIDE, 22)
        device.set({f"{row}Action": "Reject"})
        assert not device.gateway.reached(ssh, device.gateway.wan, OUTSIDE, 22, soon=True)
        assert device.get(f"{row}Status") == "Enabled"
        device.set({f"{FIREWALL}Enable": "0"})
        assert device.gateway.reached(ssh, device.gateway.wan, OUTSIDE, 22)
        assert device.get(f"{row}Status") == "Error", "nothing refuses it while the firewall is off"
        device.set({f"{row}Action": "Accept"})
        assert device.get(f"{row}Status") == "Enabled"


def test_who_was_outside_stays_there_when_the_route_goes(device: FirewallDevice) -> None:
    device.set({f"{FIREWALL}Config": "Low"})
    device.gateway.router.ip("route del default")
    device.netlink.forget()
    device.tables.reapply()
    assert not comes_in(device, soon=True)


def test_a_machine_without_a_packet_filter_has_no_firewall() -> None:
    assert firewall(SimpleNamespace(firewall=None)) == []  # type: ignore[arg-type]
