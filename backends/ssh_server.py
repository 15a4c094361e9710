"""The OpenSSH server: what its configuration says, and a drop-in of ours, tried before it is in force."""

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.commands import Run, run
from backends.desired_state import SINGLE, NotOurs, Record, Refused, Wanted
from backends.errors import MechanismError
from backends.files import names_in, read_number, read_text, unwritable, write_if_different
from backends.ntp_daemons import UNIT_PLACES

CONFIGURATION: Final = "etc/ssh/sshd_config"
DROP_IN: Final = "etc/ssh/sshd_config.d/cpe-agent.conf"
PID_FILE: Final = "run/sshd.pid"
SERVICES: Final = ("ssh.service", "sshd.service")
SOCKET: Final = "etc/systemd/system/sockets.target.wants/ssh.socket"
HEADER: Final = "# Written by cpe-agent; what is changed here is written over.\n"
SECONDS: Final = 2.0
DEEPEST: Final = 4
DEFAULTS: Final = {
    "port": "22", "permitrootlogin": "prohibit-password", "passwordauthentication": "yes", "maxauthtries": "6",
    "clientaliveinterval": "0",
}  # fmt: skip
"""sshd_config(5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SshSetting(Record):
    """What was set here; None is left to the rest of the configuration. ``keep_alive`` in seconds."""

    port: int | None = None
    allow_password_login: bool | None = None
    max_auth_tries: int | None = None
    keep_alive: int | None = None


class SshServer:
    """Reads below ``root``, once for each request. See backends.desired_state.Service for what it changes.

    ``directory`` is for what is tried. ``may_change``: the owner gave the system's settings to the agent.
    """

    def __init__(self, root: Path, directory: Path, may_change: bool, command: Run = run) -> None:
        self._root = root
        self._candidate = directory / "sshd_config"
        self._may_change = may_change
        self._run = command
        self._told: dict[str, str] | None = None

    def is_installed(self) -> bool:
        """Whether there is a server with a configuration."""
        return (self._root / CONFIGURATION).exists() and any(
            (self._root / place / "sshd").exists() for place in ("usr/sbin", "usr/local/sbin", "sbin")
        )

    def forget(self) -> None:
        """Read again for the next request."""
        self._told = None

    def told(self, keyword: str) -> str:
        """What the configuration says, of a keyword in small letters, for whoever logs in."""
        if self._told is None:
            self._told = self._read()
        return self._told.get(keyword, DEFAULTS[keyword])

    def pid(self) -> int | None:
        """The server's process, while it runs."""
        process = read_number(self._root / PID_FILE)
        name = read_text(self._root / f"proc/{process}/comm", 64) if process else None
        return process if name == "sshd" else None

    def check(self, wanted: Wanted) -> None:
        """See Service. sshd itself says whether it can be."""
        setting = wanted.get(SshSetting)
        text = render(setting)
        if not text:
            return
        if not self._may_change:
            raise NotOurs("the system's settings are not given to the agent: [system] manage", SshSetting)
        if setting.port is not None and (self._root / SOCKET).is_symlink():
            raise NotOurs("ssh.socket listens here: set the port there", SshSetting, SINGLE, ("port",))
        if not self._unit():
            raise NotOurs("sshd is no service of systemd here: it cannot be told of a change", SshSetting)
        try:
            write_if_different(self._candidate, f"{text}Include /{CONFIGURATION}\n")
            self._run(("sshd", "-t", "-f", str(self._candidate)), seconds=SECONDS)
        except MechanismError as error:
            raise Refused(f"sshd will not have it: {error.reason}", SshSetting) from error
        lines = list(self._lines(self._root / CONFIGURATION, DEEPEST, text))
        first = dict(reversed(lines))  # "for each keyword, the first obtained value will be used"
        others = [value for keyword, value in lines if keyword in ("port", "listenaddress")]
        if setting.port is not None and others != [str(setting.port)]:  # but every port is listened at
            raise NotOurs(f"/{CONFIGURATION} says where sshd listens", SshSetting, SINGLE, ("port",))
        for keyword, value in _settings(text):
            if first.get(keyword) != value:
                raise NotOurs(f"another file than /{DROP_IN} sets {keyword}, or ours is not included", SshSetting)

    def cuts(self, wanted: Wanted) -> bool:  # noqa: ARG002 - the ACS is not reached by SSH
        """Never."""
        return False

    def apply(self, wanted: Wanted) -> bool:
        """See Service."""
        path, text = self._root / DROP_IN, render(wanted.get(SshSetting))
        if not self._may_change:
            return False
        if text:
            changed = write_if_different(path, HEADER + text, 0o600)
        else:
            changed = path.exists()
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise unwritable(path, error) from error
        self._told = None
        if changed and self._unit():
            self._run(("systemctl", "try-reload-or-restart", "--no-block", self._unit()), seconds=SECONDS)
        return changed

    def _unit(self) -> str:
        if not (self._root / "run/systemd/system").is_dir():
            return ""
        return next((unit for unit in SERVICES for place in UNIT_PLACES if (self._root / place / unit).exists()), "")

    def _read(self) -> dict[str, str]:
        return dict(reversed(list(self._lines(self._root / CONFIGURATION, DEEPEST, None))))

    def _lines(self, path: Path, depth: int, ours: str | None) -> Iterator[tuple[str, str]]:
        """Keywords and values for everybody: what stands before the first Match, included files in their place.

        With ``ours``, as if our file held that.
        """
        drop_in = self._root / DROP_IN
        text = ours if ours is not None and path == drop_in else read_text(path)
        for keyword, value in _settings(text or ""):
            if keyword == "match":
                return
            if keyword != "include":
                yield keyword, value
                continue
            for pattern in value.split() if depth else ():
                below = self._root / "etc/ssh" / pattern if pattern[0] != "/" else self._root / pattern[1:]
                found = {below.parent / name for name in fnmatch.filter(names_in(below.parent), below.name)}
                if ours is not None and drop_in.match(str(below)):
                    found.add(drop_in)
                for one in sorted(found):
                    yield from self._lines(one, depth - 1, ours)


def render(setting: SshSetting) -> str:
    """Our file without its head; "" for nothing set."""
    lines = {
        "Port": setting.port,
        "PasswordAuthentication": None if setting.allow_password_login is None else _yes(setting.allow_password_login),
        "MaxAuthTries": setting.max_auth_tries,
        "ClientAliveInterval": setting.keep_alive,
    }
    return "".join(f"{keyword} {value}\n" for keyword, value in lines.items() if value is not None)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _settings(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        words = line.strip().replace("=", " ", 1).split(None, 1)
        if len(words) == 2 and not words[0].startswith("#"):
            yield words[0].lower(), words[1].strip().strip('"')
