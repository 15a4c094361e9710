"""One request's view of the tree: each table's rows read once, and paths resolved to places in it."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from agent.model.errors import ModelError, Unavailable, UnknownPath
from agent.model.instances import Instance, Instances
from agent.model.object import Object, Target
from agent.model.path import Alias, Name, Number, ParameterPath, Segment, Wildcard
from agent.model.tree import Leaf, Node, Tree

log = logging.getLogger(__name__)

STALL: Final = 10.0
"""Seconds for which a mechanism that missed its deadline is not asked again."""
BUDGET: Final = 5.0
"""Seconds that all tables of one request may take together."""


@dataclass(frozen=True, slots=True)
class Place:
    """An object that exists: an instance of a table, or a single object. ``keys`` has one key for each instance above.

    ``concrete`` is its path with instance numbers, ``shown`` the path as the caller wants to see it.
    """

    node: Node
    keys: tuple[str, ...]
    concrete: str
    shown: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table below a place, as distinct from its rows ("Device.IP.Interface.")."""

    node: Node
    keys: tuple[str, ...]
    concrete: str
    shown: str


@dataclass(frozen=True, slots=True)
class LeafAt:
    """A parameter that exists."""

    place: Place
    leaf: Leaf

    @property
    def concrete(self) -> str:
        """The path with instance numbers."""
        return self.place.concrete + self.leaf.name

    @property
    def shown(self) -> str:
        """The path as the caller wants to see it."""
        return self.place.shown + self.leaf.name


class UnknownAlias(UnknownPath):
    """The table exists, but no row of it has the alias; ``table`` is where AutoCreateInstances can make one."""

    def __init__(self, path: str, table: Table, alias: str) -> None:
        super().__init__(path, f"no row of {table.shown} has the alias {alias}")
        self.table = table
        self.alias = alias


class Stalled(Unavailable):
    """A mechanism did not answer in time, a moment ago or just now: asking again at once would only wait again."""


class Stalls:
    """Which tables missed their deadline, and until when they are not asked again."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self._until: dict[int, float] = {}

    def check(self, declared: Object[Any]) -> None:
        """Raises Stalled while a table is not to be asked."""
        if self._until.get(id(declared), 0.0) > self.clock():
            raise Stalled(declared.path, "did not answer in time a moment ago; it is asked again in some seconds")

    def missed(self, declared: Object[Any]) -> None:
        """Remember a miss."""
        self._until[id(declared)] = self.clock() + STALL


class View:
    """What the tree looks like during one request. Rows are read at first need and then stay the same."""

    def __init__(self, tree: Tree, instances: Instances, stalls: Stalls, shows_aliases: bool) -> None:
        self._tree = tree
        self._instances = instances
        self._stalls = stalls
        self._shows_aliases = shows_aliases
        self._spent = 0.0
        self._rows: dict[int, dict[tuple[str, ...], Any]] = {}
        self._groups: dict[str, dict[tuple[str, ...], list[str]]] = {}
        self._settled: dict[str, dict[str, Instance]] = {}

    def forget(self) -> None:
        """Read again from here on: something was added or deleted, or has other keys."""
        self._rows.clear()
        self._groups.clear()
        self._settled.clear()

    def renamed(self, table: Table) -> None:
        """A row of the table has another alias now."""
        self._settled.pop(table.concrete, None)

    # -- rows -------------------------------------------------------------------------------------------------------

    def row(self, declared: Object[Any], keys: tuple[str, ...]) -> Any:
        """The row with these keys; raises KeyError when the declaration has none."""
        return self._read(declared)[keys]

    def declares(self, declared: Object[Any], keys: tuple[str, ...]) -> bool:
        """Whether the row with these keys is one of the declaration's: a table may have several."""
        return keys in self._read(declared)

    def has(self, leaf: Leaf, keys: tuple[str, ...]) -> bool:
        """Whether the parameter exists in the row."""
        return leaf.object is None or self.declares(leaf.object, keys)

    def table_size(self, node: Node) -> int:
        """Rows of a table under all its parents together."""
        return sum(len(own) for own in self._group(node).values())

    def _read(self, declared: Object[Any]) -> dict[tuple[str, ...], Any]:
        known = self._rows.get(id(declared))
        if known is not None:
            return known
        self._stalls.check(declared)
        if self._spent > BUDGET:
            raise Stalled(declared.path, f"the request has used up its {BUDGET:.0f} s")
        start = self._stalls.clock()
        try:
            rows = {declared.keys(row): row for row in declared.rows()}
        except ModelError:
            raise
        except TimeoutError as late:
            self._stalls.missed(declared)
            log.warning("%s did not answer in time: %s", declared.path, late)
            raise Stalled(declared.path, "did not answer in time") from late
        except Exception as surprise:
            log.exception("%s could not be read", declared.path)
            raise Unavailable(declared.path, "could not be read; the log has the cause") from surprise
        finally:
            self._spent += self._stalls.clock() - start
        self._rows[id(declared)] = rows
        return rows

    def _group(self, node: Node) -> dict[tuple[str, ...], list[str]]:
        """The rows' own keys of a table, by their parents' keys."""
        known = self._groups.get(node.path)
        if known is None:
            found: dict[tuple[str, ...], dict[str, None]] = {}
            for declared in node.objects:
                for keys in self._read(declared):
                    found.setdefault(keys[:-1], {})[keys[-1]] = None
            known = self._groups[node.path] = {above: list(own) for above, own in found.items()}
        return known

    def instances(self, table: Table) -> dict[str, Instance]:
        """The rows of a table: their own key and instance."""
        known = self._settled.get(table.concrete)
        if known is None:
            keys = self._group(table.node).get(table.keys, [])
            known = self._settled[table.concrete] = self._instances.settle(table.concrete, keys, table.node.is_durable)
        return known

    # -- walking ----------------------------------------------------------------------------------------------------

    def roots(self) -> Iterator[Place]:
        """The root objects."""
        for name, node in self._tree.roots.items():
            yield Place(node, (), f"{name}.", f"{name}.")

    def children(self, place: Place) -> Iterator[Place | Table]:
        """The objects and tables directly below a place, in the schema's order."""
        for node in place.node.children.values():
            child = self._child(place, node)
            if child is not None:
                yield child

    def rows(self, table: Table) -> Iterator[Place]:
        """The rows of a table in the order of their numbers."""
        for key, instance in sorted(self.instances(table).items(), key=lambda item: item[1].number):
            yield self._row_place(table, key, instance)

    def leaves(self, place: Place) -> Iterator[LeafAt]:
        """The parameters that a place has, in the schema's order."""
        for leaf in place.node.leaves.values():
            if self.has(leaf, place.keys):
                yield LeafAt(place, leaf)

    def below(self, at: Place | Table) -> Iterator[Place | Table]:
        """The place or table itself and everything under it that is no parameter."""
        yield at
        for child in self.rows(at) if isinstance(at, Table) else self.children(at):
            yield from self.below(child)

    def _child(self, place: Place, node: Node) -> Place | Table | None:
        concrete, shown = f"{place.concrete}{node.name}.", f"{place.shown}{node.name}."
        if node.is_table:
            return Table(node, place.keys, concrete, shown)
        if node.objects and not any(place.keys in self._read(declared) for declared in node.objects):
            return None
        return Place(node, place.keys, concrete, shown)

    def _row_place(self, table: Table, key: str, instance: Instance, asked: Segment | None = None) -> Place:
        shown = f"[{instance.name}]" if self._shows_aliases else str(instance.number)
        return Place(
            table.node,
            (*table.keys, key),
            f"{table.concrete}{instance.number}.",
            f"{table.shown}{shown if asked is None else asked}.",
        )

    # -- resolving --------------------------------------------------------------------------------------------------

    def match(self, path: ParameterPath, as_asked: bool = True) -> list[Place | Table | LeafAt]:
        """Everything that a path names: more than one thing only when it has wildcards. Raises UnknownPath.

        Instances are shown as the path has them, or (not ``as_asked``) by InstanceMode.
        """
        text = str(path)
        found: list[Place | Table | LeafAt] = []
        first, *rest = path.segments
        root = self._tree.roots.get(str(first)) if isinstance(first, Name) else None
        if root is None:
            raise UnknownPath(text, f"the roots here are {', '.join(f'{name}.' for name in self._tree.roots)}")
        positions: list[Place | Table] = [Place(root, (), f"{root.name}.", f"{root.name}.")]
        if not path.is_partial:
            if not rest or not isinstance(rest[-1], Name):
                raise UnknownPath(text, "the path of an object ends with a dot")
            rest, name = rest[:-1], str(rest[-1])
        for segment in rest:
            positions = [after for position in positions for after in self._step(position, segment, path, as_asked)]
        if path.is_partial:
            found.extend(positions)
        else:
            found.extend(leaf for position in positions if (leaf := self._leaf(text, position, name, path)))
        if not found and not self._known(path):
            raise UnknownPath(text, "no such object or parameter here")
        return found

    def _step(
        self, at: Place | Table, segment: Segment, path: ParameterPath, as_asked: bool
    ) -> Iterator[Place | Table]:
        text = str(path)
        if isinstance(at, Place):
            node = at.node.children.get(segment.text) if isinstance(segment, Name) else None
            child = self._child(at, node) if node else None
            if child is not None:
                yield child
            elif not path.has_wildcard:
                raise UnknownPath(text, f"{at.shown} has no object {segment}")
            return
        instances = self.instances(at)
        match segment:
            case Wildcard():
                yield from self.rows(at)
                return
            case Number(number):
                hits = [(key, one) for key, one in instances.items() if one.number == number]
            case Alias(alias):
                hits = [(key, one) for key, one in instances.items() if one.name == alias]
                if not hits and not path.has_wildcard:
                    raise UnknownAlias(text, at, alias)
            case Name():
                raise UnknownPath(text, f"{at.shown} is a table: an instance number, [alias] or * has to follow")
        if not hits and not path.has_wildcard:
            raise UnknownPath(text, f"{at.shown} has no row {segment}")
        for key, instance in hits:
            yield self._row_place(at, key, instance, segment if as_asked else None)

    def _leaf(self, text: str, at: Place | Table, name: str, path: ParameterPath) -> LeafAt | None:
        leaf = at.node.leaves.get(name) if isinstance(at, Place) else None
        if leaf is not None and isinstance(at, Place) and self.has(leaf, at.keys):
            return LeafAt(at, leaf)
        if path.has_wildcard:
            return None
        raise UnknownPath(text, f"{at.shown} has no parameter {name}")

    def _known(self, path: ParameterPath) -> bool:
        """Whether a path with wildcards can have rows, though none fits now."""
        first, *rest = path.segments if path.is_partial else path.segments[:-1]
        node = self._tree.roots.get(str(first))
        awaits_instance = False
        for segment in rest:
            if node is None or isinstance(segment, Name) == awaits_instance:
                return False
            if isinstance(segment, Name):
                node = node.children.get(segment.text)
                awaits_instance = node is not None and node.is_table
            else:
                awaits_instance = False
        if node is None or path.is_partial:
            return node is not None
        return not awaits_instance and str(path.segments[-1]) in node.leaves

    # -- references -------------------------------------------------------------------------------------------------

    def path_of(self, target: Target) -> str:
        """The path of the row that a reference points at, without the final dot; "" when there is no such row."""
        place = self.place_of(target)
        return place.shown[:-1] if place else ""

    def place_of(self, target: Target) -> Place | None:
        """The row that a reference points at."""
        node = self._tree.node(target.table)
        if node is None:
            return None
        chain = []
        while node is not None:
            chain.append(node)
            node = node.parent
        root = chain.pop()
        at: Place | Table | None = Place(root, (), f"{root.name}.", f"{root.name}.")
        keys = iter(target.keys)
        for node in reversed(chain):
            at = self._child(at, node) if isinstance(at, Place) else None
            if isinstance(at, Table):
                key = next(keys, "")
                instance = self.instances(at).get(key)
                at = self._row_place(at, key, instance) if instance else None
            if at is None:
                return None
        return at if isinstance(at, Place) else None

    def target_at(self, place: Place) -> Target:
        """The reference that points at a place."""
        return Target(place.node.path, place.keys)
