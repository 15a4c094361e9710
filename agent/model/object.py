"""How a TR-181 object is declared: its rows, what makes a row the same tomorrow, how each value is read and set.

The schema knows type, access and range; a declaration names a parameter and binds it to the system, nothing twice.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from agent.model.errors import ModelError

Row = TypeVar("Row")
Value = TypeVar("Value")


class Backend(Protocol):
    """A mechanism that can be changed, all or nothing.

    A transaction calls ``begin`` at the first edit, then ``prepare`` of every backend, then ``commit`` of each in turn;
    when one fails, ``rollback`` in reverse. What is staged is seen by the rows of the tables at once.
    """

    name: str

    def begin(self) -> None:
        """Start a staged copy; called at the first edit of a transaction. Where it fails, nothing has begun."""

    def prepare(self) -> bool:
        """Make sure that what is wanted (staged edits, postponed ones) can be made, or raise; nothing has changed yet.
        A model error without a path, or RowsRefused, is told of the parameters concerned.

        True: the edits would cut the path to the management server, so they have to wait for the session's end.
        """

    def undo_record(self) -> Any:
        """JSON from which ``recover`` can undo what ``commit`` is about to do; valid after ``prepare``."""

    def commit(self) -> None:
        """Make the edits; raises when one cannot be made. Remembers how to undo them until the next ``begin``."""

    def postpone(self) -> None:
        """Keep what is staged as what is wanted, without making it; a later begin, prepare, commit makes it."""

    def rollback(self) -> None:
        """Forget what is staged, undo what was made since ``begin``; may be called twice."""

    def recover(self, record: Any, same_boot: bool) -> None:
        """Undo by a record (``None``: there is nothing) after a crash or an unconfirmed change; may be called twice.

        However much of the change was made, it is gone afterwards. ``same_boot`` is false when the machine has started
        anew since: what only the kernel knew is gone by itself.
        """

    def state(self) -> Any:
        """The durable part as JSON, staged edits included."""

    def restore(self, state: Any) -> None:
        """Take the durable part over from JSON, without touching the system; ``None`` is the state of a new device."""


class RowsRefused(Exception):
    """What ``Backend.prepare`` and ``commit`` raise when they know which rows cannot be as they are wanted.

    Blamed are, of the parameters that the transaction set in these rows, those named in ``parameters``; where it set
    none of those, all that it set in these rows; where it set none there, everything that it staged on the backend.
    """

    def __init__(
        self, refusal: type[ModelError], reason: str, rows: Iterable["Target"], parameters: Iterable[str] = ()
    ) -> None:
        super().__init__(reason)
        self.refusal = refusal
        self.reason = reason
        self.rows = tuple(rows)
        self.parameters = frozenset(parameters)


@dataclass(frozen=True, slots=True)
class Target:
    """A reference to a row: its table ("Device.IP.Interface.{i}.") and one key for each ``{i}`` of it."""

    table: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AliasOf:
    """Reads as the Alias of the row referred to (InterfaceStack's HigherAlias and LowerAlias)."""

    target: Target


@dataclass(frozen=True, slots=True)
class Parameter(Generic[Row, Value]):
    """A binding of one parameter.

    ``get`` returns the natural Python value: bool, int, str, an aware datetime in UTC, bytes, Decimal, a sequence of
    them for a list, ``None`` for an empty string or an unknown time. ``set`` stages on the object's backend, or raises
    a model error to refuse. Where the schema says that the value is a path, both speak of ``Target`` (or ``None``).
    """

    name: str
    get: Callable[[Row], Value]
    set: Callable[[Row, Value], None] | None = None
    source: Callable[[Row], str] | None = None
    """Where the value comes from, for people; where absent, the object's ``source`` says it."""


@dataclass(frozen=True, slots=True)
class Object(Generic[Row]):
    """A declared object or table.

    ``keys(row)`` has one key for each ``{i}`` of the path: a row with the same keys keeps its instance number. After a
    setter has changed what identifies a row, ``keys`` of that row gives the new identity at once. ``add`` takes the
    parent's keys and returns those of the new row. ``Alias`` and ``…NumberOfEntries`` are the model's, never bound.
    """

    path: str
    rows: Callable[[], Iterable[Row]]
    keys: Callable[[Row], tuple[str, ...]]
    parameters: Sequence[Parameter[Row, Any]]
    add: Callable[[tuple[str, ...]], tuple[str, ...]] | None = None
    delete: Callable[[Row], None] | None = None
    changed_by: tuple[str, ...] = ()
    durable: bool = True
    backend: Backend | None = None
    source: Callable[[Row], str] | None = None
