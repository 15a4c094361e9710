"""The vendor configuration file: a JSON document with a version, what it is of, and a digest over all of it."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from agent.model.configuration import Configuration

FORMAT: Final = "cpe-agent configuration"
VERSION: Final = 1
LARGEST: Final = 1_048_576
"""Bytes: some twenty times a router's with every table in use."""
MOST: Final = 40_000
"""Values: a byte can cost thirty of memory, and nobody has signed it."""
DEEPEST: Final = 40
DIGEST: Final = "digest"
_ALGORITHM: Final = "sha256:"

Migration = Callable[[dict[str, Any]], dict[str, Any]]
MIGRATIONS: Final[Mapping[int, Migration]] = {}
"""From each older version to the next."""


class NotUsable(Exception):
    """The file cannot be used; a sentence."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What a file says. ``about`` are facts for people and for whoever decides whether it is for this device: made,
    agent, system, oui, product_class, serial_number, model. ``uci`` has texts of packages that no backend configures.
    """

    configuration: Configuration
    about: Mapping[str, Any] = field(default_factory=dict)
    secrets: str = "omitted"
    """"omitted", "sealed" or "plain"."""
    sealed_by: Mapping[str, Any] | None = None
    uci: Mapping[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """That of what is configured: the same for two files that say the same, whenever they were made."""
        return _digest({"backends": self.configuration.backends, "uci": self.uci})


def written(backup: Backup) -> bytes:
    """The file: people can read it, and a changed character shows."""
    said = {
        "format": FORMAT,
        "version": VERSION,
        "about": dict(backup.about),
        "secrets": backup.secrets,
        **({"sealed_by": dict(backup.sealed_by)} if backup.sealed_by else {}),
        "backends": dict(backup.configuration.backends),
        "instances": dict(backup.configuration.instances),
        "attributes": dict(backup.configuration.attributes),
        **({"uci": dict(backup.uci)} if backup.uci else {}),
    }
    return json.dumps({**said, DIGEST: _digest(said)}, ensure_ascii=False, indent=1).encode() + b"\n"


def read(content: bytes) -> Backup:
    """What a file says; raises NotUsable. Nothing in it is believed by that: it is as the file's maker says."""
    said = _parsed(content)
    if said.get("format") != FORMAT:
        raise NotUsable("it is no configuration file of this agent's")
    digest = said.pop(DIGEST, None)
    try:
        fits = digest == _digest(said)
    except UnicodeEncodeError:  # half a character could be read, and never be saved
        fits = False
    if not fits:
        raise NotUsable("its digest does not fit: it was changed, or is damaged")
    version = said.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise NotUsable("it has no version")
    if version > VERSION:
        raise NotUsable(f"it is of version {version}, of a newer agent than this one (version {VERSION})")
    while version < VERSION:
        said = MIGRATIONS[version](said)
        version += 1
    for name in ("about", "backends", "instances", "attributes"):
        if not isinstance(said.get(name), dict):
            raise NotUsable(f"it has no {name}")
    if said.get("secrets") not in ("omitted", "sealed", "plain"):
        raise NotUsable("it does not say what became of secrets")
    sealed_by, uci = said.get("sealed_by"), said.get("uci", {})
    if not isinstance(uci, dict) or not isinstance(sealed_by, (dict, type(None))):
        raise NotUsable("it has another form")
    return Backup(
        Configuration(said["backends"], said["instances"], said["attributes"]),
        said["about"],
        said["secrets"],
        sealed_by,
        uci,
    )


def _parsed(content: bytes) -> dict[str, Any]:
    if len(content) > LARGEST:
        raise NotUsable(f"it is larger than {LARGEST} bytes")
    if sum(map(content.count, b"{[,")) > MOST:
        raise NotUsable(f"it has more than {MOST} values")
    try:
        said = json.loads(content.decode(), parse_constant=_refused, object_pairs_hook=_once)
        if isinstance(said, dict) and _depth(said) <= DEEPEST:
            return said
    except (ValueError, RecursionError):
        raise NotUsable("it is no JSON, or was cut off") from None
    raise NotUsable("it is no JSON document of that kind")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands there twice")
    return found


def _refused(text: str) -> Any:
    raise ValueError(text)


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0)


def _digest(said: Mapping[str, Any]) -> str:
    plain = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return _ALGORITHM + hashlib.sha256(plain).hexdigest()
