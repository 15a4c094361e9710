"""The service behind Device.IEEE8021x.: its part of the machine, and its rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from backends.desired_state import Record
from backends.ieee8021x.configuration import Credentials
from backends.ieee8021x.records import KINDS, Supplicant
from backends.ieee8021x.service import TOPIC, Place, Supplicants
from backends.programs import find_program
from backends.tr181.layers import ETHERNET_INTERFACE
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.tr181.service import TableService
from backends.wpa_supplicant import WpaSupplicant

SUPPLICANT: Final = "Device.IEEE8021x.Supplicant.{i}."
TABLES: Final[dict[type[Record], str]] = {Supplicant: SUPPLICANT}
PARAMETERS: Final = {"identity": ("EAPIdentity",)}


@dataclass(frozen=True, slots=True)
class SupplicantRow:
    """A supplicant: one that was added, or one of the machine's own, which is known by its link."""

    key: str
    record: Supplicant
    link: str | None
    is_own: bool = True


class SupplicantTable(TableService):
    """The backend of the table: the records, and through ``supplicants`` what has come of them."""

    def __init__(self, supplicants: Supplicants, links: Links) -> None:
        super().__init__(TOPIC, KINDS, supplicants, TABLES, PARAMETERS)
        self.supplicants = supplicants
        self.links = links

    def rows(self) -> list[SupplicantRow]:
        """Those that were added, and those of the machine's own that let themselves be asked."""
        own = [
            SupplicantRow(key, record, self.supplicants.link(record))
            for key, record in self.wanted.of(Supplicant).items()
        ]
        others = self.supplicants.foreign().items()
        return [*own, *(SupplicantRow(link, self._told(link, control), link, is_own=False) for link, control in others)]

    def counted(self, row: SupplicantRow) -> Mapping[str, str]:
        """What the supplicant of a row counts; {} while none runs."""
        if row.link is None or not row.record.enable:
            return {}
        return self.supplicants.counted(row.link, row.is_own)

    def _told(self, link: str, control: WpaSupplicant) -> Supplicant:
        """What another's supplicant says of its configuration."""
        methods = control.network("eap").split()
        told = self.supplicants.counted(link, is_own=False)

        def period(name: str) -> int:
            return int(told.get(f"dot1xSupp{name}", "0"))

        return Supplicant(
            enable=True,
            identity=_unquoted(control.network("identity")),
            max_start=period("MaxStart"),
            start_period=period("StartPeriod"),
            held_period=period("HeldPeriod"),
            auth_period=period("AuthPeriod"),
            md5="MD5" in methods,
            tls="TLS" in methods,
            mutual=bool(control.network("ca_cert")),
        )


def wired_supplicants(mechanisms: Mechanisms) -> Part | None:
    """Wired supplicants, where wpa_supplicant is installed."""
    program = find_program("wpa_supplicant")
    if program is None:
        return None
    links, network = mechanisms.links, mechanisms.network

    def on_the_way() -> set[str]:
        path = mechanisms.management_path()
        return {path.interface, *network.topology.below(path.interface)} if path else set()

    def is_port(link: str) -> bool:
        return links.row_of(link, ETHERNET_INTERFACE) is not None

    place = Place(links.link_of, is_port, links.may_change, on_the_way)
    folder = mechanisms.directory / "ieee8021x"
    credentials = mechanisms.credentials or Credentials()
    supplicants = Supplicants(mechanisms.netlink, place, folder, [str(program)], credentials)
    table = SupplicantTable(supplicants, links)
    return Part(
        name=TOPIC,
        provides={"supplicants": table},
        backend=table,
        forget=(supplicants.forget,),
        watch=supplicants.watch,
        follows=frozenset({"link", TOPIC}),
    )


def _unquoted(told: str) -> str:
    """Text as wpa_supplicant writes it: between quotes, or the hexadecimal of its octets."""
    return told[1:-1] if told.startswith('"') else bytes.fromhex(told).decode("utf-8", "replace")
