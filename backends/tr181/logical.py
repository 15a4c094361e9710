"""Device.Logical.: interfaces that are names for whatever lies below them, so that services need not be told anew."""

from collections.abc import Sequence
from typing import Any

from agent.model.object import Object, Parameter, Target
from backends.network import rows as tables
from backends.network.records import LogicalInterface
from backends.network.rows import Row
from backends.tr181.layers import (
    LOGICAL_INTERFACE,
    TABLES,
    enable,
    last_change,
    lower_layers,
    set_lower_layers,
    source,
    stats,
    status_of,
)
from backends.tr181.mechanisms import Mechanisms

BELOW = tuple(kind for kind in TABLES if kind != "logical")


def logical(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Interface with its Stats."""
    network = mechanisms.network

    def rows() -> list[Row[LogicalInterface]]:
        return tables.logical_interfaces(network.topology)

    def set_lower(row: Row[LogicalInterface], targets: Sequence[Target]) -> None:
        set_lower_layers(network, row, targets, BELOW)

    parameters: list[Parameter[Row[LogicalInterface], Any]] = [
        enable(network),
        Parameter("Status", lambda row: status_of(network, row)),
        Parameter("Name", lambda row: network.record(row).name or "", lambda row, value: network.edit(row, name=value)),
        Parameter("LastChange", lambda row: last_change(network, row)),
        Parameter("LowerLayers", lambda row: lower_layers(network, row), set_lower),
    ]
    return [
        Object(
            path=LOGICAL_INTERFACE,
            rows=rows,
            keys=lambda row: (row.key,),
            parameters=parameters,
            add=lambda _: (network.add(LogicalInterface(enable=False)),),
            delete=network.remove,
            changed_by=("link",),
            backend=network,
            source=source(network),
        ),
        stats(network, LOGICAL_INTERFACE, rows, lambda row: (row.key,)),
    ]
