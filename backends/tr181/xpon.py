"""Device.XPON.: the ONT, its software images and its ports; xpon_ani.py has its side towards the PON."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from agent.model.object import Object, Parameter, Target
from backends.omci.acs_chain import AcsNamed, Tag
from backends.omci.onts import ANI, IMAGE, ONU_2G, ONU_G, PPTP, VEIP
from backends.omci.picture import Key
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.xpon_ani import ANI_TABLE, ONU_TABLE, ani_objects

if TYPE_CHECKING:
    from backends.tr181.optical_line import OpticalLine

KINDS: Final = {VEIP: "VEIP", PPTP: "PPTPEthernetUNI"}
"""Of ports, as TR-181 calls their classes in an InterdomainID."""
MOST_IMAGES: Final = 2
NO_VLAN, LAST_VLAN = -1, 4094
"""What stands for management traffic without a tag, or an OLT that has not said."""


def xpon(mechanisms: Mechanisms) -> list[Object[Any]]:
    """ONU with SoftwareImage, EthernetUNI and ANI; nothing where no ONT is at hand."""
    line = mechanisms.optical
    return [] if line is None else [_onu(line), _images(line), _ports(line), *ani_objects(line)]


def _source(line: "OpticalLine", what: str) -> str:
    return f"OMCI {what} at {line.settings.device}"


def _onu(line: "OpticalLine") -> Object[int]:
    def tag() -> Tag | None:
        return line.acs.tag if isinstance(line.acs, AcsNamed) else None

    def vlan(_: int) -> int:
        told = tag()
        return NO_VLAN if told is None or not 0 < told.vlan <= LAST_VLAN else told.vlan

    def priority(_: int) -> int:
        told = tag()
        return 0 if told is None else told.priority

    parameters: list[Parameter[int, Any]] = [
        Parameter("Enable", lambda _: line.is_enabled()),
        Parameter("Name", lambda onu: f"onu-{onu}"),
        Parameter("Version", lambda onu: line.picture.text(ONU_G, onu, 2)),
        Parameter("EquipmentID", lambda onu: line.picture.text(ONU_2G, onu, 1)),
        Parameter("X_CPEAGENT_ManagementVLAN", vlan),
        Parameter("X_CPEAGENT_ManagementPriority", priority),
    ]
    return Object(
        path=ONU_TABLE,
        rows=line.onus,
        keys=lambda onu: (str(onu),),
        parameters=parameters,
        changed_by=("optical",),
        source=lambda onu: _source(line, f"OnuG {onu}"),
    )


def _images(line: "OpticalLine") -> Object[tuple[int, int]]:
    def rows() -> Iterable[tuple[int, int]]:
        found = [image for image in line.picture.instances(IMAGE) if image & 0xFF < MOST_IMAGES]
        return [(onu, image) for onu in line.onus()[:1] for image in found]

    def flag(name: str, index: int) -> Parameter[tuple[int, int], bool]:
        return Parameter(name, lambda row: line.picture.number(IMAGE, row[1], index) == 1)

    return Object(
        path=f"{ONU_TABLE}SoftwareImage.{{i}}.",
        rows=rows,
        keys=lambda row: (str(row[0]), str(row[1])),
        parameters=[
            Parameter("ID", lambda row: row[1] & 0xFF),
            Parameter("Version", lambda row: line.picture.text(IMAGE, row[1], 1)),
            flag("IsCommitted", 2),
            flag("IsActive", 3),
            flag("IsValid", 4),
        ],
        changed_by=("optical",),
        source=lambda row: _source(line, f"SoftwareImage {row[1]}"),
    )


def _ports(line: "OpticalLine") -> Object[tuple[int, Key]]:
    def rows() -> Iterable[tuple[int, Key]]:
        picture = line.picture
        ports = [(class_id, instance) for class_id in KINDS for instance in picture.instances(class_id)]
        return [(onu, port) for onu in line.onus()[:1] for port in ports]

    def name(port: Key) -> str:
        return f"{KINDS[port[0]]},{port[1]}"

    def admin(port: Key) -> int | None:
        return line.picture.number(*port, 1 if port[0] == VEIP else 5)

    def anis(row: tuple[int, Key]) -> list[Target]:
        return [Target(ANI_TABLE, (str(row[0]), str(ani))) for ani in line.picture.instances(ANI)]

    parameters: list[Parameter[tuple[int, Key], Any]] = [
        Parameter("Enable", lambda row: admin(row[1]) == 0),
        Parameter("Status", lambda row: line.uni_status(row[1])),
        Parameter("Name", lambda row: name(row[1])),
        Parameter("LastChange", lambda row: line.last_change(row[1])),
        Parameter("LowerLayers", lambda _: []),
        Parameter("Upstream", lambda _: False),
        Parameter("ANIs", anis),
        Parameter("InterdomainID", lambda row: f"({name(row[1])})"),
        Parameter("InterdomainName", lambda row: line.picture.text(VEIP, row[1][1], 3) if row[1][0] == VEIP else ""),
    ]
    return Object(
        path=f"{ONU_TABLE}EthernetUNI.{{i}}.",
        rows=rows,
        keys=lambda row: (str(row[0]), name(row[1])),
        parameters=parameters,
        changed_by=("optical",),
        source=lambda row: _source(line, name(row[1])),
    )
