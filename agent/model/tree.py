"""The supported data model: declared objects and the schema woven into one tree of templates."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from agent.model.object import Object, Parameter
from agent.model.schema import ObjectEntry, ParameterEntry, Schema

PLACEHOLDER: Final = "{i}."


class BindingError(ValueError):
    """A declaration that the schema contradicts: an unknown name, a setter for a read-only parameter, no rows."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A supported parameter of a node: bound to the system, or made by the model itself."""

    entry: ParameterEntry
    name: str
    object: Object[Any] | None = None
    binding: Parameter[Any, Any] | None = None
    counts: "Node | None" = None
    """The table that a …NumberOfEntries parameter counts; with neither this nor a binding the leaf is an Alias."""

    @property
    def is_writable(self) -> bool:
        """Whether the schema and the system both let the value be set."""
        return self.entry.writable and (self.binding.set is not None if self.binding else self.counts is None)


@dataclass(eq=False, slots=True)
class Node:
    """An object template ("Device.IP.Interface.{i}."): what declares it, its parameters and its children by name."""

    path: str
    name: str
    parent: "Node | None"
    is_table: bool
    entry: ObjectEntry | None
    objects: list[Object[Any]] = field(default_factory=list)
    leaves: dict[str, Leaf] = field(default_factory=dict)
    children: dict[str, "Node"] = field(default_factory=dict)

    @property
    def adder(self) -> Object[Any] | None:
        """The declaration by which AddObject makes a row, where both schema and system allow it."""
        if self.entry is None or not self.entry.addable_and_deletable:
            return None
        return next((declared for declared in self.objects if declared.add), None)

    @property
    def deleter(self) -> Object[Any] | None:
        """The declaration by which DeleteObject removes a row."""
        if self.entry is None or not self.entry.addable_and_deletable:
            return None
        return next((declared for declared in self.objects if declared.delete), None)

    @property
    def is_durable(self) -> bool:
        """Whether instance numbers survive a restart; below a table whose numbers do not, none do."""
        above = self.parent
        while above is not None and not above.is_table:
            above = above.parent
        return any(declared.durable for declared in self.objects) and (above is None or above.is_durable)

    def walk(self) -> Iterator["Node"]:
        """This node and all below it."""
        yield self
        for child in self.children.values():
            yield from child.walk()


class Tree:
    """All supported templates below their roots ("Device", "InternetGatewayDevice" …)."""

    def __init__(self, schema: Schema, objects: Sequence[Object[Any]]) -> None:
        """Raises BindingError when a declaration and the schema disagree."""
        self.schema = schema
        self.roots: dict[str, Node] = {}
        self._nodes: dict[str, Node] = {}
        for declared in objects:
            self._declare(declared)
        for node in list(self._nodes.values()):
            self._complete(node)
        self._sort()

    def node(self, template: str) -> Node | None:
        """The node of an object template."""
        return self._nodes.get(template)

    def nodes(self) -> Iterator[Node]:
        """Every node, parents before children."""
        for root in self.roots.values():
            yield from root.walk()

    def _declare(self, declared: Object[Any]) -> None:
        node = self._ensure(declared.path)
        node.objects.append(declared)
        if declared.backend is None and (
            declared.add or declared.delete or any(one.set for one in declared.parameters)
        ):
            raise BindingError(f"{declared.path}: can be changed, and names no backend to change it")
        for binding in declared.parameters:
            entry = self.schema.parameters.get(declared.path + binding.name)
            if entry is None:
                raise BindingError(f"{declared.path}{binding.name}: the schema has no such parameter")
            if binding.set is not None and not entry.writable:
                raise BindingError(f"{declared.path}{binding.name}: read-only in the schema, and has a setter")
            if binding.name in node.leaves:
                raise BindingError(f"{declared.path}{binding.name}: bound twice")
            node.leaves[binding.name] = Leaf(entry, binding.name, declared, binding)

    def _ensure(self, path: str) -> Node:
        known = self._nodes.get(path)
        if known is not None:
            return known
        if not path.endswith("."):
            raise BindingError(f"{path}: an object's path ends with a dot")
        is_table = path.endswith(PLACEHOLDER)
        above, _, name = path[: -len(PLACEHOLDER) - 1 if is_table else -1].rpartition(".")
        parent = self._ensure(above + ".") if above else None
        node = Node(path, name, parent, is_table, self.schema.objects.get(path))
        if node.entry is None:
            raise BindingError(f"{path}: the schema has no such object")
        self._nodes[path] = node
        (parent.children if parent else self.roots)[name] = node
        return node

    def _complete(self, node: Node) -> None:
        if not node.is_table:
            return
        if not node.objects:
            raise BindingError(f"{node.path}: something below this table is declared, but not its rows")
        alias = self.schema.parameters.get(node.path + "Alias")
        if alias is not None and "Alias" not in node.leaves:
            node.leaves["Alias"] = Leaf(alias, "Alias")
        counter = node.entry.entries_parameter if node.entry else None
        entry = self.schema.parameters.get(counter) if counter else None
        if entry is not None and node.parent is not None:
            name = entry.path.rpartition(".")[2]
            node.parent.leaves.setdefault(name, Leaf(entry, name, counts=node))

    def _sort(self) -> None:
        """Names are listed in the schema's order."""
        place = {path: number for number, path in enumerate(self.schema.objects)}
        for node in self._nodes.values():
            order = {name: number for number, name in enumerate(self.schema.parameter_names(node.path))}
            node.leaves = dict(sorted(node.leaves.items(), key=lambda item: order[item[0]]))
            node.children = dict(sorted(node.children.items(), key=lambda item: place[item[1].path]))
