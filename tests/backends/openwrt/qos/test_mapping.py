"""What cannot be made is refused by the parameter that asks for it, with a reason, and nothing is written."""

from pathlib import Path

import pytest

from agent.model.errors import Refusals
from backends.netlink_types import RouteTo
from backends.openwrt.qos.mapping import ONLY_SHOWN, SLOWEST
from tests.backends.openwrt.qos.device import DELIVERED, QOS, QOS_SCRIPTS, QosRouter

pytestmark = pytest.mark.slow

FIRST = f"{QOS}Shaper.1."
ON = DELIVERED.replace("enabled '0'", "enabled '1'", 1)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (f"{FIRST}ShapingRate", "50"),
        (f"{FIRST}ShapingRate", "0"),
        (f"{FIRST}ShapingRate", "1000001"),
        (f"{FIRST}ShapingBurstSize", "1"),
        (f"{QOS}Queue.1.Enable", "0"),
        (f"{QOS}Queue.1.ShapingRate", "1000000"),
        (f"{QOS}Queue.1.TrafficClasses", "7"),
        (f"{QOS}QueueStats.1.Enable", "0"),
        (f"{QOS}Classification.1.TrafficClass", "0"),
        (f"{QOS}DefaultTrafficClass", "1"),
        (f"{QOS}DefaultDSCPMark", "5"),
    ],
)
def test_a_refusal_names_the_parameter(tmp_path: Path, path: str, text: str) -> None:
    router = QosRouter(tmp_path, ON)
    assert router.refused({path: text}) == {path: "InvalidValue"}
    assert router.sqm == ON
    assert router.told.calls == []


@pytest.mark.parametrize("table", ["Queue", "QueueStats", "Classification", "Policer"])
def test_rows_that_sqm_cannot_make_are_refused_with_the_reason(
    tmp_path: Path, table: str, caplog: pytest.LogCaptureFixture
) -> None:
    router = QosRouter(tmp_path)
    with pytest.raises(Refusals):
        router.add(f"{QOS}{table}.")
    reason = next(why for kind, why in ONLY_SHOWN.items() if kind.__name__ == table)
    assert reason in caplog.text
    assert router.sqm == DELIVERED


@pytest.mark.parametrize("row", ["Queue.1.", "QueueStats.1.", "Classification.1."])
def test_rows_that_follow_from_others_are_not_taken_away(tmp_path: Path, row: str) -> None:
    router = QosRouter(tmp_path, ON)
    router.get(f"{QOS}{row}Enable")
    with pytest.raises(Refusals):
        router.delete(f"{QOS}{row}")
    assert router.sqm == ON


def test_a_link_is_shaped_once_and_only_where_it_is_the_agent_s(tmp_path: Path) -> None:
    router = QosRouter(tmp_path, ON, manage=("br-*", "wan"))
    path = router.shaper(Interface=router.interface("wan"), ShapingRate="1000000")
    assert set(router.refused({f"{path}Enable": "1"}).values()) == {"InvalidValue"}
    router = QosRouter(tmp_path, manage=("br-*",))
    assert set(router.refused({f"{FIRST}Enable": "1"}).values()) == {"Denied"}
    assert router.refused({f"{FIRST}Interface": "Device.QoS.Shaper.1"}) == {f"{FIRST}Interface": "InvalidValue"}


def test_qos_scripts_alone_have_no_row_to_add_and_none_to_take_away(tmp_path: Path) -> None:
    router = QosRouter(tmp_path, "", QOS_SCRIPTS)
    with pytest.raises(Refusals):
        router.shaper()
    router.get(f"{FIRST}Enable")
    with pytest.raises(Refusals):
        router.delete(FIRST)
    assert router.text("qos") == QOS_SCRIPTS


def test_a_rate_that_would_cut_the_way_to_the_server_waits(tmp_path: Path) -> None:
    way: list[RouteTo | None] = [None]
    router = QosRouter(tmp_path, ON, management_path=lambda: way[0])
    assert router.set({f"{FIRST}ShapingRate": str(SLOWEST - 1000)}) == 0
    way[0] = RouteTo("wan", "198.51.100.7")
    assert router.set({f"{FIRST}ShapingRate": str(SLOWEST)}) == 0
    assert router.set({f"{FIRST}ShapingRate": "64000"}) == 1
    assert "upload '128'" in router.sqm, "it is made at the end of the session"
    assert router.get(f"{QOS}Shaper.2.Enable") == "false"


@pytest.mark.parametrize(
    "text", ["'\"`$(reboot)", "\x00", "9" * 10_000, "\u0661\u0660\u0660\u0660", "1e6", " 1000000 x"]
)
def test_a_hostile_text_is_refused(tmp_path: Path, text: str) -> None:
    router = QosRouter(tmp_path)
    for name in ("ShapingRate", "Enable", "Interface"):
        assert router.refused({FIRST + name: text}) == {FIRST + name: "InvalidValue"}
    assert router.sqm == DELIVERED
