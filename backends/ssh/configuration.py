"""What the machine's sshd_config says, read as sshd reads it."""

import fnmatch
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from backends.files import names_in, read_text

CONFIGURATION: Final = "etc/ssh/sshd_config"
DROP_IN: Final = "etc/ssh/sshd_config.d/cpe-agent.conf"
DEEPEST: Final = 4
DEFAULTS: Final = {
    "port": "22", "permitrootlogin": "prohibit-password", "passwordauthentication": "yes", "maxauthtries": "6",
    "clientaliveinterval": "0", "usepam": "no", "kbdinteractiveauthentication": "yes", "pidfile": "/var/run/sshd.pid",
    "channeltimeout": "none", "allowgroups": "", "listenaddress": "",
    "authorizedkeysfile": ".ssh/authorized_keys .ssh/authorized_keys2",
}  # fmt: skip
"""sshd_config(5)."""
LINE: Final = re.compile(r"\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)(\S.*)")
ALIASES: Final = {"challengeresponseauthentication": "kbdinteractiveauthentication"}


class Configuration:
    """Reads below ``root``, once for each request. Only what holds for everybody: no Match block is looked into."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._told: dict[str, list[str]] | None = None

    def forget(self) -> None:
        """Read again for the next question."""
        self._told = None

    def told(self, keyword: str) -> str:
        """What is said of a keyword in small letters."""
        return next(iter(self.all().get(keyword, ())), DEFAULTS[keyword])

    def all(self) -> Mapping[str, Sequence[str]]:
        """Every value of every keyword; "for each keyword, the first obtained value will be used"."""
        if self._told is None:
            self._told = _gathered(self._lines(self._root / CONFIGURATION, DEEPEST, None))
        return self._told

    def with_ours(self, text: str) -> Mapping[str, Sequence[str]]:
        """The same as if our drop-in held this text; without it for ""."""
        return _gathered(self._lines(self._root / CONFIGURATION, DEEPEST, text))

    def _lines(self, path: Path, depth: int, ours: str | None) -> Iterator[tuple[str, str]]:
        """Keywords and values before the first Match, included files in their place."""
        drop_in = self._root / DROP_IN
        text = ours if ours is not None and path == drop_in else read_text(path)
        for keyword, value in pairs(text or ""):
            if keyword == "match":
                return
            if keyword != "include":
                yield keyword, value
                continue
            for pattern in value.split() if depth else ():
                below = self._root / "etc/ssh" / pattern if pattern[0] != "/" else self._root / pattern[1:]
                found = {below.parent / name for name in fnmatch.filter(names_in(below.parent), below.name)}
                if ours and drop_in.match(str(below)):
                    found.add(drop_in)
                for one in sorted(found):
                    yield from self._lines(one, depth - 1, ours)


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """Keywords in small letters, and their values."""
    for line in text.splitlines():
        if found := LINE.match(line):
            yield ALIASES.get(found[1].lower(), found[1].lower()), found[2].strip().strip('"')


def _gathered(lines: Iterator[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for keyword, value in lines:
        found.setdefault(keyword, []).append(value)
    return found
