"""One document of the schema: read, checked, and mounted where its model stands."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.model import schema_shape, schema_text
from agent.model.schema_entries import BASE_TYPES
from agent.model.schema_shape import SchemaError
from agent.model.schema_text import Facts


@dataclass(frozen=True)
class Document:
    """A document's facts, and the object below which its root is mounted ("" for nowhere)."""

    source: str
    model: str
    types: Mapping[str, Facts | str]
    objects: Mapping[str, Facts]
    profiles: Mapping[str, Facts]
    mount: str
    root: str
    borrowed: Mapping[str, str] = field(default_factory=dict)  # types it uses and does not define, and where

    @classmethod
    def compiled(cls, text: bytes, source: str, mount: str) -> "Document":
        """Read what the compiler wrote, taking its members as they are. Raises SchemaError."""
        try:
            document = schema_text.read(text)
        except ValueError as error:
            raise SchemaError(f"{source}: it is not JSON: {error}") from error
        schema_shape.check_document(document, source)
        return cls._made(document, source, mount, {})

    @classmethod
    def checked(cls, document: Mapping[str, Any], source: str, mount: str) -> "Document":
        """Check every member of what a person wrote. Raises SchemaError for the first that is not right."""
        schema_shape.check_document(document, source)
        for path, facts in document["objects"].items():
            schema_shape.check_object(path, facts, source)
        for name, facts in document.get("profiles", {}).items():
            schema_shape.check_profile(name, facts, source)
        _refuse_circles(document.get("types", {}), source)
        return cls._made(document, source, mount, dict(_borrowed_types(document, source)))

    @classmethod
    def _made(cls, document: Mapping[str, Any], source: str, mount: str, borrowed: Mapping[str, str]) -> "Document":
        objects: Mapping[str, Facts] = document["objects"]
        root = next((path.split(".", 1)[0] + "." for path in objects if path), "")
        types, profiles = document.get("types", {}), document.get("profiles", {})
        return cls(source, document.get("model", ""), types, objects, profiles, mount, root, borrowed)

    def place(self, path: str) -> str:
        """The final path of one that the document mentions; "^." begins those below the root above the mount."""
        if path.startswith("^.") and self.mount:
            return self.mount.partition(".")[0] + path[1:]
        return self.mount + path if path == "" or path.startswith(self.root) else path

    def naming(self, *keys: str) -> Iterable[tuple[str, Facts]]:
        """Objects in which one of the keys may occur, by final path."""
        found = self.objects.naming(*keys) if isinstance(self.objects, schema_text.Lines) else self.objects.items()
        return ((self.place(path), facts) for path, facts in found)


def _refuse_circles(types: Mapping[str, Any], source: str) -> None:
    for start in types:
        name, seen = start, {start}
        while name in types:
            name = types[name] if isinstance(types[name], str) else types[name]["type"]
            if name in seen:
                raise SchemaError(f"{source}: types: {start}: it is based on itself")
            seen.add(name)


def _borrowed_types(document: Mapping[str, Any], source: str) -> Iterator[tuple[str, str]]:
    """Named types that are used and not defined, each with a place where it is used."""
    own = BASE_TYPES | document.get("types", {}).keys()
    for where, body in _bodies(document):
        name = body if isinstance(body, str) else body["type"]
        if name not in own:
            yield name, f"{source}: {where}"


def _bodies(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, body in document.get("types", {}).items():
        yield f"types: {name}", body
    for path, facts in document["objects"].items():
        yield from _bodies_below(path, facts)
        for name, command in facts.get("commands", {}).items():
            for direction in ("input", "output"):
                yield from _bodies_below(f"{path}{name}: {direction}: ", command.get(direction, {}))
        for name, event in facts.get("events", {}).items():
            yield from _bodies_below(f"{path}{name}: ", event)


def _bodies_below(where: str, facts: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, body in facts.get("parameters", {}).items():
        yield where + name, body
    for path, inner in facts.get("objects", {}).items():
        yield from _bodies_below(where + path, inner)
