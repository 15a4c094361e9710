"""Our log-in at the ACS during one session: which challenge is answered, and when to give up."""

import base64
import secrets
from collections.abc import Iterable, Sequence
from typing import Final

from agent.runtime import digest
from agent.runtime.endpoint import AcsEndpoint, Unreachable

NOT_ACCEPTED: Final = "the ACS does not accept the user name and password"


class Login:
    """User name and password of the endpoint, shown only after a challenge and then with every message."""

    def __init__(self, endpoint: AcsEndpoint, most_challenges: int, peer: str = "the ACS") -> None:
        """``peer`` is what the server is called in what people read."""
        self._endpoint = endpoint
        self._peer = peer
        self._most_challenges = most_challenges
        self._digest: digest.Answers | None = None
        self._basic = ""
        self._challenged = 0

    @property
    def kind(self) -> str:
        """What the present server has asked for and got: "Digest SHA-256", "Basic"; "" for nothing."""
        if self._digest:
            return f"Digest {self._digest.challenge.algorithm}"
        return "Basic" if self._basic else ""

    def begin_message(self) -> None:
        """Another message: its first 401 may only mean that the nonce of the last one has run out."""
        self._challenged = 0

    def forget(self) -> None:
        """Another server: it has to ask for itself."""
        self._digest, self._basic, self._challenged = None, "", 0

    def header(self, method: str, uri: str, body: Iterable[bytes]) -> str:
        """The Authorization value, "" while nobody has asked. ``body``: the bytes as sent."""
        return self._digest.header(method, uri, body) if self._digest else self._basic

    def challenged(self, values: Sequence[str], *, is_tls: bool) -> None:
        """Take a 401's WWW-Authenticate values; Unreachable when answering was tried or must not be done."""
        endpoint = self._endpoint
        if not endpoint.username and not endpoint.password:
            raise Unreachable(f"{self._peer} asks for a user name and password, and none is set", host_answered=True)
        offered = digest.parse_challenges(values)
        chosen = digest.strongest(offered, basic_allowed=is_tls)
        if not offered and self._challenged:  # GenieACS refuses a wrong password without another challenge
            raise Unreachable(NOT_ACCEPTED.replace("the ACS", self._peer), host_answered=True)
        if chosen is None:
            wants_basic = any(challenge.scheme == "Basic" for challenge in offered)
            # No colon after "password": the log's redactor would take the next word for one.
            how = "Basic without TLS, which would show the password; use https" if wants_basic else "an unknown log-in"
            raise Unreachable(f"{self._peer} asks for {how}", host_answered=True)
        was_answered = self._challenged > 0 and not chosen.is_stale
        is_basic = chosen.scheme == "Basic"
        if was_answered or self._challenged >= self._most_challenges or (is_basic and self._basic):
            raise Unreachable(NOT_ACCEPTED.replace("the ACS", self._peer), host_answered=True)
        self._challenged += 1
        if is_basic:
            pair = f"{endpoint.username}:{endpoint.password}".encode()
            self._basic = "Basic " + base64.b64encode(pair).decode()
        else:
            self._digest = digest.Answers(chosen, endpoint.username, endpoint.password, secrets.token_hex(8))
