"""Packages of UCI that no service of the agent's configures, as something that is kept and brought back as a whole."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from backends.errors import MechanismError
from backends.openwrt.staged import committed
from backends.uci import ChangedMeanwhile, Edits, Package, Uci, Value
from backends.uci.types import check_name, check_package, check_type, check_value

log = logging.getLogger(__name__)

CONFIGURED: Final = frozenset({
    "network", "wireless", "firewall", "dhcp", "system", "dropbear", "ddns", "upnpd", "sqm", "qos", "rpcd", "cpe-agent",
})  # fmt: skip
"""What services of the agent write, each by its own rules, and the agent's own settings."""

Said = list[dict[str, Any]]
"""A package as JSON: a section has type, name and options."""


class OtherPackages:
    """A backend (agent.model.object.Backend; agent.model.configuration.KeepsElsewhere). Comments of a package that is
    changed stay where its sections do.
    """

    name = "uci"

    def __init__(self, uci: Uci, told: Callable[[Collection[str]], None]) -> None:
        """``told`` hears of the packages that were written."""
        self._uci = uci
        self._told = told
        self._staged: dict[str, Said] = {}
        self._before: dict[str, Said] = {}
        self._made: Edits | None = None

    def backup(self) -> Any:
        """Every such package, as committed; one that cannot be read is left out."""
        self._uci.forget()
        return {name: said for name in self._uci.packages() if (said := self._said(name)) is not None}

    def bring_back(self, kept: Any) -> None:
        """Stage those that differ. ValueError for what UCI cannot say, or for a package that is not here."""
        self._uci.forget()
        staged = dict[str, Said]()
        for name, said in kept.items():
            try:
                check_package(name)
                _check(said)
            except MechanismError as wrong:
                raise ValueError(wrong.reason) from wrong
            if name in CONFIGURED:
                continue
            present = self._said(name)
            if present is None:
                raise ValueError(f"there is no package {name}")
            if said != present:
                staged[name] = said
        self._staged = staged

    def begin(self) -> None:
        """See Backend."""
        self._before, self._made = dict(self._staged), None

    def prepare(self) -> bool:
        """See Backend."""
        edits = self._edits(self._staged)
        try:
            edits.prepare()
        finally:
            edits.revert()
        return False

    def undo_record(self) -> Any:
        """See Backend."""
        return {name: self._said(name) for name in self._staged} or None

    def commit(self) -> None:
        """See Backend."""
        staged, self._staged = self._staged, {}
        if not staged:
            return
        self._made, written = committed(lambda: self._edits(staged))
        self._uci.forget()
        self._told(written)

    def postpone(self) -> None:
        """What is staged is wanted until a later commit."""

    def rollback(self) -> None:
        """See Backend."""
        made, self._made = self._made, None
        self._staged = dict(self._before)
        if made is not None:
            try:
                self._told(made.undo())
            except ChangedMeanwhile as error:
                log.warning("what somebody has written since stays: %s", error.reason)
            self._uci.forget()

    def recover(self, record: Any, same_boot: bool) -> None:  # noqa: ARG002 - UCI is kept over a boot
        """See Backend."""
        if record:
            self._staged = {name: said for name, said in record.items() if said is not None}
            self.commit()
            self._made = None

    def state(self) -> Any:
        """What waits to be made."""
        return dict(self._staged)

    def restore(self, state: Any) -> None:
        """See Backend."""
        self._staged = dict(state or {})

    def _said(self, name: str) -> Said | None:
        if name in CONFIGURED:
            return None
        try:
            return _said(self._uci.read(name))
        except MechanismError as error:
            log.debug("%s is left out: %s", name, error.reason)
            return None

    def _edits(self, staged: Mapping[str, Said]) -> Edits:
        self._uci.forget()
        edits = self._uci.edit()
        for name, said in staged.items():
            _write(edits, name, said)
        return edits


def _said(package: Package) -> Said:
    return [
        {
            "type": section.type,
            "name": section.name,
            "options": {
                name: value if isinstance(value, str) else list(value) for name, value in section.options.items()
            },
        }
        for section in package.sections
    ]


def _write(edits: Edits, package: str, said: Said) -> None:
    """Let a package say this: by option where its sections are the same, else with sections of its own."""
    there = edits.read(package).sections
    if [(one.type, one.name) for one in there] != [(one["type"], one["name"]) for one in said]:
        for section in there:
            edits.delete(package, section.id)
        places = [edits.add(package, one["type"], one["name"]) for one in said]
        for place, one in zip(places, said, strict=True):
            for name, value in one["options"].items():
                edits.set(package, place, name, _value(value))
        return
    for section, one in zip(there, said, strict=True):
        for name in set(section.options) - set(one["options"]):
            edits.delete(package, section.id, name)
        for name, value in one["options"].items():
            if section.options.get(name) != _value(value):
                edits.set(package, section.id, name, _value(value))


def _value(value: Any) -> Value:
    return value if isinstance(value, str) else tuple(value)


def _check(said: Any) -> None:
    """NotUci (a MechanismError), ValueError and their like for what is no package."""
    for one in said:
        if one.keys() != {"type", "name", "options"}:
            raise ValueError("a section has type, name and options")
        check_type(one["type"])
        if one["name"]:
            check_name(one["name"])
        for name, value in one["options"].items():
            check_name(name, "an option")
            texts: Sequence[Any] = [value] if isinstance(value, str) else value
            if not texts or not all(isinstance(text, str) for text in texts):
                raise ValueError(f"{name} is neither a text nor a list of texts")
            for text in texts:
                check_value(text)
