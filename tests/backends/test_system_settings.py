"""Host name and time zone in a transaction: staged, made, undone, postponed, recovered."""

from pathlib import Path

import pytest

from backends.errors import MechanismError
from backends.system import System
from backends.system_settings import SystemSettings
from backends.time_zone import TimeZone
from tests.fakes.machine import FakeMachine


class Named(System):
    """A machine whose kernel takes the name."""

    name = "gateway"

    def __init__(self, root: Path) -> None:
        super().__init__(root, set_kernel_host_name=self.take)

    def take(self, name: str) -> None:
        if name == "refused":
            raise PermissionError(1, "")
        self.name = name

    def host_name(self) -> str:
        return self.name


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return FakeMachine(tmp_path).root


@pytest.fixture
def system(root: Path) -> System:
    return Named(root)


@pytest.fixture
def staged(system: System) -> SystemSettings:
    """Both settings, wanted and not yet made."""
    settings = system.settings
    settings.begin()
    settings.stage_host_name("router")
    settings.stage_time_zone("CET-1")
    return settings


def state(system: System, root: Path) -> tuple[str, str, str]:
    return system.host_name(), (root / "etc/hostname").read_text().strip(), TimeZone(root).posix(system.clock())


BEFORE, AFTER = ("gateway", "gateway", "UTC0"), ("router", "router", "CET-1")


def test_what_is_staged_is_seen_and_not_made(staged: SystemSettings, system: System, root: Path) -> None:
    assert (staged.host_name(), staged.time_zone()) == ("router", "CET-1")
    assert state(system, root) == BEFORE


def test_a_commit_makes_it_and_a_rollback_takes_it_back(staged: SystemSettings, system: System, root: Path) -> None:
    assert staged.prepare() is False
    staged.commit()
    assert state(system, root) == AFTER
    assert staged.state() == {}
    staged.rollback()
    staged.rollback()
    assert state(system, root) == BEFORE
    assert not (root / "etc/localtime").exists()


def test_what_is_so_already_is_not_made_again(system: System, root: Path) -> None:
    settings = system.settings
    settings.begin()
    settings.stage_host_name("gateway")
    settings.prepare()
    assert settings.undo_record() is None
    settings.commit()
    assert state(system, root) == BEFORE


def test_a_crash_in_the_middle_is_undone_by_the_record(staged: SystemSettings, root: Path) -> None:
    staged.prepare()
    record = staged.undo_record()
    staged.commit()
    later = Named(root)
    later.name = "router"
    for _ in range(2):
        later.settings.recover(record, same_boot=True)
        assert state(later, root) == BEFORE
    later.settings.recover(None, same_boot=False)


def test_a_refusal_of_the_kernel_leaves_all_as_it_was(system: System, root: Path) -> None:
    settings = system.settings
    settings.begin()
    settings.stage_time_zone("CET-1")
    settings.stage_host_name("refused")
    settings.prepare()
    with pytest.raises(MechanismError):
        settings.commit()
    settings.rollback()
    assert state(system, root) == BEFORE


def test_what_was_postponed_is_durable_and_made_later(staged: SystemSettings, root: Path) -> None:
    staged.prepare()
    staged.postpone()
    kept = staged.state()
    later = Named(root)
    later.settings.restore(kept)
    assert later.settings.host_name() == "router"
    later.settings.begin()
    later.settings.prepare()
    later.settings.commit()
    assert state(later, root) == AFTER


def test_a_rollback_keeps_what_an_earlier_transaction_postponed(staged: SystemSettings) -> None:
    staged.postpone()
    staged.begin()
    staged.stage_host_name("other")
    staged.rollback()
    assert staged.host_name() == "router"


def test_a_new_device_wants_nothing(staged: SystemSettings, system: System) -> None:
    staged.restore(None)
    assert (staged.host_name(), staged.state()) == (system.host_name(), {})


@pytest.mark.parametrize("name", ["", "a b"])
def test_what_cannot_be_is_refused_when_it_is_staged(system: System, name: str) -> None:
    with pytest.raises(MechanismError):
        system.settings.stage_host_name(name)
    with pytest.raises(MechanismError):
        system.settings.stage_time_zone(name)
