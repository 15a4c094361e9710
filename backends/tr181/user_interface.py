"""Device.UserInterface.: the local page, whether it is served, and by what rules people come in."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from agent.model.errors import Denied, InvalidValue
from agent.model.object import Object, Parameter
from agent.model.own_values import OwnValues
from backends.tr181.mechanisms import Mechanisms

ENABLE: Final = "UserInterface.Enable"
PASSWORD_RESET: Final = "UserInterface.PasswordReset"  # noqa: S105 - a parameter's name
OWN_VALUES: Final[dict[str, Any]] = {ENABLE: True, PASSWORD_RESET: False}
LANGUAGE: Final = "en"
PROTOCOL: Final = "HTTP"


class Page(NamedTuple):
    """The page as the daemon knows it: what the settings file says, its port, where it is served, what is wrong."""

    is_wanted: Callable[[], bool]
    port: Callable[[], int]
    is_served: Callable[[], bool]
    problem: Callable[[], str]


def user_interface(mechanisms: Mechanisms) -> list[Object[Any]]:
    """The page, its one way in, and that there is none from afar."""
    page = mechanisms.page
    if page is None:
        return []
    own = mechanisms.own
    return [_rules(page, own), _access(page, own), _remote(page, own)]


def _rules(page: Page, own: OwnValues) -> Object[None]:
    parameters: list[Parameter[None, Any]] = [
        _enable(page, own),
        Parameter("PasswordRequired", lambda _: True, _only(True, "the page is never open without a password")),
        Parameter(
            "PasswordUserSelectable", lambda _: True, _only(True, "who visits the page first chooses its password")
        ),
        Parameter("PasswordReset", lambda _: False, lambda _, reset: own.stage(PASSWORD_RESET, reset)),
        Parameter("AvailableLanguages", lambda _: [LANGUAGE]),
        Parameter("CurrentLanguage", lambda _: LANGUAGE, _speak),
        Parameter("HTTPAccessSupportedProtocols", lambda _: [PROTOCOL]),
    ]
    return _of_page("Device.UserInterface.", parameters, own)


def _access(page: Page, own: OwnValues) -> Object[None]:
    def status(_: None) -> str:
        if page.is_served():
            return "Up"
        return "Error" if page.problem() and page.is_wanted() and own.get(ENABLE) else "Down"

    parameters: list[Parameter[None, Any]] = [
        _enable(page, own),
        Parameter("Status", status),
        Parameter("AccessType", lambda _: "LocalAccess"),
        Parameter("Port", lambda _: page.port()),
        Parameter("Protocol", lambda _: PROTOCOL),
    ]
    return Object(
        path="Device.UserInterface.HTTPAccess.{i}.",
        rows=lambda: (None,),
        keys=lambda _: ("page",),
        parameters=parameters,
        backend=own,
        changed_by=("own", "link", "address", "route"),
        source=lambda _: "the agent's page",
    )


def _remote(page: Page, own: OwnValues) -> Object[None]:
    parameters: list[Parameter[None, Any]] = [
        Parameter(
            "Enable", lambda _: False, _only(False, "the page is for the home: it is not served to other networks")
        ),
        Parameter("Port", lambda _: page.port()),
        Parameter("Protocol", lambda _: PROTOCOL),
        Parameter("SupportedProtocols", lambda _: []),
    ]
    return _of_page("Device.UserInterface.RemoteAccess.", parameters, own)


def _enable(page: Page, own: OwnValues) -> Parameter[None, bool]:
    def enable(_: None, wanted: bool) -> None:
        if wanted and not page.is_wanted():
            raise Denied("", "the settings file switches the page off: [web] enable")
        own.stage(ENABLE, wanted)

    return Parameter("Enable", lambda _: bool(own.get(ENABLE)) and page.is_wanted(), enable)


def _of_page(path: str, parameters: list[Parameter[None, Any]], own: OwnValues) -> Object[None]:
    return Object(
        path=path,
        rows=lambda: (None,),
        keys=lambda _: (),
        parameters=parameters,
        backend=own,
        changed_by=("own",),
        source=lambda _: "the agent's page",
    )


def _only(value: bool, why: str) -> Callable[[None, bool], None]:
    def set_(_: None, wanted: bool) -> None:
        if wanted != value:
            raise Denied("", why)

    return set_


def _speak(_: None, language: str) -> None:
    if language != LANGUAGE:
        raise InvalidValue("", f"the page speaks {LANGUAGE!r} only")
