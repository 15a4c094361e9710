"""Device.UserInterface.: what the ACS sees of the local page, and what it may say about it."""

from pathlib import Path
from typing import Any

import pytest

from agent.model.own_values import OwnValues
from backends.system import System
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.user_interface import ENABLE, OWN_VALUES, PASSWORD_RESET, Page, user_interface
from tests.backends.small_device import SmallDevice

UI = "Device.UserInterface."


class Served:
    def __init__(self, root: Path) -> None:
        self.wanted, self.problem = True, ""
        nothing: Any = None
        self.own = OwnValues(OWN_VALUES, {})
        page = Page(lambda: self.wanted, lambda: 8080, lambda: not self.problem and self.wanted, lambda: self.problem)
        given = Mechanisms(
            nothing, nothing, nothing, nothing, System(root), nothing, self.own, links=nothing, page=page
        )
        self.device = SmallDevice(user_interface(given), self.own)


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return Served(tmp_path)


def test_the_page_is_told_as_one_way_in_for_the_home(served: Served) -> None:
    get = served.device.get
    names = ("Enable", "Status", "AccessType", "Port", "Protocol")
    assert [get(f"{UI}HTTPAccess.1.{name}") for name in names] == ["true", "Up", "LocalAccess", "8080", "HTTP"]
    assert [get(UI + name) for name in ("PasswordRequired", "AvailableLanguages", "HTTPAccessSupportedProtocols")] == [
        "true", "en", "HTTP",
    ]  # fmt: skip
    assert get(f"{UI}RemoteAccess.Enable") == "false"


def test_a_page_that_cannot_be_served_is_an_error_and_one_that_is_off_is_down(served: Served) -> None:
    served.problem = "port 8080 on lo is taken"
    assert served.device.get(f"{UI}HTTPAccess.1.Status") == "Error"
    served.wanted = False
    assert served.device.get(f"{UI}HTTPAccess.1.Status") == "Down"
    assert served.device.get(f"{UI}Enable") == "false"


def test_it_can_be_switched_off_and_on(served: Served) -> None:
    served.device.set({f"{UI}Enable": "false"})
    assert served.own.get(ENABLE) is False
    served.device.set({f"{UI}HTTPAccess.1.Enable": "true"})
    assert served.own.get(ENABLE) is True


def test_the_settings_file_is_stronger(served: Served) -> None:
    served.wanted = False
    assert list(served.device.refused({f"{UI}Enable": "true"})) == [f"{UI}Enable"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PasswordRequired", "false"),
        ("PasswordUserSelectable", "false"),
        ("RemoteAccess.Enable", "true"),
        ("CurrentLanguage", "de"),
    ],
)
def test_what_would_open_it_or_cannot_be_is_refused(served: Served, name: str, value: str) -> None:
    assert list(served.device.refused({UI + name: value})) == [UI + name]
    served.device.set({UI + name: served.device.get(UI + name)})


def test_a_password_reset_is_asked_for_and_never_shown(served: Served) -> None:
    served.device.set({f"{UI}PasswordReset": "true"})
    assert served.own.get(PASSWORD_RESET) is True
    assert served.device.get(f"{UI}PasswordReset") == "false"
