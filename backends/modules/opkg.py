"""opkg, the package manager of OpenWrt up to 24.10: its database, its packages, its commands."""

import gzip
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from backends.commands import Run
from backends.errors import MechanismError
from backends.files import names_in, read_text
from backends.modules.environment import Cause, ModuleError, Package
from backends.modules.packages import Known, stamp_of
from backends.modules.tar import BadArchive, members

STATUS: Final = "usr/lib/opkg/status"
INFO: Final = "usr/lib/opkg/info"
LONGEST_STATUS: Final = 8 << 20
LONGEST_LIST: Final = 4 << 20
LONGEST_CONTROL: Final = 1 << 20
MOST_PARTS: Final = 8
MOST_FILES: Final = 20_000
LARGEST: Final = 512 << 20
SECONDS: Final = 10.0


class Opkg:
    """See backends.modules.packages.Manager. ``command`` is the program, and options that are always given."""

    name = "opkg"
    kind = "OpenWrt opkg package"
    suffix = ".ipk"

    def __init__(self, start: Run, command: Sequence[str] = ("opkg",)) -> None:
        self._start = start
        self._command = tuple(command)
        self._runs: Sequence[str] | None = None

    def known(self, root: Path) -> Mapping[str, Known]:
        """See Manager."""
        text = read_text(root / STATUS, LONGEST_STATUS)
        if text is None:
            raise MechanismError(f"{root / STATUS} cannot be read")
        found = {}
        for one in _stanzas(text):
            name, state = one.get("Package", ""), one.get("Status", "").split()
            if name and len(state) == 3 and state[2] not in ("not-installed", "config-files"):
                found[name] = Known(
                    name=name,
                    version=one.get("Version", ""),
                    requires=_list(one.get("Depends", "")),
                    is_asked_for=one.get("Auto-Installed", "") != "yes",
                    is_whole=state[2] == "installed",
                    size=_number(one.get("Installed-Size", "")),
                )
        return found

    def files_of(self, root: Path, name: str) -> Sequence[str]:
        """See Manager."""
        text = read_text(root / INFO / f"{name}.list", LONGEST_LIST) or ""
        # With an offline root, opkg writes the names with that before them.
        lines = (line.split("\t")[0].removeprefix(str(root)).lstrip("/") for line in text.splitlines())
        return [line for line in lines if line]

    def recognises(self, file: Path) -> bool:
        """See Manager."""
        try:
            with gzip.open(file) as stream:
                first, _ = next(members(cast("BinaryIO", stream), MOST_PARTS, LARGEST))
        except (BadArchive, OSError, EOFError, StopIteration):
            return False
        return first.name in ("debian-binary", "control.tar.gz", "data.tar.gz")

    def inspect(self, file: Path) -> tuple[Package, str]:
        """See Manager."""
        try:
            control, contents = _read(file)
        except (BadArchive, OSError, EOFError, UnicodeDecodeError) as wrong:
            raise ModuleError(Cause.CORRUPTED, f"the package cannot be used: {wrong}") from wrong
        told = next(_stanzas(control), {})
        name, version = told.get("Package", ""), told.get("Version", "")
        if not name or not version or not all(one.isalnum() or one in "+-._~:" for one in name + version):
            raise ModuleError(Cause.CORRUPTED, "the package does not say its name and version")
        package = Package(
            name=name,
            vendor="openwrt.org",
            version=version,
            description=told.get("Description", "")[:256],
            requires=_list(told.get("Depends", "")),
            size=max(_number(told.get("Installed-Size", "")), sum(contents.values())),
        )
        return package, told.get("Architecture", "all")

    def kept_as_they_are(self, root: Path, name: str) -> Sequence[str]:
        """See Manager."""
        text = read_text(root / INFO / f"{name}.conffiles", LONGEST_LIST) or ""
        return [line.strip().lstrip("/") for line in text.splitlines()]

    def contents(self, file: Path) -> Mapping[str, int]:
        """See Manager."""
        return _read(file)[1]

    def stamp(self, root: Path) -> object:
        """See Manager."""
        return stamp_of(root / STATUS)

    def architectures(self) -> Sequence[str]:
        """See Manager."""
        if self._runs is None:
            try:
                lines = self._start((*self._command, "print-architecture"), seconds=SECONDS).splitlines()
            except MechanismError:
                return ()
            self._runs = [line.split()[1] for line in lines if line.startswith("arch ") and len(line.split()) > 1]
        return self._runs

    def install(self, file: Path) -> Sequence[str]:
        """See Manager."""
        return (*self._command, "install", str(file))

    def remove(self, name: str) -> Sequence[str]:
        """See Manager."""
        return (*self._command, "--autoremove", "remove", name)

    def database(self, names: Iterable[str]) -> Sequence[str]:
        """See Manager."""
        parts = ("control", "list", "conffiles", "preinst", "postinst", "prerm", "postrm", "prerm-pkg", "postinst-pkg")
        return [STATUS, *(f"{INFO}/{name}.{part}" for name in names for part in parts)]


def _read(file: Path) -> tuple[str, dict[str, int]]:
    """The control file of a package, and the files that it brings with their sizes: it is an archive of archives.

    Read to the end: opkg itself takes one that ends in the middle.
    """
    control, contents = "", dict[str, int]()
    with gzip.open(file) as stream:
        for member, content in members(cast("BinaryIO", stream), MOST_PARTS, LARGEST):
            if member.name not in ("control.tar.gz", "data.tar.gz"):
                continue
            with gzip.open(cast("BinaryIO", io.BufferedReader(_Pieces(content)))) as inner:
                for part, text in members(cast("BinaryIO", inner), MOST_FILES, LARGEST, strictly=False):
                    if member.name == "data.tar.gz" and not part.is_directory:
                        contents[part.name] = part.size
                    elif part.name == "control" and part.size <= LONGEST_CONTROL:
                        control = b"".join(text).decode()
    if not control:
        raise BadArchive("it has no control file")
    return control, contents


class _Pieces(io.RawIOBase):
    """Pieces of bytes as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes."""
        if not self._left:
            self._left = next(self._pieces, b"")
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size


def _stanzas(text: str) -> Iterator[dict[str, str]]:
    for block in text.split("\n\n"):
        found: dict[str, str] = {}
        last = ""
        for line in block.splitlines():
            if line[:1] in (" ", "\t"):
                found[last] = f"{found.get(last, '')} {line.strip()}".strip()
            else:
                last, _, value = line.partition(":")
                found[last] = value.strip()
        if found:
            yield found


def _list(text: str) -> tuple[str, ...]:
    """What is needed; of alternatives the first."""
    return tuple(one.split("|")[0].strip() for one in text.split(",") if one.strip())


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 16 else 0


def is_there(root: Path) -> bool:
    """Whether this system has it."""
    return (root / STATUS).exists() and bool(names_in(root / INFO))
