"""How the ACS is told what became of operations on modules, and of which of those that it did not ask for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from agent.cwmp.faults import STRINGS
from agent.cwmp.messages import (
    UNKNOWN_TIME,
    AutonomousDUStateChangeComplete,
    AutonOpResultStruct,
    DUStateChangeComplete,
    FaultStruct,
    OpResultStruct,
)
from agent.modules.orders import Order, Result

POLICY: Final = "ManagementServer.DUStateChangeComplPolicy."


@dataclass(frozen=True, slots=True)
class Policy:
    """Of which changes that it did not ask for the ACS wants to hear (TR-181, DUStateChangeComplPolicy)."""

    is_enabled: bool = False
    operations: frozenset[str] = frozenset()
    results: str = "Both"
    codes: frozenset[int] = frozenset()

    @classmethod
    def of(cls, get: Callable[[str], Any]) -> "Policy":
        """As the agent's own values say."""
        return cls(
            bool(get(f"{POLICY}Enable")),
            frozenset(map(str, get(f"{POLICY}OperationTypeFilter"))),
            str(get(f"{POLICY}ResultTypeFilter")),
            frozenset(map(int, get(f"{POLICY}FaultCodeFilter"))),
        )

    def wants(self, result: Result) -> bool:
        """Whether the ACS is told."""
        if not self.is_enabled or result.kind not in self.operations:
            return False
        if result.code:
            return self.results in ("Failure", "Both") and result.code in self.codes
        return self.results in ("Success", "Both")


def complete(order: Order) -> DUStateChangeComplete:
    """The request that ends an order: one result for each operation, in their order, and for each of its modules."""
    told = [OpResultStruct(**_fields(one)) for some in order.results for one in some]
    return DUStateChangeComplete(told, order.command_key or None)


def autonomous(results: Sequence[Result]) -> AutonomousDUStateChangeComplete:
    """The request that tells of changes which the ACS did not ask for."""
    return AutonomousDUStateChangeComplete(
        [AutonOpResultStruct(**_fields(one), operation_performed=one.kind) for one in results]
    )


def _fields(one: Result) -> dict[str, Any]:
    standard = STRINGS.get(one.code, "")
    return {
        "uuid": one.uuid,
        "deployment_unit_ref": one.reference,
        "version": one.version[:32],
        "current_state": one.state,
        "resolved": one.is_resolved,
        "execution_unit_ref_list": ",".join(one.units),
        "start_time": _time(one.start),
        "complete_time": _time(one.complete),
        "fault": FaultStruct(one.code, f"{standard}: {one.text}"[:256] if one.code else ""),
    }


def _time(moment: float | None) -> datetime:
    return UNKNOWN_TIME if moment is None else datetime.fromtimestamp(int(moment), UTC)
