"""What the records amount to where the machine stands."""

import pytest

from backends.desired_state import Pointer
from backends.firewall.records import FirewallSettings, InterfaceNat, Level
from backends.firewall.surroundings import (
    active_level,
    config_of,
    is_filtering,
    outside_links,
    ports_are_mapped,
    translating_links,
)
from tests.backends.firewall.conftest import LAN, WAN, surroundings, wanted


@pytest.mark.parametrize(
    ("settings", "is_on", "config"),
    [
        (FirewallSettings(), False, "Low"),
        (FirewallSettings(config="High"), True, "High"),
        (FirewallSettings(config="High", enable=False), False, "High"),
        (FirewallSettings(enable=True), True, "Low"),
    ],
)
def test_who_chooses_a_configuration_turns_the_firewall_on(
    settings: FirewallSettings, is_on: bool, config: str
) -> None:
    assert is_filtering(wanted(settings=settings)) is is_on
    assert config_of(wanted(settings=settings)) == config


def test_strangers_are_behind_nat_and_default_routes() -> None:
    nat = wanted(InterfaceNat(enable=True, interface=LAN), InterfaceNat(interface=Pointer("", ("x",))))
    assert translating_links(nat, surroundings()) == {"lan0"}
    assert outside_links(nat, surroundings()) == {"lan0", "wan0"}


def test_a_link_that_is_not_managed_or_has_an_impossible_name_is_none() -> None:
    around = surroundings(managed=frozenset({"lan0", "wan*"}), link_of=lambda pointer: pointer and pointer.keys[0])
    assert around.managed_link(LAN) == "lan0"
    assert around.managed_link(WAN) is None
    for name in ("wan*", 'a"b', "a b", "a" * 16, ""):
        assert around.link(Pointer("", (name,))) is None


def test_the_level_in_force_is_the_one_that_the_configuration_means() -> None:
    level = Level(name="x", port_mapping_enabled=False)
    for config, field in (("Advanced", "advanced_level"), ("Policy", "policy_level")):
        records = wanted(level, settings=FirewallSettings(config=config, **{field: "+1"}))  # type: ignore[arg-type]
        assert active_level(records) == level
        assert not ports_are_mapped(records)
    for settings in (
        FirewallSettings(config="Low", advanced_level="+1"),
        FirewallSettings(config="Advanced", advanced_level="+1", enable=False),
        FirewallSettings(config="Advanced", advanced_level="gone"),
    ):
        assert active_level(wanted(level, settings=settings)) is None
        assert ports_are_mapped(wanted(level, settings=settings))
