"""Device.Optical. over the numbers of an ANI, and the line's status, alarms and history."""

from pathlib import Path
from typing import Any

import pytest

from agent.model.coverage import Reasons, coverage
from agent.model.own_values import OwnValues
from backends.faults import Faults
from backends.omci.entities import alarm_bitmap
from backends.omci.notices import AlarmsTold, AllAlarms, Changed, LineIs, PonAlarms
from backends.tr181 import optical_line
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


def test_without_light_it_is_down_whatever_else_is_told() -> None:
    ont = Ont(driver="lantiq")
    ont.see(is_there=True, state="O5", pon_alarms={"LOS": True})
    assert ont.get(f"{ROW}Status") == "Down"
    ont.see(pon_alarms={"LOS": False})
    assert ont.get(f"{ROW}Status") == "Up"


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
    for notice in notices:
        ont.watching._notices.put(notice)
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


def test_alarms_below_omci_are_the_pon_s_and_no_other_alarm_goes_with_them(faults: Faults) -> None:
    ont = Ont(faults)
    noted(ont.line, ont, AlarmsTold(ANI, alarm_bitmap([2])), PonAlarms(frozenset({"LOS", "LOF"})))
    assert sorted(about for _, about in faults.alarms) == ["AniG 32769: SF", "PON: LOF", "PON: LOS"]
    noted(ont.line, ont, PonAlarms(frozenset({"LOF"})))
    noted(ont.line, ont, PonAlarms(frozenset()))
    assert [about for _, about in faults.alarms] == ["AniG 32769: SF"]
    assert told(faults)[-1] == ("ClearedAlarm", "PON: LOF", "it is over: PON: LOF")


@pytest.mark.parametrize("pon", [AllAlarms({}), PonAlarms(frozenset())])
def test_what_stood_when_the_agent_was_ended_is_over_when_the_ont_tells_of_it_no_more(tmp_path: Path, pon: Any) -> None:
    def started() -> Faults:
        return Faults(tmp_path, "boot", lambda: (1000.0, 1_800_000_000.0))

    before = started()
    ont = Ont(before)
    noted(ont.line, ont, AlarmsTold(ANI, alarm_bitmap([2, 3])), PonAlarms(frozenset({"LOS"})))
    faults = started()
    assert len(faults.alarms) == 3
    ont = Ont(faults)
    assert noted(ont.line, ont, pon, AlarmsTold(VEIP, alarm_bitmap([0]))) == {"fault"}
    left = {"PON: LOS"} if isinstance(pon, AllAlarms) else {"AniG 32769: SF", "AniG 32769: SD"}
    assert {about for _, about in faults.alarms if not about.startswith("Virtual")} == left


def test_all_alarms_are_those_that_stand_and_one_that_stood_already_is_no_news(faults: Faults) -> None:
    ont = Ont(faults)
    noted(ont.line, ont, AlarmsTold(ANI, alarm_bitmap([2])), LineIs(is_there=False, why="it was unplugged"))
    assert noted(ont.line, ont, AllAlarms({ANI: alarm_bitmap([2])})) == frozenset()
    noted(ont.line, ont, AllAlarms({ANI: alarm_bitmap([3])}))
    assert sorted(about for _, about in faults.alarms) == ["/dev/ttyUSB0", "AniG 32769: SD"]


def test_an_alarm_of_a_line_that_the_settings_name_no_more_ends_with_the_new_one(faults: Faults) -> None:
    faults.raise_alarm("optical", "/dev/ttyUSB7", "the ONT is not heard")
    ont = Ont(faults)
    assert noted(ont.line, ont, LineIs(is_there=True)) == {"fault"}
    assert not faults.alarms


def test_an_ont_that_talks_without_end_is_noted_at_a_bounded_pace_and_its_newest_word_counts(faults: Faults) -> None:
    ont = Ont(faults)
    heard: list[Any] = []
    faults.heard_by(heard.append)
    every = b"\xff" * 28
    for number in range(2000):
        ont.watching._notices.put(AlarmsTold((263, number % 300), every if (number + number // 300) % 2 else bytes(28)))
        ont.line.look(OPTICAL)
    assert 0 < len(heard) <= optical_line.AT_ONCE * 7
    assert len(faults.alarms) <= optical_line.MOST_STANDING
    assert len(ont.watching._notices) <= 256
    ont.watching._notices.put(AllAlarms({ANI: alarm_bitmap([3])}))
    ont.now += 3600
    for _ in range(20):
        ont.line.look(OPTICAL)
        ont.now += 60
    assert [about for _, about in faults.alarms] == ["AniG 32769: SD"]


def test_an_alarm_of_a_class_that_nobody_knows_is_none_and_one_of_a_vendor_stands_by_its_number(faults: Faults) -> None:
    ont = Ont(faults)
    assert noted(ont.line, ont, AlarmsTold((60000, 1), b"\xff" * 28)) == frozenset()
    assert noted(ont.line, ont, AlarmsTold(ANI, alarm_bitmap([210]))) == {"fault"}
    assert [about for _, about in faults.alarms] == ["AniG 32769: alarm 210"]
    noted(ont.line, ont, AlarmsTold(ANI, bytes(28)))
    assert not faults.alarms


def test_of_a_registration_the_history_has_that_it_changed_and_not_what_it_is(faults: Faults) -> None:
    ont = Ont(faults)
    noted(ont.line, ont, Changed((256, 0), {10: b"subscriber".ljust(24, b"\0"), 11: b"not-a-secret"}))
    assert [text for _, _, text in told(faults)] == ["LogicalOnuId is ********, LogicalPassword is ********"]


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
    ont.watching._notices.put(LineIs(is_there=False))
    assert ont.line.look(frozenset({"link"})) == frozenset()
    assert noted(Ont().line, Ont(), LineIs(is_there=False)) == frozenset()
