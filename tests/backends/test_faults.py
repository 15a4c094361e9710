"""What went wrong is kept over a boot, told as chosen, and bounded."""

import json
from pathlib import Path

import pytest

from backends.desired_state import Wanted
from backends.faults import (
    BURST,
    CLEARED,
    DISABLED,
    EXPEDITED,
    FILE,
    HISTORY,
    KEPT,
    MOST_ALARMS,
    NEW,
    PAUSE,
    QUEUED,
    ROOM,
    Faults,
    Reporting,
)


class Bench:
    def __init__(self, place: Path) -> None:
        self.place, self.now, self.wall = place, 1000.0, 1_800_000_000.0

    def faults(self, boot: str = "this boot") -> Faults:
        return Faults(self.place, boot, lambda: (self.now, self.wall))

    def later(self, seconds: float) -> None:
        self.now += seconds
        self.wall += seconds


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_an_alarm_stands_until_it_is_cleared_and_both_are_history(bench: Bench) -> None:
    faults = bench.faults()
    assert faults.raise_alarm("link", "eth1", "eth1 has no link")
    assert not faults.raise_alarm("link", "eth1", "eth1 has no link")
    [alarm] = faults.alarms.values()
    bench.later(5)
    assert faults.clear_alarm("link", "eth1", "eth1 is up again")
    assert not faults.clear_alarm("link", "eth1", "eth1 is up again")
    assert faults.alarms == {}
    first, second = faults.events(HISTORY)
    assert (first.notification, second.notification) == ("NewAlarm", "ClearedAlarm")
    assert first.identifier == second.identifier == alarm.identifier
    assert (second.time or 0) - (first.time or 0) == 5


def test_a_reboot_is_told_by_who_knows_its_cause_and_not_here_as_well(bench: Bench) -> None:
    bench.faults("first")
    assert bench.faults("second").events(HISTORY) == []


def test_what_stood_before_a_boot_is_looked_at_anew_and_before_a_restart_it_stands(bench: Bench) -> None:
    bench.faults().raise_alarm("link", "eth1", "no link")
    assert ("link", "eth1") in bench.faults().alarms
    assert bench.faults("next boot").alarms == {}


def test_the_oldest_entry_makes_room(bench: Bench) -> None:
    faults = bench.faults()
    for number in range(KEPT + 3):
        bench.later(PAUSE)
        faults.happened("reboot", "", f"change {number}")
    events = faults.events(HISTORY)
    assert [event.slot for event in events] == list(range(1, KEPT + 1))
    assert [event.text for event in events[:4]] == ["change 64", "change 65", "change 66", "change 3"]
    assert [event.text for event in bench.faults().events(HISTORY)] == [event.text for event in events]


def test_what_others_bring_about_leaves_room_for_link_losses_and_reboots(bench: Bench) -> None:
    bench.faults("first")
    faults = bench.faults("second")
    faults.happened("reboot", "", "LocalReboot: by the system")
    faults.raise_alarm("link", "eth1", "eth1 has no link")
    for number in range(KEPT + 3):
        bench.later(PAUSE)
        faults.happened("configured", "", f"change {number}")
        faults.happened("refused", "", f"log-in {number}")
    events = bench.faults("second").events(HISTORY)
    assert [event.kind for event in events[:2]] == ["reboot", "link"]
    assert sorted({event.text for event in events[2:]}) == sorted(
        [f"change {number}" for number in range(KEPT + 3 - ROOM["configured"], KEPT + 3)]
        + [f"log-in {number}" for number in range(KEPT + 3 - ROOM["refused"], KEPT + 3)]
    )
    assert len({event.slot for event in events}) == len(events)
    for number in range(KEPT):
        bench.later(PAUSE)
        faults.happened("reboot", "", f"reboot {number}")
    assert {event.kind for event in faults.events(HISTORY)} == {"reboot"}


def test_a_burst_of_one_kind_is_not_in_the_way_of_another(bench: Bench) -> None:
    faults = bench.faults()
    for number in range(BURST + 5):
        faults.happened("configured", "", f"change {number}")
    assert faults.raise_alarm("link", "eth1", "eth1 has no link")
    assert faults.events(HISTORY)[-1].text == "eth1 has no link"


def test_a_burst_is_bounded_and_what_was_left_out_is_told(bench: Bench) -> None:
    faults = bench.faults()
    noted = [faults.happened("refused", "192.0.2.1", "wrong password") for _ in range(BURST + 30)]
    assert noted.count(True) == BURST
    bench.later(PAUSE)
    assert faults.happened("refused", "192.0.2.1", "wrong password")
    assert [event.identifier for event in faults.events(HISTORY) if "30 events before it" in event.text] == ["51"]


def test_what_flaps_does_not_end_as_raised_where_it_is_cleared(bench: Bench) -> None:
    faults = bench.faults()
    faults.happened("optical", "ANI", "is heard")  # so that the burst does not end with a pair
    for _ in range(BURST + 30):
        faults.raise_alarm("optical", "ANI", "low light")
        faults.clear_alarm("optical", "ANI", "enough light")
    last = [one for one in faults.events(HISTORY) if one.text != "is heard"]
    raised, cleared = ({one.identifier for one in last if one.notification == kind} for kind in (NEW, CLEARED))
    assert raised == cleared != set()


def test_nothing_is_written_while_nothing_happens(bench: Bench) -> None:
    faults = bench.faults()
    before = (bench.place / FILE).stat()
    faults.clear_alarm("link", "eth1", "it was up all the time")
    bench.faults()
    assert (bench.place / FILE).stat() == before


@pytest.mark.parametrize("mechanism", [EXPEDITED, QUEUED])
def test_events_come_into_the_table_that_was_chosen_and_into_the_history(bench: Bench, mechanism: str) -> None:
    faults = bench.faults()
    assert faults.apply(Wanted().with_record("refused", Reporting(mechanism=mechanism)))
    faults.happened("refused", "192.0.2.1", "wrong password")
    faults.happened("configured", "", "by the ACS")
    assert [event.kind for event in faults.events(mechanism)] == ["refused"]
    assert [event.kind for event in faults.events(HISTORY)] == ["refused", "configured"]


def test_what_is_disabled_is_not_noted(bench: Bench) -> None:
    faults = bench.faults()
    faults.apply(Wanted().with_record("link", Reporting(mechanism=DISABLED)))
    assert not faults.raise_alarm("link", "eth1", "no link")
    assert faults.alarms == {}
    assert faults.events(HISTORY) == []


def test_the_alarm_that_changed_longest_ago_makes_room(bench: Bench) -> None:
    faults = bench.faults()
    for number in range(MOST_ALARMS + 1):
        bench.later(PAUSE)
        faults.raise_alarm("link", f"eth{number}", "no link")
    assert len(faults.alarms) == MOST_ALARMS
    assert ("link", "eth0") not in faults.alarms


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        pytest.param("[" * 200_000, id="deep"),
        '{"number": Infinity}',
        '{"events": 7}',
        '{"alarms": [{}]}',
        '{"alarms": [{"kind": "x"}]}',
        "\0",
    ],
)
def test_a_file_that_cannot_be_read_begins_anew(bench: Bench, text: str) -> None:
    (bench.place / FILE).write_text(text)
    faults = bench.faults()
    assert faults.alarms == {}
    assert faults.happened("configured", "", "by the ACS")
    assert len(bench.faults().events(HISTORY)) == 1


@pytest.mark.parametrize(
    "wrong",
    [{"slot": "x"}, {"slot": True}, {"slot": 0}, {"time": "x"}, {"time": 1e300}, {"text": 7}, {"about": None},
     {"fields": []}, {"fields": {"code": []}},
     {"identifier": "3t"}, {"identifier": ""}, {"identifier": "9" * 5000}],
)  # fmt: skip
def test_an_entry_whose_values_mean_nothing_is_left_out(bench: Bench, wrong: dict[str, object]) -> None:
    faults = bench.faults()
    faults.happened("transfer", "", "fetched", code=9018)
    faults.happened("transfer", "", "sound")
    kept = json.loads((bench.place / FILE).read_text())
    kept["events"][HISTORY][0] |= wrong
    (bench.place / FILE).write_text(json.dumps(kept))
    assert [one.text for one in bench.faults().events(HISTORY)] == ["sound"]


def test_a_full_disk_is_no_reason_to_stop(bench: Bench) -> None:
    bench.place = bench.place / "file"
    bench.place.write_text("")
    assert bench.faults().happened("configured", "", "by the ACS")


def test_the_time_is_unknown_while_the_clock_is_not_set(tmp_path: Path) -> None:
    faults = Faults(tmp_path, "boot", lambda: (1.0, None))
    faults.happened("configured", "", "by the ACS")
    assert faults.events(HISTORY)[0].time is None


def test_what_programs_want_to_know_is_kept_over_a_boot_and_bounded(bench: Bench) -> None:
    faults = bench.faults()
    faults.happened("transfer", "3 Vendor", "refused", severity="Minor", code=9018, command_key="k" * 500, none=None)
    faults.happened("diagnostics", "", "ended", **{f"field_{number}": number for number in range(30)})
    first, second = bench.faults().events(HISTORY)
    assert (first.fields, first.perceived_severity) == ({"code": 9018, "command_key": "k" * 256}, "Minor")
    assert (len(second.fields), second.perceived_severity) == (12, "Indeterminate")


def test_whoever_listens_hears_of_everything_also_of_what_is_too_much_to_be_kept(bench: Bench) -> None:
    faults, heard = bench.faults(), list[str]()
    faults.happened("reboot", "", "LocalReboot: by the system")
    assert [event.kind for event in faults.kept()] == []
    faults.heard_by(lambda event: heard.append(event.text))
    assert heard == ["LocalReboot: by the system"]
    for number in range(BURST + 5):
        faults.happened("refused", "", f"refusal {number}")
    faults.apply(Wanted().with_record("configured", Reporting(mechanism=DISABLED)))
    assert not faults.happened("configured", "", "not for the management server")
    assert heard[1:] == [*(f"refusal {number}" for number in range(BURST + 5)), "not for the management server"]


def test_a_file_of_an_older_version_is_read(bench: Bench) -> None:
    bench.faults().happened("reboot", "", "of before")
    kept = (bench.place / FILE).read_text()
    assert "fields" not in kept
    assert [event.text for event in bench.faults().kept()] == ["of before"]


def test_a_factory_reset_forgets_what_happened_and_what_is_wrong(bench: Bench) -> None:
    faults = bench.faults()
    faults.raise_alarm("link", "eth1", "eth1 has no link")
    faults.happened("transfer", "1 Firmware Upgrade Image", "fetched", command_key="of the ACS")
    faults.forget()
    faults.happened("reboot", "", "RemoteFactoryReset: factory reset")
    for one in (faults, bench.faults()):
        assert [event.kind for event in one.events(HISTORY)] == ["reboot"]
        assert one.alarms == {}
    assert "of the ACS" not in (bench.place / FILE).read_text()
