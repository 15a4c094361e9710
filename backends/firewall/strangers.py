"""What other packet filters have led elsewhere already: a port mapping behind them would never see a packet. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from ipaddress import ip_address, ip_network
from typing import Any, Final, NamedTuple

LEADS: Final = ("dnat", "redirect")
ANY_PROTOCOL: Final = "th"
DEEPEST: Final = 8
"""Chains that call one another; the kernel allows 16."""


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
    told = list(told)
    sets = {f"@{one['set']['name']}": one["set"].get("elem", []) for one in told if "set" in one}
    rules = [(one["rule"]["chain"], _parts(one["rule"])) for one in told if "rule" in one]
    leading: set[str] = set()
    for _ in range(DEEPEST):
        leading |= {chain for chain, parts in rules if _leads(parts, leading) and not any(map(_is_of_a_port, parts))}
    for _, parts in rules:
        yield from _ports(parts, links, addresses, sets, leading)


def _parts(rule: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [part for part in rule.get("expr", ()) if isinstance(part, dict)]


def _leads(parts: Iterable[Mapping[str, Any]], leading: Collection[str]) -> bool:
    return any(name in part for part in parts for name in LEADS) or any(_goes_to(part) in leading for part in parts)


def _goes_to(verdict: Mapping[str, Any]) -> str:
    return str((verdict.get("jump") or verdict.get("goto") or {}).get("target", ""))


def _is_of_a_port(part: Mapping[str, Any]) -> bool:
    return _field(part.get("match", {}).get("left")) == "dport"


def _field(expression: Any) -> str:
    return str(expression.get("payload", {}).get("field", "")) if isinstance(expression, dict) else ""


def _ports(
    parts: Iterable[Mapping[str, Any]],
    links: Collection[str],
    addresses: Collection[str],
    sets: Mapping[str, list[Any]],
    leading: Collection[str],
) -> Iterator[Led]:
    found: list[Led] = []
    for part in parts:
        found += _mapped(part, leading)
        match = part.get("match")
        if match is None:
            continue
        left, values = match.get("left", {}), _values(match.get("right"), sets)
        is_not, field = match.get("op") == "!=", _field(left)
        if field == "dport" and not is_not:
            found += _led(left["payload"]["protocol"], values)
        elif field == "daddr":
            if not any(is_not != any(_holds(value, address) for value in values) for address in addresses):
                return
        elif isinstance(left, dict) and left.get("meta", {}).get("key") == "iifname":
            if not any(is_not != (link in values) for link in links):
                return
        elif field == "dport" or (field == "saddr" and not is_not):
            return
    if _leads(parts, leading) or any("vmap" in part for part in parts):
        yield from found


def _mapped(part: Mapping[str, Any], leading: Collection[str]) -> Iterator[Led]:
    """The ports of a map: of ports to hosts, or to chains that lead on."""
    for one in (part.get("vmap"), *(end.get("map") for name in LEADS for end in _ends(part.get(name)))):
        if one and _field(one.get("key")) == "dport" and isinstance(one.get("data"), dict):
            pairs = [pair for pair in one["data"].get("set", []) if isinstance(pair, list) and len(pair) == 2]
            chosen = [key for key, to in pairs if one is not part.get("vmap") or _goes_to(to) in leading]
            yield from _led(one["key"]["payload"]["protocol"], chosen)


def _ends(lead: Any) -> list[Mapping[str, Any]]:
    return [end for end in lead.values() if isinstance(end, dict)] if isinstance(lead, dict) else []


def _led(protocol: str, values: Iterable[Any]) -> Iterator[Led]:
    for value in values:
        if span := _span(value):
            yield Led("" if protocol == ANY_PROTOCOL else protocol, *span)


def _values(right: Any, sets: Mapping[str, list[Any]]) -> list[Any]:
    members = right.get("set", [right]) if isinstance(right, dict) else right
    if isinstance(members, str):
        members = sets.get(members, members)
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
