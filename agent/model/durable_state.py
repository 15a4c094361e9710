"""The data model's durable side: the document, the journal, and the change that waits to be made or confirmed."""

import contextlib
import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Protocol

from agent.model.attributes import ParameterAttributes
from agent.model.errors import Refusals, Unavailable, not_saved
from agent.model.instances import Instances
from agent.model.object import Backend
from agent.model.own_values import OwnValues
from agent.model.tree import Tree

log = logging.getLogger(__name__)

VERSION: Final = 1
DOCUMENT, JOURNAL, UNUSABLE = "model", "journal", "model-unusable"


class Store(Protocol):
    """Durable JSON documents by name; ``write`` has reached the medium when it returns, or raises OSError.

    The store says in the log that it fails, and when that is over; its callers need not.
    """

    def read(self, name: str) -> Any:
        """The document in the form that was written, ``None`` when there is none (or none that can be used)."""

    def write(self, name: str, document: Any) -> None:
        """Replace the document; the same content as last time is not written again."""

    def remove(self, name: str) -> None:
        """Forget the document."""


class DurableState:
    """What of the data model outlives the agent, changed all or nothing.

    ``backends`` are committed in their order, the agent's own values first; each is listed once.
    """

    def __init__(self, tree: Tree, own: OwnValues, backends: Sequence[Backend], store: Store, boot_id: str) -> None:
        self.tree = tree
        self.own = own
        self.instances = Instances()
        self.parameter_attributes = ParameterAttributes()
        self.read_only_reason = ""
        self.settle: Callable[[], None] = lambda: None
        """What mechanisms have put off until a change is made, or taken back, as a whole; raises like a commit."""
        self._backends: list[Backend] = []
        for backend in (own, *backends):
            if all(backend is not known for known in self._backends):
                self._backends.append(backend)
        self._store = store
        self._boot_id = boot_id
        self._number = 0
        self._unconfirmed: dict[str, Any] | None = None
        self._was_taken_back = False
        self._is_unsaved = False
        self._saved = b""

    def place_of(self, backend: Backend) -> int:
        """Where a backend is in the order in which they are committed."""
        return self._backends.index(backend)

    @property
    def backends(self) -> Sequence[Backend]:
        """All of them, in the order in which they are committed."""
        return tuple(self._backends)

    def is_durable(self, path: str) -> bool:
        """Whether the instance numbers of a path still mean the same rows after a restart."""
        return self._is_durable(path)

    def make(self, backends: Sequence[Backend], failed: Callable[[Backend, Exception], Refusals]) -> None:
        """Commit prepared backends and save, or raise having undone all; the journal covers a crash in between."""
        undo = {backend.name: record for backend in backends if (record := backend.undo_record()) is not None}
        number = self._number + 1
        try:
            if undo:
                self._store.write(JOURNAL, {"transaction": number, "boot": self._boot_id, "undo": undo})
            for backend in backends:
                self._commit(backend, failed)
            self.settle()
            self._save(number)
        except OSError as failure:
            log.debug("the change could not be saved: %s", failure)
            self._is_unsaved = True  # perhaps it was saved all the same: what is refused must not come back
            self._undo(backends, undo)
            raise not_saved(failure) from failure
        except BaseException:
            self._undo(backends, undo)
            raise
        self._clear_journal(undo)

    @staticmethod
    def _commit(backend: Backend, failed: Callable[[Backend, Exception], Refusals]) -> None:
        try:
            backend.commit()
        except Exception as failure:
            raise failed(backend, failure) from failure

    def _undo(self, backends: Sequence[Backend], undo: dict[str, Any]) -> None:
        self._each(reversed(backends), "rolled back", lambda backend: backend.rollback())
        self._settle_whatever_comes()
        self._clear_journal(undo)

    @staticmethod
    def _each(backends: Iterable[Backend], what: str, act: Callable[[Backend], object]) -> None:
        """Do it to every one of them, whatever becomes of the others."""
        for backend in backends:
            try:
                act(backend)
            except Exception:
                log.exception("%s could not be %s", backend.name, what)

    def _settle_whatever_comes(self) -> None:
        try:
            self.settle()
        except Exception:
            log.exception("not everybody could be told of what was taken back")

    def _clear_journal(self, undo: dict[str, Any]) -> None:
        if undo:
            try:
                self._store.remove(JOURNAL)
            except OSError as failure:
                log.debug("the journal could not be removed: %s", failure)

    # -- changes that wait for the session's end, and for confirmation ------------------------------------------------

    @property
    def awaits_confirmation(self) -> bool:
        """Whether a change is waiting to be made after the session, or to be confirmed by the next."""
        return self._unconfirmed is not None

    @property
    def awaits_application(self) -> bool:
        """Whether a change is waiting to be made after the session."""
        return self._unconfirmed is not None and not self._unconfirmed["applied"]

    @property
    def was_taken_back(self) -> bool:
        """Whether a change was taken back of which the management server may not know; durable."""
        return self._was_taken_back

    def taken_back_is_known(self) -> None:
        """The management server was told of the change that was taken back."""
        if self._was_taken_back:
            self._was_taken_back = False
            self._save_or_later()

    def keep_for_later(self, backends: Sequence[Backend]) -> None:
        """Save what is staged as wanted, with what it was before, without making it."""
        held = self._unconfirmed
        before = held["before"] if held else self._saved_parts()
        self._unconfirmed = {"before": before, "applied": False, "undo": {}, "boot": self._boot_id}
        try:
            self._save(self._number + 1)
        except OSError as failure:
            log.debug("the change could not be saved: %s", failure)
            self._unconfirmed, self._is_unsaved = held, True
            raise not_saved(failure) from failure
        for backend in backends:
            backend.postpone()

    def apply_deferred(self) -> bool:
        """Make what has waited for the session's end; False when that failed and all is as it was before."""
        held = self._unconfirmed
        if held is None or held["applied"]:
            return True
        return self._apply(held)

    def _apply(self, held: dict[str, Any], wanted: dict[str, Any] | None = None) -> bool:
        """``wanted``: what the backends have to be told that they want; ``None``: they know."""
        begun: list[Backend] = []
        try:
            if self.read_only_reason:
                raise Unavailable("", "the agent's write side is off")
            for backend in self._backends:
                backend.begin()
                begun.append(backend)
                if wanted is not None:
                    backend.restore(wanted.get(backend.name))
            for backend in self._backends:
                backend.prepare()
            held["undo"] = {one.name: record for one in self._backends if (record := one.undo_record()) is not None}
            held["applied"], held["boot"] = True, self._boot_id
            self._save(self._number + 1)
            for backend in self._backends:
                backend.commit()
            self.settle()
        except Exception:
            log.exception("the change that waited for the session's end could not be made")
            self._each(reversed(begun), "rolled back", lambda backend: backend.rollback())
            self.revert()
            return False
        return True

    def confirm(self) -> None:
        """The management server was reached with the change in force: it stays."""
        self._unconfirmed = None
        self._save_or_later()

    def revert(self) -> None:
        """The change was not confirmed: back to what was before it, ParameterKey included."""
        held = self._unconfirmed
        if held is None:
            return
        if held["applied"]:
            self._take_back(held)
        self._unconfirmed, self._was_taken_back = None, True
        self._go_back_to(held["before"], is_made=held["applied"])
        self._settle_whatever_comes()
        self._save_or_later()

    def _take_back(self, held: dict[str, Any]) -> None:
        undo, is_same_boot = held["undo"], held["boot"] == self._boot_id
        self._each(
            reversed(self._backends),
            "taken back",
            lambda backend: backend.recover(undo.get(backend.name), is_same_boot),
        )

    def _go_back_to(self, before: dict[str, Any], is_made: bool) -> None:
        """What was wanted before is wanted again, and made, as far as undoing by the records has not made it."""
        parts = before.get("backends") or {}
        for backend in self._backends:
            state = parts.get(backend.name)
            if not is_made or self.read_only_reason or not self._is_brought_to(backend, state):
                self._take_over_part(backend.name, _restored(backend), state)
        self.instances.go_back_to(before.get("instances"))
        self.parameter_attributes.restore(before.get("attributes"))

    def _is_brought_to(self, backend: Backend, state: Any) -> bool:
        begun: list[Backend] = []
        try:
            backend.begin()
            begun.append(backend)
            backend.restore(state)
            backend.prepare()
            backend.commit()
        except Exception:
            log.exception("%s could not be brought back as a whole", backend.name)
            self._each(begun, "rolled back", lambda failed: failed.rollback())
            return False
        return True

    # -- durable state ----------------------------------------------------------------------------------------------

    def load(self, apply: Callable[[], None] = lambda: None) -> bool:
        """Take over the saved document, and finish or undo what a crash left half made; whether there was a document.

        ``apply`` brings the system to what the backends then want. A change that still waited for its session's end,
        or to be confirmed, is made after that, from what was before it: nobody knows how far it had come.
        """
        stored = self._store.read(DOCUMENT)
        document = stored if isinstance(stored, dict) else {}
        held: dict[str, Any] | None = document.get("unconfirmed")
        waiting = held if held is not None and not (held["applied"] and self.read_only_reason) else None
        self._number = int(document.get("transaction", 0))
        self._saved = _digest_of({key: one for key, one in document.items() if key not in ("version", "transaction")})
        self._was_taken_back = bool(document.get("taken_back"))
        self._take_over(waiting["before"] if waiting else document)
        self._undo_what_was_cut_off()
        if waiting and waiting["applied"]:
            self._take_back(waiting)
        apply()
        self._settle_whatever_comes()
        self._unconfirmed = held
        if waiting:
            self._make_what_waited(document, waiting)
        return stored is not None

    def _make_what_waited(self, document: dict[str, Any], held: dict[str, Any]) -> None:
        self.instances.restore(document.get("instances"))
        self.parameter_attributes.restore(document.get("attributes"))
        self._apply(held, document.get("backends") or {})

    def _undo_what_was_cut_off(self) -> None:
        journal = self._store.read(JOURNAL)
        if journal is None:
            return
        if int(journal["transaction"]) > self._number:
            log.warning("a change was cut off before it was complete: it is undone")
            undo, is_same_boot = journal["undo"], journal["boot"] == self._boot_id
            self._each(
                [backend for backend in reversed(self._backends) if backend.name in undo],
                "taken back",
                lambda backend: backend.recover(undo[backend.name], is_same_boot),
            )
        self._clear_journal(journal)

    def save(self) -> None:
        """Make durable what was changed outside a transaction; nothing is written when nothing was. Raises OSError."""
        if self._digest() != self._saved:
            self._save(self._number + 1)

    def forget_everything(self) -> None:
        """Factory reset of the agent's part: what it made in the system goes, the document is that of a new device."""
        for backend in self._backends:
            self._is_brought_to(backend, None)
        self._settle_whatever_comes()
        self._unconfirmed, self._was_taken_back = None, False
        self._take_over({})
        self._save_or_later()

    def _take_over(self, document: dict[str, Any]) -> None:
        parts = document.get("backends") or {}
        for backend in self._backends:
            self._take_over_part(backend.name, _restored(backend), parts.get(backend.name))
        self._take_over_part("instances", self.instances.restore, document.get("instances"))
        self._take_over_part("attributes", self.parameter_attributes.restore, document.get("attributes"))
        self.parameter_attributes.keep(self._is_durable)

    def _take_over_part(self, name: str, restore: Callable[[Any], None], state: Any) -> None:
        """A part that cannot be used starts anew; the others are kept, and the document is, for whoever mends it."""
        try:
            restore(state)
        except Exception:
            log.exception("the saved state of %s cannot be used and starts anew", name)
            with contextlib.suppress(OSError):
                self._store.write(UNUSABLE, self._store.read(DOCUMENT))
            restore(None)

    def _is_durable(self, path: str) -> bool:
        """Whether the instance numbers of a path still mean the same rows after a restart."""
        names = path.split(".")
        node = self.tree.roots.get(names[0])
        for name in names[1:-1]:
            node = node.children.get(name, node if name.isdigit() else None) if node else None
            if node is not None and node.is_table and not node.is_durable:
                return False
        return True

    def _saved_parts(self) -> dict[str, Any]:
        document = self._store.read(DOCUMENT) or {}
        return {part: document.get(part) for part in ("backends", "instances", "attributes") if document.get(part)}

    def _save_or_later(self) -> None:
        """Save what has happened already; where that fails, once more with the next reading or change."""
        try:
            self._save(self._number + 1)
        except OSError as failure:
            self._is_unsaved = True
            log.debug("the data model's state could not be saved: %s", failure)

    def _save(self, number: int | None = None) -> None:
        number = self._number if number is None else number
        document = self._document()
        self._store.write(DOCUMENT, {**document, "version": VERSION, "transaction": number})
        self._number, self._saved = number, _digest_of(document)
        self.instances.unsaved = self._is_unsaved = False

    def _document(self) -> dict[str, Any]:
        """All that is durable, but for the number of the transaction that it belongs to."""
        taken_back = {"taken_back": True} if self._was_taken_back else {}
        return {
            "backends": {backend.name: backend.state() for backend in self._backends},
            "instances": self.instances.state(),
            "attributes": self.parameter_attributes.state(),
            "unconfirmed": self._unconfirmed,
            **taken_back,
        }

    def _digest(self) -> bytes:
        return _digest_of(self._document())


def _digest_of(document: dict[str, Any]) -> bytes:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).digest()


def _restored(backend: Backend) -> Callable[[Any], None]:
    """Its ``restore``, which also fails when what it took cannot be said again: the next saving would."""

    def restore(state: Any) -> None:
        backend.restore(state)
        backend.state()

    return restore
