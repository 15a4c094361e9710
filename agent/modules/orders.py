"""What the ACS has ordered, and what became of it, as JSON that outlives the agent."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final, TypeVar

from backends.faults import LAST_TIME
from backends.modules.inventory import Deployed

INSTALL: Final = "Install"
UPDATE: Final = "Update"
UNINSTALL: Final = "Uninstall"
KINDS: Final = (INSTALL, UPDATE, UNINSTALL)
MOST_TRIES: Final = 4
"""How often an operation is begun: one that brings the machine down each time is given up."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One operation. ``environment`` is a name; "" any; None: that which the ACS named is not there."""

    kind: str
    url: str = ""
    uuid: str = ""
    version: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    environment: str | None = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an operation on one deployment unit. Times are Unix seconds; references are concrete paths."""

    kind: str
    uuid: str
    version: str = ""
    state: str = "Failed"
    is_resolved: bool = False
    reference: str = ""
    units: tuple[str, ...] = ()
    start: float | None = None
    complete: float | None = None
    code: int = 0
    text: str = ""
    name: str = ""
    """The module's, as far as it is known; for people."""


Kind = TypeVar("Kind", Asked, Result)


@dataclass(frozen=True, slots=True)
class Order:
    """A ChangeDUState: its operations, and what became of those that are over, each perhaps on several modules."""

    number: int
    command_key: str
    operations: tuple[Asked, ...]
    results: tuple[tuple[Result, ...], ...] = ()
    tries: int = 0
    """How often the operation that is next was begun."""
    ran: tuple[str, ...] = ()
    """Of what that operation is about, the EUIDs of the units that ran when it was begun for the first time."""

    @property
    def is_complete(self) -> bool:
        """Whether only the ACS has still to hear of it."""
        return len(self.results) == len(self.operations)

    def with_results(self, results: Sequence[Result]) -> "Order":
        """The operation that was next is over; its password is forgotten."""
        place = len(self.results)
        over = replace(self.operations[place], username="", password="")
        operations = (*self.operations[:place], over, *self.operations[place + 1 :])
        return replace(self, operations=operations, results=(*self.results, tuple(results)), tries=0, ran=())


def order_to_json(order: Order) -> dict[str, Any]:
    """The durable form."""
    return asdict(order)


def order_from_json(stored: Mapping[str, Any]) -> Order:
    """The inverse; ValueError, TypeError or KeyError for what it cannot have written."""
    order = Order(
        number=_typed(stored["number"], int),
        command_key=_typed(stored["command_key"], str),
        operations=tuple(_made(Asked(""), one) for one in stored["operations"]),
        results=tuple(tuple(result_from_json(one) for one in some) for some in stored["results"]),
        tries=_typed(stored["tries"], int),
        ran=tuple(_typed(one, str) for one in stored.get("ran", ())),
    )
    if not order.operations or len(order.results) > len(order.operations):
        raise ValueError("an order without operations, or with too many results")
    return order


def result_from_json(stored: Mapping[str, Any]) -> Result:
    """A result from its fields; raises as ``order_from_json`` does."""
    return _made(Result("", ""), {"name": "", **stored, "units": tuple(_typed(one, str) for one in stored["units"])})


def _made(blank: Kind, stored: Mapping[str, Any]) -> Kind:
    values: dict[str, Any] = {}
    for one in fields(blank):
        value = stored[one.name]
        if one.name in ("start", "complete"):
            values[one.name] = None if value is None else _time(value)
        elif one.name == "kind" and value not in KINDS:
            raise ValueError("an operation that there is not")
        elif value is None and one.name == "environment":
            values[one.name] = None
        else:
            values[one.name] = _typed(value, type(getattr(blank, one.name)))
    return replace(blank, **values)


def _time(value: Any) -> float:
    if not 0 <= value < LAST_TIME:
        raise ValueError("a time that no clock shows")
    return float(value)


def _typed(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise TypeError(f"{kind.__name__} is needed")
    return value


@dataclass(frozen=True, slots=True)
class Done:
    """What an operation has come to: its results, and the deployment units that are otherwise than before."""

    results: tuple[Result, ...]
    changed: Mapping[str, Deployed | None] = field(default_factory=dict)
