"""HTTP Digest arithmetic and headers (RFC 7616, RFC 2069 without qop), for both ends; no sockets, no clock."""

import hashlib
import re
from dataclasses import dataclass

ALGORITHMS = ("SHA-256", "SHA-256-sess", "MD5", "MD5-sess")
"""What is understood, strongest first; names are compared without regard to case."""

_PARAMETER = re.compile(r'\s*([A-Za-z0-9!#$%&\'*+.^_`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))\s*(?:,|$)')


def parse_parameters(text: str) -> dict[str, str]:
    """The ``name=value`` list of a challenge or of credentials, names in lower case; ValueError if it is not one."""
    found: dict[str, str] = {}
    position = 0
    while position < len(text):
        match = _PARAMETER.match(text, position)
        if match is None:
            raise ValueError("not a list of name=value")
        name = match[1].lower()
        if name in found:
            raise ValueError(f"{name} is given twice")
        found[name] = re.sub(r"\\(.)", r"\1", match[2]) if match[2] is not None else match[3]
        position = match.end()
    return found


def quoted(text: str) -> str:
    """A quoted-string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass(frozen=True, slots=True)
class Question:
    """Everything a Digest response is computed from; ``qop`` is "", "auth" or "auth-int"."""

    user: str
    realm: str
    password: str
    method: str
    uri: str
    nonce: str
    algorithm: str = "MD5"
    qop: str = ""
    nc: str = ""
    cnonce: str = ""
    body: bytes = b""

    def response(self) -> str:
        """The ``response`` value, in lower-case hexadecimal; ValueError for an algorithm or qop that is unknown."""
        if self.algorithm.upper() not in (name.upper() for name in ALGORITHMS):
            raise ValueError(f"unknown algorithm {self.algorithm}")
        if self.qop not in ("", "auth", "auth-int"):
            raise ValueError(f"unknown qop {self.qop}")
        session_key = self.algorithm.upper().endswith("-SESS")
        hash_name = "sha256" if self.algorithm.upper().startswith("SHA-256") else "md5"

        def digest(data: str | bytes) -> str:
            raw = data.encode() if isinstance(data, str) else data
            return hashlib.new(hash_name, raw, usedforsecurity=False).hexdigest()

        first = digest(f"{self.user}:{self.realm}:{self.password}")
        if session_key:
            first = digest(f"{first}:{self.nonce}:{self.cnonce}")
        second = f"{self.method}:{self.uri}"
        if self.qop == "auth-int":
            second += ":" + digest(self.body)
        middle = f"{self.nonce}:{self.nc}:{self.cnonce}:{self.qop}" if self.qop else self.nonce
        return digest(f"{first}:{middle}:{digest(second)}")


def challenges(headers: list[str]) -> list[dict[str, str]]:
    """The Digest challenges among the values of WWW-Authenticate, one per header line, unreadable ones left out."""
    found = []
    for header in headers:
        scheme, _, rest = header.strip().partition(" ")
        if scheme.lower() != "digest":
            continue
        try:
            found.append(parse_parameters(rest))
        except ValueError:
            continue
    return found


def authorization(challenge: dict[str, str], method: str, uri: str, user: str, password: str, cnonce: str) -> str:
    """The Authorization header for a request without a body that answers a challenge; ValueError if none can."""
    offered = [option.strip().lower() for option in challenge.get("qop", "").split(",") if option.strip()]
    if offered and "auth" not in offered and "auth-int" not in offered:
        raise ValueError(f"no qop of {offered} is known")
    qop = ("auth" if "auth" in offered else "auth-int") if offered else ""
    algorithm = challenge.get("algorithm", "MD5")
    realm, nonce = challenge.get("realm", ""), challenge.get("nonce", "")
    question = Question(
        user, realm, password, method, uri, nonce, algorithm, qop, nc="00000001" if qop else "", cnonce=cnonce
    )
    parts = [
        f"username={quoted(user)}",
        f"realm={quoted(realm)}",
        f"nonce={quoted(nonce)}",
        f"uri={quoted(uri)}",
        f'response="{question.response()}"',
    ]
    if "algorithm" in challenge:
        parts.append(f"algorithm={algorithm}")
    if qop:
        parts += [f"qop={qop}", "nc=00000001"]
    if qop or algorithm.lower().endswith("-sess"):
        parts.append(f"cnonce={quoted(cnonce)}")
    if "opaque" in challenge:
        parts.append(f"opaque={quoted(challenge['opaque'])}")
    return "Digest " + ", ".join(parts)
