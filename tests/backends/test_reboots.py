"""The record of reboots, on a machine made of files."""

from pathlib import Path

import pytest

from backends.reboots import FACTORY_RESET, LOCAL, MOST, REMOTE, Reboots


class Machine:
    """Each ``boot`` is a new run of the agent after a start of the machine."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.most = -1
        self.time: float | None = 1_800_000_000.0
        self.record = self.read()

    def read(self) -> Reboots:
        return Reboots(self.root, self.root / "state", lambda: self.time, lambda: self.most)

    def boot(self, version: str = "1.0", *, was_clean: bool = True, crashes: tuple[str, ...] = ()) -> Reboots:
        self.record = self.read()
        self.record.started(version, was_clean=was_clean, crashes=crashes)
        return self.record

    def last(self) -> tuple[str, str]:
        row = self.record.rows[-1]
        return (row.cause, row.reason)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_what_was_announced_is_the_cause_once(machine: Machine) -> None:
    machine.boot()
    machine.record.going_down(REMOTE, "asked for by the ACS")
    machine.boot("2.0")
    assert machine.last() == (REMOTE, "asked for by the ACS")
    machine.boot("2.0")
    assert machine.last() == (LOCAL, "by the system")
    assert machine.record.counts.all == 3
    assert machine.record.counts.of_version == 2


def test_a_reboot_that_did_not_come_is_no_cause(machine: Machine) -> None:
    machine.boot(was_clean=False)
    assert machine.last() == (LOCAL, "the first start that is known of")
    machine.record.going_down(REMOTE, "asked for by the ACS")
    machine.record.stays_up()
    machine.boot(was_clean=False)
    assert machine.last() == (LOCAL, "loss of power, or a crash")


@pytest.mark.parametrize(
    ("bootstatus", "crashes", "reason"),
    [
        ("32", (), "watchdog"),
        ("0", (), "by the system"),
        ("x", (), "by the system"),
        ("32", ("dmesg",), "the kernel crashed"),
    ],
)
def test_without_an_announcement_the_machine_is_asked(
    machine: Machine, bootstatus: str, crashes: tuple[str, ...], reason: str
) -> None:
    file = machine.root / "sys/class/watchdog/watchdog0/bootstatus"
    file.parent.mkdir(parents=True)
    file.write_text(bootstatus)
    machine.boot(crashes=crashes)
    assert machine.last() == (LOCAL, reason)
    assert machine.record.counts.by_watchdog == (bootstatus == "32")


def test_a_crash_on_the_way_down_is_told_beside_the_cause(machine: Machine) -> None:
    machine.record.going_down(REMOTE, "asked for by the ACS")
    machine.boot(crashes=("dmesg-ramoops-0",))
    assert machine.last() == (REMOTE, "asked for by the ACS; the kernel crashed")


def test_the_table_is_bounded_by_us_and_by_the_acs(machine: Machine) -> None:
    for _ in range(MOST + 3):
        machine.boot()
    assert len(machine.record.rows) == MOST
    assert [row.number for row in machine.record.rows] == list(range(4, MOST + 4))
    machine.most = 2
    assert len(machine.record.rows) == 2
    machine.most = 0
    assert machine.record.rows == []
    machine.boot()
    machine.most = -1
    assert machine.record.rows == []
    assert machine.record.counts.all == MOST + 4


def test_a_factory_reset_begins_to_count_anew_and_is_the_first_cause(machine: Machine) -> None:
    machine.boot()
    machine.record.forget()
    machine.record.going_down(FACTORY_RESET, "factory reset")
    machine.boot()
    assert [row.cause for row in machine.record.rows] == [FACTORY_RESET]
    assert machine.record.counts.all == 1


@pytest.mark.parametrize("content", ["{", "[]", '{"rows": [{}]}', '{"rows": [{"number": 1}], "counts": {"all": "x"}}'])
def test_a_record_that_cannot_be_read_begins_anew(machine: Machine, content: str) -> None:
    (machine.root / "state").mkdir()
    (machine.root / "state/reboots.json").write_text(content)
    machine.boot()
    assert machine.record.counts.all == 1


def test_a_clock_that_is_not_set_gives_no_time_and_a_full_disk_no_surprise(machine: Machine) -> None:
    machine.time = None
    (machine.root / "state").write_text("in the way")
    machine.boot()
    assert machine.record.rows[-1].time is None
