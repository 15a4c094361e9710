"""Quality of service in /etc/config/sqm and /etc/config/qos: what can be changed of it, and what only looked at.

- Shaper: a section of sqm's for each, whatever link the row is on; ShapingRate is what sqm sends at most (``upload``).
- Queue and QueueStats: those that sqm's scripts make, to look at; one QueueStats for each queue is always there.
- Classification: the DSCPs by which layer_cake and simple.qos tell kinds of traffic apart, to look at. Rules of one's
  own that set a DSCP are the firewall's (part of Device.Firewall. or of a person's configuration).
- Policer and the defaults: sqm has none of them.

What cannot be made is refused with a reason (CWMP 9007), whichever of the tables it is in.
"""

from collections.abc import Callable, Collection, Hashable, Sequence
from typing import Final

from backends.desired_state import SINGLE, NotOurs, Record, Refused, Wanted
from backends.netlink_types import RouteTo
from backends.openwrt.configured import Read
from backends.openwrt.dhcp import NETWORK, Ground
from backends.openwrt.differences import Difference
from backends.openwrt.interfaces import interfaces
from backends.openwrt.qos import scripts, sqm
from backends.openwrt.qos.schemes import Place
from backends.openwrt.qos.scripts import QOS, QosSections
from backends.openwrt.qos.sqm import KILO, SQM, SqmSections
from backends.openwrt.sections import Document, fresh, write
from backends.qos.records import UNSET, Classification, Defaults, Policer, Queue, QueueStats, Shaper
from backends.uci import Edits

SHARES: Final = 100
"""A ShapingRate up to it is a share of the link's (TR-181)."""
SLOWEST: Final = 128_000
"""Bits per second below which nobody reaches a management server in time."""
ONLY_SHOWN: Final[dict[type[Record], str]] = {
    Queue: "the queues follow from sqm's script, which makes them by itself",
    QueueStats: "each queue that sqm makes is counted, and no other",
    Classification: "sqm tells traffic apart by its DSCP alone; rules that set one are the firewall's",
    Policer: "sqm limits no single kind of traffic",
    Defaults: "sqm's scripts decide what becomes of what no rule names",
}


class QosMapping:
    """See backends.openwrt.configured.Mapping. ``installed``: which of the two packages are there."""

    kinds = (Shaper,)
    """Those that are written; the others follow from them."""

    def __init__(
        self, ground: Ground, installed: Collection[str], management_path: Callable[[], RouteTo | None]
    ) -> None:
        self.packages = tuple(one for one in (SQM, QOS, NETWORK) if one in installed)
        self._ground = ground
        self._management_path = management_path

    def surroundings(self) -> Hashable:
        """The links and their rows."""
        return tuple(sorted(self._ground.present().items())), self._ground.links()

    def read(self, read: Read) -> Wanted:
        """See Mapping."""
        of_sqm, of_scripts = self.sqm(read), self.scripts(read)
        queues, shapers = dict[str, Queue](), dict[str, Shaper]()
        classes = dict[str, Classification]()
        if of_sqm is not None:
            queues, shapers, classes = sqm.queues(of_sqm), sqm.shapers(of_sqm), sqm.classifications(of_sqm)
        if of_scripts is not None:
            queues |= scripts.queues(of_scripts)
            shapers |= scripts.shapers(of_scripts)
            classes |= scripts.classifications(of_scripts, len(classes) + 1)
        stats = {key: QueueStats(enable=one.enable, queue=key, interface=one.interface) for key, one in queues.items()}
        return Wanted(1, {
            Defaults: {SINGLE: Defaults()}, Shaper: shapers, Queue: queues, QueueStats: stats, Classification: classes,
        })  # fmt: skip

    def check(self, before: Wanted, after: Wanted) -> None:
        """See Mapping."""
        changed = Difference.between(before, after)
        for kind, key in changed.rows():
            if kind in ONLY_SHOWN:
                raise Refused(ONLY_SHOWN[kind], kind, key, changed.fields_of(kind, key) - {"parent"})
        for key, shaper in changed.after.of(Shaper).items():
            self._check_shaper(key, shaper, before.of(Shaper).get(key), after)
        for key in before.of(Shaper).keys() - after.of(Shaper).keys():
            if key.startswith(scripts.BEGIN):
                raise NotOurs("qos-scripts shape the interfaces that a person named: disable it", Shaper, key)

    def write(self, edits: Edits, before: Wanted, after: Wanted) -> None:
        """See Mapping."""
        of_sqm, of_scripts = self.sqm(edits.read), self.scripts(edits.read)
        if of_sqm is not None:
            write(edits, SQM, _sqm_document(of_sqm, before), _sqm_document(of_sqm, after))
        if of_scripts is not None:
            write(edits, QOS, _scripts_document(of_scripts, before), _scripts_document(of_scripts, after))

    def cuts(self, before: Wanted, after: Wanted) -> bool:
        """Where the link to the management server would be shaped so that next to nothing passes."""
        way = self._management_path()
        changed = Difference.between(before, after).after.of(Shaper).values()
        slow = (one for one in changed if one.enable and 0 <= one.rate < SLOWEST)
        return way is not None and any(self._ground.link_of(one.interface) == way.interface for one in slow)

    def key_for(self, record: Record, taken: Collection[str]) -> str:  # noqa: ARG002 - they are all sections
        """See Mapping."""
        return fresh(taken)

    def sqm(self, read: Read) -> SqmSections | None:
        """/etc/config/sqm, where it is."""
        return SqmSections(read(SQM), self._ground.row_of, self._ground.link_of) if SQM in self.packages else None

    def scripts(self, read: Read) -> QosSections | None:
        """/etc/config/qos, where it is."""
        if QOS not in self.packages:
            return None
        found = interfaces(read(NETWORK), self._ground.present()) if NETWORK in self.packages else {}
        return QosSections(read(QOS), found, self._ground.row_of)

    def places(self, read: Read) -> dict[str, Place]:
        """Where each queue is to be found."""
        of_sqm, of_scripts = self.sqm(read), self.scripts(read)
        found = {} if of_sqm is None else {queue: place for queue, _, place, _ in sqm.places(of_sqm)}
        return found | (
            {} if of_scripts is None else {queue: place for queue, _, place, _ in scripts.places(of_scripts)}
        )

    def link_of(self, record: Shaper | Queue | QueueStats) -> str | None:
        """The link that a row is on."""
        return self._ground.link_of(record.interface)

    def _check_shaper(self, key: str, shaper: Shaper, was: Shaper | None, after: Wanted) -> None:
        is_scripts = key.startswith(scripts.BEGIN)
        if was is None and SQM not in self.packages:
            raise Refused("qos-scripts shape the interfaces that a person named, and no others", Shaper, key)
        if was is not None and is_scripts and shaper.interface != was.interface:
            raise Refused("qos-scripts keep an interface's rate under its name", Shaper, key, ("interface",))
        if was is None or shaper.rate != was.rate:
            _check_rate(key, shaper.rate, is_scripts)
        if shaper.burst:
            raise Refused("how much is sent at once is worked out by the scripts", Shaper, key, ("burst",))
        self._check_link(key, shaper, after)

    def _check_link(self, key: str, shaper: Shaper, after: Wanted) -> None:
        link = self.link_of(shaper) if shaper.enable else None
        if link is None:
            return
        if not self._ground.may_change(link):
            reason = f"{link} is not among what [network] manage names"
            raise NotOurs(reason, Shaper, key, ("interface", "enable"))
        others = (one for other, one in after.of(Shaper).items() if other != key and one.enable)
        if any(self.link_of(one) == link for one in others):
            raise Refused(f"{link} is shaped by another row", Shaper, key, ("interface", "enable"))


def _check_rate(key: str, rate: int, is_scripts: bool) -> None:
    if 0 <= rate <= SHARES:
        raise Refused("a rate in bits per second is needed: OpenWrt knows no shares", Shaper, key, ("rate",))
    if rate % KILO and rate != UNSET:
        raise Refused("a rate of whole kilobits per second is needed", Shaper, key, ("rate",))
    if rate == UNSET and is_scripts:
        raise Refused("qos-scripts need a rate", Shaper, key, ("rate",))


def _sqm_document(here: SqmSections, wanted: Wanted) -> Document:
    return {
        key: sqm.document(here, key, one) for key, one in wanted.of(Shaper).items() if not key.startswith(scripts.BEGIN)
    }


def _scripts_document(here: QosSections, wanted: Wanted) -> Document:
    shapers: Sequence[tuple[str, Shaper]] = [item for item in wanted.of(Shaper).items() if item[0] in here.all]
    return {key.removeprefix(scripts.BEGIN): scripts.document(here, key, one) for key, one in shapers}
