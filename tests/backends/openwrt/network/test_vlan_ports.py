"""The ports of a bridge-vlan as netifd reads and writes them."""

import pytest

from backends.openwrt.network.vlan_ports import VlanPort, item_of, primaries, read_port

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("item", "untagged", "primary"),
    [("lan1", True, False), ("lan1:u*", True, True), ("lan1:t", False, False), ("lan1:t*", False, True)],
)
def test_an_item_is_a_port_and_its_flags(item: str, untagged: bool, primary: bool) -> None:
    assert read_port(item) == VlanPort("lan1", untagged, primary)
    assert read_port(item_of(read_port(item))) == read_port(item)


def test_untagged_frames_are_of_the_marked_vlan_else_of_the_first_untagged_one() -> None:
    vlans = {20: [read_port("lan1"), read_port("lan2:u*")], 10: [read_port("lan1"), read_port("lan2")],
             30: [read_port("lan3:t")]}  # fmt: skip
    assert primaries(vlans) == {"lan1": 10, "lan2": 20}
