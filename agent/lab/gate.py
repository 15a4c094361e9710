"""Who may speak to the lab ACS: Basic and Digest credentials checked, nonces and their counts remembered."""

import base64
import binascii
import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from agent.lab import digest

NONCES_KEPT = 1024
NONCE_SECONDS = 300.0

Scheme = Literal["none", "basic", "digest"]


@dataclass(frozen=True, slots=True)
class Auth:
    """The credentials that a CPE must show, and how it is asked for them."""

    scheme: Scheme = "none"
    user: str = ""
    password: str = field(default="", repr=False)
    algorithms: tuple[str, ...] = ("MD5",)
    """Digest: one challenge for each, in this order."""
    qop: str = "auth"
    """Digest: what is offered, "auth", "auth-int", "auth,auth-int", or "" for a challenge without qop."""
    realm: str = "lab"

    def __post_init__(self) -> None:
        if self.scheme != "none" and not self.user:
            raise ValueError(f"{self.scheme} authentication needs a user")
        for algorithm in self.algorithms:
            if algorithm not in digest.ALGORITHMS:
                raise ValueError(f"algorithm {algorithm} is not one of {' '.join(digest.ALGORITHMS)}")


class Verdict(Enum):
    """What credentials are worth."""

    GOOD = "good"
    MISSING = "no credentials"
    WRONG = "wrong credentials"
    STALE = "right credentials on a nonce that is used up"


@dataclass(slots=True)
class _Nonce:
    algorithm: str
    connection: int
    made: float
    last_count: int = 0
    uses: int = 0


class Gate:
    """Checks requests against one Auth. Safe to call from several threads."""

    def __init__(self, auth: Auth, clock: Callable[[], float]) -> None:
        """``clock`` gives monotonic seconds, by which nonces age."""
        self.auth = auth
        self._clock = clock
        self._nonces: OrderedDict[str, _Nonce] = OrderedDict()
        self._lock = threading.Lock()

    def challenge(self, connection: int, stale: bool = False) -> list[tuple[str, str]]:
        """The WWW-Authenticate headers of a 401."""
        if self.auth.scheme == "basic":
            return [("WWW-Authenticate", f"Basic realm={digest.quoted(self.auth.realm)}")]
        headers = []
        for algorithm in self.auth.algorithms:
            nonce = secrets.token_hex(12)
            with self._lock:
                self._nonces[nonce] = _Nonce(algorithm, connection, self._clock())
                while len(self._nonces) > NONCES_KEPT:
                    self._nonces.popitem(last=False)
            qop = f',qop="{self.auth.qop}"' if self.auth.qop else ""
            staleness = ",stale=true" if stale else ""
            realm = digest.quoted(self.auth.realm)
            headers.append(
                ("WWW-Authenticate", f'Digest realm={realm}{qop},nonce="{nonce}",algorithm={algorithm}{staleness}')
            )
        return headers

    def check(
        self,
        authorization: str | None,
        method: str,
        target: str,
        body: bytes,
        connection: int,
        *,
        nonce_uses: int = 0,
        nonce_per_connection: bool = False,
    ) -> Verdict:
        """The worth of an Authorization header on a request, whose ``body`` is as it was on the wire."""
        if self.auth.scheme == "none":
            return Verdict.GOOD
        if authorization is None:
            return Verdict.MISSING
        scheme, _, rest = authorization.strip().partition(" ")
        if scheme.lower() != self.auth.scheme:
            return Verdict.WRONG
        if self.auth.scheme == "basic":
            return self._check_basic(rest.strip())
        try:
            given = digest.parse_parameters(rest)
            return self._check_digest(given, method, target, body, connection, nonce_uses, nonce_per_connection)
        except (ValueError, KeyError):
            return Verdict.WRONG

    def _check_basic(self, token: str) -> Verdict:
        try:
            shown = base64.b64decode(token, validate=True)
        except (binascii.Error, ValueError):
            return Verdict.WRONG
        wanted = f"{self.auth.user}:{self.auth.password}".encode()
        return Verdict.GOOD if hmac.compare_digest(shown, wanted) else Verdict.WRONG

    def _check_digest(
        self,
        given: dict[str, str],
        method: str,
        target: str,
        body: bytes,
        connection: int,
        nonce_uses: int,
        nonce_per_connection: bool,
    ) -> Verdict:
        algorithm, qop = given.get("algorithm", "MD5"), given.get("qop", "")
        offered = [option.strip() for option in self.auth.qop.split(",") if option.strip()]
        if (offered and qop not in offered) or (not offered and qop):
            return Verdict.WRONG
        if given["uri"] != target or given["realm"] != self.auth.realm:
            return Verdict.WRONG
        nc, cnonce = given.get("nc", ""), given.get("cnonce", "")
        if qop and (len(nc) != 8 or not cnonce):
            return Verdict.WRONG
        count = int(nc, 16) if qop else 0
        # The answer is computed for the user who may enter, so that a wrong name fails like a wrong password.
        question = digest.Question(
            self.auth.user,
            self.auth.realm,
            self.auth.password,
            method,
            target,
            given["nonce"],
            algorithm,
            qop,
            nc,
            cnonce,
            body,
        )
        right = hmac.compare_digest(question.response().encode(), given["response"].lower().encode())
        if not (right and hmac.compare_digest(given["username"].encode(), self.auth.user.encode())):
            return Verdict.WRONG
        with self._lock:
            nonce = self._nonces.get(given["nonce"])
            if nonce is None or self._clock() - nonce.made > NONCE_SECONDS:
                return Verdict.STALE
            if nonce.algorithm.upper() != algorithm.upper():
                return Verdict.WRONG
            if nonce_per_connection and nonce.connection != connection:
                return Verdict.STALE
            if (qop and count <= nonce.last_count) or (nonce_uses and nonce.uses >= nonce_uses):
                return Verdict.STALE
            nonce.last_count, nonce.uses = count, nonce.uses + 1
        return Verdict.GOOD
