"""Why no connection request can come in: the first reason, with what to do."""

import pytest

from agent.cwmp import management_server as ms
from agent.model.own_values import OwnValues
from agent.runtime.not_listening import HTTP, PASSWORD, USER, Reason, why_none_can_come, why_nothing_listens

LISTENS = {ms.URL: "https://acs.example/", USER: "acs", PASSWORD: "secret"}


def own(**other: object) -> OwnValues:
    return OwnValues(ms.DEFAULTS, {**LISTENS, **{f"ManagementServer.{name}": value for name, value in other.items()}})


def test_a_device_that_has_what_it_needs_has_to_listen() -> None:
    assert why_nothing_listens("Device.", own()) == Reason()


@pytest.mark.parametrize(
    ("name", "value", "what", "step"),
    [
        ("URL", "", "no ACS is configured", "setup --url"),
        ("EnableCWMP", False, "CWMP is disabled", "set Device.ManagementServer.EnableCWMP=true"),
        ("HTTPConnectionRequestEnable", False, "over HTTP are disabled", f"set Device.{HTTP}=true"),
        ("ConnectionRequestUsername", "", "no user name is set", f"set Device.{USER}="),
        ("ConnectionRequestPassword", "", "no password is set", f"set Device.{PASSWORD}="),
    ],
)
def test_what_is_missing_is_told_with_the_command_that_sets_it(name: str, value: object, what: str, step: str) -> None:
    reason = why_nothing_listens("Device.", own(**{name: value}))
    assert what in reason.what
    assert reason.what.endswith(", so nothing listens")
    assert f"`cpe-agent {step}" in reason.next


def test_what_keeps_a_listener_from_being_reached_is_told_by_its_cause() -> None:
    def told(failure: str = "", is_listening: bool = True, url: str = "", on: str = "", **other: object) -> Reason:
        return why_none_can_come("Device.", own(**other), failure=failure, is_listening=is_listening, url=url, on=on)

    assert told(url="http://192.0.2.1:7547/x") == Reason()
    assert told().what == "there is no way to the ACS"
    assert told(on="eth1").what == "eth1 has no address"
    assert "address and a route" in told(on="eth1").next
    taken = told("port 7547 is in use", is_listening=False)
    assert (taken.what, "[connection_request]" in taken.next) == ("port 7547 is in use", True)
    assert "tries again by itself, at least once a minute" in taken.next
    assert told("port 7547 is in use", is_listening=False, EnableCWMP=False).what.startswith("CWMP is disabled")
