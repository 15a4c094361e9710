"""The kernel's links, bridges and their VLANs: changed."""

from typing import Any

from backends.errors import MechanismError, Missing
from backends.netlink_codec import check_interface_name, link_info, mac_of, new_message, options_of
from backends.netlink_reader import AF_BRIDGE, NetlinkReader
from backends.netlink_types import VLAN_8021AD, VLAN_8021Q

NEWLINK, DELLINK, SETLINK = 16, 17, 19
EXCLUSIVE, CREATE = 0x200, 0x400
IFF_UP, IFF_NOARP = 0x1, 0x80
VLAN_MASTER, VLAN_SELF, VLAN_PVID, VLAN_UNTAGGED = 1, 2, 2, 4
NESTED = 0x8000
BRIDGE_OPTIONS = {
    "stp": "IFLA_BR_STP_STATE", "priority": "IFLA_BR_PRIORITY", "forward_delay": "IFLA_BR_FORWARD_DELAY",
    "hello_time": "IFLA_BR_HELLO_TIME", "max_age": "IFLA_BR_MAX_AGE", "ageing_time": "IFLA_BR_AGEING_TIME",
    "vlan_filtering": "IFLA_BR_VLAN_FILTERING", "vlan_protocol": "IFLA_BR_VLAN_PROTOCOL",
    "default_pvid": "IFLA_BR_VLAN_DEFAULT_PVID", "multicast_snooping": "IFLA_BR_MCAST_SNOOPING",
}  # fmt: skip
PORT_OPTIONS = {
    "state": "IFLA_BRPORT_STATE", "priority": "IFLA_BRPORT_PRIORITY", "path_cost": "IFLA_BRPORT_COST",
}  # fmt: skip


class LinkChanges(NetlinkReader):
    """Every change needs CAP_NET_ADMIN, and raises as reads do."""

    def set_link(
        self,
        name: str,
        *,
        up: bool | None = None,
        arp: bool | None = None,
        mtu: int | None = None,
        mac: str | None = None,
        master: str | None = None,
    ) -> None:
        """Change what is not None; ``master`` "" takes the link out of its bridge."""
        message = new_message("ifinfmsg", index=self._index(name))
        flags = {IFF_UP: up, IFF_NOARP: None if arp is None else not arp}
        message["change"] = sum(flag for flag, wanted in flags.items() if wanted is not None)
        message["flags"] = sum(flag for flag, wanted in flags.items() if wanted)
        if mtu is not None:
            message["attrs"].append(("IFLA_MTU", mtu))
        if mac is not None:
            message["attrs"].append(("IFLA_ADDRESS", mac_of(mac)))
        if master is not None:
            message["attrs"].append(("IFLA_MASTER", self._index(master) if master else 0))
        self._change(message, NEWLINK, 0, f"set {name}")

    def add_vlan(self, name: str, lower: str, vlan_id: int, protocol: int = VLAN_8021Q) -> None:
        """Make a VLAN link on ``lower``, down; ``vlan_id`` 0–4094, ``protocol`` 0x8100 or 0x88a8."""
        if not 0 <= vlan_id <= 4094 or protocol not in {VLAN_8021Q, VLAN_8021AD}:
            raise MechanismError(f"VLAN {vlan_id} of protocol {protocol:#x} cannot be", "EINVAL")
        data = [("IFLA_VLAN_ID", vlan_id), ("IFLA_VLAN_PROTOCOL", protocol)]
        self._add_link(name, "vlan", data, [("IFLA_LINK", self._index(lower))])

    def add_bridge(self, name: str, **options: int) -> None:
        """Make a bridge, down, with the options of ``set_bridge``."""
        self._add_link(name, "bridge", options_of(options, BRIDGE_OPTIONS), [])

    def add_veth(self, name: str, peer: str) -> None:
        """Make a pair of virtual Ethernet ports, down."""
        self._add_link(name, "veth", [("VETH_INFO_PEER", {"attrs": [("IFLA_IFNAME", check_interface_name(peer))]})], [])

    def delete_link(self, name: str) -> None:
        """Take away a link that is not a physical one."""
        self._change(new_message("ifinfmsg", index=self._index(name)), DELLINK, 0, f"delete {name}")

    def set_bridge(self, name: str, **options: int) -> None:
        """Change options named as in BridgeState: stp, priority, forward_delay, hello_time, max_age, ageing_time,
        vlan_filtering, vlan_protocol, default_pvid, multicast_snooping.
        """
        message = new_message("ifinfmsg", index=self._index(name))
        message["attrs"] = [link_info("bridge", options_of(options, BRIDGE_OPTIONS))]
        self._change(message, NEWLINK, 0, f"set bridge {name}")

    def set_bridge_port(self, name: str, **options: int) -> None:
        """Change a bridge member: priority, path_cost, state (an index of disabled … blocking; only without STP)."""
        message = new_message("ifinfmsg", index=self._index(name), family=AF_BRIDGE)
        message["attrs"] = [("IFLA_PROTINFO", {"attrs": options_of(options, PORT_OPTIONS)}, NESTED)]
        self._change(message, SETLINK, 0, f"set bridge port {name}")

    def add_bridge_vlan(self, interface: str, vlan_id: int, *, untagged: bool = False, pvid: bool = False) -> None:
        """Let a VLAN pass a bridge member or the bridge itself; an existing entry takes these flags."""
        flags = (VLAN_UNTAGGED if untagged else 0) | (VLAN_PVID if pvid else 0)
        self._change_bridge_vlan(SETLINK, interface, vlan_id, flags)

    def delete_bridge_vlan(self, interface: str, vlan_id: int) -> None:
        """Stop a VLAN at a bridge member or at the bridge itself."""
        self._change_bridge_vlan(DELLINK, interface, vlan_id, 0)

    def _add_link(self, name: str, kind: str, data: list[Any], attributes: list[Any]) -> None:
        message = new_message("ifinfmsg")
        message["attrs"] = [("IFLA_IFNAME", check_interface_name(name)), *attributes, link_info(kind, data)]
        self._change(message, NEWLINK, CREATE | EXCLUSIVE, f"add {kind} {name}")

    def _change_bridge_vlan(self, kind: int, interface: str, vlan_id: int, flags: int) -> None:
        link = self.link(check_interface_name(interface))
        if link is None:
            raise Missing(f"{interface}: no such interface", "ENODEV")
        target = VLAN_SELF if link.kind == "bridge" and link.master is None else VLAN_MASTER
        message = new_message("ifinfmsg", index=link.index, family=AF_BRIDGE)
        entry = ("IFLA_BRIDGE_VLAN_INFO", {"flags": flags, "vid": vlan_id})
        message["attrs"] = [("IFLA_AF_SPEC", {"attrs": [("IFLA_BRIDGE_FLAGS", target), entry]})]
        self._change(message, kind, 0, f"VLAN {vlan_id} of {interface}")
