"""The connection request: a GET on the CPE's URL with Digest (or Basic) credentials, MD5 or SHA-256."""

import base64
import http.client
import secrets
import time
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from agent.lab import digest


@dataclass(frozen=True, slots=True)
class ConnectionRequest:
    """How a connection request went."""

    url: str
    status: int
    """The last HTTP status; 0 when the CPE could not be reached."""
    was_challenged: bool
    seconds: float
    reason: str = ""
    """Why it failed, for people; "" when it did not."""

    @property
    def accepted(self) -> bool:
        """Whether the CPE promised a session."""
        return self.status in (200, 204)


def request_connection(url: str, user: str, password: str, timeout: float = 5.0) -> ConnectionRequest:
    """Ask a CPE for a session. Never raises for what the CPE does; ``timeout`` in seconds holds for each answer."""
    started = time.monotonic()
    challenged = False
    status = 0
    try:
        if not url:
            raise ValueError("the device has told no connection request URL yet")
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"the connection request URL {url!r} is not http://host:port/path")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        status, offered = _get(parts.hostname, parts.port or 80, target, None, timeout)
        if status == 401:
            challenged = True
            credentials = _credentials(offered, target, user, password)
            status, _ = _get(parts.hostname, parts.port or 80, target, credentials, timeout)
        reason = "" if status in (200, 204) else _REASONS.get(status, f"the CPE answered {status}")
    except (OSError, http.client.HTTPException, ValueError) as failed:
        status, reason = 0, f"{type(failed).__name__}: {failed}" if not isinstance(failed, ValueError) else str(failed)
    return ConnectionRequest(url, status, challenged, time.monotonic() - started, reason)


def described_request(outcome: ConnectionRequest) -> dict[str, Any]:
    """It as a document, with what to do next where it was not accepted."""
    told = {**asdict(outcome), "accepted": outcome.accepted}
    return told if outcome.accepted else {**told, "next": next_step(outcome)}


def next_step(outcome: ConnectionRequest) -> str:
    """What to do about one that failed, for people."""
    if not outcome.url:
        return "its Inform tells the URL once it listens: on the device, see cpe-agent status"
    return _NEXT_STEPS.get(
        outcome.status,
        "see that the device runs and can be reached from here; on the device, cpe-agent inform starts a session too",
    )


_NEXT_STEPS = {
    401: (
        "the lab ACS sets credentials of its own in the device's next session (on the device: cpe-agent inform); "
        "with --no-provision, name them with --connection-request-user and --connection-request-password-file"
    ),
    404: "the device's next Inform tells its URL; on the device, cpe-agent inform sends one",
    503: "wait a minute, then try again",
}
_REASONS = {
    401: "the CPE refuses the user or password",
    404: "the CPE knows no such path",
    503: "the CPE is busy, or was asked too often",
}


def _get(host: str, port: int, target: str, authorization: str | None, timeout: float) -> tuple[int, list[str]]:
    """The status and the WWW-Authenticate headers of one GET on a connection of its own."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        headers = {"Connection": "close"}
        if authorization is not None:
            headers["Authorization"] = authorization
        connection.request("GET", target, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers.get_all("WWW-Authenticate") or []
    finally:
        connection.close()


def _credentials(offered: list[str], target: str, user: str, password: str) -> str:
    known = [name.upper() for name in digest.ALGORITHMS]
    usable = [one for one in digest.challenges(offered) if one.get("algorithm", "MD5").upper() in known]
    usable.sort(key=lambda one: known.index(one.get("algorithm", "MD5").upper()))
    for challenge in usable:
        try:
            return digest.authorization(challenge, "GET", target, user, password, secrets.token_hex(8))
        except ValueError:
            continue
    if any(header.strip().lower().startswith("basic") for header in offered):
        return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    raise ValueError("the CPE's 401 offers neither a known Digest nor Basic")
