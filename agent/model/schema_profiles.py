"""Profiles: what each demands, with the demands of those that it is based on."""

from collections.abc import Sequence
from typing import Final

from agent.model.schema_document import Document
from agent.model.schema_entries import Profile, ProfileObject
from agent.model.schema_shape import SchemaError
from agent.model.schema_text import Facts

_REQUIREMENTS: Final = ("notSpecified", "present", "createDelete")  # the later demands more
_ACCESSES: Final = ("readOnly", "writeOnceReadOnly", "readWrite")


def profile_entry(name: str, document: Document, own_name: str, documents: Sequence[Document]) -> Profile:
    """A profile of a document, called ``name`` in the whole schema; its bases may stand in any of the documents.

    Raises SchemaError when one of them is not there, or contains itself.
    """
    demanded: dict[str, _Demands] = {}
    _gather(document, own_name, documents, demanded, ())
    facts = document.profiles[own_name]
    return Profile(
        name,
        {path: demands.frozen() for path, demands in demanded.items()},
        facts.get("status", "current"),
        facts.get("version", ""),
    )


def _gather(
    document: Document,
    name: str,
    documents: Sequence[Document],
    demanded: "dict[str, _Demands]",
    below: tuple[str, ...],
) -> None:
    """Add what a profile demands to what is demanded already: what it is based on first."""
    if name not in document.profiles:
        document = next((each for each in documents if name in each.profiles), document)
    if name not in document.profiles or name in below:
        raise SchemaError(f"{document.source}: profile {name}: it is not defined, or contains itself")
    facts = document.profiles[name]
    for base in ([facts["base"]] if "base" in facts else []) + list(facts.get("extends", ())):
        _gather(document, base, documents, demanded, (*below, name))
    for path, members in facts.get("objects", {}).items():
        demanded.setdefault(document.place(path), _Demands()).add(members)


class _Demands:
    """What profiles demand of one object, being gathered."""

    def __init__(self) -> None:
        self.requirement = _REQUIREMENTS[0]
        self.parameters: dict[str, str] = {}
        self.commands: dict[str, dict[str, None]] = {}
        self.events: dict[str, None] = {}

    def add(self, members: Facts) -> None:
        """Of two demands for the same thing the greater one counts."""
        self.requirement = max(self.requirement, members.get("requirement", "present"), key=_REQUIREMENTS.index)
        for access in _ACCESSES:
            for name in members.get(access, ()):
                self.parameters[name] = max(access, self.parameters.get(name, access), key=_ACCESSES.index)
        for name, directions in members.get("commands", {}).items():
            self.commands.setdefault(name, {}).update(
                dict.fromkeys(
                    f"{direction}.{argument}" for direction, names in directions.items() for argument in names
                )
            )
        self.events.update(dict.fromkeys(members.get("events", {})))

    def frozen(self) -> ProfileObject:
        """The result."""
        commands = {name: tuple(arguments) for name, arguments in self.commands.items()}
        return ProfileObject(self.requirement, self.parameters, commands, tuple(self.events))
