"""A profile's coverage counts what is bound as demanded, and gives a reason for the rest."""

import pytest

from agent.model.coverage import READ_ONLY, Missing, Reasons, coverage
from agent.model.object import Object, Parameter
from agent.model.own_values import OwnValues
from agent.model.tree import Tree
from tests.schemas import shipped_schema

TIME = "Device.Time."


def tree(*parameters: Parameter[None, object]) -> Tree:
    declared = Object(TIME, lambda: (None,), lambda _: (), parameters, backend=OwnValues({}, {}))
    return Tree(shipped_schema(), [declared])


def test_what_is_bound_as_the_profile_demands_is_counted() -> None:
    enable: Parameter[None, object] = Parameter("Enable", lambda _: True, lambda *_: None)
    status: Parameter[None, object] = Parameter("Status", lambda _: "Synchronized")
    [found] = coverage(tree(enable, status), ["Time:2"], lambda _: "there is no clock")
    assert (found.name, found.bound, found.required) == ("Time:2", 2, 4)
    assert {one.reason for one in found.missing} == {"there is no clock"}
    assert f"{TIME}CurrentLocalTime" in {one.path for one in found.missing}


def test_a_value_that_should_be_settable_and_is_not_is_missing() -> None:
    enable: Parameter[None, object] = Parameter("Enable", lambda _: True)
    [found] = coverage(tree(enable), ["Time:2"], lambda _: "")
    assert Missing(f"{TIME}Enable", READ_ONLY) in found.missing


def test_the_number_of_a_table_and_an_alias_come_with_the_table() -> None:
    rows: Object[str] = Object("Device.Users.User.{i}.", lambda: ("root",), lambda row: (row,), ())
    [found] = coverage(Tree(shipped_schema(), [rows]), ["User:1"], lambda _: "")
    assert "Device.Users.UserNumberOfEntries" not in {one.path for one in found.missing}
    assert found.bound >= 1


def test_a_name_that_no_profile_has_is_left_out() -> None:
    assert coverage(tree(), ["Time:99"], lambda _: "") == []


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("Device.WiFi.Radio.{i}.Enable", "no radio"),
        ("Device.WiFi.AccessPoint.{i}.WPS.Enable", "no button"),
        ("Device.NAT.Enable", ""),
    ],
)
def test_the_most_special_reason_is_told(path: str, reason: str) -> None:
    reasons = Reasons({"Device.WiFi.": "no radio", "Device.WiFi.AccessPoint.{i}.WPS.": "no button"})
    assert reasons.of(path) == reason
