"""The accounts of a machine with OpenWrt, which has no programs to change them: its files, each replaced as a whole.

Neither dropbear nor BusyBox nor rpcd heeds the day on which an account expires. A disabled one has ``!`` before its
password, so that none fits, and before its shell, which then is none of /etc/shells: no key lets anybody in either.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Final

from backends.accounts import HUMAN, Accounts, User, lines_of
from backends.errors import MechanismError, Missing
from backends.files import read_bytes, rewrite_file, unwritable
from backends.uci import Edits, Section, Uci

LOCKS: Final = ("var/lock/passwd", "var/lock/group")
"""Those of OpenWrt's own scripts (user_add, group_add of /lib/functions.sh)."""
PATIENCE: Final = 2.0
OFF: Final = "!"
NO_PASSWORD: Final = f"{OFF}*"
"""Of an account that was never given one: enabled, it still has none that fits."""
DAY: Final = 86_400
RPCD: Final = "rpcd"
SYSTEM_GROUPS: Final = range(999, 99, -1)

Change = Callable[[list[str]], list[str] | None]
"""The fields of a line as they shall be; None: no such line."""


class FileAccounts(Accounts):
    """Reads below ``root``, and writes there; ``committed`` is told when /etc/config/rpcd was written."""

    no_login: ClassVar[str] = "/bin/false"
    has_roots_password: ClassVar[bool] = True

    def __init__(self, root: Path, uci: Uci, committed: Callable[[Collection[str]], None]) -> None:
        super().__init__(root)
        self._uci = uci
        self._committed = committed

    def is_there(self) -> bool:
        """Whether there are accounts in files."""
        return (self._root / "etc/passwd").is_file()

    def users(self) -> Sequence[User]:
        """See Accounts."""
        return [
            replace(user, shell=user.shell.removeprefix(OFF), is_enabled=user.is_enabled and user.shell[:1] != OFF)
            for user in super().users()
        ]

    # -- changing -----------------------------------------------------------------------------------------------------

    def add_user(self, name: str) -> None:
        """See Accounts. The account itself comes last: whatever fails before leaves none that is half made."""
        with self._locked():
            number, group = self._free(HUMAN, "passwd"), self._free(HUMAN, "group")
            self._add("group", f"{name}:x:{group}:")
            if (self._root / "etc/shadow").is_file():
                self._add("shadow", f"{name}:{NO_PASSWORD}:{int(time.time()) // DAY}:0:99999:7:::")
            self._make_home(name, number, group)
            self._add("passwd", f"{name}:x:{number}:{group}::/home/{name}:{OFF}{self.no_login}")

    def remove_user(self, name: str, with_home: bool = False) -> None:
        """See Accounts; a log-in of LuCI's by this account's password goes with it, or it would be the next one's."""
        with self._locked():
            self._forget_logins(name)
            for file in ("passwd", "shadow"):
                self._change(file, lambda fields: None if fields[0] == name else fields)
            self._change("group", lambda fields: _without_member(fields, name))
        if with_home:
            shutil.rmtree(self._root / "home" / name, ignore_errors=True)

    def set_enabled(self, name: str, enable: bool) -> None:
        """See Accounts."""
        with self._locked():
            self._change("shadow", lambda fields: _switched(fields, name, 1, enable, expires=7))
            self._change("passwd", lambda fields: _switched(fields, name, 6, enable))

    def set_password(self, name: str, hashed: str) -> None:
        """See Accounts."""
        today = str(int(time.time()) // DAY)

        def change(fields: list[str]) -> list[str]:
            if fields[0] != name:
                return fields
            mark = OFF if fields[1][:1] == OFF and self._is_off(name) else ""
            return [name, mark + hashed, today, *fields[3:]]

        with self._locked():
            if not any(fields[0] == name for fields in self._lines("shadow", 9)):
                raise MechanismError(f"/etc/shadow does not know {name}")
            self._change("shadow", change)

    def set_shell(self, name: str, shell: str) -> None:
        """See Accounts."""

        def change(fields: list[str]) -> list[str]:
            mark = OFF if fields[6][:1] == OFF else ""
            return [*fields[:6], mark + shell] if fields[0] == name else fields

        with self._locked():
            self._change("passwd", change)

    def add_group(self, name: str, of_system: bool) -> None:
        """See Accounts."""
        with self._locked():
            self._add("group", f"{name}:x:{self._free(SYSTEM_GROUPS if of_system else HUMAN, 'group')}:")

    def remove_group(self, name: str) -> None:
        """See Accounts."""
        with self._locked():
            self._change("group", lambda fields: None if fields[0] == name else fields)

    def set_members(self, name: str, members: Sequence[str]) -> None:
        """See Accounts."""
        with self._locked():
            self._change("group", lambda fields: [*fields[:3], ",".join(members)] if fields[0] == name else fields)

    # -- the way back -------------------------------------------------------------------------------------------------

    def saved(self, names: Sequence[str]) -> Mapping[str, Any]:
        """See Accounts."""
        try:
            logins = [(one.name, dict(one.options)) for name in names for one in self._logins(self._uci.edit(), name)]
        except MechanismError:  # nothing of it will be changed
            logins = []
        return {**super().saved(names), RPCD: logins}

    def restore(self, names: Sequence[str], saved: Mapping[str, Any]) -> None:
        """See Accounts."""
        with self._locked():
            super().restore(names, saved)
        edits = self._uci.edit()
        for name, options in saved.get(RPCD, ()):
            said = {option: tuple(value) if isinstance(value, list) else value for option, value in options.items()}
            if all(section.options != said for section in edits.read(RPCD).of_type("login")):
                made = edits.add(RPCD, "login", name)
                for option, value in said.items():
                    edits.set(RPCD, made, option, value)
        self._commit(edits)

    # -- files --------------------------------------------------------------------------------------------------------

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Nobody else who asks for the same locks changes them meanwhile. MechanismError after a while."""
        with ExitStack() as held:
            for place in LOCKS:
                held.callback(os.close, _lock(self._root / place))
            self.forget()
            try:
                yield
            finally:
                self.forget()

    def _change(self, file: str, change: Change) -> None:
        """Lines that are none of the file's stay as they are."""
        path = self._root / "etc" / file
        content = read_bytes(path)
        if content is None:
            return
        lines = lines_of(content)
        size = {"passwd": 7, "shadow": 9, "group": 4}[file]
        made = (change(fields) if len(fields := line.split(":")) == size else fields for line in lines)
        self._write(path, content, [":".join(fields) for fields in made if fields is not None])

    def _add(self, file: str, line: str) -> None:
        path = self._root / "etc" / file
        content = read_bytes(path)
        if content is None:
            raise Missing(f"{path} cannot be read")
        self._write(path, content, [*lines_of(content), line])

    def _write(self, path: Path, before: bytes, lines: Sequence[str]) -> None:
        text = "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")
        if text != before:
            rewrite_file(path, text)
        self.forget()

    def _free(self, numbers: range, file: str) -> int:
        taken = {fields[2] for fields in self._lines(file, 7 if file == "passwd" else 4)}
        found = next((number for number in numbers if str(number) not in taken), None)
        if found is None:
            raise MechanismError("every number of an account is taken")
        return found

    def _is_off(self, name: str) -> bool:
        return any(fields[0] == name and fields[6][:1] == OFF for fields in self._lines("passwd", 7))

    def _make_home(self, name: str, number: int, group: int) -> None:
        home = self._root / "home" / name
        try:
            home.parent.mkdir(mode=0o755, exist_ok=True)
            home.mkdir(mode=0o700)
            os.chown(home, number, group)
        except FileExistsError:
            return  # somebody else's: it stays as it is
        except OSError as error:
            raise unwritable(home, error) from error

    # -- LuCI's log-ins -----------------------------------------------------------------------------------------------

    def _forget_logins(self, name: str) -> None:
        edits = self._uci.edit()
        for section in self._logins(edits, name):
            edits.delete(RPCD, section.id)
        self._commit(edits)

    def _logins(self, edits: Edits, name: str) -> list[Section]:
        """Those by an account's own password ("$p$" and its name)."""
        try:
            found = edits.read(RPCD).of_type("login")
        except Missing:
            return []
        return [section for section in found if section.text("password") == f"$p${name}"]

    def _commit(self, edits: Edits) -> None:
        if edits.changed():
            self._committed(edits.commit())
            self._uci.forget()


def _without_member(fields: list[str], name: str) -> list[str] | None:
    """The group of one's own goes, unless others are in it."""
    members = [one for one in fields[3].split(",") if one and one != name]
    return None if fields[0] == name and not members else [*fields[:3], ",".join(members)]


def _switched(fields: list[str], name: str, at: int, enable: bool, expires: int | None = None) -> list[str]:
    """With or without the mark before one field."""
    if fields[0] != name:
        return fields
    changed = [*fields]
    changed[at] = fields[at].removeprefix(OFF) if enable else OFF + fields[at].removeprefix(OFF)
    if enable and at == 1 and not changed[at]:
        changed[at] = "*"  # an empty one would let everybody in
    if expires is not None:
        changed[expires] = "" if enable else "1"
    return changed


def _lock(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise unwritable(path, error) from error
    deadline = time.monotonic() + PATIENCE
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        if time.monotonic() > deadline:
            os.close(descriptor)
            raise MechanismError(f"{path}: somebody else is changing accounts")
        time.sleep(0.02)
