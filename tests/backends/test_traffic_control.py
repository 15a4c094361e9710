"""Queues of the kernel's, compared with what tc says of them."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backends.errors import MechanismError
from backends.traffic_control import (
    OURS,
    Buffer,
    QueueClass,
    Queues,
    TrafficControl,
    class_id,
    encoded,
    encoded_buffer,
    vlan_priorities,
)
from tests.netlab.namespace import Namespace, veth

WHOLE = QueueClass(0, 125_000, 125_000, 3_000)
REST = QueueClass(1, 1_000, 125_000, 3_000, 7, 1_514)
FIRST = QueueClass(1, 1_000, 62_500, 3_000, 0, 3_028)
QUEUES = Queues(2, {1: WHOLE, 2: REST, 0x10: FIRST}, {2: Buffer(100_000), 0x10: Buffer(50_000)})


class Bench:
    def __init__(self, lab: Namespace, index: int) -> None:
        self.lab, self.index = lab, index
        self.control = TrafficControl(lab.path)

    def make(self, queues: Queues | None) -> bool:
        self.control.forget()
        return self.control.bring_to(self.index, queues)

    def classes(self) -> dict[str, str]:
        """What tc says of each class, by its number."""
        lines = self.lab.run("tc", "class", "show", "dev", "wan0").splitlines()
        return {line.split()[2]: line for line in lines}

    def qdiscs(self) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = json.loads(self.lab.run("tc", "-j", "qdisc", "show", "dev", "wan0"))
        return told


@pytest.fixture
def bench(make_namespace: Callable[[], Namespace]) -> Bench:
    lab, other = make_namespace(), make_namespace()
    veth(lab, "wan0", other, "up0")
    index = next(link.index for link in lab.netlink().links() if link.name == "wan0")
    made = Bench(lab, index)
    try:
        made.make(QUEUES)
    except MechanismError as reason:
        pytest.skip(f"this kernel has no token buckets: {reason}")
    made.make(None)
    return made


def test_queues_are_as_tc_tells_them(bench: Bench) -> None:
    assert bench.make(QUEUES)
    assert bench.control.root(bench.index) == (OURS, "htb")
    classes = bench.classes()
    assert set(classes) == {"ca9e:1", "ca9e:2", "ca9e:10"}
    assert "parent ca9e:1 leaf 10: prio 0 rate 8Kbit ceil 500Kbit burst 3000b" in classes["ca9e:10"]
    assert "prio 7" in classes["ca9e:2"]
    limits = {one["handle"]: one["options"]["limit"] for one in bench.qdiscs() if one["kind"] == "pfifo"}
    assert limits == {"2:": 67, "10:": 34}


def test_what_is_so_already_is_not_touched_and_a_change_touches_that_alone(bench: Bench) -> None:
    bench.make(QUEUES)
    writes = bench.control.writes
    assert not bench.make(QUEUES)
    assert bench.control.writes == writes
    faster = replace(QUEUES, classes={**QUEUES.classes, 0x10: replace(FIRST, ceiling=100_000)})
    assert bench.make(faster)
    assert bench.control.writes == writes + 1


def test_a_queue_that_is_no_longer_wanted_goes_with_all_below_it(bench: Bench) -> None:
    split = {**QUEUES.classes, 0x11: replace(FIRST, parent=0x10), 0x1F: replace(FIRST, parent=0x10)}
    bench.make(replace(QUEUES, classes=split, buffers={2: Buffer(1), 0x11: Buffer(9_000), 0x1F: Buffer(9_000)}))
    assert {"ca9e:11", "ca9e:1f"} <= set(bench.classes())
    bench.make(replace(QUEUES, classes={1: WHOLE, 2: REST}, buffers={2: Buffer(100_000)}))
    assert set(bench.classes()) == {"ca9e:1", "ca9e:2"}


def test_taking_queues_away_leaves_what_the_kernel_chooses(bench: Bench) -> None:
    before = bench.control.root(bench.index)
    bench.make(QUEUES)
    assert bench.make(None)
    assert bench.control.root(bench.index) == before
    assert not bench.make(None)


def test_another_default_queue_is_made(bench: Bench) -> None:
    bench.make(QUEUES)
    bench.make(replace(QUEUES, default=0x10))
    assert [one["options"]["default"] for one in bench.qdiscs() if one["kind"] == "htb"] == ["0x10"]


def test_what_went_through_is_counted(bench: Bench) -> None:
    bench.make(QUEUES)
    bench.control.forget()
    assert set(bench.control.counted(bench.index)) == {1, 2, 0x10}
    bench.make(None)
    bench.control.forget()
    assert bench.control.counted(bench.index) == {}


def test_a_link_that_is_not_there_is_told(bench: Bench) -> None:
    with pytest.raises(MechanismError):
        bench.control.bring_to(4711, QUEUES)


def test_rates_beyond_four_gigabytes_are_told_in_full() -> None:
    told, options = encoded(QueueClass(0, 5_000_000_000, 5_000_000_000, 3_000))
    assert told[1] == 0xFFFFFFFF
    assert (5_000_000_000).to_bytes(8, "little") in options or (5_000_000_000).to_bytes(8, "big") in options


def test_random_drops_begin_below_the_limit() -> None:
    kind, options, told = encoded_buffer(Buffer(100_000, 5_000, 10))
    assert kind == "red"
    assert told in options
    assert encoded_buffer(Buffer(100_000))[:2] == ("pfifo", (67).to_bytes(4, sys.byteorder))


def test_a_packet_asks_for_a_class_by_its_number() -> None:
    assert class_id(0x10) == 0xCA9E0010


def test_priorities_of_a_vlan_are_read(tmp_path: Path) -> None:
    (tmp_path / "vlan").mkdir()
    (tmp_path / "vlan" / "wan0.7").write_text(
        "wan0.7  VID: 7\n INGRESS priority mappings: 0:0  1:0\n EGRESS priority mappings: 1:1 3399352336:5 \n"
    )
    assert vlan_priorities("wan0.7", str(tmp_path)) == {(1, 1), (3399352336, 5)}
    assert vlan_priorities("wan0", str(tmp_path)) is None


def test_what_was_made_before_a_refusal_can_be_taken_back_at_once(bench: Bench) -> None:
    still = replace(FIRST, rate=0)
    with pytest.raises(MechanismError):
        bench.control.bring_to(bench.index, Queues(2, {1: WHOLE, 0x10: still}, {}))
    assert bench.control.bring_to(bench.index, None)
    assert bench.classes() == {}
