"""Device.InterfaceStack.: which interface lies on which, read off the LowerLayers of all others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from agent.model.object import AliasOf, Object, Parameter, Target


@dataclass(frozen=True, slots=True)
class Step:
    """One interface directly on another."""

    higher: Target
    lower: Target


def interface_stack(objects: Sequence[Object[Any]]) -> Object[Any]:
    """The table over the LowerLayers parameters of these objects."""
    layered = [
        (declared, parameter)
        for declared in objects
        for parameter in declared.parameters
        if parameter.name == "LowerLayers"
    ]

    def rows() -> Iterator[Step]:
        for declared, lower_layers in layered:
            for row in declared.rows():
                higher = Target(declared.path, declared.keys(row))
                yield from (Step(higher, lower) for lower in lower_layers.get(row))

    def keys(step: Step) -> tuple[str]:
        return (" > ".join(f"{end.table}{' '.join(end.keys)}" for end in (step.higher, step.lower)),)

    parameters: list[Parameter[Step, Any]] = [
        Parameter("HigherLayer", lambda step: step.higher),
        Parameter("LowerLayer", lambda step: step.lower),
        Parameter("HigherAlias", lambda step: AliasOf(step.higher)),
        Parameter("LowerAlias", lambda step: AliasOf(step.lower)),
    ]
    return Object(
        path="Device.InterfaceStack.{i}.",
        rows=rows,
        keys=keys,
        parameters=parameters,
        changed_by=("link",),
        source=lambda _: "the LowerLayers of all interfaces",
    )
