"""The accounts of this machine: read from /etc, changed by the programs that every distribution has for that."""

import ctypes
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

from backends.commands import Run, run
from backends.errors import MechanismError
from backends.files import read_bytes, read_text, rewrite_file

FILES: Final = ("etc/passwd", "etc/group", "etc/shadow", "etc/gshadow")
HUMAN: Final = range(1000, 60_001)
"""User and group numbers of people (login.defs)."""
NO_LOGIN: Final = "/usr/sbin/nologin"
NAME: Final = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
TELLING: Final = frozenset({"sudo", "wheel", "adm", "netdev", "systemd-journal"})
"""System groups that give rights to people, which are told of also while nobody is in them."""
SALT: Final = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SECONDS: Final = 5.0
ANY_BYTE: Final = "latin-1"
"""What is put back is put back byte by byte, and is JSON until then."""


@dataclass(frozen=True, slots=True)
class User:
    """A person's account, or root's."""

    name: str
    number: int
    shell: str
    is_enabled: bool
    groups: frozenset[str]  # beside the one of its own


@dataclass(frozen=True, slots=True)
class Group:
    """A group of people, or one of the system's that gives rights."""

    name: str
    number: int
    members: tuple[str, ...]

    @property
    def is_of_system(self) -> bool:
        """Whether being in it gives rights on this machine."""
        return self.number not in HUMAN


class Accounts:
    """Reads below ``root`` and keeps what it read until ``forget``; the programs work on this machine's /etc."""

    no_login: ClassVar[str] = NO_LOGIN
    """The shell of those who are not to log in."""
    has_roots_password: ClassVar[bool] = False
    """Whether root's password may be set from afar."""

    def __init__(self, root: str | Path = "/", start: Run = run) -> None:
        self._root = Path(root)
        self._start = start
        self._read: dict[str, list[list[str]]] = {}
        self._shells: Sequence[str] | None = None

    def forget(self) -> None:
        """Let the next question read again."""
        self._read.clear()
        self._shells = None

    def users(self) -> Sequence[User]:
        """root and people, by number."""
        expiry = {fields[0]: fields[7] for fields in self._lines("shadow", 9)}
        found = [
            User(
                name=fields[0],
                number=int(fields[2]),
                shell=fields[6],
                is_enabled=not expiry.get(fields[0], ""),
                groups=frozenset(one.name for one in self._all_groups() if fields[0] in one.members),
            )
            for fields in self._lines("passwd", 7)
            if fields[2].isdecimal() and (fields[2] == "0" or int(fields[2]) in HUMAN)
        ]
        return sorted(found, key=lambda user: user.number)

    def groups(self) -> Sequence[Group]:
        """Those of people that are not one person's own, and those of the system that give people rights."""
        people = {user.name for user in self.users() if user.number}
        found = [
            one
            for one in self._all_groups()
            if (one.number in HUMAN and one.name not in people)
            or (one.is_of_system and (one.name in TELLING or people.intersection(one.members)))
        ]
        return sorted(found, key=lambda group: group.number)

    def hashed(self, name: str) -> str:
        """The password of a user as /etc/shadow has it, also of one that is locked; "" for none that anybody knows."""
        found = next((fields[1].lstrip("!") for fields in self._lines("shadow", 9) if fields[0] == name), "")
        return found if found[:1] == "$" else ""

    def homes(self) -> Mapping[str, str]:
        """The home directory of each user, of daemons as well."""
        return {fields[0]: fields[5] for fields in self._lines("passwd", 7)}

    def has_user(self, name: str) -> bool:
        """Whether the name is taken, by a person or a daemon."""
        return any(fields[0] == name for fields in self._lines("passwd", 7))

    def group(self, name: str) -> Group | None:
        """Any group by name, of daemons as well."""
        return next((one for one in self._all_groups() if one.name == name), None)

    def shells(self) -> Sequence[str]:
        """What /etc/shells allows, without names for the same one in /usr."""
        if self._shells is None:
            lines = (read_text(self._root / "etc/shells") or "").splitlines()
            found = dict.fromkeys(line.strip() for line in lines if line.startswith("/"))
            self._shells = [shell for shell in found if not (shell.startswith("/usr/bin/") and shell[4:] in found)]
        return self._shells

    # -- changing -----------------------------------------------------------------------------------------------------

    def add_user(self, name: str) -> None:
        """Make an account that nobody can use yet."""
        self._do("useradd", "--create-home", "--shell", self.no_login, "--expiredate", "1970-01-02", name)

    def remove_user(self, name: str, with_home: bool = False) -> None:
        """Take an account away; what its owner had stays, unless that was made only just now."""
        self._do("userdel", *(("--remove",) if with_home else ()), name)

    def set_enabled(self, name: str, enable: bool) -> None:
        """An account that has expired lets nobody in, by password or by key; who is in stays in."""
        self._do("usermod", "--expiredate", "" if enable else "1970-01-02", name)

    def set_password(self, name: str, hashed: str) -> None:
        """``hashed`` as /etc/shadow has it."""
        self._do("chpasswd", "--encrypted", given=f"{name}:{hashed}\n")

    def set_shell(self, name: str, shell: str) -> None:
        """The program that a log-in starts."""
        self._do("usermod", "--shell", shell, name)

    def add_group(self, name: str, of_system: bool) -> None:
        """Make a group without members."""
        self._do("groupadd", *(("--system",) if of_system else ()), name)

    def remove_group(self, name: str) -> None:
        """Take a group away."""
        self._do("groupdel", name)

    def set_members(self, name: str, members: Sequence[str]) -> None:
        """Who is in a group."""
        self._do("gpasswd", "--members", ",".join(members), name)

    # -- the way back -------------------------------------------------------------------------------------------------

    def saved(self, names: Sequence[str]) -> Mapping[str, Any]:
        """What the files say of users and groups of these names now; for ``restore``."""
        return {file: {name: line for name in names if (line := self._line(file, name)) is not None} for file in FILES}

    def restore(self, names: Sequence[str], saved: Mapping[str, Any]) -> None:
        """Let the files say of these names what they said. MechanismError."""
        for file in FILES:
            content = read_bytes(self._root / file)
            if content is None:
                continue
            before = saved.get(file, {})
            lines = lines_of(content, ANY_BYTE)
            have = {line.partition(":")[0]: line for line in lines}
            if {name: line for name, line in have.items() if name in names} != before:
                named = [(line.partition(":")[0], line) for line in lines]
                kept = [before.get(name, line) for name, line in named if name in before or name not in names]
                gone = [line for name, line in before.items() if name not in have]
                text = "".join(f"{line}\n" for line in (*kept, *gone))
                rewrite_file(self._root / file, text.encode(ANY_BYTE))
        self.forget()

    def _line(self, file: str, name: str) -> str | None:
        lines = lines_of(read_bytes(self._root / file) or b"", ANY_BYTE)
        return next((line for line in lines if line.partition(":")[0] == name), None)

    def _all_groups(self) -> list[Group]:
        return [
            Group(fields[0], int(fields[2]), tuple(filter(None, fields[3].split(","))))
            for fields in self._lines("group", 4)
            if fields[2].isdecimal()
        ]

    def _lines(self, file: str, fields: int) -> list[list[str]]:
        if file not in self._read:
            lines = lines_of(read_bytes(self._root / "etc" / file) or b"")
            self._read[file] = [split for line in lines if len(split := line.split(":")) == fields]
        return self._read[file]

    def _do(self, *arguments: str, given: str = "") -> None:
        try:
            self._start(arguments, given, seconds=SECONDS)
        finally:
            self.forget()


def lines_of(content: bytes, encoding: str = "utf-8") -> list[str]:
    """As the C library sees them: other ends of lines than its are letters of a person's name."""
    text = content.decode(encoding, "surrogateescape")
    return text.removesuffix("\n").split("\n") if text else []


def hashed(password: str) -> str:
    """As /etc/shadow keeps a password (SHA-512, by the C library). MechanismError where that cannot be had."""
    salt = "$6$" + "".join(secrets.choice(SALT) for _ in range(16))
    for library in ("libcrypt.so.1", "libcrypt.so.2", None):
        try:
            crypt = ctypes.CDLL(library).crypt
        except (OSError, AttributeError):
            continue
        crypt.restype = ctypes.c_char_p
        made = crypt(password.encode(), salt.encode())
        if made and made.startswith(b"$6$"):
            return str(made.decode())
    raise MechanismError("the C library cannot hash passwords")
