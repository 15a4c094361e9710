"""What other packet filters have led elsewhere already: a port mapping behind them would never see a packet. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from ipaddress import ip_address, ip_network
from typing import Any, Final, NamedTuple

LEADS: Final = ("dnat", "redirect")
ANY_PROTOCOL: Final = "th"


class Led(NamedTuple):
    """Ports that somebody else's rule leads elsewhere; "" as protocol is any."""

    protocol: str
    first: int
    last: int

    def meets(self, protocol: str, first: int, last: int) -> bool:
        """Whether one of these ports is among those."""
        return self.protocol in ("", protocol.lower()) and self.first <= last and first <= self.last


def led_elsewhere(
    told: Iterable[Mapping[str, Any]], links: Collection[str], addresses: Collection[str]
) -> Iterator[Led]:
    """What a table, as libnftables lists it, leads elsewhere of what comes in by these links to these addresses.

    A rule that says more than is understood here counts as not being in the way.
    """
    for one in told:
        parts = one.get("rule", {}).get("expr", ())
        if any(name in part for part in parts for name in LEADS if isinstance(part, dict)):
            yield from _ports(parts, links, addresses)


def _ports(parts: Iterable[Any], links: Collection[str], addresses: Collection[str]) -> Iterator[Led]:
    found: list[Led] = []
    for part in parts:
        match = part.get("match") if isinstance(part, dict) else None
        if match is None:
            continue
        left, values = match.get("left", {}), _values(match.get("right"))
        payload, meta = left.get("payload", {}), left.get("meta", {})
        is_not, field = match.get("op") == "!=", payload.get("field")
        if field == "dport" and not is_not:
            protocol = "" if payload["protocol"] == ANY_PROTOCOL else str(payload["protocol"])
            found = [Led(protocol, *span) for value in values if (span := _span(value))]
        elif field == "daddr":
            if not any(is_not != any(_holds(value, address) for value in values) for address in addresses):
                return
        elif meta.get("key") == "iifname":
            if not any(is_not != (link in values) for link in links):
                return
        elif field == "dport" or (field == "saddr" and not is_not):
            return
    yield from found


def _values(right: Any) -> list[Any]:
    members = right.get("set", [right]) if isinstance(right, dict) else right
    return members if isinstance(members, list) else [members]


def _span(value: Any) -> tuple[int, int] | None:
    ends = value.get("range") if isinstance(value, dict) else [value, value]
    match ends:
        case [int(first), int(last)]:
            return first, last
    return None


def _holds(value: Any, address: str) -> bool:
    prefix = value.get("prefix") if isinstance(value, dict) else None
    try:
        if prefix:
            return ip_address(address) in ip_network(f"{prefix['addr']}/{prefix['len']}", strict=False)
        return ip_address(str(value)) == ip_address(address)
    except (ValueError, KeyError):
        return False
