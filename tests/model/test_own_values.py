"""The agent's own values: what was set wins over the file, until the file changes."""

import pytest

from agent.model.own_values import OwnValues, has_type_of

DEFAULTS = {"URL": "", "Interval": 3600}


def test_a_value_that_was_set_wins_over_the_file_and_the_file_over_the_default() -> None:
    own = OwnValues(DEFAULTS, {"URL": "http://file/"})
    assert (own.get("URL"), own.get("Interval")) == ("http://file/", 3600)
    own.begin()
    own.stage("URL", "http://acs/")
    own.commit()

    assert own.get("URL") == "http://acs/"
    assert own.was_set("URL")


def test_a_key_that_changes_in_the_file_wins_over_what_was_set_before() -> None:
    own = OwnValues(DEFAULTS, {"URL": "http://file/"})
    own.begin()
    own.stage("URL", "http://acs/")
    own.stage("Interval", 60)
    saved = own.state()

    later = OwnValues(DEFAULTS, {"URL": "http://other/"})
    later.restore(saved)

    assert later.get("URL") == "http://other/"
    assert later.get("Interval") == 60


def test_a_default_of_this_installation_gives_way_to_what_is_set() -> None:
    own = OwnValues(DEFAULTS, {})
    own.first("Interval", 60)
    assert (own.get("Interval"), own.was_set("Interval")) == (60, False)
    own.begin()
    own.stage("Interval", 3600)
    assert own.get("Interval") == 3600


def test_reading_the_file_again_follows_its_changes_only() -> None:
    own = OwnValues(DEFAULTS, {"URL": "http://file/"})
    own.begin()
    own.stage("URL", "http://acs/")
    own.reload({"URL": "http://file/"})
    assert own.get("URL") == "http://acs/"

    own.reload({"URL": "http://new/"})
    assert own.get("URL") == "http://new/"


def test_rollback_takes_staged_values_back_however_often_it_is_called() -> None:
    own = OwnValues(DEFAULTS, {})
    own.begin()
    own.stage("Interval", 60)
    own.rollback()
    own.rollback()

    assert own.get("Interval") == 3600


def test_names_that_do_not_exist_are_mistakes() -> None:
    with pytest.raises(ValueError, match="Typo"):
        OwnValues(DEFAULTS, {"Typo": 1})
    own = OwnValues(DEFAULTS, {})
    with pytest.raises(KeyError):
        own.stage("Typo", 1)


def test_values_that_a_newer_agent_saved_are_ignored() -> None:
    own = OwnValues(DEFAULTS, {})
    own.restore({"Later": {"value": 1, "file": None}})

    assert own.state() == {}


def test_where_a_value_comes_from_is_told() -> None:
    own = OwnValues(DEFAULTS, {"URL": "http://file/"})
    assert (own.source("URL"), own.source("Interval")) == ("the settings file", "the built-in default")

    own.begin()
    own.stage("Interval", 60)
    assert own.source("Interval") == "set by the ACS or on this machine"


@pytest.mark.parametrize(("name", "value"), [("URL", 5), ("URL", None), ("Interval", True), ("Interval", "60")])
def test_a_value_of_another_type_than_its_default_is_a_mistake_of_the_caller(name: str, value: object) -> None:
    own = OwnValues(DEFAULTS, {})
    own.begin()
    with pytest.raises(TypeError, match=name):
        own.stage(name, value)


def test_a_list_may_be_a_tuple() -> None:
    assert all(has_type_of(value, default) for value in ([1], (1,)) for default in ([], ()))
    assert not has_type_of({}, [])


def test_who_has_set_a_value_is_kept_beside_it_and_goes_with_it() -> None:
    own = OwnValues(DEFAULTS, {})
    own.begin()
    own.author = {"source": "dhcpv4", "told_by": "udhcpc"}
    own.stage("URL", "http://offered/")
    own.author = None
    own.stage("Interval", 60)
    own.commit()

    later = OwnValues(DEFAULTS, {})
    later.restore(own.state())

    assert later.set_by("URL") == {"source": "dhcpv4", "told_by": "udhcpc"}
    assert later.source("URL") == "dhcpv4, told by udhcpc"
    assert later.set_by("Interval") == {}
    assert later.source("Interval") == "set by the ACS or on this machine"
    later.stage("URL", "http://by-hand/", by={"source": "person"})
    assert later.source("URL") == "set on this machine"
    later.unstage("URL")
    assert (later.get("URL"), later.set_by("URL")) == ("", {})
    assert OwnValues(DEFAULTS, {"URL": "http://file/"}).set_by("URL") == {}


@pytest.mark.parametrize("nonsense", [None, 7, "dhcpv4", ["dhcpv4"]])
def test_who_has_set_a_value_is_unknown_where_the_document_says_nonsense(nonsense: object) -> None:
    own = OwnValues(DEFAULTS, {})
    own.restore({"URL": {"value": "http://acs/", "file": None, "by": nonsense}})
    assert own.set_by("URL") == {}


PRESET = {"source": "preset", "told_by": "p.toml"}
ACS = {"URL": "", "Password": ""}


def test_a_preset_is_weaker_than_the_file_and_stronger_than_the_default() -> None:
    own = OwnValues(DEFAULTS, {"URL": "http://file/"})
    own.lay_under({"URL": "http://preset/", "Interval": 60}, PRESET, {})

    assert (own.get("URL"), own.get("Interval")) == ("http://file/", 60)
    assert (own.set_by("URL"), own.set_by("Interval")) == ({}, PRESET)
    assert (own.source("URL"), own.source("Interval")) == ("the settings file", "the preset p.toml")
    assert not own.was_set("Interval")
    assert own.state() == {}


def test_another_preset_is_followed_until_somebody_sets_the_value() -> None:
    own = OwnValues(DEFAULTS, {})
    own.lay_under({"Interval": 60}, PRESET, {})
    own.lay_under({"Interval": 90, "URL": "http://preset/"}, PRESET, {})
    assert own.get("Interval") == 90
    own.stage("Interval", 7)
    own.lay_under({"Interval": 100}, PRESET, {})
    assert (own.get("Interval"), own.get("URL")) == (7, "")


@pytest.mark.parametrize(
    ("by", "password"),
    [({"source": "person"}, ""), (None, ""), ({"source": "acs"}, "secret"), ({"source": "dhcpv4"}, "secret")],
)
def test_a_presets_password_is_not_for_an_acs_that_a_person_names(by: dict[str, str] | None, password: str) -> None:
    own = OwnValues(ACS, {})
    own.lay_under({"URL": "http://preset/", "Password": "secret"}, PRESET, {"Password": "URL"})
    assert own.get("Password") == "secret"
    own.stage("URL", "http://other/", by)
    assert own.get("Password") == password
    own.stage("URL", "http://preset/", by)
    assert own.get("Password") == "secret"


def test_a_presets_password_is_for_any_acs_when_it_names_none_and_for_none_of_the_files() -> None:
    own = OwnValues(ACS, {"URL": "http://file/"})
    own.lay_under({"Password": "secret"}, PRESET, {"Password": "URL"})
    assert own.get("Password") == "secret"
    own.lay_under({"URL": "http://preset/", "Password": "secret"}, PRESET, {"Password": "URL"})
    assert own.get("Password") == ""


def test_a_preset_has_values_of_the_right_type() -> None:
    with pytest.raises(TypeError, match="Interval"):
        OwnValues(DEFAULTS, {}).lay_under({"Interval": "60"}, PRESET, {})
