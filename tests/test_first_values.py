"""What the settings file gives, and what is made up for a new device."""

from agent.cwmp import management_server as ms
from agent.first_values import ACS_VALUES, CONNECTION_REQUEST_PATH, FROM_FILE, SET_BY, begin_anew, from_file
from agent.model.own_values import OwnValues
from agent.settings import CHECKS, Acs, ConnectionRequest, Settings

USER, PASSWORD = "ManagementServer.ConnectionRequestUsername", "ManagementServer.ConnectionRequestPassword"


def new_device(given: Settings | None = None) -> OwnValues:
    return OwnValues({**ms.DEFAULTS, CONNECTION_REQUEST_PATH: ""}, from_file(given or Settings()))


def test_only_what_the_settings_file_says_becomes_a_value_of_the_files() -> None:
    given = Settings(acs=Acs(url="http://acs.example/"))

    assert from_file(Settings()) == {}
    assert from_file(given) == {FROM_FILE["acs.url"]: "http://acs.example/"}


def test_every_key_is_a_setting_and_every_name_a_value() -> None:
    assert set(FROM_FILE) <= set(CHECKS)
    assert set(FROM_FILE.values()) <= {*ms.DEFAULTS, CONNECTION_REQUEST_PATH}


def test_each_new_device_makes_up_secrets_of_its_own() -> None:
    devices = [new_device(), new_device()]
    for own in devices:
        begin_anew(own, {})

    for name, shortest in ((USER, 12), (PASSWORD, 32), (CONNECTION_REQUEST_PATH, 22)):
        first, second = (own.get(name) for own in devices)
        assert first != second
        assert len(first) >= shortest
        assert devices[0].source(name) == "made up by this device"


def test_what_the_file_says_is_not_made_up() -> None:
    own = new_device(Settings(connection_request=ConnectionRequest(username="acs", password="secret", path="cr")))
    begin_anew(own, {})

    assert [own.get(name) for name in (USER, PASSWORD, CONNECTION_REQUEST_PATH)] == ["acs", "secret", "cr"]


def test_a_device_that_lost_its_state_still_knows_its_acs() -> None:
    own = new_device()
    begin_anew(own, {ms.URL: "https://acs.example/", "ManagementServer.Password": 7, "other": "x"})

    assert [own.get(name) for name in ACS_VALUES] == ["https://acs.example/", "", ""]
    assert own.set_by(ms.URL) == {}


def test_a_device_that_lost_its_state_still_knows_who_named_its_acs() -> None:
    own = new_device()
    by = {"source": "dhcpv4", "told_by": "udhcpc"}
    begin_anew(own, {ms.URL: "https://acs.example/", "ManagementServer.Password": "x", SET_BY: by})

    assert own.set_by(ms.URL) == by
    assert own.set_by("ManagementServer.Password") == {}
    unknown = new_device()
    begin_anew(unknown, {ms.URL: "https://acs.example/", SET_BY: "dhcpv4"})
    assert unknown.set_by(ms.URL) == {}
