"""Firewalls that every promise of Device.NAT. and Device.Firewall. is tried on: nftables' on Linux, fw4's in UCI."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from backends.tr181.firewall_backend import FirewallTables
from tests.backends.openwrt.firewall.gateway import NOTHING, UciGateway
from tests.backends.tr181.firewall_device import FirewallDevice, Moving
from tests.netlab.gateway import Gateway
from tests.netlab.namespace import Namespace


class Device(Protocol):
    """What both have."""

    wan: str
    lan: str
    clock: Moving

    @property
    def tables(self) -> FirewallTables: ...
    def get(self, path: str) -> str: ...
    def tree(self, path: str) -> dict[str, str]: ...
    def set(self, values: dict[str, str]) -> int: ...
    def refused(self, values: dict[str, str]) -> dict[str, str]: ...
    def add(self, table: str, **values: str) -> str: ...
    def delete(self, path: str) -> None: ...
    def close(self) -> None: ...


def linux(make: Callable[[], Namespace], _directory: Path, *, is_given: bool = True) -> Device:
    """A level with its chain is in force, as fw4 always has one."""
    device = FirewallDevice(Gateway(make), manage=("wan0", "lan0") if is_given else ())
    if is_given:
        level = device.add("Device.Firewall.Level.", DefaultPolicy="Reject")
        device.set({"Device.Firewall.AdvancedLevel": level[:-1], "Device.Firewall.Config": "Advanced"})
    return device


def openwrt(_make: Callable[[], Namespace], directory: Path, *, is_given: bool = True) -> Device:
    """Its zones, and nothing else."""
    return UciGateway(directory, firewall_=NOTHING, manage=("*",) if is_given else ())
