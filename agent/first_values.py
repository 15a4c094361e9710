"""The first values of what the ACS or a person may change later: the file's, and secrets of the device's own."""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from agent.cwmp import management_server as ms
from agent.model.own_values import OwnValues
from agent.settings import Settings

CONNECTION_REQUEST_PATH: Final = "ConnectionRequest.Path"
SET_BY: Final = "set_by"
"""Where who has set the URL stands beside them."""
ACS_VALUES: Final = (ms.URL, "ManagementServer.Username", "ManagementServer.Password")
"""How to reach the ACS: kept a second time in a form that every version reads."""

# The settings file's keys and the own values to which they give the first value.
FROM_FILE: Final[Mapping[str, str]] = {
    "acs.url": ms.URL,
    "acs.username": "ManagementServer.Username",
    "acs.password": "ManagementServer.Password",
    "inform.enable": "ManagementServer.PeriodicInformEnable",
    "inform.interval": "ManagementServer.PeriodicInformInterval",
    "connection_request.username": "ManagementServer.ConnectionRequestUsername",
    "connection_request.password": "ManagementServer.ConnectionRequestPassword",
    "connection_request.path": CONNECTION_REQUEST_PATH,
}

# What is made up for each device, and of how many random bytes.
_MADE_UP: Final[Mapping[str, int]] = {
    "ManagementServer.ConnectionRequestUsername": 9,
    "ManagementServer.ConnectionRequestPassword": 24,
    CONNECTION_REQUEST_PATH: 16,
}


def from_file(given: Settings) -> dict[str, Any]:
    """The own values that the settings file gives; a key at its default gives none."""
    default = Settings()

    def read(tree: Settings, key: str) -> Any:
        table, _, name = key.partition(".")
        return getattr(getattr(tree, table), name)

    return {name: read(given, key) for key, name in FROM_FILE.items() if read(given, key) != read(default, key)}


def begin_anew(own: OwnValues, last_good: Mapping[str, Any]) -> None:
    """Give a new device, or one that lost its state, secrets of its own and the ACS that it had."""
    own.begin()
    by = last_good.get(SET_BY)
    for name in ACS_VALUES:
        if isinstance(last_good.get(name), str) and last_good[name] != own.get(name):
            own.stage(name, last_good[name], by if name == ms.URL and isinstance(by, dict) else None)
    for name, length in _MADE_UP.items():
        if not own.get(name):
            own.stage(name, secrets.token_urlsafe(length), {"source": "device"})
    own.commit()
