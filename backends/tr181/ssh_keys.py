"""Device.SSH.AuthorizedKey.: the keys that let users in: those set here, and those that people keep themselves."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent.model.errors import Denied, InvalidValue
from agent.model.object import Object, Parameter, Target
from backends.account_changes import USER
from backends.desired_state import Pointer
from backends.ssh.people import FILES, PersonalKey, personal_keys
from backends.ssh.records import AuthorizedKey
from backends.ssh.rendering import checked_key
from backends.tr181.service import TableService, only, target_of
from backends.tr181.users import USERS, AccountTables

KEYS: Final = "Device.SSH.AuthorizedKey.{i}."


class PersonalKeys:
    """What people keep, read once for a request."""

    def __init__(
        self, root: Path, accounts: AccountTables | None, *, files: Sequence[str] = FILES, without: Collection[str] = ()
    ) -> None:
        """In these files of the homes, but of users in ``without``."""
        self._root = root
        self._accounts = accounts
        self._files = files
        self._without = without
        self._found: Sequence[PersonalKey] | None = None

    def __call__(self) -> Sequence[PersonalKey]:
        """All of them."""
        if self._found is None:
            accounts = self._accounts
            users = {row.name for row in accounts.rows(USER)} - {*self._without} if accounts else set[str]()
            homes = accounts.accounts.homes() if accounts else {}
            known = {user: homes[user] for user in sorted(users & homes.keys())}
            self._found = list(personal_keys(self._root, known, self._files))
        return self._found

    def forget(self) -> None:
        """Read again for the next request."""
        self._found = None


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key under its row's key; ``personal`` where it is of somebody's own."""

    key: str
    personal: PersonalKey | None = None


def authorized_keys(tables: TableService, accounts: AccountTables | None, personal: PersonalKeys) -> list[Object[Any]]:
    """The table, where users can be told from each other."""
    if accounts is None:
        return []

    def rows() -> list[KeyRow]:
        own = [KeyRow(key) for key in tables.wanted.of(AuthorizedKey)]
        return own + [KeyRow(one.identity, one) for one in personal()]

    def user(row: KeyRow) -> Target | None:
        if row.personal is None:
            return target_of(tables.wanted.get(AuthorizedKey, row.key).user)
        name = row.personal.user
        return next((Target(USERS, (one.key,)) for one in accounts.rows(USER) if one.name == name), None)

    def text(row: KeyRow) -> str:
        return row.personal.text if row.personal else tables.wanted.get(AuthorizedKey, row.key).text

    def check_ours(row: KeyRow) -> None:
        if row.personal is not None:
            raise Denied("", f"the key is in {row.personal.user}'s own file")

    def set_user(row: KeyRow, target: Target | None) -> None:
        check_ours(row)
        pointer: Pointer | None = only(USERS)(target)
        tables.edit(AuthorizedKey, row.key, user=pointer)

    def set_key(row: KeyRow, value: str) -> None:
        check_ours(row)
        try:
            tables.edit(AuthorizedKey, row.key, text=checked_key(value) if value else "")
        except ValueError as wrong:
            raise InvalidValue("", str(wrong)) from wrong

    def delete(row: KeyRow) -> None:
        check_ours(row)
        tables.remove(AuthorizedKey, row.key)

    return [
        Object(
            KEYS,
            rows,
            lambda row: (row.key,),
            [Parameter("User", user, set_user), Parameter("Key", text, set_key)],
            add=lambda _: (tables.add(AuthorizedKey()),),
            delete=delete,
            backend=tables,
            source=lambda row: "~/.ssh/authorized_keys" if row.personal else "what lets its user in",
        )
    ]
