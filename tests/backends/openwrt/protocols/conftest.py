"""Gateways with what netifd's protocols are of them, with those on the bus whom they ask."""

from tests.backends.openwrt.conftest import procd

__all__ = ["procd"]
