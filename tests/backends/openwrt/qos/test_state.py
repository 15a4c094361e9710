"""What the kernel's queues say of those that were wanted, by one dump for each request."""

from pathlib import Path

import pytest

from backends.openwrt.qos.qdiscs import Qdisc
from backends.traffic_control import Counted
from tests.backends.openwrt.qos.device import DELIVERED, QOS, QosRouter

pytestmark = pytest.mark.slow

ON = DELIVERED.replace("enabled '0'", "enabled '1'")
TINS = (Counted(100, 1), Counted(2**32 + 5, 2**32 + 7, 3, 40, 4), Counted(300, 3))
CAKE = Qdisc("cake", 0x8001, is_root=True, counted=Counted(), limit=4_000, tins=TINS)
HTB = [Qdisc("htb", 1, is_root=True, counted=Counted())] + [
    Qdisc("fq_codel", handle, is_root=False, counted=Counted(handle, number), limit=1000)
    for number, handle in enumerate((0x110, 0x120, 0x130))
]


def test_tins_of_a_cake_are_queues_that_are_counted(tmp_path: Path) -> None:
    router = QosRouter(tmp_path, ON)
    router.queues.links["wan"] = [CAKE]
    tree = router.tree(QOS)
    assert router.queues.asked == 1
    assert [tree[f"Queue.{number}.Status"] for number in range(1, 7)] == ["Enabled"] * 3 + ["Error"] * 3
    assert [tree[f"QueueStats.{number}.OutputBytes"] for number in range(1, 7)] == ["100", "5", "300", "0", "0", "0"]
    assert (tree["QueueStats.2.OutputPackets"], tree["QueueStats.2.DroppedPackets"]) == ("7", "3")
    assert (tree["QueueStats.2.QueueOccupancyPackets"], tree["QueueStats.2.QueueOccupancyPercentage"]) == ("4", "1")
    assert (tree["Queue.2.BufferLength"], tree["Shaper.1.Status"], tree["Shaper.2.Status"]) == (
        "4000",
        "Enabled",
        "Error",
    )


def test_classes_of_a_bucket_are_queues_by_their_handles(tmp_path: Path) -> None:
    router = QosRouter(tmp_path, ON)
    router.queues.links["br-guest"] = HTB
    assert [router.get(f"{QOS}QueueStats.{number}.OutputBytes") for number in (4, 5, 6)] == [
        str(one) for one in (0x110, 0x120, 0x130)
    ]
    assert router.get(f"{QOS}QueueStats.4.Status") == "Enabled"
    assert router.get(f"{QOS}QueueStats.1.Status") == "Error"


def test_what_the_kernel_chose_itself_shapes_nothing(tmp_path: Path) -> None:
    router = QosRouter(tmp_path, ON)
    router.queues.links["wan"] = [Qdisc("cake", 0, is_root=True, counted=Counted())]
    assert router.get(f"{QOS}Shaper.1.Status") == "Error"
    router.queues.links["wan"] = [Qdisc("fq_codel", 0x8001, is_root=True, counted=Counted())]
    assert router.get(f"{QOS}Shaper.1.Status") == "Error"


def test_a_shaper_that_holds_nothing_needs_no_queue(tmp_path: Path) -> None:
    router = QosRouter(tmp_path, ON.replace("upload '10000'", "upload '0'"))
    assert (router.get(f"{QOS}Shaper.1.ShapingRate"), router.get(f"{QOS}Shaper.1.Status")) == ("-1", "Enabled")
    assert router.get(f"{QOS}QueueNumberOfEntries") == "3", "those of the other link"


def test_a_link_that_is_not_there_is_no_place_for_a_queue(tmp_path: Path) -> None:
    router = QosRouter(tmp_path, ON.replace("interface 'wan'", "interface 'pppoe-wan'"))
    assert router.get(f"{QOS}Shaper.1.Status") == "Error_Misconfigured"
    assert router.get(f"{QOS}Queue.1.Status") == "Error_Misconfigured"
    assert router.get(f"{QOS}Queue.1.BufferLength") == "0"


def test_a_classification_is_on_while_there_are_queues_for_it(tmp_path: Path) -> None:
    router = QosRouter(tmp_path, DELIVERED.replace("enabled '0'", "enabled '1'", 1))
    assert router.get(f"{QOS}Classification.1.Status") == "Error"
    router.queues.links["wan"] = [CAKE]
    assert router.get(f"{QOS}Classification.1.Status") == "Enabled"


def test_a_broken_package_takes_no_row_away(tmp_path: Path) -> None:
    router = QosRouter(tmp_path, ON)
    router.queues.links["wan"] = [CAKE]
    before = router.tree(QOS)
    router.write("sqm", "config queue 'x\n")
    assert router.tree(QOS) == before
