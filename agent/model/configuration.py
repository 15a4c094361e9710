"""All that is configured as one document: taken from every backend, and staged again as a whole in one transaction."""

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from agent.model.errors import Denied, InvalidValue, ModelError
from agent.model.object import Backend
from agent.model.tree import Node
from agent.model.view import LeafAt, Place, Table, View

if TYPE_CHECKING:
    from agent.model.data_model import DataModel
    from agent.model.own_values import OwnValues
    from agent.model.transaction import Transaction

log = logging.getLogger(__name__)

BROKEN: Final = (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError)
"""What reading JSON of another form raises."""


@runtime_checkable
class KeepsElsewhere(Protocol):
    """A backend whose durable state is not all that is configured: the system's own files have the rest."""

    def backup(self) -> Any:
        """All that is configured, as JSON; {} for nothing."""

    def bring_back(self, kept: Any) -> None:
        """Stage it, within a transaction. ValueError and its like for what cannot be read."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What every backend has configured, the numbers and aliases of rows, notification levels; all as JSON."""

    backends: Mapping[str, Any] = field(default_factory=dict)
    instances: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """A parameter, by concrete path, and its text before and after; None where it is (or was) not there."""

    path: str
    before: str | None
    after: str | None
    is_secret: bool = False


@dataclass(frozen=True, slots=True)
class _Seen:
    at: LeafAt
    backend: Backend
    text: str


def configured(model: "DataModel") -> Configuration:
    """What is configured now, what waits to be made included."""
    return Configuration(
        {one.name: (one.backup() if isinstance(one, KeepsElsewhere) else one.state()) or {} for one in model.backends},
        model.instances.state(),
        model.parameter_attributes.state(),
    )


def staged(
    change: "Transaction", model: "DataModel", view: View, wanted: Configuration, stay: Collection[str]
) -> tuple[Difference, ...]:
    """See ``Transaction.bring_back``."""
    before = dict(_seen(model, view))
    model.instances.bring_back(wanted.instances)
    known = {one.name: one for one in model.backends}
    for name, kept in wanted.backends.items():
        if name in known:
            _stage(change, known[name], kept, model.own, stay)
        elif kept:
            change.refuse(Denied("", f"this system has nothing that {name} could be made by"))
    model.forget()
    view.forget()
    model.parameter_attributes.bring_back(wanted.attributes)
    model.parameter_attributes.keep(model.is_durable)
    after = dict(_seen(model, view))
    found = tuple(_compared(change, before, after))
    for name, kept in wanted.backends.items():  # to have tried values may have changed others
        if name in known:
            _stage(change, known[name], kept, model.own, stay)
    view.forget()
    return found


def _stage(change: "Transaction", backend: Backend, kept: Any, own: "OwnValues", stay: Collection[str]) -> None:
    try:
        change.touch(backend)
        if backend is own:
            own.bring_back(kept, stay)
        elif isinstance(backend, KeepsElsewhere):
            backend.bring_back(kept)
        else:
            backend.restore(kept)
            backend.state()
    except ModelError as refusal:
        change.refuse(refusal)
    except BROKEN as broken:
        log.info("what is said of %s cannot be used: %r", backend.name, broken)
        change.refuse(InvalidValue("", f"what is said of {backend.name} cannot be used"))


def _compared(change: "Transaction", before: Mapping[str, _Seen], after: Mapping[str, _Seen]) -> Iterator[Difference]:
    """What differs; whatever of it has no legal value, or is not to be changed here, is refused."""
    for path, seen in {**before, **after}.items():
        old, new = before.get(path), after.get(path)
        if old is not None and new is not None and old.text == new.text:
            continue
        change.touch(seen.backend, [path])
        change.note(path, "set" if new else "remove")
        if new is not None and new.text:
            change.try_out(new.at, new.text)
        is_secret = seen.at.leaf.entry.is_secret
        yield Difference(path, old.text if old else None, new.text if new else None, is_secret)


def _seen(model: "DataModel", view: View) -> Iterator[tuple[str, _Seen]]:
    """Every parameter that can be configured, with its text; secrets as they are."""
    matters = {node.path for node in model.tree.nodes() if any(_is_configured(one) for one in node.walk())}
    for root in view.roots():
        for place in _below(view, root, matters):
            for at in view.leaves(place):
                declared, entry = at.leaf.object, at.leaf.entry
                if declared is None or declared.backend is None or not entry.writable:
                    continue
                try:
                    yield at.concrete, _Seen(at, declared.backend, model.text_of(view, at))
                except ModelError as silent:
                    log.debug("not looked at: %s", silent)


def _below(view: View, at: Place | Table, matters: Collection[str]) -> Iterator[Place]:
    if isinstance(at, Place):
        yield at
    for child in view.rows(at) if isinstance(at, Table) else view.children(at):
        if child.node.path in matters:
            yield from _below(view, child, matters)


def _is_configured(node: Node) -> bool:
    return any(declared.backend is not None for declared in node.objects)
