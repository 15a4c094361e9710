"""Interfaces, classes and rules of /etc/config/qos."""

from pathlib import Path

import pytest

from backends.openwrt.qos.qdiscs import Qdisc
from backends.openwrt.qos.scripts import QosSections, classifications
from backends.traffic_control import Counted
from backends.uci import Package, Section
from tests.backends.openwrt.qos.device import QOS, QOS_SCRIPTS, QosRouter

pytestmark = pytest.mark.slow

FIRST = f"{QOS}Shaper.1."


def test_the_rate_of_an_interface_is_a_shaper_s(tmp_path: Path) -> None:
    router = QosRouter(tmp_path, "", QOS_SCRIPTS)
    assert (router.get(f"{FIRST}ShapingRate"), router.get(f"{FIRST}Interface")) == ("128000", router.interface("wan"))
    router.set({f"{FIRST}Enable": "1", f"{FIRST}ShapingRate": "5000000"})
    assert router.text("qos") == QOS_SCRIPTS.replace("enabled '0'", "enabled '1'").replace(
        "upload '128'", "upload '5000'"
    )
    assert router.told.calls == [("/etc/init.d/qos", "restart")]


def test_its_classes_are_queues(tmp_path: Path) -> None:
    router = QosRouter(tmp_path, "", QOS_SCRIPTS.replace("enabled '0'", "enabled '1'"))
    leaf = Qdisc("fq_codel", 0x200, is_root=False, counted=Counted(1000, 10, 1, 0, 0), limit=4096)
    router.queues.links["wan"] = [Qdisc("hfsc", 1, is_root=True, counted=Counted()), leaf]
    stats = router.find(f"{QOS}QueueStats.", OutputPackets="10")
    assert router.get(f"{stats}Queue") == f"{QOS}Queue.2"
    assert router.get(f"{QOS}Queue.2.Status") == "Enabled"
    assert router.get(f"{QOS}Queue.1.Status") == "Error"
    assert router.get(f"{QOS}Queue.2.BufferLength") == "4096"
    assert router.get(f"{FIRST}Status") == "Enabled"


def test_rules_that_can_be_said_are_classifications(tmp_path: Path) -> None:
    router = QosRouter(tmp_path, "", QOS_SCRIPTS)
    row = f"{QOS}Classification.1."
    told = {"SourceIP": "192.168.1.5", "Protocol": "17", "DestPort": "5060", "DestPortRangeMax": "5070",
            "DSCPCheck": "46", "TrafficClass": "2", "Order": "1", "Status": "Disabled"}  # fmt: skip
    assert {name: router.get(row + name) for name in told} == told
    assert router.get(f"{QOS}ClassificationNumberOfEntries") == "1"


@pytest.mark.parametrize(
    ("options", "dscp"),
    [
        ({"dscp": "AF41"}, 34),
        ({"dscp": "CS6"}, 48),
        ({"dscp": "0x2e"}, 46),
        ({"dscp": "BE"}, 0),
        ({"srchost": "192.168.1.0/24", "srcports": "80"}, -1),
        ({"dscp": "!46"}, None),
        ({"srchost": "!192.168.1.1"}, None),
        ({"dsthost": "www.example.org"}, None),
        ({"dstports": "80,443"}, None),
        ({"proto": "sctp?"}, None),
        ({"connbytes": "1000"}, None),
        ({"target": "Nobody"}, None),
    ],
)  # fmt: skip
def test_a_rule_is_understood_or_left_out(options: dict[str, str], dscp: int | None) -> None:
    rule = Section("classify", "r", "r", {"target": "A", **options})
    group, wan = Section("classgroup", "Default", "Default", {"classes": "A B"}), Section("interface", "wan", "wan")
    here = QosSections(Package("qos", (wan, rule, group)), {}, lambda _: None)
    found = classifications(here, 7)
    assert [(one.dscp, one.order, one.traffic_class) for one in found.values()] == (
        [] if dscp is None else [(dscp, 7, 1)]
    )
    if "srchost" in options and found:
        assert [(one.source_ip, one.source_mask) for one in found.values()] == [("192.168.1.0", "255.255.255.0")]


def test_what_a_person_named_is_what_is_shaped(tmp_path: Path) -> None:
    router = QosRouter(tmp_path, "", QOS_SCRIPTS)
    assert router.refused({f"{FIRST}Interface": router.interface("br-lan")}) == {f"{FIRST}Interface": "InvalidValue"}
    assert router.refused({f"{FIRST}ShapingRate": "-1"}) == {f"{FIRST}ShapingRate": "InvalidValue"}
    both = QosRouter(tmp_path, scripts=QOS_SCRIPTS)
    assert both.get(f"{QOS}ShaperNumberOfEntries") == "3"
