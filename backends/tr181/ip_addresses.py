"""Device.IP.Interface.{i}.IPv4Address and IPv6Address: addresses in the kernel, and those wanted there."""

import ipaddress
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from agent.model.errors import InvalidValue, NotWritable
from agent.model.object import Object, Parameter, Target
from backends.network.children import children
from backends.network.desired import ula_addresses
from backends.network.kernel import address_ident
from backends.network.network import Network
from backends.network.records import IpAddress, Reference
from backends.network.rows import Row
from backends.ppp.links import ARPHRD_PPP
from backends.tr181.ip_prefix_rows import IPV6_PREFIX, find_prefixes, prefix_target
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.moments import FOR_EVER, end

IPV4_COMPATIBLE: Final = ipaddress.IPv6Network("::/96")
"""But for :: and ::1; deprecated (RFC 4291 2.5.5.1)."""
LENGTH_WITHOUT_PREFIX: Final = 64
"""Only its Prefix tells an IPv6 address's length; without one it is that of every subnet (RFC 4291)."""


def ip_addresses(network: Network) -> list[Object[Any]]:
    """IPv4Address and IPv6Address."""
    return [_Ipv4(network).table(), _Ipv6(network).table()]


def ipv4_type(network: Network, row: Row[IpAddress]) -> str:
    """AddressingType: who gave the address, as far as the kernel can tell."""
    found = network.address_of(row)
    if found is None or row.is_own:
        return "Static"
    if found.scope == "link" and found.address.startswith("169.254."):
        return "AutoIP"
    link = network.topology.links.get(found.interface)
    if link is not None and link.type == ARPHRD_PPP:
        return "IPCP"
    is_given = "permanent" not in found.flags or network.leased(found.interface, found.address)
    return "DHCP" if is_given else "Static"


def ipv6_origin(network: Network, row: Row[IpAddress]) -> str:
    """Origin: who gave the address. Link-local ones are AutoConfigured, ::1 is WellKnown."""
    found = network.address_of(row)
    if found is None or row.is_own:
        return "Static"
    made = {*ula_addresses(network.topology), *(one.ident for one in children(network.topology).values())}
    if address_ident(found) in made:
        return "AutoConfigured"
    address = ipaddress.IPv6Address(found.address)
    if address.is_loopback:
        return "WellKnown"
    autoconfigured = {"managetempaddr", "temporary", "stable-privacy"} & found.flags
    if (
        autoconfigured
        or found.protocol == "kernel_ra"
        or (address.is_link_local and found.protocol in ("", "kernel_ll"))
    ):
        return "AutoConfigured"
    if "permanent" in found.flags:
        return "Static"
    return "DHCPv6" if found.prefix_length == 128 else "AutoConfigured"


def moment(seconds: int | None) -> datetime:
    """A lifetime from now as a point in time."""
    return FOR_EVER if seconds is None else datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)


def seconds_of(value: datetime | None) -> int:
    """A moment to come in seconds since 1970, 0 for ever; InvalidValue for one that is past or unknown."""
    if value is None or value <= datetime.now(UTC):
        raise InvalidValue("", "a lifetime ends in the future")
    return 0 if value >= FOR_EVER else int(value.timestamp())


class _Addresses(ABC):
    """What both families share."""

    family: int

    def __init__(self, network: Network) -> None:
        self.network = network

    def rows(self) -> list[Row[IpAddress]]:
        return self.network.addresses(self.family)

    def table_of(self, name: str, parameters: list[Parameter[Row[IpAddress], Any]]) -> Object[Any]:
        network, family = self.network, self.family
        return Object(
            path=f"{IP_INTERFACE}{name}.{{i}}.",
            rows=self.rows,
            keys=lambda row: (row.parent, row.key),
            parameters=parameters,
            add=lambda parent: (*parent, network.add(IpAddress(enable=False, ip=parent[0], family=family))),
            delete=self.delete,
            changed_by=("address", "link"),
            backend=network,
            source=lambda row: "netlink address" if network.address_of(row) else "configured, not in the kernel",
        )

    def enabled(self, row: Row[IpAddress]) -> bool:
        told = self.network.record(row).enable
        return not row.is_own if told is None else told

    def status(self, row: Row[IpAddress]) -> str:
        if not self.enabled(row):
            return "Disabled"
        if self.network.address_ident(row) is None:
            return "Error_Misconfigured"
        if self.network.address_of(row) is not None:
            return "Enabled"
        return "Disabled" if self._is_off(row) else "Error"

    def address(self, row: Row[IpAddress]) -> str | None:
        told = self.network.record(row).address
        return told if told is not None or row.is_own else row.key.partition(" ")[2].partition("/")[0]

    def length(self, row: Row[IpAddress]) -> int | None:
        told = self.network.record(row).prefix_length
        return told if told is not None or row.is_own else int(row.key.rpartition("/")[2])

    @abstractmethod
    def origin(self, row: Row[IpAddress]) -> str:
        """Who gave the address, in TR-181's words; "Static": we may change it."""

    def change(self, row: Row[IpAddress], **values: Any) -> None:
        """Stage values of an address that is ours to change."""
        if self.origin(row) != "Static":
            raise NotWritable("", "only a static address can be changed")
        self.network.edit(row, **values)

    def set_address(self, row: Row[IpAddress], value: str) -> None:
        address = ip_address(value, self.family) if value else None
        if address is not None and (address.is_unspecified or address.is_multicast or value == "255.255.255.255"):
            raise InvalidValue("", f"{value} is no address that an interface can have")
        if (
            address is not None
            and address.is_loopback
            and self.network.topology.link_of(Reference("ip", row.parent)) != "lo"
        ):
            raise InvalidValue("", f"{value} is the loopback interface's alone")
        if address is None and not row.is_own:
            raise InvalidValue("", "an address cannot be emptied; disable or delete it")
        self.change(row, address=str(address) if address else None)

    def delete(self, row: Row[IpAddress]) -> None:
        if self.origin(row) != "Static":
            raise NotWritable("", "only a static address can be deleted")
        self.network.remove(row)

    def setter(self, name: str) -> Callable[[Row[IpAddress], Any], None]:
        return lambda row, value: self.change(row, **{name: value})

    def _is_off(self, row: Row[IpAddress]) -> bool:
        """Whether the IP interface above does not speak this family, or is itself disabled."""
        above = next((one for one in self.network.ip_rows() if one.key == row.parent), None)
        if above is None:
            return True
        record = self.network.record(above)
        speaks = record.ipv4 if self.family == 4 else record.ipv6
        return speaks is False or record.enable is False or (above.is_own and not record.enable)


class _Ipv4(_Addresses):
    family = 4

    def table(self) -> Object[Any]:
        return self.table_of(
            "IPv4Address",
            [
                Parameter("Enable", self.enabled, self.setter("enable")),
                Parameter("Status", self.status),
                Parameter("IPAddress", self.address, self.set_address),
                Parameter("SubnetMask", self.mask, self.set_mask),
                Parameter("AddressingType", self.origin),
            ],
        )

    def origin(self, row: Row[IpAddress]) -> str:
        return ipv4_type(self.network, row)

    def mask(self, row: Row[IpAddress]) -> str | None:
        length = self.length(row)
        return None if length is None else mask_of(length)

    def set_mask(self, row: Row[IpAddress], value: str) -> None:
        if not value and not row.is_own:
            raise InvalidValue("", "an address in use needs its mask")
        self.change(row, prefix_length=length_of(value) if value else None)


class _Ipv6(_Addresses):
    family = 6

    def table(self) -> Object[Any]:
        return self.table_of(
            "IPv6Address",
            [
                Parameter("Enable", self.enabled, self.setter("enable")),
                Parameter("Status", self.status),
                Parameter("IPAddressStatus", self.address_status),
                Parameter("IPAddress", self.address, self.set_address),
                Parameter("Origin", self.origin),
                Parameter("Prefix", self.prefix, self.set_prefix),
                Parameter("PreferredLifetime", lambda row: self.lifetime(row, preferred=True), self.set_preferred),
                Parameter("ValidLifetime", lambda row: self.lifetime(row, preferred=False), self.set_valid),
                Parameter("Anycast", lambda _: False),
            ],
        )

    def origin(self, row: Row[IpAddress]) -> str:
        return ipv6_origin(self.network, row)

    def address_status(self, row: Row[IpAddress]) -> str:
        found = self.network.address_of(row)
        if found is None:
            return "Invalid"
        link = self.network.topology.links.get(found.interface)
        flags = {
            "dadfailed": "Duplicate",
            "optimistic": "Optimistic",
            "tentative": "Tentative",
            "deprecated": "Deprecated",
        }
        for flag, status in flags.items():
            if flag in found.flags:
                return status
        return "Preferred" if link and link.up and link.running else "Inaccessible"

    def set_address(self, row: Row[IpAddress], value: str) -> None:
        super().set_address(row, value)
        if value and self.length(row) is None:
            self.network.edit(row, prefix_length=LENGTH_WITHOUT_PREFIX)

    def prefix(self, row: Row[IpAddress]) -> Target | None:
        address, length, name = self.address(row), self.length(row), self._link(row)
        if not address or length is None or length == 128 or not name:
            return None
        return prefix_target(
            self.network.topology, row.parent, name, ipaddress.IPv6Network((address, length), strict=False)
        )

    def set_prefix(self, row: Row[IpAddress], value: Target | None) -> None:
        if value is not None and value.keys[0] != row.parent:
            raise InvalidValue("", "the prefix is of another interface")
        self.change(row, prefix_length=self._length_of(value) if value else LENGTH_WITHOUT_PREFIX)

    def _length_of(self, prefix: Target) -> int:
        """The length of a prefix's row; of one that is not told yet, that of every subnet."""
        if prefix.table != IPV6_PREFIX:
            raise InvalidValue("", "an IPv6Prefix row is needed")
        _, slash, length = prefix.keys[1].rpartition("/")
        if slash:
            return int(length)
        rows = (one.network for one in find_prefixes(self.network) if one.added == prefix.keys[1])
        return next((one.prefixlen for one in rows if one), LENGTH_WITHOUT_PREFIX)

    def lifetime(self, row: Row[IpAddress], preferred: bool) -> datetime | None:
        record, found = self.network.record(row), self.network.address_of(row)
        told = record.preferred_until if preferred else record.valid_until
        if told is not None:
            return end(told)
        if found is None:
            return None
        return moment(found.preferred_lifetime if preferred else found.valid_lifetime)

    def set_preferred(self, row: Row[IpAddress], value: datetime | None) -> None:
        self.change(row, preferred_until=seconds_of(value))

    def set_valid(self, row: Row[IpAddress], value: datetime | None) -> None:
        self.change(row, valid_until=seconds_of(value))

    def _link(self, row: Row[IpAddress]) -> str | None:
        ident = self.network.address_ident(row)
        return ident[1] if ident else None


def ip_address(text: str, family: int) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address of this family; InvalidValue for anything else, for one with a zone, which is no part of it, and for
    an IPv4 address in the form of an IPv6 one.
    """
    try:
        if "%" in text:
            raise ValueError(text)
        if family == 4:
            return ipaddress.IPv4Address(text)
        address = ipaddress.IPv6Address(text)
    except ValueError as error:
        raise InvalidValue("", f"{text} is no IPv{family} address") from error
    if address.ipv4_mapped or (address in IPV4_COMPATIBLE and int(address) > 1):
        raise InvalidValue("", f"{text} is an IPv4 address")
    return address


def mask_of(length: int) -> str:
    """255.255.255.0 for 24."""
    return str(ipaddress.ip_network((0, length)).netmask)


def length_of(mask: str) -> int:
    """24 for 255.255.255.0; InvalidValue for a mask with holes."""
    bits = int(ip_address(mask, 4))
    length = bits.bit_count()
    if bits != (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF:
        raise InvalidValue("", f"{mask} is no subnet mask")
    return length


def ipv6_network(text: str, exact: bool = True) -> ipaddress.IPv6Network:
    """A prefix; InvalidValue for anything else, for one without its length, and, when ``exact``, for bits to the right
    of it, which are left out otherwise.
    """
    address = ip_address(text.partition("/")[0], 6)
    if "/" not in text:
        raise InvalidValue("", f"{text} is a prefix without its length")
    try:
        network = ipaddress.IPv6Network(text, strict=False)
    except ValueError as error:
        raise InvalidValue("", f"{text} is no IPv6 prefix") from error
    if exact and network.network_address != address:
        raise InvalidValue("", "bits to the right of the prefix have to be zero")
    return network
