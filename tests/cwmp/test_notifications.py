"""A change is told once, by the level of the parameter; what the ACS did itself is no news to it."""

import json
from collections.abc import Mapping, Sequence

import pytest

from agent.cwmp.notifications import ACTIVE, PASSIVE, Changes, Notifications, throttled_until

UP = "Device.Ethernet.Interface.1.Status"
NAME = "Device.DeviceInfo.HostName"


class System:
    """Parameters and their present values."""

    def __init__(self, **values: str) -> None:
        self.values = dict(values)
        self.asked: list[str] = []

    def read(self, paths: Sequence[str]) -> Mapping[str, str]:
        self.asked.extend(paths)
        return {path: self.values[path] for path in paths if path in self.values}


@pytest.fixture
def system() -> System:
    return System(**{UP: "Up", NAME: "router"})


@pytest.fixture
def notifications(system: System) -> Notifications:
    watching = Notifications()
    watching.follow({UP: ACTIVE, NAME: PASSIVE}, system.read)
    return watching


def test_nothing_changed_is_nothing_to_tell(notifications: Notifications, system: System) -> None:
    assert not notifications.check(system.read)


def test_a_change_is_found_once_and_by_its_level(notifications: Notifications, system: System) -> None:
    system.values |= {UP: "Down", NAME: "gateway"}
    assert notifications.check(system.read) == Changes(active=(UP,), passive=(NAME,))
    assert not notifications.check(system.read)


def test_a_value_that_changes_back_has_changed_twice(notifications: Notifications, system: System) -> None:
    for value in ("Down", "Up"):
        system.values[UP] = value
        assert notifications.check(system.read).paths == (UP,)


def test_only_what_may_have_changed_and_is_watched_is_read(notifications: Notifications, system: System) -> None:
    system.values |= {UP: "Down", NAME: "gateway"}
    system.asked.clear()
    assert notifications.check(system.read, [UP, UP, "Device.Other"]).paths == (UP,)
    assert system.asked == [UP]
    assert notifications.check(system.read).paths == (NAME,)


def test_what_the_acs_sets_is_no_news_to_it(notifications: Notifications, system: System) -> None:
    system.values |= {UP: "Down", NAME: "gateway"}
    notifications.set_by_acs(system.read, [NAME, "Device.NotWatched"])
    assert notifications.check(system.read).paths == (UP,)


def test_a_change_across_a_reboot_is_told(notifications: Notifications, system: System) -> None:
    document = json.loads(json.dumps(notifications.dump()))
    system.values[NAME] = "gateway"
    later = Notifications.load(document)
    later.follow({UP: ACTIVE, NAME: PASSIVE}, system.read)
    assert later.check(system.read) == Changes(passive=(NAME,))


def test_what_begins_to_be_watched_is_known_by_its_value_then(notifications: Notifications, system: System) -> None:
    system.values["Device.New"] = "1"
    notifications.follow({UP: ACTIVE, NAME: PASSIVE, "Device.New": ACTIVE}, system.read)
    assert not notifications.check(system.read)
    system.values["Device.New"] = "2"
    assert notifications.check(system.read).active == ("Device.New",)


def test_what_is_not_watched_any_more_is_forgotten(notifications: Notifications, system: System) -> None:
    notifications.follow({UP: ACTIVE, NAME: 0}, system.read)
    system.values[NAME] = "gateway"
    assert not notifications.check(system.read)
    assert (notifications.watched, list(notifications.dump())) == ((UP,), [UP])
    assert (notifications.is_active(UP), notifications.is_active(NAME)) == (True, False)


def test_a_parameter_that_is_gone_is_no_change_until_it_is_back_with_another_value(
    notifications: Notifications, system: System
) -> None:
    del system.values[UP]
    assert not notifications.check(system.read)
    system.values[UP] = "Down"
    assert notifications.check(system.read).paths == (UP,)


def test_long_values_are_remembered_by_a_digest(notifications: Notifications, system: System) -> None:
    system.values[NAME] = "x" * 10_000
    assert notifications.check(system.read).paths == (NAME,)
    assert len(json.dumps(notifications.dump())) < 300
    system.values[NAME] = "x" * 9_999 + "y"
    assert notifications.check(system.read).paths == (NAME,)


@pytest.mark.parametrize("document", [None, [], {"a": 1}, {"a": None}])
def test_a_document_that_was_not_dumped_is_refused(document: object) -> None:
    with pytest.raises(ValueError, match="last seen"):
        Notifications.load(document)


def test_the_throttle_counts_from_the_last_session_that_ended_well() -> None:
    assert throttled_until(last_success=1000, throttle=60) == 1060
    assert throttled_until(last_success=None, throttle=60) == 0


def test_what_a_reader_answers_beside_what_was_asked_is_left_alone(notifications: Notifications) -> None:
    [path] = notifications.watched[:1]
    changes = notifications.check(lambda paths: {**dict.fromkeys(paths, "new"), f"{path}.Another": "1"}, [path])
    assert set(changes.paths) == {path}
