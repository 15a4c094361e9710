"""Options of bridges and their members, by our names."""

import pytest

from backends.errors import MechanismError, Missing
from backends.netlink_links import BRIDGE_OPTIONS, PORT_OPTIONS, LinkChanges
from backends.netlink_types import BridgePortState, BridgeState


def test_every_option_is_named_as_what_is_read_of_it() -> None:
    assert set(BRIDGE_OPTIONS) <= set(BridgeState.__slots__)
    assert set(PORT_OPTIONS) <= set(BridgePortState.__slots__)


def test_a_link_that_is_not_there_is_missing_before_anything_is_sent() -> None:
    links = LinkChanges()
    with pytest.raises(Missing):
        links.set_link("no-such-link", up=True)
    with pytest.raises(MechanismError):
        links.add_vlan("x.5000", "lo", 5000)
    with pytest.raises(MechanismError):
        links.add_bridge("no/name")
    links.close()
