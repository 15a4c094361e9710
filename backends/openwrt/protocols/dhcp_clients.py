"""DHCP clients in UCI: interfaces with proto dhcp and dhcpv6, for which netifd runs udhcpc and odhcp6c."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Final

from backends.desired_state import Pointer, Record, Refused, Wanted
from backends.dhcp_client.records import KINDS, Client4, Client6, RequestedOption4, SentOption4, SentOption6
from backends.openwrt.configured import Read
from backends.openwrt.differences import Difference
from backends.openwrt.protocols import dhcp_values as values
from backends.openwrt.protocols.dhcp_checks import (
    CLIENT_ID,
    HOST,
    USER_CLASS6,
    VENDOR_CLASS,
    VENDOR_CLASS6,
    Sent,
    check_asked,
    check_finding_of_the_server,
    check_sent,
)
from backends.openwrt.protocols.dhcp_values import OptionRow
from backends.openwrt.protocols.sections import (
    INTERFACE,
    NETWORK,
    Ground,
    NetworkSections,
    bring,
    changed_rows,
    in_form,
    is_on,
    placed,
    short,
    standing,
    switch,
)
from backends.openwrt.sections import Document, Told, fresh, items_changed
from backends.uci import Edits, Section, Value

IP_INTERFACE: Final = "Device.IP.Interface.{i}."
PROTO4, PROTO6 = "dhcp", "dhcpv6"
ASKED_ROWS, SENT_ROWS = "cpe_reqopts", "cpe_sendopts"
"""Options of ours: the rows of options, of which some are switched off."""
NO_HOST_NAME: Final = "*"

Client = Client4 | Client6


class DhcpClientMapping:
    """See backends.openwrt.configured.Mapping."""

    packages = (NETWORK,)
    kinds = KINDS

    def __init__(self, ground: Ground) -> None:
        self.ground = ground

    def surroundings(self) -> Hashable:
        """See Mapping."""
        return self.ground.surroundings()

    def read(self, read: Read) -> Wanted:
        """See Mapping."""
        here = NetworkSections.of_package(read, self.ground)
        clients4, clients6 = here.speaking(PROTO4), here.speaking(PROTO6)
        return Wanted(1, {
            Client4: {key: Client4(enable=is_on(one), interface=_row(here, key)) for key, one in clients4.items()},
            SentOption4: {
                row: SentOption4(parent=key, enable=said.enable, tag=said.tag, value=said.value)
                for key, one in clients4.items() for row, said in sent_rows(one, key, 4).items()
            },
            RequestedOption4: {
                row: RequestedOption4(parent=key, enable=said.enable, tag=said.tag, order=place)
                for key, one in clients4.items() for place, (row, said) in enumerate(asked_rows(one, key).items(), 1)
            },
            Client6: {key: _client6(here, key, one) for key, one in clients6.items()},
            SentOption6: {
                row: SentOption6(parent=key, enable=said.enable, tag=said.tag, value=said.value)
                for key, one in clients6.items() for row, said in sent_rows(one, key, 6).items()
            },
        })  # fmt: skip

    def check(self, before: Wanted, after: Wanted) -> None:
        """See Mapping. A person's own configuration is not looked at: it is as it is."""
        changed = Difference.between(before, after)
        for kind in (Client4, Client6):
            for key in changed.after.of(kind):
                self._check_client(kind, key, after)
            for key in changed_rows(before, after):
                self._check_given(kind, key, before, after)
        for key, four in changed.after.of(SentOption4).items():
            check_sent(SentOption4, key, four, after)
        for key, six in changed.after.of(SentOption6).items():
            check_sent(SentOption6, key, six, after)
        for key, asked in changed.after.of(RequestedOption4).items():
            check_asked(key, asked, after)
        check_finding_of_the_server(before, after)

    def write(self, edits: Edits, before: Wanted, after: Wanted) -> None:
        """See Mapping."""
        here = NetworkSections.of_package(edits.read, self.ground)
        bring(edits, document(here, before), document(here, after))

    def cuts(self, before: Wanted, after: Wanted) -> bool:
        """Any other option of an interface makes netifd take it down and up."""
        keys = changed_rows(before, after)
        clients: list[Client] = [
            one
            for some in (before, after)
            for found in (some.of(Client4), some.of(Client6))
            for key, one in found.items()
            if key in keys
        ]
        present = self.ground.present()
        return self.ground.crosses(
            [*(self.ground.link_of(one.interface) for one in clients), *(present.get(key) for key in keys)]
        )

    def key_for(self, record: Record, taken: Collection[str]) -> str:
        """See Mapping."""
        return short(taken) if isinstance(record, Client4 | Client6) else fresh(taken)

    def _check_given(self, kind: type[Client], key: str, before: Wanted, after: Wanted) -> None:
        """A client that is on, or shall be, is changed only where its link is given to the agent."""
        for some in (before, after):
            found: Mapping[str, Client] = some.of(kind)
            if key in found and found[key].enable:
                self.ground.check(self.ground.link_of(found[key].interface), kind, key, ("enable", "interface"))

    def _check_client(self, kind: type[Client], key: str, wanted: Wanted) -> None:
        record: Client = wanted.get(kind, key)
        link = self.ground.link_of(record.interface)
        if not record.enable or link is None:
            return
        others: Mapping[str, Client] = wanted.of(kind)
        if any(
            one.enable and self.ground.link_of(one.interface) == link for name, one in others.items() if name != key
        ):
            raise Refused(f"{link} has such a client already", kind, key, ("interface",))


# -- reading ----------------------------------------------------------------------------------------------------------


def _row(here: NetworkSections, name: str) -> Pointer | None:
    return here.row(here.link(name), IP_INTERFACE)


def _client6(here: NetworkSections, name: str, section: Section) -> Client6:
    tags = [values.number_of(word, {}, values.LAST_TAG6) for word in section.items("reqopts")]
    return Client6(
        enable=is_on(section),
        interface=_row(here, name),
        request_addresses=section.text("reqaddress") != "none",
        request_prefixes=section.text("reqprefix") != "no",
        requested_options=tuple(dict.fromkeys(tag for tag in tags if tag is not None)),
    )


def sent_rows(section: Section, client: str, family: int) -> dict[str, OptionRow]:
    """The options that a client sends because the configuration says so."""
    items = [*(_own4(section) if family == 4 else _own6(section)), *_listed(section, family)]
    return values.read_rows(client, items, section.items(SENT_ROWS))


def _own4(section: Section) -> list[tuple[int, str]]:
    """Those that have an option of UCI's own."""
    host, vendor = section.text("hostname"), section.text("vendorid")
    client_id = section.text("clientid").replace(":", "").lower()
    found = [(HOST, host.encode("utf-8", "surrogateescape").hex())] if host not in ("", NO_HOST_NAME) else []
    found += [(VENDOR_CLASS, vendor.encode("utf-8", "surrogateescape").hex())] if vendor else []
    return found + ([(CLIENT_ID, client_id)] if values.HEXADECIMAL.fullmatch(client_id) else [])


def _own6(section: Section) -> list[tuple[int, str]]:
    vendor, user = section.text("vendorclass").lower(), section.text("userclass")
    found = [(USER_CLASS6, values.classes_of(user))] if user else []
    return found + ([(VENDOR_CLASS6, vendor)] if values.HEXADECIMAL.fullmatch(vendor) else [])


def _listed(section: Section, family: int) -> list[tuple[int, str]]:
    names, last = (values.NAMES, values.LAST_TAG4) if family == 4 else ({}, values.LAST_TAG6)
    found = (values.sent_of(item, names, last) for item in section.items("sendopts"))
    return [one for one in found if one is not None]


def asked_rows(section: Section, client: str) -> dict[str, OptionRow]:
    """The options that a DHCPv4 client asks for because the configuration says so."""
    tags = (values.number_of(word, values.ASKED, values.LAST_TAG4) for word in section.items("reqopts"))
    return values.read_rows(client, [(tag, "") for tag in tags if tag is not None], section.items(ASKED_ROWS))


# -- writing ----------------------------------------------------------------------------------------------------------


def document(here: NetworkSections, wanted: Wanted) -> Document:
    """Everything that the records say, by section."""
    told: dict[str, Told] = {}
    for key, client in wanted.of(Client4).items():
        section = here.section(key)
        asked = sorted(wanted.children(RequestedOption4, key).items(), key=lambda pair: pair[1].order)
        told[key] = Told(INTERFACE, {
            "proto": PROTO4,
            **_common(here, section, client),
            **_asked4(section, key, {row: OptionRow(one.enable, one.tag) for row, one in asked}),
            **_sent(section, key, wanted.children(SentOption4, key), 4),
        })  # fmt: skip
    for key, six in wanted.of(Client6).items():
        section = here.section(key)
        has_addresses, has_prefixes = (section.text("reqaddress") != "none", section.text("reqprefix") != "no")
        told[key] = Told(INTERFACE, {
            "proto": PROTO6,
            **_common(here, section, six),
            "reqaddress": standing(
                section, "reqaddress", has_addresses == six.request_addresses, "" if six.request_addresses else "none"
            ),
            "reqprefix": standing(
                section, "reqprefix", has_prefixes == six.request_prefixes, "" if six.request_prefixes else "no"
            ),
            "reqopts": _words(section, {}, values.LAST_TAG6, six.requested_options),
            **_sent(section, key, wanted.children(SentOption6, key), 6),
        })  # fmt: skip
    return told


def _common(here: NetworkSections, section: Section, client: Client) -> dict[str, Value]:
    return {**placed(section, here.ground.link_of(client.interface)), **switch(section, client.enable)}


def _asked4(section: Section, client: str, rows: Mapping[str, OptionRow]) -> dict[str, Value]:
    tags = [row.tag for row in values.listed(rows.values())]
    return {
        "reqopts": _words(section, values.ASKED, values.LAST_TAG4, tags),
        ASKED_ROWS: values.entries_of(client, rows),
    }


def _words(section: Section, names: Mapping[str, int], last: int, tags: Sequence[int]) -> str:
    """A text always: netifd leaves reqopts out where they are a list. A person's words stay."""
    present = section.items("reqopts")
    known = {word: number for word in present if (number := values.number_of(word, names, last)) is not None}
    words = [next((word for word, number in known.items() if number == tag), str(tag)) for tag in tags]
    return " ".join(items_changed(present, tuple(word for word in present if word in known), tuple(words)))


def _sent(section: Section, client: str, records: Mapping[str, Sent], family: int) -> dict[str, Value]:
    rows = {key: OptionRow(one.enable, one.tag, one.value) for key, one in records.items()}
    said = {row.tag: row.value for row in values.listed(rows.values())}
    own = _own_options4(section, said) if family == 4 else _own_options6(section, said)
    names = values.NAMES if family == 4 else {}
    present = section.items("sendopts")
    known = {item for item in present if values.sent_of(item, names, values.LAST_TAG6) is not None}
    items = tuple(values.item_of(tag, value, present, names) for tag, value in said.items())
    changed = items_changed(present, tuple(item for item in present if item in known), items)
    return {**own, "sendopts": in_form(section, "sendopts", changed), SENT_ROWS: values.entries_of(client, rows)}


def _own_options4(section: Section, said: dict[int, str]) -> dict[str, Value]:
    """Takes those out of ``said`` that have an option of UCI's own, and are not in the list by a person's wish."""
    listed = {tag for tag, _ in _listed(section, 4)}
    host, vendor, client_id = ("" if tag in listed else said.pop(tag, "") for tag in (HOST, VENDOR_CLASS, CLIENT_ID))
    is_same_id = section.text("clientid").replace(":", "").lower() == client_id
    none = NO_HOST_NAME if section.text("hostname") == NO_HOST_NAME else ""
    return {
        "hostname": bytes.fromhex(host).decode("utf-8", "surrogateescape") or none,
        "vendorid": bytes.fromhex(vendor).decode("utf-8", "surrogateescape"),
        "clientid": section.text("clientid") if is_same_id else client_id,
    }


def _own_options6(section: Section, said: dict[int, str]) -> dict[str, Value]:
    listed = {tag for tag, _ in _listed(section, 6)}
    vendor, user = ("" if tag in listed else said.pop(tag, "") for tag in (VENDOR_CLASS6, USER_CLASS6))
    is_same, is_same_user = (
        section.text("vendorclass").lower() == vendor,
        values.classes_of(section.text("userclass")) == user,
    )
    return {
        "vendorclass": section.text("vendorclass") if is_same else vendor,
        "userclass": section.text("userclass") if is_same_user else values.class_text(user) or "",
    }
