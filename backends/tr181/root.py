"""Device.: the root's own parameters."""

from typing import Any, Final

from agent.model.object import Object, Parameter
from backends.tr181.mechanisms import Mechanisms

DATA_MODEL_VERSION: Final = "2.19"


def root(mechanisms: Mechanisms) -> list[Object[Any]]:
    """RootDataModelVersion; the number of entries of InterfaceStack is counted by the model."""
    return [
        Object(
            path="Device.",
            rows=lambda: (mechanisms,),
            keys=lambda _: (),
            parameters=[Parameter("RootDataModelVersion", lambda _: DATA_MODEL_VERSION)],
        )
    ]
