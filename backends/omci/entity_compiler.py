"""Compiler from a table of managed entities (TSV, an attribute a row) to entity_facts.py; facts only.

    python -m backends.omci.entity_compiler me.tsv > backends/omci/entity_facts.py

What the table gets wrong, and what it does not say (units, words of numbers), is in CORRECTED, UNITS and WORDS here.
"""

import csv
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Final

Row = Mapping[str, str]

CORRECTED: Final = {
    (263, "LowerOpticalThreshold"): "uint",  # 0..254 counts down from 0 dBm: signed, all above 127 would be wrong
    (263, "UpperOpticalThreshold"): "uint",
    (157, "Part"): "string",
    (307, "Part"): "octets",
    (148, "Username1"): "string",
    (148, "Username2"): "string",
    (148, "Password"): "string",
    (148, "Realm"): "string",
    (134, "OnuIdentifier"): "string",
    (134, "DomainName"): "string",
    (134, "HostName"): "string",
    (256, "LogicalOnuId"): "string",
    (256, "LogicalPassword"): "string",
    (256, "SerialNumber"): "serial",
    (6, "SerialNumber"): "serial",
    (6, "Version"): "string",
    (7, "ImageHash"): "octets",
    (131, "TimeOfDayInformation"): "octets",
}
"""Kinds of attributes that the table has otherwise; a name without its digits stands for all that begin like it."""

UNITS: Final = {
    (263, "OpticalSignalLevel"): "unit=dBm step=0.002",
    (263, "TransmitOpticalLevel"): "unit=dBm step=0.002",
    (263, "LowerOpticalThreshold"): "unit=dBm step=-0.5 policy=255",
    (263, "UpperOpticalThreshold"): "unit=dBm step=-0.5 policy=255",
    (263, "LowerTransmitPowerThreshold"): "unit=dBm step=0.5 policy=-127",
    (263, "UpperTransmitPowerThreshold"): "unit=dBm step=0.5 policy=-127",
    (263, "OnuResponseTime"): "unit=ns",
    (257, "Sysuptime"): "unit=s step=0.01",
}
"""What a number counts. ``policy``: the number that stands for the ONU's own threshold."""

_LOCKED: Final = "words=0:unlocked,1:locked"
_DISABLED: Final = "words=0:enabled,1:disabled"
_TRUE: Final = "words=0:no,1:yes"
WORDS: Final = {
    (0, "AdministrativeState"): _LOCKED,
    (0, "OperationalState"): _DISABLED,
    (7, "IsCommitted"): _TRUE,
    (7, "IsActive"): _TRUE,
    (7, "IsValid"): _TRUE,
    (
        11,
        "ConfigurationInd",
    ): "words=1:10,2:100,3:1000,4:10G,5:2.5G,6:5G,7:25G,8:40G,17:10-half,18:100-half,19:1000-half",
    (137, "SecurityPointer"): "words=65535:null",
    (137, "AddressPointer"): "words=65535:null",
    (148, "ValidationScheme"): "words=0:off,1:digest,3:basic",
    (268, "Direction"): "words=1:UNI-to-ANI,2:ANI-to-UNI,3:bidirectional",
    (340, "AcsNetworkAddress"): "words=65535:null",
    (340, "AssociatedTag"): "words=65535:untagged",
}
"""Words of numbers; class 0 stands for every class."""

HEAD: Final = '''"""What managed entities are: compiled by entity_compiler.py, never edited.

A class: number, name, who makes it, messages. An attribute: name, octets (0: not known), kind, access, flags (t table,
o optional, a told by AVC, d deprecated), what its number means. An alarm: number and text.
"""

from typing import Final

FACTS: Final = """\\
'''
TAIL: Final = '"""\n'


class CompileError(Exception):
    """The table cannot be compiled; the message says where."""


def compile_table(rows: Iterable[Row]) -> str:
    """The text of entity_facts.py. Raises CompileError."""
    classes = ("\n".join(_entity(number, list(rows))) for number, rows in groupby(rows, lambda row: int(row["class"])))
    return HEAD + "\n\n".join(classes) + "\n" + TAIL


def read_table(text: str) -> list[dict[str, str]]:
    """The rows of the TSV."""
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


def _entity(number: int, rows: list[Row]) -> Iterator[str]:
    first, *attributes = rows
    name = first["me_name"].partition("(")[0].partition(" [")[0]
    if [int(row["attr_index"]) for row in rows] != list(range(len(rows))):
        raise CompileError(f"class {number}: its attributes are not numbered from 0 on without a gap")
    yield f"{number} {name} {first['created_by']} {first['actions'] or '-'}"
    for row in attributes:
        yield f" {_attribute(number, row)}"
    for alarm in filter(None, first["alarms"].split(";")):
        yield f" ! {alarm.replace('=', ' ', 1)}"


def _attribute(number: int, row: Row) -> str:
    name, size = row["attr_name"], int(row["size"])
    if not name.isidentifier() or int(row["attr_mask"], 16) != 0x10000 >> int(row["attr_index"]):
        raise CompileError(f"class {number}: {name!r} is no name, or not the attribute that its mask says")
    stem = name.rstrip("0123456789")
    kind = CORRECTED.get((number, name)) or CORRECTED.get((number, stem)) or row["type"]
    flags = "".join(
        flag for flag, key in (("t", "table"), ("o", "optional"), ("a", "avc"), ("d", "deprecated")) if row[key] == "1"
    )
    kind = "octets" if " " in kind or (size > 8 and kind not in ("string", "table")) else kind
    more = UNITS.get((number, name)) or WORDS.get((number, name)) or WORDS.get((0, name)) or ""
    return f"{name} {max(size, 0)} {kind} {row['access']} {flags or '-'} {more}".rstrip()


def main() -> int:
    """Compile the table that the command line names to standard output."""
    sys.stdout.write(compile_table(read_table(Path(sys.argv[1]).read_text(encoding="utf-8"))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
