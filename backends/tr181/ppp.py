"""Device.PPP.: PPPoE connections, and PPP links of the machine's own."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from agent.model.errors import Denied, InvalidValue
from agent.model.object import Object, Parameter, Target
from backends.netlink_types import Link
from backends.ppp import output
from backends.ppp.records import MANUAL, ON_DEMAND, PppInterface
from backends.pppd import TOPIC
from backends.tr181.layers import COUNTED, ETHERNET_LINK, VLAN_TERMINATION, link_status
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.ppp_connections import PPP_INTERFACE, PppConnections, PppRow
from backends.tr181.service import only, target_of

UNKNOWN_PROTOCOLS: Final = "UnknownProtoPacketsReceived"
CHANGED_BY: Final = (TOPIC, "link", "address")


def ppp(mechanisms: Mechanisms) -> list[Object[Any]]:
    """SupportedNCPs, Interface with PPPoE, IPCP, IPv6CP and Stats."""
    if mechanisms.ppp is None:
        return []
    return _Interfaces(mechanisms, mechanisms.ppp).objects()


class _Interfaces:
    def __init__(self, mechanisms: Mechanisms, connections: PppConnections) -> None:
        self._mechanisms = mechanisms
        self._connections = connections
        self._pppd = connections.pppd

    def objects(self) -> list[Object[Any]]:
        """Everything below Device.PPP."""
        every, own = self._connections.rows, self.own_rows
        return [
            Object(
                "Device.PPP.", lambda: (None,), lambda _: (), [Parameter("SupportedNCPs", lambda _: self.protocols())]
            ),
            Object(
                path=PPP_INTERFACE,
                rows=every,
                keys=lambda row: (row.key,),
                parameters=[*self.state(), *self.settings()],
                add=lambda _: (self._connections.add(PppInterface()),),
                delete=self.delete,
                changed_by=CHANGED_BY,
                backend=self._connections,
                source=source,
            ),
            self.below(
                "PPPoE.",
                own,
                [
                    Parameter("SessionID", lambda row: self._pppd.session(row.name, row.lower) or 0),
                    self.field("ACName", "access_concentrator"),
                    self.field("ServiceName", "service"),
                ],
            ),
            self.below(
                "IPCP.",
                every,
                [
                    Parameter("LocalIPAddress", lambda row: found.address if (found := self.address(row)) else ""),
                    Parameter("RemoteIPAddress", lambda row: found.peer or "" if (found := self.address(row)) else ""),
                    Parameter("DNSServers", lambda row: self._pppd.name_servers(row.name)[:2] if row.is_own else []),
                ],
            ),
            self.below(
                "IPv6CP.",
                every,
                [
                    Parameter("LocalInterfaceIdentifier", lambda row: self._pppd.identifiers(row.name)[0]),
                    Parameter("RemoteInterfaceIdentifier", lambda row: self._pppd.identifiers(row.name)[1]),
                ],
            ),
            self.below("Stats.", every, self.counters()),
        ]

    def below(
        self, name: str, rows: Callable[[], Sequence[PppRow]], parameters: Sequence[Parameter[PppRow, Any]]
    ) -> Object[Any]:
        """An object of a connection."""
        return Object(
            path=f"{PPP_INTERFACE}{name}",
            rows=rows,
            keys=lambda row: (row.key,),
            parameters=parameters,
            changed_by=CHANGED_BY,
            backend=self._connections,
            source=source,
        )

    def state(self) -> list[Parameter[PppRow, Any]]:
        """What a connection is like at present."""
        return [
            Parameter("Status", self.status),
            Parameter("Name", lambda row: row.name),
            Parameter("LastChange", self.last_change),
            Parameter("ConnectionStatus", self.connection_status),
            Parameter("LastConnectionError", lambda row: self._pppd.error(row.name)),
            Parameter("Reset", lambda _: False, self.reset),
        ]

    def settings(self) -> list[Parameter[PppRow, Any]]:
        """What a connection is wanted to be like."""
        check = only(ETHERNET_LINK, VLAN_TERMINATION)

        def lower(row: PppRow) -> list[Target]:
            target = target_of(row.record.lower)
            return [target] if target else []

        def set_lower(row: PppRow, targets: Sequence[Target]) -> None:
            if len(targets) > 1:
                raise InvalidValue("", "there can be one lower layer only")
            self.edit(row, lower=check(targets[0] if targets else None))

        return [
            Parameter("Enable", lambda row: row.record.enable or not row.is_own, self.setter("enable")),
            Parameter("LowerLayers", lower, set_lower),
            self.field("Username", "username"),
            self.field("Password", "password"),
            # Of a link of the machine's own only this is known: it is not this agent that connects it.
            Parameter(
                "ConnectionTrigger", lambda row: row.record.trigger if row.is_own else MANUAL, self.setter("trigger")
            ),
            self.field("AutoDisconnectTime", "auto_disconnect"),
            self.field("IdleDisconnectTime", "idle_disconnect"),
            Parameter("MaxMRUSize", lambda row: row.record.mru if row.is_own else self.mtu(row), self.setter("mru")),
            self.field("LCPEcho", "echo_interval"),
            self.field("LCPEchoRetry", "echo_failures"),
            self.field("LCPEchoAdaptive", "echo_adaptive"),
            Parameter("IPCPEnable", lambda row: self.speaks(row, 4), self.setter("ipv4")),
            Parameter("IPv6CPEnable", lambda row: self.speaks(row, 6), self.setter("ipv6")),
        ]

    def counters(self) -> list[Parameter[PppRow, int]]:
        """The kernel's counters; of packets that had no taker only pppd knows, which rejects them."""
        network = self._mechanisms.network

        def counted(read: Callable[[Any], int]) -> Callable[[PppRow], int]:
            return lambda row: read(network.traffic(row.name))

        def unknown(row: PppRow) -> int:
            told = self._pppd.unknown_protocols(row.name)
            return counted(COUNTED[UNKNOWN_PROTOCOLS])(row) if told is None else told

        kernel = {name: read for name, read in COUNTED.items() if name != UNKNOWN_PROTOCOLS}
        return [
            *(Parameter(name, counted(read)) for name, read in kernel.items()),
            Parameter(UNKNOWN_PROTOCOLS, unknown),
        ]

    # -- reading ------------------------------------------------------------------------------------------------------

    def own_rows(self) -> list[PppRow]:
        """The connections that were added."""
        return [row for row in self._connections.rows() if row.is_own]

    def protocols(self) -> list[str]:
        """The network protocols that pppd and this kernel agree on with a peer."""
        speaks_ipv6 = self._mechanisms.procfs.setting("net/ipv6/conf/all/disable_ipv6") is not None
        return ["IPCP", "IPv6CP"] if speaks_ipv6 else ["IPCP"]

    def link(self, row: PppRow) -> Link | None:
        """The kernel's link."""
        return self._mechanisms.network.topology.links.get(row.name)

    def address(self, row: PppRow) -> Any:
        """What IPCP agreed on."""
        return self._pppd.address(row.name)

    def mtu(self, row: PppRow) -> int:
        """The link's MTU."""
        link = self.link(row)
        return link.mtu if link else PppInterface().mru

    def speaks(self, row: PppRow, family: int) -> bool:
        """Whether a protocol is wanted; of a link of the machine's own, whether it is there."""
        if row.is_own:
            return row.record.ipv4 if family == 4 else row.record.ipv6
        return self.address(row) is not None if family == 4 else bool(self._pppd.identifiers(row.name)[0])

    def last_change(self, row: PppRow) -> int:
        """Seconds in the present state; 0 while the kernel has no such link."""
        return self._mechanisms.network.state_age(row.name) if self.link(row) else 0

    def status(self, row: PppRow) -> str:
        """Status: a link that waits for traffic is dormant, one over nothing an error."""
        link = self.link(row)
        if row.is_own and not row.record.enable:
            return "Down"
        if link is not None and self._pppd.phase(row.name) == output.CONNECTED:
            return link_status(link)
        if not row.is_own:
            return "Down"
        if row.lower is None:
            return "Error"
        lower = self._mechanisms.network.topology.links.get(row.lower)
        if lower is None or link_status(lower) != "Up":
            return "LowerLayerDown"
        return "Dormant" if row.record.trigger == ON_DEMAND and link is not None else "Down"

    def connection_status(self, row: PppRow) -> str:
        """ConnectionStatus."""
        if row.is_own and row.lower is None:
            return "Unconfigured"
        return self._pppd.phase(row.name)

    # -- changing -----------------------------------------------------------------------------------------------------

    def field(self, name: str, field: str) -> Parameter[PppRow, Any]:
        """A parameter that is a field of the record."""
        return Parameter(name, lambda row: getattr(row.record, field), self.setter(field))

    def setter(self, field: str) -> Callable[[PppRow, Any], None]:
        """Stages a field of the record."""
        return lambda row, value: self.edit(row, **{field: value})

    def edit(self, row: PppRow, **values: Any) -> None:
        """Stage values of a connection that was added."""
        self.check_own(row)
        self._connections.edit(PppInterface, row.key, **values)

    def check_own(self, row: PppRow) -> None:
        """Denied for a link of the machine's own."""
        if not row.is_own:
            raise Denied("", f"{row.name} is a PPP link of the system's own")

    def delete(self, row: PppRow) -> None:
        """Stage the end of a connection."""
        self.check_own(row)
        self._connections.remove(PppInterface, row.key)

    def reset(self, row: PppRow, value: bool) -> None:
        """Stage that the connection is set up anew."""
        self.check_own(row)
        if value:
            self._connections.reset(row.key)


def source(row: PppRow) -> str:
    """Where the values of a row come from."""
    return f"pppd and netlink link {row.name}" if row.is_own else f"netlink link {row.name}"
