"""Facts of single elements of the Broadband Forum's data model XML."""

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from agent.model.schema_text import Facts


class CompileError(Exception):
    """The XML is no data model that can be compiled; the message says where and what to do."""


def required(element: Element, attribute: str) -> str:
    """An attribute that has to be there. Raises CompileError."""
    value = element.get(attribute)
    if value is None:
        raise CompileError(f"<{element.tag}> without {attribute}=: {dict(element.attrib)}")
    return value


def name_of(element: Element, attribute: str = "name") -> str:
    """A name; a few of the Forum's have white space around them."""
    return required(element, attribute).strip()


def is_true(element: Element, attribute: str) -> bool:
    """Whether an attribute that may be left out says yes."""
    return element.get(attribute) in ("true", "1")


def life(element: Element, inherited_version: str | None = None) -> Facts:
    """Since which version it exists, and whether it is still in use."""
    facts: Facts = {}
    version = element.get("version")
    if version is not None and version != inherited_version:
        facts["version"] = version
    if element.get("status", "current") != "current":
        facts["status"] = element.get("status")
    return facts


def entry_counts(element: Element, is_table: bool) -> Facts:
    """How many there may be; omitted: any number of rows of a table, exactly one of anything else."""
    facts: Facts = {}
    minimum, maximum = element.get("minEntries", "1"), element.get("maxEntries", "1")
    if minimum != ("0" if is_table else "1"):
        facts["minEntries"] = int(minimum)
    if maximum not in ("unbounded", *([] if is_table else ["1"])):
        facts["maxEntries"] = int(maximum)
    if element.get("numEntriesParameter"):
        facts["entriesParameter"] = element.get("numEntriesParameter")
    return facts


def unique_keys(element: Element) -> Facts:
    """Which parameters name a row: among the enabled ones, and among all."""
    facts: Facts = {}
    for key in element.findall("uniqueKey"):
        group = "nonFunctionalKeys" if key.get("functional") == "false" else "uniqueKeys"
        facts.setdefault(group, []).append([name_of(child, "ref") for child in key.findall("parameter")])
    return dict(sorted(facts.items(), reverse=True))


def default(syntax: Element, is_list: bool) -> Facts:
    """The value as text on the wire: the XML writes lists in brackets."""
    element = syntax.find("default")
    if element is None or element.get("status") == "deleted":
        return {}
    value = required(element, "value")
    if is_list and value.startswith("[") and value.endswith("]"):
        value = value[1:-1]
    facts: Facts = {"default": value}
    if element.get("type") != "object":
        facts["defaultType"] = element.get("type")
    return facts


def list_facet(element: Element) -> Facts:
    """How many items a list may have, how long its text may be, and whether its items stand in brackets."""
    facts: Facts = {}
    for attribute in ("minItems", "maxItems"):
        if element.get(attribute, "unbounded") != "unbounded":
            facts[attribute] = int(required(element, attribute))
    sizes = several(element, "size", (("minLength", "minLength"), ("maxLength", "maxLength")))
    facts.update(sizes[0] if len(sizes) == 1 else {"sizes": sizes} if sizes else {})
    if element.get("nestedBrackets", "legacy") != "legacy":
        facts["nestedBrackets"] = element.get("nestedBrackets")
    return facts


def several(element: Element, tag: str, names: Sequence[tuple[str, str]]) -> list[Facts]:
    """The facts of each child of a kind; an empty one says nothing and is left out."""
    return [facts for facts in _each(element, tag, names) if facts]


def _each(element: Element, tag: str, names: Sequence[tuple[str, str]]) -> Iterator[Facts]:
    for child in element.findall(tag):
        if child.get("status") != "deleted":
            yield {ours: int(required(child, theirs)) for theirs, ours in names if child.get(theirs) is not None}


def enumeration_value(element: Element) -> Facts | str:
    """A word that a value may be; the word alone when there is nothing else to say of it."""
    facts: Facts = {"value": required(element, "value")}
    if is_true(element, "optional"):
        facts["optional"] = True
    if element.get("access", "readWrite") != "readWrite":
        facts["access"] = element.get("access")
    facts.update(life(element))
    return facts["value"] if len(facts) == 1 else facts


def demanded_arguments(element: Element) -> Facts:
    """The arguments that a profile demands, each by its path below the command."""
    facts: Facts = {}
    for direction in ("input", "output"):
        group = element.find(direction)
        if group is None:
            continue
        names = [name_of(child, "ref") for child in group.findall("parameter")]
        for inner in group.findall("object"):
            path = name_of(inner, "ref")
            names.extend([path, *(path + name_of(child, "ref") for child in inner.findall("parameter"))])
        if names:
            facts[direction] = names
    return facts
