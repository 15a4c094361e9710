"""Compiler from the Broadband Forum's data model XML (TR-106) to the compact schema document; facts only, no prose."""

import gzip
import io
from typing import Any, Final
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

from agent.model import schema_text
from agent.model.schema_entries import BASE_TYPES
from agent.model.schema_shape import VERSION
from agent.model.schema_text import Facts
from agent.schema_xml import (
    CompileError,
    default,
    demanded_arguments,
    entry_counts,
    enumeration_value,
    is_true,
    life,
    list_facet,
    name_of,
    required,
    several,
    unique_keys,
)

Document = dict[str, Any]

# The Forum's private names of one public type, by protocol.
PUBLIC_NAME: Final = {"_AliasCWMP": "Alias", "_AliasUSP": "Alias"}
ABOVE: Final = "^."  # the root below which a service's model (VoiceService …) is mounted, and looks for its neighbours


def compile_document(xml: bytes, types_xml: bytes | None = None) -> Document:
    """Compile one flattened data model ("…-full.xml") to a schema document.

    ``types_xml`` is tr-106-types.xml, for a model that does not repeat the named types it uses. Objects, parameters and
    profiles keep the order of the XML. Raises CompileError.
    """
    top = _parse(xml)
    if top.find("import") is not None:
        raise CompileError("it imports other files: compile the flattened form, whose name ends in -full.xml")
    model = top.find("model")
    if model is None:
        raise CompileError("there is no <model> in it")
    types: dict[str, Element] = {}
    for source in [top] if types_xml is None else [_parse(types_xml), top]:
        types.update((name_of(element), element) for element in source.findall("dataType"))
    return _Compiler(types, model).document(top.get("spec", ""))


def pack(document: Document) -> bytes:
    """The file's bytes: JSON, an object a line, in gzip; the same for the same document on any day and machine."""
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=packed, mtime=0) as stream:
        stream.write(schema_text.write(document))
    return packed.getvalue()


def _parse(xml: bytes) -> Element:
    try:
        top = ET.fromstring(xml)  # noqa: S314  (the Forum's own file, named by a developer)
    except ET.ParseError as error:
        raise CompileError(f"it is not XML: {error}") from error
    if not top.tag.startswith("{urn:broadband-forum-org:cwmp:datamodel-"):
        raise CompileError("it is not a Broadband Forum data model (no dm:document at the top)")
    return top


class _Compiler:
    """One run over one model. Dictionaries are filled in the order in which a reader wants to see the facts."""

    def __init__(self, types: dict[str, Element], model: Element) -> None:
        self.types = types
        self.model = model
        self.used_types: dict[str, Facts] = {}
        self.objects = {name_of(element): element for element in model.findall("object")}
        if not self.objects:
            raise CompileError("its model has no objects")
        self.is_service = is_true(model, "isService")
        shortest = next(iter(self.objects)).split(".")
        self.root = ".".join(shortest[: 2 if shortest[1:2] == ["{i}"] else 1]) + "."

    def document(self, spec: str) -> Document:
        objects = self._objects()
        profiles = {name_of(element): self._profile(element) for element in self.model.findall("profile")}
        document: Document = {"schema": VERSION, "model": required(self.model, "name"), "spec": spec}
        document["types"] = dict(sorted(self.used_types.items()))
        document["objects"] = objects
        if profiles:
            document["profiles"] = profiles
        return document

    # --- objects -----------------------------------------------------------------------------------------------

    def _objects(self) -> dict[str, Facts]:
        objects: dict[str, Facts] = {}
        if self.model.find("parameter") is not None:  # a service's own NumberOfEntries, beside its root
            objects[""] = {"parameters": self._parameters(self.model, "", None)}
        for path, element in self.objects.items():
            objects[path] = self._object(element, path)
        return objects

    def _object(self, element: Element, path: str) -> Facts:
        facts: Facts = {}
        if element.get("access", "readOnly") != "readOnly":
            facts["access"] = element.get("access")
        facts.update(entry_counts(element, is_table=path.endswith("{i}.")))
        facts.update(unique_keys(element))
        for attribute in ("enableParameter", "discriminatorParameter"):
            if element.get(attribute):
                facts[attribute] = element.get(attribute)
        facts.update(life(element))
        for group, make in (("parameters", self._parameters), ("commands", self._commands), ("events", self._events)):
            members = make(element, path, element.get("version"))
            if members:
                facts[group] = members
        return facts

    def _parameters(self, parent: Element, scope: str, version: str | None) -> Facts:
        return {name_of(element): self._parameter(element, scope, version) for element in parent.findall("parameter")}

    def _commands(self, parent: Element, scope: str, version: str | None) -> Facts:
        commands: Facts = {}
        for element in parent.findall("command"):
            facts: Facts = {"async": True} if is_true(element, "async") else {}
            facts.update(life(element, version))
            for direction in ("input", "output"):
                arguments = element.find(direction)
                if arguments is not None:
                    facts[direction] = self._arguments(arguments, f"{scope}{element.get('name')}.")
            commands[name_of(element)] = facts
        return commands

    def _events(self, parent: Element, scope: str, version: str | None) -> Facts:
        return {
            name_of(element): life(element, version) | self._arguments(element, f"{scope}{element.get('name')}.")
            for element in parent.findall("event")
        }

    def _arguments(self, parent: Element, scope: str) -> Facts:
        """Arguments of a command or an event: shaped like an object, with objects of their own inside.

        ``scope`` counts the command or the event as a level: that is how the references in the XML are meant.
        """
        facts: Facts = {}
        parameters = self._parameters(parent, scope, None)
        if parameters:
            facts["parameters"] = parameters
        objects = {
            name_of(element): self._object(element, scope + name_of(element)) for element in parent.findall("object")
        }
        if objects:
            facts["objects"] = objects
        return facts

    # --- parameters and types ----------------------------------------------------------------------------------

    def _parameter(self, element: Element, scope: str, version: str | None) -> Facts | str:
        syntax = element.find("syntax")
        if syntax is None:
            raise CompileError(f"{scope}{element.get('name')}: no <syntax>")
        facts = self._syntax(syntax, scope)
        if element.get("access", "readOnly") != "readOnly":
            facts["access"] = element.get("access")
        for attribute in ("mandatory", "forcedInform"):
            if is_true(element, attribute):
                facts[attribute] = True
        if element.get("activeNotify", "normal") != "normal":
            facts["activeNotify"] = element.get("activeNotify")
        for attribute in ("hidden", "secured", "command"):
            if is_true(syntax, attribute):
                facts[attribute] = True
        facts.update(default(syntax, is_list="list" in facts))
        facts.update(life(element, version))
        return facts["type"] if len(facts) == 1 else facts

    def _syntax(self, parent: Element, scope: str) -> Facts:
        """Type and facets, from a <syntax> or from the definition of a named type."""
        facts: Facts = {}
        for element in parent:
            if element.tag in BASE_TYPES:
                facts = {"type": element.tag} | facts | self._facets(element, scope)
            elif element.tag == "dataType":
                name = element.get("ref") or required(element, "base")
                facts = {"type": self._use_type(name)} | facts | self._facets(element, scope)
            elif element.tag == "list":
                facts["list"] = list_facet(element)
        if "type" not in facts:
            raise CompileError(f"{scope}: a parameter without a type")
        return facts

    def _use_type(self, name: str) -> str:
        """Note that a named type is used, with what it is based on; returns its public name."""
        public = PUBLIC_NAME.get(name, name)
        if public in self.used_types:
            return public
        self.used_types[public] = {}  # a place, so that a circular definition ends
        self.used_types[public] = self._definition(name)
        return public

    def _definition(self, name: str, below: tuple[str, ...] = ()) -> Facts:
        """A named type's facts; what the Forum keeps private (_AliasCommon …) is merged into what is based on it."""
        definition = self.types.get(name)
        if definition is None:
            raise CompileError(f"the type {name} is not defined in it: give tr-106-types.xml with --types")
        base = definition.get("base")
        if base is None:
            return self._syntax(definition, "")
        if name in below:
            raise CompileError(f"the type {name} is based on itself")
        inherited = self._definition(base, (*below, name)) if base.startswith("_") else {"type": self._use_type(base)}
        return inherited | self._facets(definition, "")

    def _facets(self, element: Element, scope: str) -> Facts:
        facts: Facts = {}
        sizes = several(element, "size", (("minLength", "minLength"), ("maxLength", "maxLength")))
        facts.update(sizes[0] if len(sizes) == 1 else {"sizes": sizes} if sizes else {})
        ranges = several(element, "range", (("minInclusive", "min"), ("maxInclusive", "max"), ("step", "step")))
        facts.update(ranges[0] if len(ranges) == 1 else {"ranges": ranges} if ranges else {})
        patterns = [
            required(child, "value") for child in element.findall("pattern") if child.get("status") != "deleted"
        ]
        if patterns:
            facts["patterns"] = patterns
        enumeration = [enumeration_value(child) for child in element.findall("enumeration")]
        if enumeration:
            facts["enumeration"] = enumeration
        units = element.find("units")
        if units is not None:
            facts["units"] = required(units, "value")
        facts.update(self._references(element, scope))
        return facts

    def _references(self, element: Element, scope: str) -> Facts:
        facts: Facts = {}
        path = element.find("pathRef")
        if path is not None:
            reference: Facts = {}
            kind = path.get("targetType", "any")
            parents = (path.get("targetParent") or "").split()
            targets = [self._target(self._resolve(parent, scope), kind) for parent in parents if parent != "."]
            if targets:
                reference["targets"] = targets
            if kind != "row":
                reference["targetType"] = kind
            if path.get("refType") != "strong":
                reference["refType"] = path.get("refType")
            facts["reference"] = reference
        values = element.find("enumerationRef")
        if values is not None:
            facts["enumerationRef"] = {"parameter": self._resolve(required(values, "targetParam"), scope)}
            if values.get("nullValue") is not None:
                facts["enumerationRef"]["nullValue"] = values.get("nullValue")
        return facts

    def _target(self, parent: str, kind: str) -> str:
        """The template of what may be referred to below a parent: rows are named by their table's template."""
        return parent + "{i}." if kind == "row" and not parent.endswith("{i}.") else parent

    def _resolve(self, path: str, scope: str) -> str:
        """A path in full (TR-106 §A.2.3.4): "." is the root, each "#" one level up, all else is below the object."""
        top = self.root.split(".", 1)[0] + "."
        if path.startswith(top):
            return path
        if path.startswith("."):
            name = self.root + path[1:].split(".", 1)[0] + "."
            is_outside = self.is_service and name not in self.objects and name + "{i}." not in self.objects
            return (ABOVE if is_outside else self.root) + path[1:]
        if not path.startswith("#"):
            return scope + path
        return self._resolve_upwards(path, scope)

    def _resolve_upwards(self, path: str, scope: str) -> str:
        rest = path.lstrip("#")
        levels = _levels(scope)
        kept = len(levels) - (len(path) - len(rest))
        if kept < 1:
            raise CompileError(f"{scope}: the reference {path} leaves the model")
        # Inside commands the Forum's files count one level more here and there: the nearest table that exists is meant.
        upwards = [".".join(levels[:count]) + "." + rest.lstrip(".") for count in range(kept, len(levels))]
        return next((known for known in upwards if self.objects.keys() & {known, known + "{i}."}), upwards[0])

    # --- profiles ----------------------------------------------------------------------------------------------

    def _profile(self, element: Element) -> Facts:
        facts: Facts = {}
        if element.get("base"):
            facts["base"] = element.get("base")
        if element.get("extends"):
            facts["extends"] = required(element, "extends").split()
        facts.update(life(element))
        objects: dict[str, Facts] = {}
        if element.find("parameter") is not None:
            objects[""] = self._required_members(element)
        for child in element.findall("object"):
            if child.get("status") != "deleted":
                objects[name_of(child, "ref")] = self._required_members(child)
        if objects:
            facts["objects"] = objects
        return facts

    def _required_members(self, element: Element) -> Facts:
        """What a profile demands of one object: parameters by access, commands, events."""
        facts: Facts = {}
        if element.get("requirement", "present") != "present":
            facts["requirement"] = element.get("requirement")
        for child in element.findall("parameter"):
            if child.get("status") != "deleted":
                facts.setdefault(name_of(child, "requirement"), []).append(name_of(child, "ref"))
        for group in ("command", "event"):
            members = {name_of(child, "ref"): demanded_arguments(child) for child in element.findall(group)}
            if members:
                facts[group + "s"] = members
        return facts


def _levels(path: str) -> list[str]:
    """The components of an object path, an instance placeholder counting with the table's name."""
    levels: list[str] = []
    for part in path.rstrip(".").split("."):
        if part == "{i}" and levels:
            levels[-1] += ".{i}"
        else:
            levels.append(part)
    return levels
