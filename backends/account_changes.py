"""Users and groups as something that is changed all or nothing; the system's own files keep what was made.

Beside them is kept: rows that have no name yet, under which key a row was added, and who was in a group before it was
disabled.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from backends.accounts import NAME, Accounts, User
from backends.errors import MechanismError

log = logging.getLogger(__name__)

USER, GROUP, ROLE = "user", "group", "role"
KINDS: Final = (USER, GROUP, ROLE)


HASHED: Final = re.compile(r"\$[0-9a-z]{1,8}\$[./0-9A-Za-z$=,+-]{8,200}")
"""A password as crypt(3) has it."""


class BadAccount(Exception):
    """What is wanted of a row cannot be; ``field`` names what of it."""

    def __init__(self, reason: str, kind: str, key: str, field: str = "") -> None:
        super().__init__(reason)
        self.reason, self.kind, self.key, self.field = reason, kind, key, field


@dataclass(frozen=True, slots=True)
class Row:
    """A user, group or role as it is wanted; ``name`` "" and ``number`` None before it is made."""

    kind: str
    key: str
    name: str
    number: int | None
    enable: bool
    is_ours: bool
    shell: str = ""
    groups: frozenset[str] = frozenset()


class AccountChanges:
    """A backend of the data model (agent.model.object.Backend)."""

    name = "accounts"

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._state = _blank()
        self._before = _blank()
        self._undo: dict[str, Any] | None = None

    # -- rows ---------------------------------------------------------------------------------------------------------

    def rows(self, kind: str) -> list[Row]:
        """The system's rows, changed as is wanted, and those that are not made yet."""
        there = {key: row for key, row in self._system(kind).items() if key not in self._state["removed"][kind]}
        edits: dict[str, Any] = self._state["edits"][kind]
        shell = self._accounts.no_login if kind == USER else ""
        drafts = {key: Row(kind, key, "", None, False, True, shell) for key in edits if key not in there}
        return [_edited(row, edits.get(row.key, {})) for row in (*there.values(), *drafts.values())]

    def row(self, kind: str, key: str) -> Row:
        """One of them; KeyError."""
        return {row.key: row for row in self.rows(kind)}[key]

    def key_of_group(self, name: str) -> tuple[str, str] | None:
        """Kind and key of the row of a group."""
        found = [row for kind in (GROUP, ROLE) for row in self.rows(kind) if row.name == name]
        return (found[0].kind, found[0].key) if found else None

    def edit(self, kind: str, key: str, **values: Any) -> None:
        """Stage values: name, enable, password (hashed), shell, groups."""
        plain = {name: sorted(value) if isinstance(value, frozenset) else value for name, value in values.items()}
        edits = self._state["edits"][kind]
        edits[key] = {**edits.get(key, {}), **plain}

    def add(self, kind: str) -> str:
        """Stage a row; its key."""
        key = f"+{self._state['next']}"
        self._state["next"] += 1
        self._state["edits"][kind][key] = {}
        return key

    def remove(self, kind: str, key: str) -> None:
        """Stage the removal of a row of ours."""
        self._state["edits"][kind].pop(key, None)
        if key in self._system(kind):
            self._state["removed"][kind].append(key)

    # -- the transaction ----------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """See agent.model.object.Backend."""
        self._before, self._undo = deepcopy(self._state), None

    def prepare(self) -> bool:
        """Raises BadAccount; an account is on nobody's way."""
        for kind in KINDS:
            there = self._system(kind)
            for row in self.rows(kind):
                edits = self._state["edits"][kind].get(row.key, {})
                if row.name and row.key not in there:
                    self._check_new(row)
                elif not row.name and (row.enable or "password" in edits):
                    raise BadAccount("a name is needed first", kind, row.key, "name")
        return False

    def undo_record(self) -> Any:
        """What the files say of those that are about to be changed."""
        names, made = self._touched(), self._made_names()
        if not names:
            return None
        return {"names": names, "made": made, "saved": self._accounts.saved(names)}

    def commit(self) -> None:
        """Make it; MechanismError when a program refuses, and then all is as it was."""
        self._undo = self.undo_record()
        if self._undo is None:
            return
        try:
            self._make()
        except MechanismError:
            self._take_back(self._undo)
            self._undo = None
            raise

    def postpone(self) -> None:
        """What is staged stays wanted until a later commit."""

    def rollback(self) -> None:
        """Forget what is staged, take back what was made."""
        self._state = deepcopy(self._before)
        if self._undo is not None:
            undo, self._undo = self._undo, None
            self._take_back(undo)

    def recover(self, record: Any, same_boot: bool) -> None:  # noqa: ARG002 - the files outlive a boot
        """Undo by a record."""
        if record:
            self._take_back(record)

    def state(self) -> Any:
        """The durable part."""
        return {} if self._state == _blank() else deepcopy(self._state)

    def restore(self, state: Any) -> None:
        """Take the durable part over."""
        self._state = {**_blank(), **deepcopy(state or {})}
        self._before = deepcopy(self._state)

    def backup(self) -> Any:
        """The accounts that were added here, passwords as they are hashed; those of the system are its own."""
        kept: dict[str, Any] = {}
        for kind in KINDS:
            rows = {row.key: self._told(row) for row in self.rows(kind) if row.is_ours}
            if rows:
                kept[kind] = rows
        return kept

    def bring_back(self, kept: Any) -> None:
        """Stage these accounts in place of those that were added here. ValueError, and KeyError, for another form."""
        for kind in KINDS:
            wanted: dict[str, Any] = kept.get(kind, {})
            for row in self.rows(kind):
                if row.is_ours and row.key not in wanted:
                    self.remove(kind, row.key)
            for key, told in wanted.items():
                self._bring_back_row(kind, key, told)

    def _bring_back_row(self, kind: str, key: str, told: Mapping[str, Any]) -> None:
        if not (key[:1] == "+" and key[1:].isdecimal() and len(key) < 10):
            raise ValueError(f"{key!r} is no key of an account that was added")
        name, enable, hashed = told["name"], told["enable"], told.get("password", "")
        shell, groups = told.get("shell", ""), told.get("groups", [])
        if not (isinstance(enable, bool) and all(isinstance(one, str) for one in (name, hashed, shell, *groups))):
            raise ValueError(f"account {key} is of another form")
        if hashed and not HASHED.fullmatch(hashed):
            raise ValueError(f"account {key} has a password of another form")
        self._state["next"] = max(self._state["next"], int(key[1:]) + 1)
        present = {row.key: row for row in self.rows(kind)}.get(key)
        if present is not None and present.name and present.name != name:
            raise BadAccount(f"{present.name} has this place", kind, key, "name")
        before = self._told(present) if present is not None else {}
        values = {"name": name, "enable": enable}
        if kind == USER:
            values |= {"shell": shell, "groups": frozenset(groups), **({"password": hashed} if hashed else {})}
        changed = {
            one: value
            for one, value in values.items()
            if before.get(one) != (sorted(value) if isinstance(value, frozenset) else value)
        }
        if changed or present is None:
            self.edit(kind, key, **changed)

    def _told(self, row: Row) -> dict[str, Any]:
        told: dict[str, Any] = {"name": row.name, "enable": row.enable}
        if row.kind == USER:
            hashed = self._state["edits"][USER].get(row.key, {}).get("password") or self._accounts.hashed(row.name)
            told |= {"shell": row.shell, "groups": sorted(row.groups), **({"password": hashed} if hashed else {})}
        return told

    # -- making -------------------------------------------------------------------------------------------------------

    def _make(self) -> None:
        accounts, edits = self._accounts, self._state["edits"]
        for kind in (GROUP, ROLE):
            for row in self._new_rows(kind):
                accounts.add_group(row.name, of_system=kind == ROLE)
                self._state["names"][kind][row.key] = row.name
        for row in self._new_rows(USER):
            accounts.add_user(row.name)
            self._state["names"][USER][row.key] = row.name
        for row in self.rows(USER):
            if row.name and row.key in edits[USER]:
                self._make_user(row, edits[USER].pop(row.key))
        for kind in (GROUP, ROLE):
            for row in self.rows(kind):
                if row.name and row.key in edits[kind]:
                    self._make_group(row, edits[kind].pop(row.key))
        self._make_removals()

    def _make_user(self, row: Row, edits: Mapping[str, Any]) -> None:
        accounts = self._accounts
        present = next(user for user in accounts.users() if user.name == row.name)
        if "password" in edits:
            accounts.set_password(row.name, edits["password"])
        if row.shell != present.shell:
            accounts.set_shell(row.name, row.shell)
        if "groups" in edits:
            ours = [self._state["names"][kind].values() for kind in (GROUP, ROLE)]
            names = dict.fromkeys([one.name for one in accounts.groups()] + [name for some in ours for name in some])
            for group in filter(None, map(accounts.group, names)):
                disabled = self._state["disabled"].get(group.name)
                wanted = _with(group.members if disabled is None else disabled, row.name, group.name in row.groups)
                if disabled is not None:
                    self._state["disabled"][group.name] = list(wanted)
                elif wanted != group.members:
                    accounts.set_members(group.name, wanted)
        if row.enable != present.is_enabled:
            accounts.set_enabled(row.name, row.enable)

    def _make_group(self, row: Row, edits: Mapping[str, Any]) -> None:
        disabled: dict[str, list[str]] = self._state["disabled"]
        if edits.get("enable") is True and row.name in disabled:
            self._accounts.set_members(row.name, disabled.pop(row.name))
        elif not row.enable and row.name not in disabled:
            group = self._accounts.group(row.name)
            disabled[row.name] = list(group.members) if group else []
            if disabled[row.name]:
                self._accounts.set_members(row.name, ())

    def _make_removals(self) -> None:
        for kind in KINDS:
            for key in self._state["removed"][kind]:
                name = self._state["names"][kind].pop(key)
                self._state["disabled"].pop(name, None)
                if kind == USER:
                    self._accounts.remove_user(name)
                else:
                    self._accounts.remove_group(name)
            self._state["removed"][kind] = []

    def _take_back(self, undo: Mapping[str, Any]) -> None:
        for name in undo["made"]:
            try:
                if self._accounts.has_user(name):
                    self._accounts.remove_user(name, with_home=True)
            except MechanismError as failure:
                log.warning("%s was not taken back by its program: %s", name, failure.reason)
        self._accounts.restore(undo["names"], undo["saved"])

    # -- what there is ------------------------------------------------------------------------------------------------

    def _system(self, kind: str) -> dict[str, Row]:
        keys = {name: key for key, name in self._state["names"][kind].items()}
        found: dict[str, Row] = {}
        if kind == USER:
            for user in self._accounts.users():
                key = keys.get(user.name, user.name)
                found[key] = Row(kind, key, user.name, user.number, user.is_enabled, user.name in keys, user.shell,
                                 self._groups_of(user))  # fmt: skip
            return found
        for group in self._accounts.groups():
            if group.is_of_system == (kind == ROLE) or group.name in keys:
                key = keys.get(group.name, group.name)
                enable = group.name not in self._state["disabled"]
                found[key] = Row(kind, key, group.name, group.number, enable, group.name in keys)
        for name, key in keys.items():  # a new one of the system in which nobody is yet
            empty = self._accounts.group(name)
            if key not in found and empty is not None:
                found[key] = Row(kind, key, name, empty.number, name not in self._state["disabled"], True)
        return found

    def _groups_of(self, user: User) -> frozenset[str]:
        told = {group.name for group in self._accounts.groups()}
        waiting = {name for name, members in self._state["disabled"].items() if user.name in members}
        return frozenset((user.groups | waiting) & (told | waiting))

    def _new_rows(self, kind: str) -> list[Row]:
        there = self._system(kind)
        return [row for row in self.rows(kind) if row.name and row.key not in there]

    def _check_new(self, row: Row) -> None:
        if not NAME.fullmatch(row.name):
            raise BadAccount("a name is lower-case letters, digits, _ and -, at most 32", row.kind, row.key, "name")
        taken = self._accounts.has_user(row.name) if row.kind == USER else self._accounts.group(row.name) is not None
        others = [one for one in self.rows(row.kind) if one.name == row.name and one.key != row.key]
        if taken or others:
            raise BadAccount("this name is taken", row.kind, row.key, "name")

    def _made_names(self) -> list[str]:
        return [row.name for row in self._new_rows(USER)]

    def _touched(self) -> list[str]:
        """Names of users and groups whose lines may change."""
        names: dict[str, None] = {}
        for kind in KINDS:
            for row in self.rows(kind):
                edits = self._state["edits"][kind].get(row.key)
                if row.name and edits is not None:
                    names[row.name] = None
            names.update(dict.fromkeys(self._state["names"][kind][key] for key in self._state["removed"][kind]))
        if names:  # membership stands in the lines of groups
            for kind in (GROUP, ROLE):
                names.update(dict.fromkeys(row.name for row in self._system(kind).values()))
        return list(names)


def _blank() -> dict[str, Any]:
    return {
        "next": 1,
        "names": {kind: {} for kind in KINDS},  # of what was made here, by key
        "edits": {kind: {} for kind in KINDS},
        "removed": {kind: [] for kind in KINDS},
        "disabled": {},
    }


def _edited(row: Row, edits: Mapping[str, Any]) -> Row:
    known = {name: edits[name] for name in ("name", "enable", "shell") if name in edits}
    groups = frozenset(edits["groups"]) if "groups" in edits else row.groups
    return Row(**{**{name: getattr(row, name) for name in Row.__slots__}, **known, "groups": groups})


def _with(members: Sequence[str], name: str, is_in: bool) -> tuple[str, ...]:
    others = tuple(one for one in members if one != name)
    return tuple(members) if is_in and name in members else (*others, name) if is_in else others
