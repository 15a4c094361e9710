"""Device.Users.: people's accounts, the groups they are in, and roles: the system's groups, which give rights."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from agent.model.errors import Denied, InvalidValue
from agent.model.object import Object, Parameter, RowsRefused, Target
from backends.account_changes import GROUP, ROLE, USER, AccountChanges, BadAccount, Row
from backends.accounts import NAME, Accounts, hashed
from backends.errors import MechanismError
from backends.programs import find_program
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part

USERS: Final = "Device.Users.User.{i}."
GROUPS: Final = "Device.Users.Group.{i}."
ROLES: Final = "Device.Users.Role.{i}."
SHELLS: Final = "Device.Users.SupportedShell.{i}."
TABLES: Final = {USER: USERS, GROUP: GROUPS, ROLE: ROLES}
NAMES: Final = {USER: "Username", GROUP: "Groupname", ROLE: "RoleName"}
PROGRAMS: Final = ("useradd", "usermod", "userdel", "groupadd", "groupdel", "gpasswd", "chpasswd")
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class AccountTables(AccountChanges):
    """The backend whose refusals are the data model's."""

    def __init__(self, accounts: Accounts) -> None:
        super().__init__(accounts)
        self.accounts = accounts

    def prepare(self) -> bool:
        """See AccountChanges; raises RowsRefused."""
        try:
            return super().prepare()
        except BadAccount as bad:
            names = [NAMES[bad.kind]] if bad.field == "name" else []
            raise RowsRefused(InvalidValue, bad.reason, [Target(TABLES[bad.kind], (bad.key,))], names) from bad


def accounts(mechanisms: Mechanisms) -> Part | None:
    """The accounts, where the programs are that change them."""
    if not all(find_program(program) for program in PROGRAMS):
        return None
    made = Accounts(mechanisms.system.root)
    tables = AccountTables(made)
    return Part("accounts", {"accounts": tables}, tables, [made.forget], follows=frozenset())


def users(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Users and the tables below it."""
    tables = mechanisms.accounts
    if tables is None:
        return []
    editing = _Editing(tables, mechanisms.may_change_system)
    return [
        Object(path="Device.Users.", rows=lambda: (None,), keys=lambda _: (), parameters=[]),
        editing.table(USER, _user_parameters(tables, editing)),
        editing.table(GROUP, _group_parameters(editing, GROUP)),
        editing.table(ROLE, _group_parameters(editing, ROLE)),
        _shells(tables.accounts),
    ]


class _Editing:
    """What may be changed, and by whom."""

    def __init__(self, tables: AccountTables, may_change: bool) -> None:
        self._tables = tables
        self._may_change = may_change

    def table(self, kind: str, parameters: Sequence[Parameter[Row, Any]]) -> Object[Row]:
        """The table of a kind."""
        return Object(
            path=TABLES[kind],
            rows=lambda: self._tables.rows(kind),
            keys=lambda row: (row.key,),
            parameters=parameters,
            add=lambda _: self._add(kind),
            delete=self._delete,
            backend=self._tables,
            source=lambda _: "/etc/passwd, /etc/shadow" if kind == USER else "/etc/group",
        )

    def edit(self, row: Row, **values: Any) -> None:
        """Stage values; Denied for what is not the agent's to change."""
        self._allow()
        if row.number == 0 and not (values.keys() == {"password"} and self._tables.accounts.has_roots_password):
            raise Denied("", "root's account is not changed from afar")
        self._tables.edit(row.kind, row.key, **values)

    def rename(self, row: Row, name: str) -> None:
        """Name a new row."""
        present = self._tables.row(row.kind, row.key)
        if name == present.name:
            return
        if present.number is not None:
            raise InvalidValue("", "what has been made keeps its name: add another one")
        if name and not NAME.fullmatch(name):
            raise InvalidValue("", "a name is lower-case letters, digits, _ and -, at most 32")
        self.edit(row, name=name)

    def _allow(self) -> None:
        if not self._may_change:
            raise Denied("", "accounts are changed only with [system] manage = true")

    def _add(self, kind: str) -> tuple[str, ...]:
        self._allow()
        return (self._tables.add(kind),)

    def _delete(self, row: Row) -> None:
        self._allow()
        if not row.is_ours:
            raise Denied("", "somebody else made it: it can be disabled, not removed")
        self._tables.remove(row.kind, row.key)


def _user_parameters(tables: AccountTables, editing: _Editing) -> list[Parameter[Row, Any]]:
    def set_password(row: Row, password: str) -> None:
        if not password or CONTROL.search(password):
            raise InvalidValue("", "a password is not empty and has no control characters")
        try:
            editing.edit(row, password=hashed(password))
        except MechanismError as wrong:
            raise InvalidValue("", wrong.reason) from wrong

    def targets(kind: str) -> Callable[[Row], list[Target]]:
        def read(row: Row) -> list[Target]:
            return [Target(TABLES[kind], (one.key,)) for one in tables.rows(kind) if one.name in row.groups]

        return read

    def set_groups(kind: str) -> Callable[[Row, Sequence[Target | None]], None]:
        def store(row: Row, wanted: Sequence[Target | None]) -> None:
            every = {one.key: one.name for one in tables.rows(kind)}
            names = [every.get(target.keys[-1], "") if target else "" for target in wanted]
            if not all(names):
                raise InvalidValue("", "a row that has a name is needed")
            present = tables.row(USER, row.key).groups
            editing.edit(row, groups=frozenset(names) | (present - set(every.values())))

        return store

    def set_shell(row: Row, shell: Target | None) -> None:
        editing.edit(row, shell=shell.keys[-1] if shell else tables.accounts.no_login)

    def shell(row: Row) -> Target | None:
        return Target(SHELLS, (row.shell,)) if row.shell in tables.accounts.shells() else None

    return [
        Parameter("Enable", lambda row: row.enable, lambda row, enable: editing.edit(row, enable=enable)),
        Parameter("UserID", lambda row: row.number or 0),
        Parameter("Username", lambda row: row.name, editing.rename),
        Parameter("Password", lambda _: "", set_password),
        Parameter("GroupParticipation", targets(GROUP), set_groups(GROUP)),
        Parameter("RoleParticipation", targets(ROLE), set_groups(ROLE)),
        Parameter("StaticUser", lambda row: not row.is_ours),
        Parameter("Shell", shell, set_shell),
    ]


def _group_parameters(editing: _Editing, kind: str) -> list[Parameter[Row, Any]]:
    prefix = "Group" if kind == GROUP else "Role"
    return [
        Parameter("Enable", lambda row: row.enable, lambda row, enable: editing.edit(row, enable=enable)),
        Parameter(f"{prefix}ID", lambda row: row.number or 0),
        Parameter(NAMES[kind], lambda row: row.name, editing.rename),
        Parameter(f"Static{prefix}", lambda row: not row.is_ours),
    ]


def _shells(found: Accounts) -> Object[str]:
    return Object(
        path=SHELLS,
        rows=found.shells,
        keys=lambda shell: (shell,),
        parameters=[Parameter("Enable", lambda _: True), Parameter("Name", lambda shell: shell[:64])],
        source=lambda _: "/etc/shells",
    )
