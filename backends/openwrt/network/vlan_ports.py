"""The ports of a ``config bridge-vlan`` as netifd reads them: ``lan1``, ``lan1:u*``, ``lan2:t``. Pure."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class VlanPort(NamedTuple):
    """``primary``: untagged frames that come in by the port are of this VLAN; netifd also takes the first untagged
    VLAN of a port for that where none is marked so.
    """

    name: str
    untagged: bool = True
    primary: bool = False


def read_port(item: str) -> VlanPort:
    """An item of the list ``ports``."""
    name, _, flags = item.partition(":")
    return VlanPort(name, "t" not in flags, "*" in flags)


def item_of(port: VlanPort) -> str:
    """The item that says this of a port."""
    return f"{port.name}:{'u' if port.untagged else 't'}{'*' if port.primary else ''}"


def primaries(vlans: Mapping[int, Iterable[VlanPort]]) -> dict[str, int]:
    """The VLAN of each port's untagged frames, by the ports of each VLAN of a bridge: netifd goes through the VLANs by
    number, and the last one with a mark counts, else the first untagged one.
    """
    found: dict[str, int] = {}
    for number, ports in sorted(vlans.items()):
        for port in ports:
            if port.primary or (port.untagged and port.name not in found):
                found[port.name] = number
    return found
