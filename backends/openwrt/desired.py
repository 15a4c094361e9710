"""Records that UCI keeps as something that can be changed, all or nothing; see agent.model.object.Backend."""

import logging
from collections.abc import Collection
from dataclasses import replace
from typing import Any, Protocol

from backends.desired_state import Desired, Record, Service, Wanted
from backends.openwrt.differences import Difference

NOTHING = Difference()


class Naming(Protocol):
    """Who calls new records something."""

    def key_for(self, record: Record, taken: Collection[str]) -> str:
        """See backends.openwrt.configured.Mapping."""


class Keeping(Service, Protocol):
    """Configuration that others write too; see backends.openwrt.configured.Configured."""

    @property
    def mapping(self) -> Naming:
        """How its records are called."""

    def now(self) -> Wanted:
        """What it says."""

    def forget(self) -> None:
        """What was read may be old."""

    def try_out(self, difference: Difference) -> bool:
        """Make sure that it can be made; whether it cuts the way to the management server."""

    def make(self, difference: Difference, *, must_hold: bool = True) -> Any:
        """Make it; what ``take_back`` needs, None where nothing was to be done."""

    def take_back(self, made: Any) -> None:
        """Let it be as it was."""


class UciDesired(Desired):
    """Like Desired, but what is in force is what UCI says, whoever wrote it; the agent keeps only what waits for a
    session's end. OpenWrt's own daemons make of it what they do: nothing is applied by us at a start or after an event.
    """

    def __init__(self, name: str, kinds: Any, service: Keeping) -> None:
        self._configured = service
        self._base = Wanted()
        self._staged: Wanted | None = None
        self._waiting = self._waited = NOTHING
        self._made: Any = None
        self._seen: tuple[Wanted, Difference, Wanted] = (Wanted(), NOTHING, Wanted())
        super().__init__(name, kinds, service)
        self._staged = None

    @property
    def wanted(self) -> Wanted:
        """What is staged, else what UCI says with what waits to be made."""
        if self._staged is not None:
            return self._staged
        now = self._configured.now()
        if not self._waiting:
            return now
        if self._seen[0] is not now or self._seen[1] is not self._waiting:
            self._seen = (now, self._waiting, self._waiting.laid_over(now, lambda *_: None))
        return self._seen[2]

    @wanted.setter
    def wanted(self, wanted: Wanted) -> None:
        self._staged = wanted

    @property
    def in_force(self) -> Wanted:
        """What UCI says."""
        return self._configured.now()

    def forget(self) -> None:
        """What was read may be old."""
        self._configured.forget()

    # -- editing ------------------------------------------------------------------------------------------------------

    def add(self, record: Record) -> str:
        """Stage a new record; its key."""
        taken = {key for some in self.wanted.by_kind.values() for key in some}
        key = self._configured.mapping.key_for(record, taken)
        self.put(key, record)
        return key

    def put(self, key: str, record: Record) -> None:
        """Stage a record; a new one is the last."""
        by_kind = self.wanted.by_kind
        kind = type(record)
        self.wanted = replace(self.wanted, by_kind={**by_kind, kind: {**by_kind.get(kind, {}), key: record}})

    # -- the transaction ----------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """See Desired."""
        self._base, staged = self._configured.now(), self.wanted
        self._staged, self._waited, self._made = staged, self._waiting, None

    def prepare(self) -> bool:
        """See Desired."""
        return self._configured.try_out(self._difference)

    def undo_record(self) -> Any:
        """What is about to change, as it was and as it shall be."""
        return {"change": self._difference.to_json()} if self._difference else None

    def commit(self) -> None:
        """See Desired; a failure leaves UCI as it was."""
        difference = self._difference
        self._made = self._configured.make(difference) if difference else None
        self._staged, self._waiting = None, NOTHING
        if self._made:
            self._tell_followers()

    def postpone(self) -> None:
        """See Desired."""
        self._waiting = self._waited = self._difference
        self._staged = None

    def rollback(self) -> None:
        """See Desired."""
        made, self._made, self._staged = self._made, None, None
        self._waiting = self._waited
        if made is not None:
            self._configured.take_back(made)
            self._tell_followers()

    def recover(self, record: Any, same_boot: bool) -> None:  # noqa: ARG002 - UCI is kept over a boot
        """See Desired; what somebody else has changed since stays."""
        change = Difference.from_json(record["change"], self._kinds).reversed() if record else NOTHING
        if change:
            self._configured.make(change, must_hold=False)

    def state(self) -> Any:
        """Only what is staged or waits: all else is in UCI."""
        return self._difference.to_json()

    def restore(self, state: Any) -> None:
        """See Desired."""
        self._waiting = Difference.from_json(state, self._kinds)
        if self._staged is not None:
            self._staged = self._waiting.laid_over(self._base, lambda *_: None)

    def apply_at_start(self) -> None:
        """OpenWrt has done it."""

    def reapply(self, level: int = logging.WARNING) -> None:
        """OpenWrt does it."""

    @property
    def _difference(self) -> Difference:
        return self._waiting if self._staged is None else Difference.between(self._base, self._staged)
