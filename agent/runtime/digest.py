"""HTTP Digest as pure computation: challenges and answers read, responses computed and compared (RFC 7616, 2617)."""

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LONGEST_HEADER = 4096  # characters; a real challenge has some 200
MOST_PARAMETERS = 32

# Strongest first; "" of an absent algorithm parameter means MD5 (RFC 7616 §3.3).
ALGORITHMS = ("SHA-256-sess", "SHA-256", "MD5-sess", "MD5")
_HASHES = {"SHA-256": "sha256", "MD5": "md5"}
_BY_FOLDED_NAME = {name.lower(): name for name in ALGORITHMS}

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_SCHEME = re.compile(rf"({_WORD})(?=[ \t,]|$)[ \t]*")
_BLOB = re.compile(r"[A-Za-z0-9._~+/-]+=*[ \t]*(?=,|$)")
_PARAMETER = re.compile(
    rf'({_WORD})[ \t]*=[ \t]*(?:"((?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[\x20-\x7e])*)"|({_WORD}))[ \t]*(?=,|$)'
)
_SEPARATOR = re.compile(r"[ \t,]*")
_HEX8 = re.compile(r"[0-9a-fA-F]{8}")
_ESCAPED = re.compile(r"\\(.)")


class Malformed(ValueError):
    """An authentication header that does not follow the grammar of RFC 7235, or is beyond our bounds."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server asks of us: one ``Digest`` or ``Basic`` challenge. ``qop`` is empty for RFC 2069 servers."""

    scheme: str
    realm: str = ""
    nonce: str = ""
    algorithm: str = "MD5"
    qop: tuple[str, ...] = ()
    opaque: str | None = None
    is_stale: bool = False


@dataclass(frozen=True, slots=True)
class Presented:
    """What a client presents in ``Authorization: Digest``; ``nc`` is 0 and ``qop`` empty where RFC 2069 is spoken."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: str
    qop: str
    nc: int
    cnonce: str


def parse_header(text: str) -> list[tuple[str, dict[str, str]]]:
    """Split a WWW-Authenticate or Authorization value into (scheme in lower case, parameters), or raise Malformed."""
    if len(text) > LONGEST_HEADER:
        raise Malformed("authentication header too long")
    found: list[tuple[str, dict[str, str]]] = []
    position = _skip(text, 0)
    parameters = 0
    while position < len(text):
        if found and (match := _PARAMETER.match(text, position)):
            name = match[1].lower()
            if name in found[-1][1]:
                raise Malformed(f"{name} given twice")
            quoted = match[2]
            found[-1][1][name] = match[3] if quoted is None else _ESCAPED.sub(r"\1", quoted)
        elif match := _SCHEME.match(text, position):
            found.append((match[1].lower(), {}))
            if token68 := _BLOB.match(text, match.end()):
                found[-1][1][""] = token68[0].strip()
                match = token68
        else:
            raise Malformed("authentication header not understood")
        parameters += 1
        if parameters > MOST_PARAMETERS:
            raise Malformed("too many authentication parameters")
        position = _skip(text, match.end())
    return found


def _skip(text: str, position: int) -> int:
    match = _SEPARATOR.match(text, position)
    return match.end() if match else position


def parse_challenges(values: Iterable[str]) -> list[Challenge]:
    """The challenges we can answer, from the values of all WWW-Authenticate headers; others are left out."""
    challenges = []
    for value in values:
        try:
            found = parse_header(value)
        except Malformed:
            continue
        for scheme, parameters in found:
            if challenge := _challenge(scheme, parameters):
                challenges.append(challenge)
    return challenges


def _challenge(scheme: str, parameters: dict[str, str]) -> Challenge | None:
    if scheme == "basic":
        return Challenge("Basic", parameters.get("realm", ""))
    algorithm = _BY_FOLDED_NAME.get(parameters.get("algorithm", "MD5").lower())
    if scheme != "digest" or algorithm is None or not parameters.get("nonce"):
        return None
    offered = tuple(part.strip().lower() for part in parameters.get("qop", "").split(",") if part.strip())
    known = tuple(qop for qop in ("auth", "auth-int") if qop in offered)
    if offered and not known:
        return None
    is_stale = parameters.get("stale", "").lower() == "true"
    realm, opaque = parameters.get("realm", ""), parameters.get("opaque")
    return Challenge("Digest", realm, parameters["nonce"], algorithm, known, opaque, is_stale)


def strongest(challenges: Sequence[Challenge], *, basic_allowed: bool) -> Challenge | None:
    """Pick the challenge to answer: the strongest Digest, else Basic where ``basic_allowed``, else None."""
    digests = [challenge for challenge in challenges if challenge.scheme == "Digest"]
    if digests:
        return min(digests, key=lambda challenge: ALGORITHMS.index(challenge.algorithm))
    basics = [challenge for challenge in challenges if challenge.scheme == "Basic"]
    return basics[0] if basics and basic_allowed else None


def parse_authorization(value: str) -> Presented:
    """Read an ``Authorization: Digest`` value strictly: everything needed is there once and in form, or Malformed."""
    found = parse_header(value)
    if len(found) != 1 or found[0][0] != "digest":
        raise Malformed("not Digest credentials")
    given = found[0][1]
    missing = [name for name in ("username", "realm", "nonce", "uri", "response") if name not in given]
    if missing:
        raise Malformed(f"{missing[0]} missing")
    algorithm = _BY_FOLDED_NAME.get(given.get("algorithm", "MD5").lower())
    qop = given.get("qop", "").lower()
    if algorithm is None or qop not in ("", "auth"):
        raise Malformed("algorithm or qop not offered")
    nc = given.get("nc", "")
    if qop and not (_HEX8.fullmatch(nc) and int(nc, 16) and given.get("cnonce")):
        raise Malformed("nc or cnonce missing")  # the count begins at 1 (RFC 7616 §3.4)
    return Presented(
        username=given["username"],
        realm=given["realm"],
        nonce=given["nonce"],
        uri=given["uri"],
        response=given["response"].lower(),
        algorithm=algorithm,
        qop=qop,
        nc=int(nc, 16) if qop else 0,
        cnonce=given.get("cnonce", ""),
    )


def body_hash(algorithm: str, chunks: Iterable[bytes]) -> str:
    """H(entity body) of auth-int, in hexadecimal."""
    hasher = hashlib.new(_HASHES[algorithm.removesuffix("-sess")], usedforsecurity=False)
    for chunk in chunks:
        hasher.update(chunk)
    return hasher.hexdigest()


def response(
    *,
    algorithm: str,
    username: str,
    realm: str,
    password: str,
    method: str,
    uri: str,
    nonce: str,
    nc: int,
    cnonce: str,
    qop: str,
    entity_hash: str = "",
) -> str:
    """The response value (RFC 7616 §3.4.1); an empty ``qop`` means RFC 2069, ``entity_hash`` is for auth-int."""

    def digest(*parts: str) -> str:
        return body_hash(algorithm, (":".join(parts).encode(),))

    a1 = digest(username, realm, password)
    if algorithm.endswith("-sess"):
        a1 = digest(a1, nonce, cnonce)
    a2 = digest(method, uri, entity_hash) if qop == "auth-int" else digest(method, uri)
    return digest(a1, nonce, f"{nc:08x}", cnonce, qop, a2) if qop else digest(a1, nonce, a2)


def is_right(presented: Presented, username: str, password: str, method: str) -> bool:
    """Whether the presented response proves the password; takes the same time whichever part is wrong."""
    expected = response(
        algorithm=presented.algorithm,
        username=username,
        realm=presented.realm,
        password=password,
        method=method,
        uri=presented.uri,
        nonce=presented.nonce,
        nc=presented.nc,
        cnonce=presented.cnonce,
        qop=presented.qop,
    )
    same_name = hmac.compare_digest(presented.username.encode(), username.encode())
    same_response = hmac.compare_digest(presented.response.encode(), expected.encode())
    return same_name and same_response


def quote(text: str) -> str:
    """A quoted-string of RFC 7230; control characters are dropped, for they could end the header line."""
    plain = "".join(letter for letter in text if letter >= " " and letter != "\x7f")
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Answers:
    """Answers one Digest challenge, again and again with a rising nonce count, until the server gives another nonce."""

    def __init__(self, challenge: Challenge, username: str, password: str, cnonce: str) -> None:
        self.challenge = challenge
        self._username = username
        self._password = password
        self._cnonce = cnonce  # one per nonce: the -sess algorithms bind the session key to the first one
        self._count = 0

    def header(self, method: str, uri: str, body: Iterable[bytes]) -> str:
        """The next Authorization value. ``body``: the bytes as sent, read only for auth-int."""
        self._count += 1
        asked = self.challenge
        qop = asked.qop[0] if asked.qop else ""
        value = response(
            algorithm=asked.algorithm,
            username=self._username,
            realm=asked.realm,
            password=self._password,
            method=method,
            uri=uri,
            nonce=asked.nonce,
            nc=self._count,
            cnonce=self._cnonce,
            qop=qop,
            entity_hash=body_hash(asked.algorithm, body) if qop == "auth-int" else "",
        )
        parts = [
            f"username={quote(self._username)}",
            f"realm={quote(asked.realm)}",
            f"nonce={quote(asked.nonce)}",
            f"uri={quote(uri)}",
            f'response="{value}"',
        ]
        if asked.algorithm != "MD5":
            parts.append(f"algorithm={asked.algorithm}")
        if asked.opaque is not None:
            parts.append(f"opaque={quote(asked.opaque)}")
        if qop or asked.algorithm.endswith("-sess"):
            parts.append(f'cnonce="{self._cnonce}"')
        if qop:
            parts += [f"qop={qop}", f"nc={self._count:08x}"]
        # Header lines are Latin-1 to http.client; a name beyond ASCII travels as UTF-8 (RFC 7616 §4).
        return ("Digest " + ",".join(parts)).encode().decode("latin-1")

    def __repr__(self) -> str:
        return f"Answers({self.challenge.algorithm}, count {self._count})"
