"""What a change needs, and whom it disturbs."""

from dataclasses import replace

import pytest

from backends.hostapd import Bss, Instance
from backends.wifi.difference import Difference, Need, as_it_runs, difference

RADIO = (("hw_mode", "g"), ("channel", "6"), ("ht_capab", ""))
SETTINGS = (("ssid2", "41"), ("wpa", "2"), ("wpa_passphrase", "secret123"), ("ap_isolate", "0"), ("max_num_sta", "5"))
FIRST, SECOND = Bss("wlan0", SETTINGS), Bss("wlan0_2", SETTINGS)
BEFORE = Instance("phy0", RADIO, (FIRST, SECOND))


def changed(point: Bss, **settings: str) -> Bss:
    return replace(point, settings=tuple((name, settings.get(name, value)) for name, value in point.settings))


def radio(**settings: str) -> Instance:
    return replace(BEFORE, radio=tuple((name, settings.get(name, value)) for name, value in RADIO))


def test_the_same_needs_nothing_and_nothing_needs_a_start() -> None:
    assert difference(BEFORE, BEFORE).is_nothing
    assert difference(None, BEFORE) == Difference(anew=True)


@pytest.mark.parametrize(
    ("settings", "need"),
    [({"ap_isolate": "1"}, Need.BEACON), ({"max_num_sta": "6"}, Need.SET), ({"wpa_passphrase": "other"}, Need.KEYS)],
)
def test_what_has_a_command_is_done_by_it_on_that_access_point(settings: dict[str, str], need: Need) -> None:
    after = replace(BEFORE, points=(changed(FIRST, **settings), SECOND))
    assert difference(BEFORE, after) == Difference(live=(("wlan0", need, tuple(settings)),))


def test_the_list_of_stations_has_commands_as_well() -> None:
    after = replace(BEFORE, points=(replace(FIRST, accepted=("02:00:00:00:00:01",)), SECOND))
    assert difference(BEFORE, after) == Difference(live=(("wlan0", Need.ACCEPT, ()),))


def test_a_setting_that_goes_away_has_no_command() -> None:
    after = replace(BEFORE, points=(replace(FIRST, settings=SETTINGS[:-1]), SECOND))
    assert difference(BEFORE, after) == Difference(reread=True)


def test_a_later_access_point_is_taken_away_and_added_and_the_first_is_read_again() -> None:
    assert difference(BEFORE, replace(BEFORE, points=(FIRST, changed(SECOND, ssid2="42")))) == Difference(
        remove=("wlan0_2",), add=("wlan0_2",)
    )
    assert difference(BEFORE, replace(BEFORE, points=(changed(FIRST, ssid2="42"), SECOND))) == Difference(
        reread=True, stop=True
    )
    assert difference(BEFORE, replace(BEFORE, points=(FIRST,))) == Difference(remove=("wlan0_2",))


def test_another_channel_is_announced_and_another_width_is_not() -> None:
    assert difference(BEFORE, radio(channel="11")) == Difference(switch=True)
    for after in (radio(hw_mode="a"), radio(channel="11", ht_capab="[HT40+]"), radio(channel="acs_survey")):
        assert difference(BEFORE, after) == Difference(anew=True)
    assert difference(BEFORE, replace(BEFORE, points=(SECOND, FIRST))) == Difference(anew=True)


def test_the_file_says_what_runs_in_the_order_in_which_it_runs() -> None:
    third = Bss("wlan0_3", SETTINGS)
    before = replace(BEFORE, points=(FIRST, SECOND, third))
    after = replace(before, points=(FIRST, changed(SECOND, wpa="0"), third))
    assert [point.link for point in as_it_runs(before, after).points] == ["wlan0", "wlan0_3", "wlan0_2"]
    assert as_it_runs(None, after) == after
