"""Device.NeighborDiscovery.: how each IPv6 interface discovers neighbours and routers (RFC 4861)."""

from collections.abc import Callable
from typing import Any, Final

from agent.model.errors import InvalidValue, NotWritable
from agent.model.object import Object, Parameter, Target
from backends.network.network import Network
from backends.network.records import NeighborSetting, Reference
from backends.network.rows import Row
from backends.network.sysctls import DAD_TRANSMITS, INTERVAL, RETRANS, SOLICITATIONS, USUAL_SOLICITATIONS
from backends.network.sysctls import solicitations as wanted_solicitations
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.mechanisms import Mechanisms

MILLISECONDS: Final = 1000
WITHOUT_END: Final = 0xFFFFFFFF
"""How the kernel's -1 reads, which has no sign here."""
MOST: Final = 0x7FFFFFFF
DEFAULTS: Final = {RETRANS: 1000, INTERVAL: 4, SOLICITATIONS: USUAL_SOLICITATIONS, DAD_TRANSMITS: 1}
"""What the data model gives a row that stands for no link yet."""


def neighbor_discovery(mechanisms: Mechanisms) -> list[Object[Any]]:
    """The object and its InterfaceSetting table; absent where the kernel has no IPv6."""
    network = mechanisms.network
    if mechanisms.procfs.setting("net/ipv6/conf/all/disable_ipv6") is None:
        return []
    whole: Object[Any] = Object(
        path="Device.NeighborDiscovery.",
        rows=lambda: (network,),
        keys=lambda _: (),
        parameters=[Parameter("Enable", lambda _: True, _only_true("IPv6 on Linux always discovers its neighbours"))],
        backend=network,
        source=lambda _: "the kernel's IPv6",
    )
    return [whole, _Settings(network).table()]


def _only_true(reason: str) -> Callable[[Any, bool], None]:
    def check(_: Any, value: bool) -> None:
        if not value:
            raise InvalidValue("", reason)

    return check


class _Settings:
    """A row for each link that speaks IPv6; one that was added says of which."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def table(self) -> Object[Row[NeighborSetting]]:
        network = self._network
        parameters: list[Parameter[Row[NeighborSetting], Any]] = [
            Parameter("Enable", self.enabled, lambda row, value: network.edit(row, enable=value)),
            Parameter("Status", self.status),
            Parameter("Interface", self.interface, self.set_interface),
            Parameter(
                "DADTransmits", lambda row: self.read(row, "dad_transmits", DAD_TRANSMITS), self.setter("dad_transmits")
            ),
            Parameter("RetransTimer", lambda row: self.read(row, "retrans", RETRANS), self.setter("retrans")),
            Parameter(
                "RtrSolicitationInterval",
                lambda row: self.read(row, "interval", INTERVAL) * MILLISECONDS,
                self.set_interval,
            ),
            Parameter("MaxRtrSolicitations", self.solicitations, self.set_solicitations),
            Parameter("NUDEnable", lambda _: True, _only_true("Linux always detects unreachable neighbours")),
            Parameter("RSEnable", self.solicits, lambda row, value: network.edit(row, solicits=value)),
        ]
        return Object(
            path="Device.NeighborDiscovery.InterfaceSetting.{i}.",
            rows=network.neighbor_settings,
            keys=lambda row: (row.key,),
            parameters=parameters,
            add=lambda _: (network.add(NeighborSetting(enable=False)),),
            delete=self.delete,
            changed_by=("link",),
            backend=network,
            source=lambda row: f"sysctl net.ipv6.conf.{network.link_name(row)}",
        )

    def enabled(self, row: Row[NeighborSetting]) -> bool:
        told = self._network.record(row).enable
        return not row.is_own if told is None else told

    def status(self, row: Row[NeighborSetting]) -> str:
        if not self.enabled(row):
            return "Disabled"
        name = self._network.link_name(row)
        speaks = name is not None and self._network.ipv6_enabled(name) is not None
        return "Enabled" if speaks else "Error_Misconfigured"

    def interface(self, row: Row[NeighborSetting]) -> Target | None:
        name = self._network.link_name(row)
        return Target(IP_INTERFACE, (self._network.topology.ip_key(name),)) if name else None

    def set_interface(self, row: Row[NeighborSetting], value: Target | None) -> None:
        if value == self.interface(row):
            return
        if not row.is_own:
            raise NotWritable("", "what this system has of an interface stays with it")
        reference = Reference("ip", value.keys[0]) if value else None
        name = self._network.topology.link_of(reference)
        others = [one for one in self._network.neighbor_settings() if one.key != row.key and one.is_own]
        if name is not None and any(self._network.link_name(one) == name for one in others):
            raise InvalidValue("", f"{name} has its settings in another row already")
        self._network.edit(row, lower=reference)

    def read(self, row: Row[NeighborSetting], field: str, path: str) -> int:
        """What was told, else what the kernel has."""
        told = getattr(self._network.record(row), field)
        return told if told is not None else self.kernel(row, path)

    def kernel(self, row: Row[NeighborSetting], path: str) -> int:
        name = self._network.link_name(row)
        text = self._network.setting(name, path) if name else None
        return int(text) if text is not None and text.lstrip("-").isdecimal() else DEFAULTS[path]

    def setter(self, field: str) -> Callable[[Row[NeighborSetting], int], None]:
        def change(row: Row[NeighborSetting], value: int) -> None:
            if value > MOST:
                raise InvalidValue("", f"the kernel takes no more than {MOST}")
            self._network.edit(row, **{field: value})

        return change

    def set_interval(self, row: Row[NeighborSetting], value: int) -> None:
        if value % MILLISECONDS or value // MILLISECONDS > MOST // MILLISECONDS:
            raise InvalidValue("", "the kernel waits whole seconds")
        self._network.edit(row, interval=value // MILLISECONDS)

    def solicitations(self, row: Row[NeighborSetting]) -> int:
        record = self._network.record(row)
        told = record.solicitations
        if told is None:
            told = self.kernel(row, SOLICITATIONS) if record.solicits is None else USUAL_SOLICITATIONS
        return told if told >= 0 else WITHOUT_END

    def set_solicitations(self, row: Row[NeighborSetting], value: int) -> None:
        if MOST < value < WITHOUT_END:
            raise InvalidValue("", f"the kernel counts to {MOST}; {WITHOUT_END} is without end")
        self._network.edit(row, solicitations=-1 if value == WITHOUT_END else value)

    def solicits(self, row: Row[NeighborSetting]) -> bool:
        wanted = wanted_solicitations(self._network.record(row))
        return (self.kernel(row, SOLICITATIONS) if wanted is None else wanted) != 0

    def delete(self, row: Row[NeighborSetting]) -> None:
        if not row.is_own:
            raise NotWritable("", "an interface's settings are there as long as it is; disable the row instead")
        self._network.remove(row)
