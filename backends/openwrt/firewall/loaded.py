"""What fw4 has really loaded: the rules of its table ``inet fw4``, which it marks with the names of their sections.

libnftables lists it, once in a request, and nothing is forked. Where that cannot be known, UCI is believed.
"""

from collections.abc import Iterator
from typing import Any, Final, Protocol

from backends.errors import MechanismError
from backends.openwrt.firewall.firewall_sections import FirewallSections
from backends.openwrt.firewall.redirects import DMZS, MAPPINGS
from backends.openwrt.firewall.rows import Form
from backends.openwrt.firewall.rules import PINHOLES, RULES, SERVICES
from backends.openwrt.firewall.translation import zones_translating
from backends.uci import Section

TABLE: Final = "fw4"
MARK: Final = "!fw4: "
FORMS: Final[dict[str, tuple[Form[Any], str]]] = {
    "port mapping": (MAPPINGS, "dstnat"),
    "dmz": (DMZS, "dstnat"),
    "rule": (RULES, "forward"),
    "pinhole": (PINHOLES, "forward"),
    "service": (SERVICES, "input"),
}
"""By what status is asked for: whose rows they are, and in which chains their rules stand."""


class Listing(Protocol):
    """See backends.nftables.Nftables."""

    def listed(self, family: str, name: str) -> list[dict[str, Any]]:
        """A table as the library lists it; [] for one that is not there."""


class Loaded:
    """``nftables`` is None where the library is not there."""

    def __init__(self, nftables: Listing | None) -> None:
        self._nftables = nftables
        self._rules: frozenset[tuple[str, str]] | None = None
        self._is_read = False
        self._made: frozenset[tuple[str, str]] = frozenset()
        self._made_of: FirewallSections | None = None

    def forget(self) -> None:
        """What was read may be old."""
        self._is_read, self._made_of = False, None

    def has(self, sections: FirewallSections, what: str, row: str) -> bool:
        """Whether fw4 has made rules of a row."""
        rules = self._listed()
        if rules is None:
            return True
        if self._made_of is not sections:
            self._made, self._made_of = frozenset(_made(sections, rules)), sections
        return (what, row) in self._made

    def _listed(self) -> frozenset[tuple[str, str]] | None:
        """Chain and comment of every rule; a chain itself has none. None where it cannot be known."""
        if not self._is_read:
            self._is_read, self._rules = True, self._ask()
        return self._rules

    def _ask(self) -> frozenset[tuple[str, str]] | None:
        if self._nftables is None:
            return None
        try:
            told = self._nftables.listed("inet", TABLE)
        except MechanismError:
            return None
        return frozenset(_rules(told))


def _rules(told: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for one in told:
        match one:
            case {"chain": {"name": str(chain)}}:
                yield chain, ""
            case {"rule": {"chain": str(chain), "comment": str(comment)}}:
                yield chain, comment


def _made(sections: FirewallSections, rules: frozenset[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for what, (form, chain) in FORMS.items():
        for row, key in form.places(sections).items():
            section = sections.section(key)
            zone = section.text("src")
            where = chain if zone == "*" else f"{chain}_{zone}"
            if (where, f"{MARK}{_name(sections, section)}") in rules:
                yield what, row
    for zone_ in sections.zones.values():
        if (f"input_{zone_.name}", "") in rules:
            yield "service", zone_.key
    for row, zone_ in zones_translating(sections).items():
        if (f"srcnat_{zone_.name}", f"{MARK}Masquerade IPv4 {zone_.name} traffic") in rules:
            yield "nat", row


def _name(sections: FirewallSections, section: Section) -> str:
    """What fw4 calls it: its name, else its place."""
    if section.text("name"):
        return section.text("name").replace('"', "'")
    if section.name:
        return section.name
    of_type = [one.id for one in sections.package.of_type(section.type)]
    return f"@{section.type}[{of_type.index(section.id)}]"
