"""Refusals carry their reason."""

import pytest

from backends.network.errors import Conflict, Fixed, NotManaged, Refused


@pytest.mark.parametrize("kind", [NotManaged, Conflict, Fixed])
def test_a_refusal_is_told_apart_by_its_class_and_tells_why(kind: type[Refused]) -> None:
    with pytest.raises(Refused, match="eth0 is not in") as caught:
        raise kind("eth0 is not in [network] manage")
    assert caught.value.reason == "eth0 is not in [network] manage"
