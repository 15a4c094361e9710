"""Device.Optical. over the numbers of an ANI, and the line's status, alarms and history."""

from pathlib import Path
from typing import Any

import pytest

from agent.model.coverage import Reasons, coverage
from agent.model.own_values import OwnValues
from backends.faults import Faults
from backends.omci.entities import alarm_bitmap
from backends.omci.watching import AlarmsTold, Changed, LineIs
from backends.tr181.absent import reasons
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.optical import optical
from backends.tr181.optical_line import OpticalLine
from backends.tr181.xpon import xpon
from tests.backends.tr181.ont import ANI, VEIP, Ont

ROW = "Optical.Interface.1."
OPTICAL = frozenset({"optical"})


def test_levels_and_thresholds_are_in_the_units_of_tr181() -> None:
    ont = Ont()
    assert {name: ont.get(ROW + name) for name in (
        "Enable", "Status", "Name", "Upstream", "LowerLayers", "OpticalSignalLevel", "TransmitOpticalLevel",
        "LowerOpticalThreshold", "UpperOpticalThreshold", "LowerTransmitPowerThreshold", "UpperTransmitPowerThreshold",
    )} == {
        "Enable": "true", "Status": "Up", "Name": "ani-32769", "Upstream": "true", "LowerLayers": "",
        "OpticalSignalLevel": "-21804", "TransmitOpticalLevel": "2062", "LowerOpticalThreshold": "-127500",
        "UpperOpticalThreshold": "-28000", "LowerTransmitPowerThreshold": "-63500",
        "UpperTransmitPowerThreshold": "5000",
    }  # fmt: skip


def test_a_machine_without_a_line_has_none_of_it_and_says_why() -> None:
    nothing: Any = None
    given = Mechanisms(nothing, nothing, nothing, nothing, nothing, nothing, OwnValues({}, {}), links=nothing)
    assert [*optical(given), *xpon(given)] == []


def test_what_the_profiles_lack_has_a_reason() -> None:
    ont = Ont()
    for found in coverage(ont.device.model.tree, ["OptIf:1"], Reasons(reasons(ont.given)).of):
        assert {one.path.rpartition("}.")[2].partition(".")[0] for one in found.missing} <= {"Alias", "Stats"}


@pytest.mark.parametrize(
    ("there", "state", "level", "locked", "status"),
    [
        (True, None, b"\xd5\x6a", b"\0", "Up"),
        (True, None, b"\xb1\xe0", b"\0", "Down"),  # -40 dBm
        (True, "O5", b"\xb1\xe0", b"\0", "Up"),
        (True, "O2", b"\xd5\x6a", b"\0", "Down"),
        (True, "O5", b"\xd5\x6a", b"\1", "Down"),
        (False, "O5", b"\xd5\x6a", b"\0", "Unknown"),
    ],
)
def test_the_status_is_that_of_its_activation_or_of_the_light(
    there: bool, state: str | None, level: bytes, locked: bytes, status: str
) -> None:
    ont = Ont()
    ont.see(is_there=there, state=state)
    ont.change(ANI, a10=level)
    ont.change((256, 0), a7=locked)
    assert ont.get(f"{ROW}Status") == status
    assert ont.get("XPON.ONU.1.ANI.1.Status") == status
    assert ont.get(f"{ROW}Enable") == ("false" if locked == b"\1" else "true")


def test_since_when_it_is_so_is_counted_in_seconds() -> None:
    ont = Ont()
    ont.line.look(OPTICAL)
    ont.now += 65
    assert ont.get(f"{ROW}LastChange") == "65"
    ont.see(state="O1")
    ont.line.look(OPTICAL)
    ont.now += 5
    assert (ont.get(f"{ROW}LastChange"), ont.get("XPON.ONU.1.EthernetUNI.1.LastChange")) == ("5", "70")


# --- the history -----------------------------------------------------------------------------------------------------


@pytest.fixture
def faults(tmp_path: Path) -> Faults:
    return Faults(tmp_path, "boot", lambda: (1000.0, 1_800_000_000.0))


def told(faults: Faults) -> list[tuple[str, str, str]]:
    return [(event.notification, event.about, event.text) for event in faults.events("history")]


def noted(line: OpticalLine, ont: Ont, *notices: Any) -> frozenset[str]:
    ont.watching._notices.extend(notices)
    return line.look(OPTICAL)


def test_an_alarm_stands_from_the_ont_s_message_until_the_one_without_it(faults: Faults) -> None:
    ont = Ont(faults)
    both = alarm_bitmap([2, 4])
    assert noted(ont.line, ont, AlarmsTold(ANI, both), AlarmsTold(ANI, both)) == {"fault"}
    assert sorted(about for _, about in faults.alarms) == ["AniG 32769: Low transmit optical power", "AniG 32769: SF"]
    assert noted(ont.line, ont, AlarmsTold(ANI, alarm_bitmap([4]))) == {"fault"}
    assert noted(ont.line, ont, AlarmsTold(ANI, alarm_bitmap([4]))) == frozenset()
    assert told(faults)[-1] == ("ClearedAlarm", "AniG 32769: SF", "it is over: AniG 32769: SF")
    assert len(faults.alarms) == 1


def test_an_alarm_that_comes_and_goes_between_two_looks_is_in_the_history(faults: Faults) -> None:
    ont = Ont(faults)
    noted(ont.line, ont, AlarmsTold(ANI, alarm_bitmap([2])), AlarmsTold(ANI, bytes(28)))
    assert [notification for notification, about, _ in told(faults)] == ["NewAlarm", "ClearedAlarm"]
    assert not faults.alarms


def test_a_change_is_told_by_its_names_and_a_password_is_not(faults: Faults) -> None:
    ont = Ont(faults)
    noted(
        ont.line,
        ont,
        Changed(VEIP, {2: b"\1"}),
        Changed(ANI, {10: b"\0\0"}),
        Changed((148, 1), {3: b"not-a-secret".ljust(25, b"\0")}),
    )
    assert [text for _, about, text in told(faults)] == ["OperationalState is 1 (disabled)"]
    noted(ont.line, ont, Changed((157, 1), {2: b"https://u:not-a-secret@a/".ljust(25, b"\0")}), Changed((60000, 1), {}))
    assert "secret" not in str(told(faults))


def test_a_line_that_is_lost_is_an_alarm_until_the_ont_is_heard_again(faults: Faults) -> None:
    ont = Ont(faults)
    assert noted(ont.line, ont, LineIs(is_there=True)) == frozenset()
    noted(ont.line, ont, LineIs(is_there=False, why="it went away"))
    assert list(faults.alarms) == [("optical", "/dev/ttyUSB0")]
    noted(ont.line, ont, LineIs(is_there=True))
    assert [text for _, _, text in told(faults)] == ["the ONT is not heard: it went away", "the ONT is heard again"]


def test_nothing_is_looked_at_for_other_topics_and_none_is_needed_to_note(faults: Faults) -> None:
    ont = Ont(faults)
    ont.watching._notices.append(LineIs(is_there=False))
    assert ont.line.look(frozenset({"link"})) == frozenset()
    assert noted(Ont().line, Ont(), LineIs(is_there=False)) == frozenset()
