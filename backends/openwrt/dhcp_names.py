"""The DNS relay in /etc/config/dhcp: the first section of type dnsmasq, and what it keeps of services as a whole."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from backends.desired_state import Pointer, Refused, Wanted
from backends.lan.records import Advertising, Dhcp4, Dhcp6, DnsRelay, Forwarder, Relay4
from backends.openwrt import dhcp_ipv6, dhcp_pools, dhcp_relays
from backends.openwrt.dhcp_sections import DhcpSections
from backends.openwrt.kept_rows import KeptRows
from backends.openwrt.sections import Told
from backends.uci import Value

PORT: Final = "cpe_port"
SERVER_ROWS: Final = "cpe_server"
SWITCHES: Final[Mapping[type[Dhcp4 | Dhcp6 | Advertising | Relay4], str]] = {
    Dhcp4: dhcp_pools.SWITCH,
    Dhcp6: dhcp_ipv6.POOLS.switch,
    Advertising: dhcp_ipv6.ADVERTISED.switch,
    Relay4: dhcp_relays.SWITCH,
}
OURS: Final = "+"
"""What the key of a row begins with that somebody added (backends.lan.upstream)."""


@dataclass(frozen=True, slots=True)
class Server:
    """A name server: ``link`` to be asked over, "" for whichever leads there."""

    enable: bool
    address: str
    link: str = ""


def is_answering(sections: DhcpSections) -> bool:
    """Whether there is a relay at all: port 0 says that there is none."""
    return any(section.text("port") != "0" for section in sections.of("dnsmasq").values())


def forwarders(sections: DhcpSections) -> dict[str, Forwarder]:
    """The servers that are asked for all names, or are switched off; those for some domains are none of the rows."""
    key = _main(sections)
    section = sections.section(key)
    rows = KEPT.rows(key, section.items("server"), section.items(SERVER_ROWS))
    return {
        row: Forwarder(enable=said.enable, dns_server=said.address, interface=sections.row_of(said.link) if said.link
                       else None) for row, (said, _) in rows.items()
    }  # fmt: skip


def document(sections: DhcpSections, wanted: Wanted) -> dict[str, Told]:
    """What is said of the services as wholes, and of the servers to ask."""
    told: dict[str, dict[str, Value]] = {}
    if sections.home:
        switches: dict[str, Value] = {
            option: "" if wanted.get(kind).enable else "0" for kind, option in SWITCHES.items()
        }
        told[sections.home] = switches
    if key := _main(sections):
        told.setdefault(key, {}).update(_relay(sections, wanted, key))
    return {key: Told(sections.section(key).type, values) for key, values in told.items()}


def _main(sections: DhcpSections) -> str:
    return next(iter(sections.of("dnsmasq")), "")


def _relay(sections: DhcpSections, wanted: Wanted, key: str) -> dict[str, Value]:
    section = sections.section(key)
    port = section.text("port")
    usual = section.text(PORT) if port == "0" else port
    is_on = wanted.get(DnsRelay).enable
    rows: dict[str, tuple[Server, bool]] = {}
    items: list[str] = []
    for row, record in wanted.of(Forwarder).items():
        server = Server(bool(record.enable), record.dns_server, _link(sections.link_of, row, record.interface))
        is_listed = server.enable and bool(server.address)
        rows[row] = server, is_listed
        if is_listed:
            items.append(_item(server))
    return {
        "port": usual if is_on else "0",
        PORT: "" if is_on else usual,
        "server": tuple(items),
        SERVER_ROWS: KEPT.entries(rows, key, items),
    }


def _link(link_of: Callable[[Pointer | None], str | None], row: str, pointer: Pointer | None) -> str:
    link = link_of(pointer)
    if pointer is not None and link is None:
        raise Refused("an interface that has a link is needed", Forwarder, row, ("interface",))
    return link or ""


def _item(server: Server) -> str:
    return f"{server.address}@{server.link}" if server.link else server.address


def _read_item(item: str) -> Server | None:
    address, _, link = item.partition("@")
    try:
        ip_address(address)
    except ValueError:
        return None
    return Server(True, address, link)


def _say(server: Server) -> str:
    return f"{1 if server.enable else 0} {server.address or '-'} {server.link or '-'}"


def _read(text: str) -> Server | None:
    words = ["" if one == "-" else one for one in text.split(" ")]
    return Server(words[0] == "1", words[1], words[2]) if len(words) == 3 else None


KEPT: Final = KeptRows[Server](_say, _read, _read_item, OURS)
