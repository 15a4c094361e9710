"""What the kernel said of each packet filter rule right after we made it: one that it describes otherwise was replaced.

libnftables reads a rule back in words of its own, so what was asked for cannot be compared with what is there. What it
says of one rule is always the same, as long as the library is the same.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from backends.files import read_text, write_if_different

DIGEST: Final = 16
CHANGING: Final = frozenset({"counter", "quota", "last"})
"""The statements that say what has happened."""


def essence(expressions: Any) -> str:
    """A digest of what a rule does, as libnftables reads it back, without what it has counted."""
    return hashlib.sha256(json.dumps(_lasting(expressions), sort_keys=True).encode()).hexdigest()[:DIGEST]


def _lasting(told: Any) -> Any:
    if isinstance(told, list):
        return [_lasting(one) for one in told]
    if not isinstance(told, dict):
        return told
    lasting: dict[str, Any] = {key: None if key in CHANGING else _lasting(value) for key, value in told.items()}
    members = lasting.get("set")
    if isinstance(members, list):  # its order is the kernel's
        members.sort(key=lambda one: json.dumps(one, sort_keys=True))
    return lasting


class RuleMemory:
    """By table, and in it by comment, the essence of each rule. Kept in ``directory``, which should not outlive the
    kernel that it speaks of, or in this process where that is None.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory
        self._tables: dict[str, tuple[str, Mapping[str, str]]] = {}

    def known(self, table: str, version: str) -> Mapping[str, str]:
        """What was learnt of a table's rules from this version of the library; empty where nothing was."""
        if table not in self._tables:
            self._tables[table] = self._kept(table)
        told_by, known = self._tables[table]
        return known if told_by == version else {}

    def learn(self, table: str, version: str, rules: Mapping[str, str]) -> None:
        """From now on these are a table's rules, and no others."""
        self._tables[table] = version, dict(rules)
        if self._directory is not None:
            text = json.dumps({"version": version, "rules": rules}, sort_keys=True)
            write_if_different(self._file(self._directory, table), text)

    def forget(self, table: str) -> None:
        """The table is no more."""
        self._tables.pop(table, None)
        if self._directory is not None:
            self._file(self._directory, table).unlink(missing_ok=True)

    def _kept(self, table: str) -> tuple[str, Mapping[str, str]]:
        text = read_text(self._file(self._directory, table)) if self._directory else None
        try:
            kept = json.loads(text or "{}")
            return str(kept["version"]), {str(comment): str(one) for comment, one in kept["rules"].items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            return "", {}

    @staticmethod
    def _file(directory: Path, table: str) -> Path:
        return directory / f"{table}.json"
