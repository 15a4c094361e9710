"""The data model as its callers see it: get, names, attributes, and transactions that survive a power cut."""

import enum
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from agent.model import values
from agent.model.durable_state import DurableState, Store
from agent.model.errors import InvalidArguments, ModelError, Unavailable
from agent.model.object import AliasOf, Backend, Object, Target
from agent.model.own_values import OwnValues
from agent.model.path import ParameterPath
from agent.model.schema import Schema
from agent.model.transaction import Transaction
from agent.model.tree import Leaf, Tree
from agent.model.view import LeafAt, Place, Stalled, Stalls, Table, View

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")


class Caller(enum.Enum):
    """Who asks; permissions will need to know."""

    ACS = "acs"
    LOCAL = "local"
    CONTROLLER = "controller"
    DISCOVERY = "discovery"
    PRESET = "preset"


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter as it goes on the wire; ``type`` is its xsd type ("string", "unsignedInt" …)."""

    path: str
    text: str
    type: str
    is_kept: bool | None = field(default=None, compare=False)
    """Of a secret, whose ``text`` is never told: whether it has a value other than ""."""

    @property
    def is_secret(self) -> bool:
        """Whether ``text`` is empty because it is never told."""
        return self.is_kept is not None


@dataclass(frozen=True, slots=True)
class NameInfo:
    """A supported name; for an object ``writable`` says whether rows can be added to it, or it can be deleted."""

    path: str
    writable: bool


@dataclass(frozen=True, slots=True)
class Attributes:
    """A parameter's notification level (0 off, 1 passive, 2 active) and access list."""

    path: str
    notification: int
    access_list: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Addressing:
    """What the management server has chosen about instance addressing (TR-069 §3.6.1); asked anew for each request."""

    shows_aliases: Callable[[], bool] = lambda: False
    creates_instances: Callable[[], bool] = lambda: False


class DataModel(DurableState):
    """All supported objects over their schema. One thread owns it; every call names its caller.

    ``backends`` are committed in their order, those that only ``objects`` name after them. ``forget`` functions drop
    what mechanisms have cached and are called at the start of each request. Nothing here reads a clock: ``clock`` gives
    monotonic seconds. ``committed`` is told who has made a change, and each edit of it ("set Device.X") but no value.
    """

    def __init__(
        self,
        schema: Schema,
        objects: Sequence[Object[Any]],
        own: OwnValues,
        backends: Sequence[Backend],
        store: Store,
        clock: Callable[[], float],
        forget: Sequence[Callable[[], None]] = (),
        addressing: Addressing = Addressing(),
        boot_id: str = "",
        committed: Callable[[str, Sequence[str]], None] = lambda _caller, _done: None,
    ) -> None:
        super().__init__(Tree(schema, objects), own, [*backends, *_named_by(objects)], store, boot_id)
        self.schema = schema
        self.committed = committed
        self._forget = forget
        self._addressing = addressing
        self._stalls = Stalls(clock)
        self._open: Transaction | None = None

    @property
    def root(self) -> str:
        """The path of the first root object ("Device.")."""
        return f"{next(iter(self.tree.roots))}."

    # -- reading ----------------------------------------------------------------------------------------------------

    def get(self, paths: Sequence[str], caller: Caller) -> list[Value]:
        """The values of parameters and of all parameters below partial paths; "" is everything.

        Raises UnknownPath, or Unavailable when a mechanism does not answer.
        """
        log.debug("%s reads %s", caller.value, paths)
        return self._reading(lambda view: [value for path in paths for value in self._values(view, path)])

    def names(self, path: str, next_level: bool, caller: Caller) -> list[NameInfo]:
        """What is supported at a path and below, or just one level below it (TR-069 §A.3.2.3)."""
        log.debug("%s lists %s", caller.value, path)
        return self._reading(lambda view: list(self._names(view, path, next_level)))

    def attributes(self, paths: Sequence[str], caller: Caller) -> list[Attributes]:
        """Notification level and access list of parameters, by the rules of ``get``."""
        log.debug("%s reads the attributes of %s", caller.value, paths)

        def read(view: View) -> list[Attributes]:
            access_list = self.parameter_attributes.access_list
            return [
                Attributes(at.shown, self.effective_notification(at), access_list(at.concrete))
                for path in paths
                for at in self.leaves_at(view, path)
            ]

        return self._reading(read)

    def present(self, paths: Sequence[str], caller: Caller) -> list[Value]:
        """The values of whatever of the paths can be read, named by InstanceMode; what is gone is passed over."""
        log.debug("%s looks at %s", caller.value, paths)

        def read(view: View) -> list[Value]:
            return [value for _, value in self._present(view, paths, as_asked=False)]

        return self._reading(read)

    def peek(self, paths: Sequence[str]) -> dict[str, str]:
        """The texts of parameters by concrete path, for comparing; what is gone or does not answer is left out."""
        return self._reading(lambda view: {at.concrete: value.text for at, value in self._present(view, paths)})

    def _present(self, view: View, paths: Sequence[str], as_asked: bool = True) -> Iterator[tuple[LeafAt, Value]]:
        for path in paths:
            try:
                for at in self.leaves_at(view, path, as_asked):
                    yield at, self._value(view, at)
            except ModelError as gone:
                log.debug("not looked at: %s", gone)

    def source(self, path: str) -> str:
        """Where a parameter's value comes from, for people; "" when it is gone."""
        return self.sources([path]).get(path, "")

    def sources(self, paths: Sequence[str]) -> dict[str, str]:
        """The same of many parameters; those that are gone are left out."""

        def read(view: View) -> dict[str, str]:
            return {path: self._source(view, at) for path in paths for at in self._still_there(view, path)}

        return self._reading(read)

    def notified(self) -> dict[str, int]:
        """Every existing parameter that somebody is to be told about: concrete path → 1 passive, 2 active."""

        def read(view: View) -> dict[str, int]:
            found = {path: level for path, level in self.parameter_attributes.notified().items() if level}
            for at in self._forced(view):
                found[at.concrete] = self.effective_notification(at)
            return {path: level for path, level in found.items() if level}

        return self._reading(read)

    def changed_by(self, path: str) -> tuple[str, ...]:
        """The topics of events after which a parameter may have another value; none: it has to be polled."""
        names = [str(segment) for segment in ParameterPath.parse(path).segments]
        node = self.tree.roots.get(names[0])
        for name in names[1:-1]:
            node = node.children.get(name, node) if node else None
        leaf = node.leaves.get(names[-1]) if node else None
        if leaf is None:
            return ()
        if leaf.object is None:
            counted = leaf.counts.objects if leaf.counts else []
            return tuple(topic for declared in counted for topic in declared.changed_by) if counted else ("own",)
        return leaf.object.changed_by

    def forget(self) -> None:
        """Have the system read anew by whatever comes next."""
        for forget in self._forget:
            forget()

    def view(self) -> View:
        """A fresh view for one request."""
        self.forget()
        return View(self.tree, self.instances, self._stalls, self._addressing.shows_aliases())

    def leaves_at(self, view: View, path: str, as_asked: bool = True) -> Iterator[LeafAt]:
        """The parameters that a path, partial or whole, stands for; see ``View.match``."""
        for at in self._at(view, path, as_asked):
            if isinstance(at, LeafAt):
                yield at
                continue
            for place in view.below(at):
                if isinstance(place, Place):
                    yield from view.leaves(place)

    def effective_notification(self, at: LeafAt) -> int:
        """The level in force: what the schema forces, else what was set, else the schema's default."""
        if at.leaf.entry.active_notify == "forceEnabled":
            return 2
        level = self.parameter_attributes.notification(at.concrete)
        if level is None:
            return 2 if at.leaf.entry.active_notify == "forceDefaultEnabled" else 0
        return level

    def text_of(self, view: View, at: LeafAt) -> str:
        """A parameter's text in a view, that of a secret as well: for comparing, never for telling."""
        return self._read(view, at)

    def creates_instances(self) -> bool:
        """Whether an unknown alias in SetParameterValues makes a row (AutoCreateInstances)."""
        return self._addressing.creates_instances()

    def _reading(self, read: Callable[[View], Answer]) -> Answer:
        """Read with a fresh view; once more when something vanished while it was read."""
        try:
            answer = read(self.view())
        except Stalled:
            raise
        except Unavailable:
            answer = read(self.view())
        self._save_what_is_left()
        return answer

    def _save_what_is_left(self) -> None:
        """New instance numbers, and whatever could not be saved when it came about."""
        if (self.instances.unsaved or self._is_unsaved) and self._open is None:
            try:
                self._save()
            except OSError as failure:
                log.debug("the data model's state could not be saved: %s", failure)

    def _still_there(self, view: View, path: str) -> list[LeafAt]:
        try:
            return list(self.leaves_at(view, path))
        except ModelError as gone:
            log.debug("not looked at: %s", gone)
            return []

    @staticmethod
    def _source(view: View, at: LeafAt) -> str:
        declared = at.leaf.object
        if declared is None:
            return "counted by the model" if at.leaf.counts else "kept by the model"
        told = (at.leaf.binding.source if at.leaf.binding else None) or declared.source
        if told is None:
            return "the agent"
        try:
            return told(view.row(declared, at.place.keys))
        except Exception:
            log.exception("where %s comes from could not be told", at.concrete)
            return "unknown"

    def _at(self, view: View, path: str, as_asked: bool = True) -> Iterable[Place | Table | LeafAt]:
        parsed = ParameterPath.parse(path)
        return view.match(parsed, as_asked) if parsed.segments else list(view.roots())

    def _values(self, view: View, path: str) -> Iterator[Value]:
        for at in self.leaves_at(view, path):
            yield self._value(view, at)

    def _value(self, view: View, at: LeafAt) -> Value:
        entry = at.leaf.entry
        if entry.is_secret:
            return Value(at.shown, "", entry.wire_type, self._has_value(view, at))
        return Value(at.shown, self._read(view, at), entry.wire_type)

    def _has_value(self, view: View, at: LeafAt) -> bool:
        try:
            return self._read(view, at) != ""
        except ModelError as failure:
            log.debug("not looked at: %s", failure)
            return False

    def _read(self, view: View, at: LeafAt) -> str:
        try:
            return self._render(view, at)
        except ModelError:
            raise
        except Exception as surprise:
            log.exception("%s could not be read", at.concrete)
            raise Unavailable(at.shown, "could not be read; the log has the cause") from surprise

    def _render(self, view: View, at: LeafAt) -> str:
        leaf = at.leaf
        if leaf.binding is None or leaf.object is None:
            return self._made_here(view, at.place, leaf)
        value = leaf.binding.get(view.row(leaf.object, at.place.keys))
        if isinstance(value, Target):
            return view.path_of(value)
        if isinstance(value, AliasOf):
            place = view.place_of(value.target)
            return self._alias(place) if place else ""
        if isinstance(value, (list, tuple)) and value and isinstance(value[0], Target):
            return ",".join(path for target in value if (path := view.path_of(target)))
        return values.render(leaf.entry, value)

    def _made_here(self, view: View, place: Place, leaf: Leaf) -> str:
        if leaf.counts is None:
            return self._alias(place)
        name = f"{leaf.counts.name}."
        table = Table(leaf.counts, place.keys, place.concrete + name, place.shown + name)
        return str(len(view.instances(table)))

    def _alias(self, place: Place) -> str:
        table, _, _ = place.concrete[:-1].rpartition(".")
        instance = self.instances.lookup(table + ".", place.keys[-1]) if place.keys and place.node.is_table else None
        return instance.name if instance else ""

    def _names(self, view: View, path: str, next_level: bool) -> Iterator[NameInfo]:
        parsed = ParameterPath.parse(path)
        if not parsed.is_partial and next_level:
            raise InvalidArguments(path, "NextLevel needs a partial path")
        if not parsed.segments and next_level:
            yield from (self._info(root) for root in view.roots())
            return
        for at in self._at(view, path):
            if isinstance(at, LeafAt):
                yield self._info(at)
            elif next_level:
                yield from (self._info(one) for one in self._level(view, at))
            else:
                for place in view.below(at):
                    yield self._info(place)
                    if isinstance(place, Place):
                        yield from (self._info(leaf) for leaf in view.leaves(place))

    @staticmethod
    def _level(view: View, at: Place | Table) -> Iterator[Place | Table | LeafAt]:
        if isinstance(at, Table):
            yield from view.rows(at)
        else:
            yield from view.leaves(at)
            yield from view.children(at)

    @staticmethod
    def _info(at: Place | Table | LeafAt) -> NameInfo:
        match at:
            case LeafAt():
                return NameInfo(at.shown, at.leaf.is_writable)
            case Table():
                return NameInfo(at.shown, at.node.adder is not None)
            case Place():
                return NameInfo(at.shown, at.node.is_table and at.node.deleter is not None)

    def _forced(self, view: View) -> Iterator[LeafAt]:
        """Existing parameters that notify by the schema's own rule."""
        for node in self.tree.nodes():
            for leaf in node.leaves.values():
                if leaf.entry.active_notify not in ("forceEnabled", "forceDefaultEnabled"):
                    continue
                wildcards = node.path.replace("{i}", "*") + leaf.name
                yield from (at for at in view.match(ParameterPath.parse(wildcards)) if isinstance(at, LeafAt))

    # -- changing ---------------------------------------------------------------------------------------------------

    def transaction(self, caller: Caller, author: Mapping[str, Any] | None = None) -> Transaction:
        """Begin a change; one at a time. ``author``: see ``OwnValues.author``; without one the caller itself is it."""
        if self._open is not None:
            raise Unavailable("", "another change is under way")
        log.debug("%s begins a change", caller.value)
        self.own.author = author or {"source": "person" if caller is Caller.LOCAL else caller.value}
        self._open = Transaction(self, caller.value, lambda backend: backend is self.own or not self.read_only_reason)
        return self._open

    def finished(self, transaction: Transaction) -> None:
        """The transaction is over, one way or the other; called by it."""
        if self._open is transaction:
            self._open = self.own.author = None
        self._save_what_is_left()


def _named_by(objects: Sequence[Object[Any]]) -> list[Backend]:
    return [declared.backend for declared in objects if declared.backend is not None]
