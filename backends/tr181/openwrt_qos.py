"""Device.QoS. on OpenWrt as a part of the machine: sqm-scripts and qos-scripts behind it, where one is installed."""

from typing import Final

from backends.lan.file_watch import FileWatch
from backends.openwrt.desired import UciDesired
from backends.openwrt.netifd import TOPIC as NETIFD
from backends.openwrt.qos.mapping import QosMapping
from backends.openwrt.qos.qdiscs import Qdiscs
from backends.openwrt.qos.scripts import QOS
from backends.openwrt.qos.sqm import SQM
from backends.openwrt.qos.state import QosOnOpenWrt
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface, ground_of
from backends.tr181.parts import Part, lacking
from backends.tr181.qos import QosTables

PROGRAMS: Final = {SQM: "usr/lib/sqm/run.sh", QOS: "usr/lib/qos/generate.sh"}
TOPIC: Final = "qos"
LINK: Final = "link"


class UciQosTables(QosTables, UciDesired):
    """The tables over UCI."""

    def look(self, topics: frozenset[str]) -> frozenset[str]:
        """See Part: what is declared to change with links changes with netifd's and with the packages, too."""
        if not topics & {TOPIC, NETIFD}:
            return frozenset()
        self.forget()
        self._tell_followers()
        return frozenset({LINK})


def openwrt_qos(given: Mechanisms, surface: Surface, qdiscs: Qdiscs | None = None) -> Part | None:
    """Quality of service, where sqm-scripts or qos-scripts and their configuration are installed."""
    packages = surface.uci.packages()
    installed = [one for one, program in PROGRAMS.items() if one in packages and (surface.root / program).exists()]
    if not installed:
        return lacking(given, "Device.QoS.", "sqm-scripts is not installed (package sqm-scripts)")
    there = (*installed, *(one for one in ("network",) if one in packages))
    mapping = QosMapping(ground_of(given, surface), there, given.management_path)
    made = QosOnOpenWrt(surface.uci, mapping, surface.reloads.note, given.netlink.links, qdiscs or Qdiscs())
    tables = UciQosTables(made)
    config = surface.root / "etc/config"
    return Part(
        "qos",
        {"qos": tables},
        tables,
        forget=[surface.netifd.forget, tables.forget],
        watch=FileWatch({config / one: TOPIC for one in installed}).watch,
        look=tables.look,
        settle=surface.reloads.settle,
    )
