"""The schema: what the data models say of every object and parameter, looked up by template and built on request.

A template is a path with ``{i}`` for instance numbers ("Device.IP.Interface.{i}.Enable"); an object's ends with a dot.
Several documents stand side by side: TR-181, services mounted below it, vendor extensions.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, TypeVar

from agent.model.schema_document import Document
from agent.model.schema_entries import (
    Arguments,
    CommandEntry,
    EventEntry,
    ObjectEntry,
    ParameterEntry,
    Profile,
    ProfileObject,
    arguments,
    object_entry,
    parameter_entry,
    parent_of,
)
from agent.model.schema_profiles import profile_entry
from agent.model.schema_shape import SchemaError
from agent.model.schema_text import Facts

__all__ = [
    "CommandEntry",
    "EventEntry",
    "ObjectEntry",
    "ParameterEntry",
    "Profile",
    "ProfileObject",
    "Schema",
    "SchemaError",
    "template_of",
]

Entry = TypeVar("Entry")

_INSTANCE: Final = re.compile(r"\.(?:[0-9]+|\*|\[[^\]]*\])(?=\.|$)")
_MEMBERS: Final = ("parameters", "commands", "events")
_KEPT: Final = 16  # decoded objects; a tree is built object by object


def template_of(path: str) -> str:
    """The template of a path with instance numbers, aliases or wildcards."""
    return _INSTANCE.sub(".{i}", path)


class _Built(Mapping[str, Entry]):
    """Entries by template, each made when first asked for and kept."""

    def __init__(self, build: Callable[[str], Entry | None], names: Callable[[], Iterable[str]]) -> None:
        self._build = build
        self._names = names
        self._kept: dict[str, Entry] = {}

    def __getitem__(self, path: str) -> Entry:
        entry = self._kept.get(path)
        if entry is None:
            entry = self._build(path)
            if entry is None:
                raise KeyError(path)
            self._kept[path] = entry
        return entry

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return sum(1 for _ in self._names())


class Schema:
    """All documents together; entries are looked up by template.

    ``objects`` and the names of parameters keep the documents' order, so that names can be listed in it.
    """

    def __init__(self, documents: tuple[Document, ...]) -> None:
        """For this module's own use: schemas come from ``compiled``, ``from_document`` and ``merged_with``."""
        self._documents = documents
        self.root: str = documents[0].place(documents[0].root)
        self.models: tuple[str, ...] = tuple(document.model for document in documents)
        self._places: dict[str, tuple[tuple[Document, str], ...]] = {}
        for document in documents:
            for path in document.objects:
                place = document.place(path)
                self._places[place] = (*self._places.get(place, ()), (document, path))
        self._decoded = lru_cache(_KEPT)(self._decode)
        self._children: dict[str, list[str]] = {}
        self.objects: Mapping[str, ObjectEntry] = _Built(self._object, self._places.keys)
        self.parameters: Mapping[str, ParameterEntry] = _Built(self._parameter, lambda: self._members("parameters"))
        self.commands: Mapping[str, CommandEntry] = _Built(self._command, lambda: self._members("commands"))
        self.events: Mapping[str, EventEntry] = _Built(self._event, lambda: self._members("events"))
        self._profile_places = {
            _profile_place(documents[0], document) + name: (document, name)
            for document in reversed(documents)
            for name in document.profiles
        }
        self.profiles: Mapping[str, Profile] = _Built(self._profile, self._profile_places.keys)

    @classmethod
    def compiled(cls, text: bytes, source: str = "", mount: str = "") -> "Schema":
        """Read what ``cpe-agent schema compile`` wrote (JSON, decompressed), decoding objects as they are asked for.

        Its members are taken as they are: give anything that a person wrote to ``from_document``. ``mount`` is the
        object below which a service's model stands ("Device.Services."). Raises SchemaError.
        """
        return cls((Document.compiled(text, source, mount),))

    @classmethod
    def from_document(cls, document: Mapping[str, Any], source: str = "", mount: str = "") -> "Schema":
        """Take a document in the shape that config/datamodel/README.md describes, a vendor's extension for example.

        Named types that it does not define have to be in what it is merged with. Raises SchemaError for the first thing
        that is not right, with what is allowed there.
        """
        return cls((Document.checked(document, source, mount),))

    def merged_with(self, other: "Schema") -> "Schema":
        """Both; ``other`` may add objects, and parameters to objects that are there, but redefine nothing.

        Raises SchemaError.
        """
        merged = Schema(self._documents + other._documents)
        for document in other._documents:
            merged._check_addition(document)
        for document in merged._documents:
            for name, where in document.borrowed.items():
                if not any(name in each.types for each in merged._documents):
                    raise SchemaError(f"{where}: type: {name!r} is no base type and not defined in any schema")
        return merged

    # --- looking up ------------------------------------------------------------------------------------------------

    def parameter(self, template: str) -> ParameterEntry | None:
        """The entry of a parameter, or None when there is no such template."""
        return self.parameters.get(template)

    def object(self, template: str) -> ObjectEntry | None:
        """The entry of an object, or None when there is no such template."""
        return self.objects.get(template)

    def profile(self, name: str) -> Profile | None:
        """All that a profile demands, inherited demands included.

        A profile of a service's model is named with the model's root: "VoiceService.Baseline:1".
        """
        return self.profiles.get(name)

    def parameter_names(self, template: str) -> tuple[str, ...]:
        """The names of an object's parameters, in order; none when there is no such object."""
        return self._names(template, "parameters")

    def command_names(self, template: str) -> tuple[str, ...]:
        """The names of an object's commands, in order."""
        return self._names(template, "commands")

    def event_names(self, template: str) -> tuple[str, ...]:
        """The names of an object's events, in order."""
        return self._names(template, "events")

    def children_of(self, template: str) -> tuple[str, ...]:
        """The templates of the objects and tables directly below an object, in order; "" gives the roots."""
        if not self._children:
            for path in self._places:
                if path:
                    self._children.setdefault(parent_of(path), []).append(path)
        return tuple(self._children.get(template, ()))

    def table_counted_by(self, template: str) -> str | None:
        """The table whose rows a …NumberOfEntries parameter counts."""
        for path in self.children_of(template.rpartition(".")[0] + "." if "." in template else ""):
            if self.objects[path].entries_parameter == template:
                return path
        return None

    def forced_inform(self) -> tuple[str, ...]:
        """The templates of the parameters that are in every Inform."""
        return tuple(self._parameters_with("forcedInform"))

    def secrets(self) -> tuple[str, ...]:
        """The templates of the parameters whose values are never shown (hidden or secured)."""
        return tuple(self._parameters_with("hidden", "secured"))

    def is_secret(self, path: str) -> bool:
        """Whether the value at a path (a template, or with instance numbers) is never shown."""
        entry = self.parameters.get(template_of(path))
        return entry is not None and entry.is_secret

    # --- building --------------------------------------------------------------------------------------------------

    def _decode(self, place: str) -> tuple[tuple[Document, Facts], ...]:
        return tuple((document, document.objects[path]) for document, path in self._places.get(place, ()))

    def _names(self, template: str, group: str) -> tuple[str, ...]:
        return tuple(name for _, facts in self._decoded(template) for name in facts.get(group, ()))

    def _members(self, group: str) -> Iterator[str]:
        for place in self._places:
            for name in self._names(place, group):
                yield place + name

    def _parameters_with(self, *keys: str) -> Iterator[str]:
        for document in self._documents:
            for place, facts in document.naming(*keys):
                bodies: dict[str, Any] = facts.get("parameters", {})
                for name, body in bodies.items():
                    if not isinstance(body, str) and any(body.get(key) for key in keys):
                        yield place + name

    def _find(self, path: str, group: str) -> tuple[Document, str, Facts, Any] | None:
        """The document, the object's place and facts, and the facts of a member of it."""
        above, dot, name = path.rpartition(".")
        for document, facts in self._decoded(above + dot):
            member = facts.get(group, {}).get(name)
            if member is not None:
                return document, above + dot, facts, member
        return None

    def _type(self, document: Document) -> Callable[[str], Facts]:
        def look_up(name: str) -> Facts:
            for each in (document, *self._documents):
                if name in each.types:
                    facts = each.types[name]
                    return {"type": facts} if isinstance(facts, str) else facts
            raise SchemaError(f"{document.source}: type: {name!r} is no base type and not defined in any schema")

        return look_up

    def _object(self, path: str) -> ObjectEntry | None:
        decoded = self._decoded(path)
        return object_entry(path, decoded[0][1]) if decoded else None

    def _parameter(self, path: str) -> ParameterEntry | None:
        found = self._find(path, "parameters")
        if found is None:
            return None
        document, _, owner, facts = found
        return parameter_entry(path, facts, owner, self._type(document), document.place)

    def _command(self, path: str) -> CommandEntry | None:
        found = self._find(path, "commands")
        if found is None:
            return None
        document, _, owner, facts = found
        given, taken = (self._arguments(document, f"{path}.", facts.get(group, {})) for group in ("input", "output"))
        return CommandEntry(path, facts.get("async", False), given, taken, *_life(facts, owner))

    def _event(self, path: str) -> EventEntry | None:
        found = self._find(path, "events")
        if found is None:
            return None
        document, _, owner, facts = found
        return EventEntry(path, self._arguments(document, f"{path}.", facts), *_life(facts, owner))

    def _arguments(self, document: Document, path: str, facts: Facts) -> Arguments:
        return arguments(path, facts, self._type(document), document.place)

    def _profile(self, name: str) -> Profile | None:
        found = self._profile_places.get(name)
        return None if found is None else profile_entry(name, *found, self._documents)

    # --- merging ---------------------------------------------------------------------------------------------------

    def _check_addition(self, document: Document) -> None:
        for path, facts in document.objects.items():
            place = document.place(path)
            (first, _), *_ = self._places[place]
            if first is not document:
                self._check_members(document, place, facts)
            elif parent_of(place) and parent_of(place) not in self._places:
                raise SchemaError(f"{document.source}: {place}: its parent {parent_of(place)} is not in any schema")
            counter = self.objects[place].entries_parameter
            if counter is not None and counter not in self.parameters:
                raise SchemaError(f"{document.source}: {place}: entriesParameter: no schema has {counter}")
        for name in document.profiles:
            if any(name in each.profiles and each.root == document.root for each in self._before(document)):
                raise SchemaError(f"{document.source}: profile {name}: it is defined already")

    def _check_members(self, document: Document, place: str, facts: Facts) -> None:
        """An object that is there already can be given new members, and nothing else."""
        for key in facts:
            if key not in _MEMBERS:
                raise SchemaError(
                    f"{document.source}: {place}: {key}: the object is defined already; allowed: {', '.join(_MEMBERS)}"
                )
        for group in _MEMBERS:
            for before, known in self._decoded(place):
                if before is document:
                    break
                for name in facts.get(group, {}):
                    if name in known.get(group, {}):
                        raise SchemaError(
                            f"{document.source}: {place}{name}: it is defined already, in {before.source}"
                        )

    def _before(self, document: Document) -> Iterator[Document]:
        for each in self._documents:
            if each is document:
                return
            yield each


def _profile_place(first: Document, document: Document) -> str:
    return "" if document.root == first.root else document.root


def _life(facts: Facts, owner: Facts) -> tuple[str, str]:
    status: str = facts.get("status") or owner.get("status", "current")
    version: str = facts.get("version") or owner.get("version", "")
    return status, version
