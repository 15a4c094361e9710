"""Quality of service: from records to one nftables table and the queues of each managed link, by difference."""

import logging
from collections.abc import Callable, Mapping
from typing import Final

from backends.desired_state import NotOurs, Record, Refused, Wanted
from backends.firewall.matching import network_of
from backends.firewall.surroundings import Surroundings
from backends.netlink_types import Link
from backends.nftables import TOUCHED, Counter, Nftables, Table
from backends.qos import marking, queues
from backends.qos.records import UNSET, Classification, Policer, Queue, Shaper
from backends.traffic_control import OURS, Counted, TrafficControl, class_id

log = logging.getLogger(__name__)

TABLE: Final = "cpe_agent_qos"
DEFAULT_KINDS: Final = ("", "noqueue", "pfifo_fast", "fq_codel", "fq", "mq", "pfifo")
"""What the kernel chooses by itself; anything else with a handle was set by somebody."""


class Qos:
    """See backends.desired_state.Service.

    ``speed_of``: bits per second that a link can do, 0 where nobody knows. ``vlan_priorities``: the priorities that a
    VLAN link translates when it sends, as pairs; None where the link is no VLAN.
    """

    def __init__(
        self,
        nftables: Nftables,
        control: TrafficControl,
        surroundings: Callable[[], Surroundings],
        links: Callable[[], Mapping[str, Link]],
        speed_of: Callable[[str], int],
        vlan_priorities: Callable[[str], set[tuple[int, int]] | None],
    ) -> None:
        self._nftables = nftables
        self._control = control
        self._surroundings = surroundings
        self._links = links
        self._speed_of = speed_of
        self._vlan_priorities = vlan_priorities
        self._applied = Wanted()
        self._made = Table(TABLE)
        self._around: Surroundings | None = None
        self._plan: tuple[Wanted, queues.Plan] | None = None

    @property
    def around(self) -> Surroundings:
        """The surroundings of this request."""
        if self._around is None:
            self._around = self._surroundings()
        return self._around

    def forget(self) -> None:
        """Read everything again for the next request."""
        self._around = self._plan = None
        self._nftables.forget()
        self._control.forget()

    def check(self, wanted: Wanted) -> None:
        """Raises Refused, NotOurs where somebody else queues on a link that is to have queues."""
        self._around = self._plan = None
        for key, one in wanted.of(Classification).items():
            _check_classification(one, key, wanted)
        for key, policer in wanted.of(Policer).items():
            if policer.enable and policer.peak_rate and policer.peak_rate < policer.committed_rate:
                raise Refused(
                    "the peak rate is below the committed rate", Policer, key, ("peak_rate", "committed_rate")
                )
        enabled = [one for one in wanted.of(Queue).values() if one.enable]
        if len(enabled) > queues.MOST_QUEUES:
            raise Refused(f"there can be {queues.MOST_QUEUES} queues", Queue)
        for kind in (Shaper, Queue):
            self._check_owner(kind, wanted)

    def cuts(self, wanted: Wanted) -> bool:  # noqa: ARG002 - whatever is wanted
        """Never: what is queued is slower, and every queue has something; no policer is in the way of the agent's own
        packets unless a classification that says so makes it, and an ACS can do that to itself only on purpose.
        """
        return False

    def apply(self, wanted: Wanted) -> bool:
        """Bring table and queues to it. MechanismError."""
        self._around = self._plan = None
        plan = self.plan(wanted)
        around = self.around
        vlans: dict[int, list[str]] = {}
        for name, link in self._links().items():
            if link.vlan_id is not None:
                vlans.setdefault(link.vlan_id, []).append(name)
        table = Table(TABLE, marking.chains(wanted, around, vlans, plan.exits))
        if self.is_touched():
            log.warning(TOUCHED, f"inet {TABLE}")
        changed = self._nftables.bring_to(table)
        self._made = table
        for name, link in self._links().items():
            is_ours = self._control.root(link.index)[0] == OURS
            if name in plan.queues or is_ours:
                changed |= self._control.bring_to(link.index, plan.queues.get(name))
        changed |= self._map_priorities(wanted, plan)
        self._applied = wanted
        return changed

    @property
    def has_table(self) -> bool:
        """Whether the kernel was given a table, and should have it."""
        return bool(self._made.chains)

    def is_touched(self) -> bool:
        """Whether the table is not as it was made."""
        return self.has_table and not self._nftables.has(self._made)

    def plan(self, wanted: Wanted) -> queues.Plan:
        """The queues that the records make now."""
        if self._plan is None or self._plan[0] is not wanted:
            made = queues.plan(wanted, self.around, self._speed_of, marking.marks_priorities(wanted))
            self._plan = (wanted, made)
        return self._plan[1]

    def counters(self) -> Mapping[str, Counter]:
        """What classifications and policers have counted, by what the rules are about."""
        return self._nftables.counters(TABLE)

    def counted(self, wanted: Wanted, queue: str, link: str) -> tuple[Counted, int] | None:
        """What went through a queue on a link, and how much can wait in it; None where there is no such queue."""
        plan = self.plan(wanted)
        minor = plan.minors.get((queue, link))
        there = self._links().get(link)
        if minor is None or there is None:
            return None
        classes = self._control.counted(there.index)
        if minor not in classes:
            return None
        limits = [plan.queues[link].buffers[one].limit for one in plan.queues[link].buffers if one // 16 == minor // 16]
        return classes[minor], sum(limits)

    def is_made(self, wanted: Wanted, queue: str) -> bool:
        """Whether a queue is on every link on which it is to be."""
        places = [link for key, link in self.plan(wanted).minors if key == queue]
        return bool(places) and all(self.counted(wanted, queue, link) for link in places)

    def buffer_length(self, wanted: Wanted, queue: str) -> int:
        """How many bytes can wait in a queue at most; 0 where there is none."""
        places = [link for key, link in self.plan(wanted).minors if key == queue]
        found = [self.counted(wanted, queue, link) for link in places]
        return max((one[1] for one in found if one), default=0)

    def is_classified(self, key: str) -> bool:
        """Whether packets are classified by the row with this key."""
        return f"classification {key}" in self.counters()

    def is_misconfigured(self, record: Record) -> bool:
        """Whether a necessary value is missing."""
        return is_misconfigured(record, self.around)

    def is_shaped(self, link: str) -> bool:
        """Whether a link has our queues."""
        there = self._links().get(link)
        return there is not None and self._control.root(there.index)[0] == OURS

    def _check_owner(self, kind: type[Shaper] | type[Queue], wanted: Wanted) -> None:
        around = self.around
        for key, record in wanted.of(kind).items():
            link = around.link(record.interface) if record.enable else None
            if link is None:
                continue
            if link not in around.managed:
                raise NotOurs(f"{link} is not among what [network] manage names", kind, key, ("interface", "enable"))
            there = self._links().get(link)
            handle, name = self._control.root(there.index) if there else (0, "")
            if handle not in (0, OURS) and name not in DEFAULT_KINDS:
                reason = (
                    f"{link} has queues of somebody else's ({name}); `tc qdisc del dev {link} root` takes them away"
                )
                raise NotOurs(reason, kind, key, ("interface", "enable"))

    def _map_priorities(self, wanted: Wanted, plan: queues.Plan) -> bool:
        """VLAN links of ours translate between the priority of a packet and its 802.1p field, while somebody asks."""
        writes, changed = marking.marks_priorities(wanted), False
        same = (
            {(one, one) for one in marking.PRIORITIES if one} if writes or marking.reads_priorities(wanted) else set()
        )
        for name in self.around.managed:
            present = self._vlan_priorities(name)
            if present is None:
                continue
            leaves = {(class_id(one.minor), one.priority) for one in plan.exits if one.link == name and one.priority}
            missing = (same | leaves) - present
            surplus = {(one, 0) for one, _ in present if one > max(marking.PRIORITIES)} - {
                (one, 0) for one, _ in leaves
            }
            if missing or surplus:
                self._control.map_priorities(self._links()[name].index, sorted(surplus | missing))
                changed = True
        return changed


def _check_classification(one: Classification, key: str, wanted: Wanted) -> None:
    for end in ("source", "dest"):
        first, last = getattr(one, f"{end}_port"), getattr(one, f"{end}_port_range_max")
        if first != UNSET and last != UNSET and last < first:
            reason = "a range of ports ends below its beginning"
            raise Refused(reason, Classification, key, (f"{end}_port_range_max",))
        try:
            network_of(getattr(one, f"{end}_ip"), getattr(one, f"{end}_mask"))
        except ValueError as error:
            raise Refused("the address has no mask of this length", Classification, key, (f"{end}_mask",)) from error
    if one.policer and one.policer not in wanted.of(Policer):
        raise Refused("there is no such policer", Classification, key, ("policer",))


def is_misconfigured(record: Record, around: Surroundings) -> bool:
    """Whether a necessary value is missing (TR-181's Error_Misconfigured)."""
    match record:
        case Classification():
            return not marking.is_complete(record, around)
        case Queue():
            return not (record.all_interfaces or around.managed_link(record.interface))
        case Shaper():
            return around.managed_link(record.interface) is None
    return False
