"""What GRE.Tunnel and VXLAN.Tunnel have in common: endpoints, interfaces with one link each, counters."""

from collections.abc import Sequence
from typing import Any, Final

from agent.model.errors import InvalidValue
from agent.model.object import Object, Parameter, Target
from backends.desired_state import Pointer, Record
from backends.tr181.layers import COUNTED, IP_INTERFACE, link_status
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.record_table import Keys, RecordTable
from backends.tr181.service import only, target_of
from backends.tr181.tunnels import CHANGED_BY, TABLES, TunnelTables, ip_interface_of

TUNNEL_COUNTERS: Final = (
    "BytesSent", "BytesReceived", "PacketsSent", "PacketsReceived", "ErrorsSent", "ErrorsReceived",
)  # fmt: skip
NO_KEEP_ALIVE: Final = "None"


class TunnelObjects:
    """Tunnel, Tunnel.Stats, Tunnel.Interface and its Stats, of the records of one kind of tunnel."""

    def __init__(
        self, mechanisms: Mechanisms, service: TunnelTables, tunnel: type[Record], interface: type[Record]
    ) -> None:
        self._network = mechanisms.network
        self._mechanisms = mechanisms
        self._service = service
        self._interface = interface
        self.tunnels: RecordTable[Any] = RecordTable(service, tunnel, TABLES[tunnel])
        self.interfaces: RecordTable[Any] = RecordTable(service, interface, TABLES[interface])

    def objects(
        self, of_tunnel: Sequence[Parameter[Keys, Any]], of_interface: Sequence[Parameter[Keys, Any]]
    ) -> list[Object[Any]]:
        """The objects, with these parameters beside those that both kinds have."""
        return [
            self.tunnels.object([*self._tunnel(), *of_tunnel], "netlink links of tunnels", CHANGED_BY),
            self._stats(self.tunnels, TUNNEL_COUNTERS),
            self.interfaces.object([*self._of_interface(), *of_interface], "netlink link", CHANGED_BY),
            self._stats(self.interfaces, tuple(COUNTED)),
        ]

    def _tunnel(self) -> list[Parameter[Keys, Any]]:
        return [
            *self.tunnels.plain("Enable", "DeliveryHeaderProtocol", "KeepAliveTimeout", "KeepAliveThreshold"),
            self.tunnels.field("RemoteEndpoints", read=list),
            self.tunnels.field("KeepAlivePolicy", write=_keep_alive),
            self.tunnels.field("DefaultDSCPMark", "default_dscp_mark"),
            Parameter("Status", self._tunnel_status),
            Parameter(
                "ConnectedRemoteEndpoint", lambda row: next(filter(None, map(self._remote, self._below(row))), "")
            ),
        ]

    def _of_interface(self) -> list[Parameter[Keys, Any]]:
        return [
            self.interfaces.field("Enable"),
            Parameter("Status", self._status),
            Parameter("Name", self._name),
            Parameter("LastChange", self._last_change),
            Parameter("LowerLayers", self._lower_layers, self._set_lower_layers),
        ]

    def _below(self, row: Keys) -> list[Keys]:
        return [one for one in self.interfaces.rows() if one[0] == row[-1]]

    def _name(self, row: Keys) -> str:
        return self._service.link_name(self._interface, row[-1])

    def _remote(self, row: Keys) -> str:
        return self._service.remote(self._interface, row[-1])

    def _tunnel_status(self, row: Keys) -> str:
        """Status: an error where one of the interfaces that are enabled is not there, or none is."""
        below = [one[-1] for one in self._below(row) if self.interfaces.record(one).enable]
        told = {self._service.status(self._interface, key, True) for key in below} or {"Error"}
        if not self.tunnels.record(row).enable:
            return "Disabled"
        return "Error" if "Error" in told else "Enabled"

    def _status(self, row: Keys) -> str:
        link = self._network.topology.links.get(self._name(row))
        if not (self.interfaces.record(row).enable and self.tunnels.record(row[:1]).enable):
            return "Down"
        if link is not None:
            return link_status(link)
        return "LowerLayerDown" if self.tunnels.record(row[:1]).remote_endpoints else "Error"

    def _last_change(self, row: Keys) -> int:
        name = self._name(row)
        return self._network.state_age(name) if name in self._network.topology.links else 0

    def _lower_layers(self, row: Keys) -> list[Target]:
        """The IP interface that was set; else the one that packets leave by."""
        told: Pointer | None = self.interfaces.record(row).lower
        carrier = self._service.carrier(self._interface, row[-1])
        target = target_of(told) or ip_interface_of(self._mechanisms, carrier)
        return [target] if target else []

    def _set_lower_layers(self, row: Keys, targets: Sequence[Target]) -> None:
        if len(targets) > 1:
            raise InvalidValue("", "there can be one lower layer only")
        self.interfaces.edit(row, lower=only(IP_INTERFACE)(targets[0] if targets else None))

    def _stats(self, table: RecordTable[Any], names: Sequence[str]) -> Object[Any]:
        def counted(name: str) -> Parameter[Keys, int]:
            def total(row: Keys) -> int:
                rows = self._below(row) if table is self.tunnels else [row]
                return sum(COUNTED[name](self._network.traffic(self._name(one))) for one in rows)

            return Parameter(name, total)

        return Object(
            path=f"{table.path}Stats.",
            rows=table.rows,
            keys=lambda row: row,
            parameters=[counted(name) for name in names],
            backend=self._service,
            source=lambda _: "netlink statistics of links",
        )


def _keep_alive(policy: str) -> str:
    if policy != NO_KEEP_ALIVE:
        raise InvalidValue("", "Linux sends no keep-alives through its tunnels")
    return policy
