"""Why no connection request can come in: the first reason, and its next step."""

from typing import Final, NamedTuple

from agent.cwmp import management_server as ms
from agent.model.own_values import OwnValues

USER: Final = "ManagementServer.ConnectionRequestUsername"
PASSWORD: Final = "ManagementServer.ConnectionRequestPassword"  # noqa: S105 - a parameter's name
HTTP: Final = "ManagementServer.HTTPConnectionRequestEnable"


NO_WAY: Final = "give this device an address and a route to the ACS; the listener is up and waits for them"
IN_THE_FILE: Final = (
    "end what holds it, or choose another in [connection_request] of the settings file; "
    "the agent tries again by itself, at least once a minute"
)


class Reason(NamedTuple):
    """What is missing, and what to do; both "" where nothing is."""

    what: str = ""
    next: str = ""


# Own value, what its absence means, and the command that ends that.
_NEEDED: Final = (
    (ms.URL, "no ACS is configured", "`cpe-agent setup --url URL` names one"),
    (ms.ENABLE_CWMP, "CWMP is disabled", "`cpe-agent set {path}=true` enables it"),
    (HTTP, "connection requests over HTTP are disabled", "`cpe-agent set {path}=true` enables them"),
    (USER, "no user name is set", "`cpe-agent set {path}=NAME` sets one"),
    (PASSWORD, "no password is set", "`cpe-agent set {path}=PASSWORD` sets one"),
)


def why_nothing_listens(root: str, own: OwnValues) -> Reason:
    """The first reason in the agent's own values; one without words: there is none, and it has to listen."""
    for name, what, step in _NEEDED:
        if not own.get(name):
            return Reason(f"{what}, so nothing listens", step.format(path=f"{root}{name}"))
    return Reason()


def why_none_can_come(root: str, own: OwnValues, *, failure: str, is_listening: bool, url: str, on: str) -> Reason:
    """As things are: ``failure`` is why the port cannot be had, ``on`` the only interface that is listened on."""
    if is_listening:
        return Reason() if url else Reason(f"{on} has no address" if on else "there is no way to the ACS", NO_WAY)
    if (reason := why_nothing_listens(root, own)).what:
        return reason
    return Reason(failure, IN_THE_FILE) if failure else Reason()
