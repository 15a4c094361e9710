"""/etc/config/network while it is edited: sections by identity, and what several kinds of edits need."""

from typing import Final

from backends.network.errors import Conflict, HandMade
from backends.network.plan import Ident
from backends.openwrt.network.document import NETWORK, Document, Links
from backends.openwrt.sections import fresh, is_ours, items_changed
from backends.uci import Edits, Section, Value

STATIC, NO_PROTOCOL = "static", "none"
OF_OURS: Final = (STATIC, NO_PROTOCOL, "")
"""The protocols of interfaces that hold what rows of the network say."""


class Sheet:
    """Edits of the one package. What is set to "" or () is deleted."""

    def __init__(self, edits: Edits, links: Links) -> None:
        self._edits = edits
        self._links = links
        self._document: Document | None = None

    @property
    def document(self) -> Document:
        """The package with what is staged in it."""
        if self._document is None:
            self._document = Document(self._edits.read(NETWORK), self._links)
        return self._document

    def section(self, key: str) -> Section:
        """A section by its identity."""
        return self.document.sections[key]

    def set(self, key: str, option: str, value: Value) -> None:
        """Let an option have a value."""
        if self.section(key).options.get(option, "") != value:
            self._edits.set(NETWORK, self._named(key), option, value)
            self._document = None

    def change_list(self, key: str, option: str, gone: tuple[str, ...], come: tuple[str, ...]) -> None:
        """Let items take the places of others."""
        present = self.section(key).items(option)
        items = items_changed(present, gone, come)
        value: Value = items
        if isinstance(self.section(key).options.get(option), str) and len(items) == 1:
            value = items[0]
        if present != items:
            self.set(key, option, value)

    def add(self, kind: str, **options: Value) -> str:
        """A new section; its identity."""
        key = fresh(self.document.sections)
        self._edits.add(NETWORK, kind, key)
        for option, value in options.items():
            self._edits.set(NETWORK, key, option, value)
        self._document = None
        return key

    def delete(self, key: str) -> None:
        """Without a section."""
        self._edits.delete(NETWORK, self._named(key))
        self._document = None

    def settings(self, link: str) -> str:
        """The section with a link's device options, made where there is none."""
        section = self.document.settings(link)
        if section is not None:
            return next(key for key, one in self.document.sections.items() if one is section)
        return self.add("device", name=link)

    def set_device(self, link: str, option: str, value: str) -> None:
        """Let a device option of a link have a value; a section of ours goes with the last thing that it says."""
        if not value and self.document.settings(link) is None:
            return
        key = self.settings(link)
        self.set(key, option, value)
        if is_ours(key) and self.section(key).options.keys() == {"name"}:
            self.delete(key)

    def interface(self, link: str) -> str:
        """An interface of a link that static addresses and routes can be of, made where there is none."""
        for key in self.document.on(link):
            if self.section(key).text("proto") in OF_OURS:
                return key
        return self.add("interface", device=link, proto=NO_PROTOCOL)

    def without_interfaces(self, link: str, ident: Ident) -> None:
        """Without the interfaces that the agent has made on a link that goes; HandMade where a person's is on it."""
        for key in self.document.on(link):
            if not is_ours(key):
                what = f"interface {key} of /etc/config/network lies on {link}"
                raise HandMade(f"{what}: take that away first", ident)
            self.delete(key)

    def _named(self, key: str) -> str:
        return self._edits.identify(NETWORK, self.section(key).id)


def cannot(what: str, ident: Ident) -> Conflict:
    """The refusal of what OpenWrt has no option for."""
    return Conflict(f"OpenWrt's configuration cannot say {what}", ident if ident[0] in KINDS_WITH_ROWS else None)


KINDS_WITH_ROWS: Final = ("link", "phy", "vlan", "bridge", "port", "bridge_vlan", "ipv6", "address", "route", "rule")
"""Those of which it is known which rows they come from."""
