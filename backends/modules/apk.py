"""apk, the package manager of OpenWrt from 25.12 on (and of Alpine): its database, its packages, its commands."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from backends.commands import Run
from backends.errors import MechanismError
from backends.files import read_bytes, read_text
from backends.modules.environment import Cause, ModuleError, Package
from backends.modules.packages import Known, stamp_of

DATABASES: Final = ("usr/lib/apk/db", "lib/apk/db")
WORLD: Final = "etc/apk/world"
PARTS: Final = ("installed", "scripts.tar", "scripts.tar.gz", "triggers")
MAGIC: Final = (b"ADB", b"\x1f\x8b")
"""How packages of version 3 begin, plain or compressed; and older ones."""
LONGEST_DATABASE: Final = 64 << 20
SECONDS: Final = 30.0


class Apk:
    """See backends.modules.packages.Manager. ``command`` is the program, and options that are always given."""

    name = "apk"
    kind = "OpenWrt apk package"
    suffix = ".apk"

    def __init__(self, start: Run, command: Sequence[str] = ("apk",)) -> None:
        self._start = start
        self._command = tuple(command)
        self._files: Mapping[str, Sequence[str]] = {}

    def known(self, root: Path) -> Mapping[str, Known]:
        """See Manager."""
        asked = {_plain(one) for one in (read_text(root / WORLD, 1 << 20) or "").split()}
        found, files = {}, {}
        for block in _database(root).split("\n\n"):
            fields, files_of_it, folder = dict[str, str](), list[str](), ""
            for line in block.splitlines():
                kind, _, value = line.partition(":")
                if kind == "F":
                    folder = value
                elif kind == "R":
                    files_of_it.append(f"{folder}/{value}".lstrip("/"))
                else:
                    fields[kind] = value
            if name := fields.get("P", ""):
                files[name] = files_of_it
                found[name] = Known(
                    name=name,
                    version=fields.get("V", ""),
                    description=fields.get("T", "")[:256],
                    requires=tuple(fields.get("D", "").split()),
                    is_asked_for=name in asked,
                    is_whole="f" not in fields.get("f", ""),
                    size=int(fields["I"]) if fields.get("I", "").isdecimal() else 0,
                )
        self._files = files
        return found

    def files_of(self, root: Path, name: str) -> Sequence[str]:
        """See Manager."""
        self.known(root)
        return self._files.get(name, ())

    def recognises(self, file: Path) -> bool:
        """See Manager."""
        return (read_bytes(file, 4) or b"").startswith(MAGIC)

    def inspect(self, file: Path) -> tuple[Package, str]:
        """See Manager."""
        try:
            told = json.loads(self._start((*self._command, "adbdump", "--format", "json", str(file)), seconds=SECONDS))
            facts = told["info"]
            name, version = _text(facts["name"]), _text(facts["version"])
            size = facts.get("installed-size", 0)
            package = Package(
                name=name,
                vendor="openwrt.org",
                version=version,
                description=str(facts.get("description", ""))[:256],
                requires=tuple(map(str, facts.get("depends", ()))),
                size=size if type(size) is int else 0,
            )
            return package, str(facts.get("arch", "noarch"))
        except (MechanismError, ValueError, KeyError, TypeError, AttributeError) as wrong:
            raise ModuleError(Cause.CORRUPTED, f"the package cannot be used: {wrong}") from wrong

    def kept_as_they_are(self, root: Path, name: str) -> Sequence[str]:  # noqa: ARG002 - see contents
        """See Manager."""
        return ()

    def contents(self, file: Path) -> Mapping[str, int]:  # noqa: ARG002 - apk fails where it cannot write one
        """See Manager."""
        return {}

    def stamp(self, root: Path) -> object:
        """See Manager."""
        return tuple(stamp_of(root / place / "installed") for place in DATABASES)

    def architectures(self) -> Sequence[str]:
        """See Manager."""
        return ()

    def install(self, file: Path) -> Sequence[str]:
        """See Manager. The signature that counts is the agent's own check before."""
        return (*self._command, "--allow-untrusted", "add", str(file))

    def remove(self, name: str) -> Sequence[str]:
        """See Manager."""
        return (*self._command, "del", name)

    def database(self, names: Iterable[str]) -> Sequence[str]:  # noqa: ARG002 - it is the same for all
        """See Manager."""
        return [WORLD, *(f"{place}/{part}" for place in DATABASES for part in PARTS)]


def _database(root: Path) -> str:
    texts = [read_text(root / place / "installed", LONGEST_DATABASE) for place in DATABASES]
    if texts == [None] * len(DATABASES):
        raise MechanismError(f"{root / DATABASES[0]} cannot be read")
    return next(filter(None, texts), "")


def _plain(wanted: str) -> str:
    """The name in a line of "world", without version or repository."""
    for mark in "<>=~@":
        wanted = wanted.partition(mark)[0]
    return wanted


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value or not all(one.isalnum() or one in "+-._~:" for one in value):
        raise ValueError(f"{value!a} is no name or version")
    return value


def is_there(root: Path) -> bool:
    """Whether this system has it."""
    return any((root / place / "installed").exists() for place in DATABASES)
