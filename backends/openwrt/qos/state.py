"""Whether the kernel's queues are those that sqm-scripts and qos-scripts were told to make, and what went through."""

from collections.abc import Callable, Collection, Iterable, Mapping

from backends.desired_state import Record, Wanted
from backends.errors import MechanismError
from backends.netlink_types import Link
from backends.nftables import Counter
from backends.openwrt.configured import Configured
from backends.openwrt.qos.mapping import QosMapping
from backends.openwrt.qos.qdiscs import Qdisc, Qdiscs
from backends.openwrt.qos.schemes import CAKE, SHAPERS, Place
from backends.qos.records import UNSET, Queue, Shaper
from backends.traffic_control import Counted
from backends.uci import Uci


class QosOnOpenWrt(Configured):
    """See backends.tr181.qos.Queueing; ``links`` are those of the kernel."""

    def __init__(
        self,
        uci: Uci,
        mapping: QosMapping,
        committed: Callable[[Collection[str]], None],
        links: Callable[[], Iterable[Link]],
        qdiscs: Qdiscs,
    ) -> None:
        super().__init__(uci, mapping, committed)
        self._qos = mapping
        self._links = links
        self._qdiscs = qdiscs
        self._places: dict[str, Place] | None = None
        self._last: dict[str, Place] = {}

    def forget(self) -> None:
        """What was read may be old."""
        super().forget()
        self._qdiscs.forget()
        self._places = None

    def is_misconfigured(self, record: Record) -> bool:
        """Whether a necessary value is missing."""
        return isinstance(record, (Shaper, Queue)) and self._qos.link_of(record) is None

    def counters(self) -> Mapping[str, Counter]:
        """No rule counts."""
        return {}

    def is_classified(self, key: str) -> bool:  # noqa: ARG002 - by all queues of a link at once
        """Whether packets are told apart: while there are queues for that."""
        queues = self.now().of(Queue)
        return any(self.is_made(self.now(), key) for key, one in queues.items() if one.enable)

    def counted(self, wanted: Wanted, queue: str, link: str) -> tuple[Counted, int] | None:
        """See Queueing."""
        record = wanted.of(Queue).get(queue)
        if record is None or self._qos.link_of(record) != link:
            return None
        place = self._all_places().get(queue)
        found = self._of(link)
        if place is None or not found:
            return None
        if place.tin < 0:
            there = next((one for one in found if one.handle == place.handle), None)
            return (there.counted, there.limit) if there else None
        cake = next((one for one in found if one.is_root and one.kind == CAKE), None)
        return (cake.tins[place.tin], cake.limit) if cake and place.tin < len(cake.tins) else None

    def is_made(self, wanted: Wanted, queue: str) -> bool:
        """Whether the queue is there."""
        link = self._qos.link_of(wanted.get(Queue, queue))
        return link is not None and self.counted(wanted, queue, link) is not None

    def buffer_length(self, wanted: Wanted, queue: str) -> int:
        """How many bytes can wait in it: of a cake, in all its tins together."""
        link = self._qos.link_of(wanted.get(Queue, queue))
        found = self.counted(wanted, queue, link) if link else None
        return found[1] if found else 0

    def is_shaped(self, link: str) -> bool:
        """Whether somebody has put a shaper at its root (what the kernel chooses itself has no handle), or is to hold
        nothing there.
        """
        found = (one for one in self.now().of(Shaper).values() if one.enable and self._qos.link_of(one) == link)
        return any(one.rate == UNSET for one in found) or any(
            one.is_root and one.handle and one.kind in SHAPERS for one in self._of(link)
        )

    def _of(self, link: str) -> list[Qdisc]:
        index = next((one.index for one in self._links() if one.name == link), None)
        return self._qdiscs.of(index) if index is not None else []

    def _all_places(self) -> dict[str, Place]:
        if self._places is None:
            try:
                self._places = self._last = self._qos.places(self._uci.read)
            except MechanismError:  # the log hears of it where the rows are read
                self._places = self._last
        return self._places
