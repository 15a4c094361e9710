"""Tables of links beside the network's own, as services have them: rows by key, each with its link."""

from collections.abc import Mapping

from backends.netlink_types import Link
from backends.network.other_layers import OtherLayers
from backends.network.records import Reference


class NamedLinks(OtherLayers):
    """Rows that are told at the start: a link's name by key. ``carriers``: what each link is made over."""

    def __init__(
        self, kind: str, table: str, names: Mapping[str, str], carriers: Mapping[str, str] | None = None
    ) -> None:
        self.kind = kind
        self.table = table
        self.names = dict(names)
        self.carriers = dict(carriers or {})

    def reference_of(self, link: Link) -> Reference | None:
        return next((Reference(self.kind, key) for key, name in self.names.items() if name == link.name), None)

    def link_of(self, reference: Reference) -> str | None:
        return self.names.get(reference.key)

    def carrier_of(self, link: Link) -> str | None:
        return self.carriers.get(link.name)


class NestedLinks(NamedLinks):
    """The same in a table below another one: the rows of "tunnel"."""

    def keys_of(self, reference: Reference) -> tuple[str, ...]:
        return ("tunnel", reference.key)
