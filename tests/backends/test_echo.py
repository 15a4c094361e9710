"""Round-trip times on the wire of two namespaces."""

from collections.abc import Callable

import pytest

from backends.echo import next_router
from backends.netlink_types import Address, Route
from tests.netlab.fixtures import make_namespace
from tests.netlab.namespace import Namespace, veth

__all__ = ["make_namespace"]

LOOKS = """
import json, sys, time
from backends.echo import Echo
echo, told = Echo(), []
for _ in range(3):
    told.append(echo.look(*sys.argv[1:]))
    time.sleep(0.6)
print(json.dumps(told))
"""


@pytest.mark.parametrize(
    ("target", "prepared"),
    [
        ("192.0.2.1", "-4 address add 192.0.2.{}/24 dev {}"),
        ("2001:db8::1", "-6 address add 2001:db8::{}/64 dev {} nodad"),
    ],
)
def test_the_time_is_that_of_the_look_before(
    make_namespace: Callable[[], Namespace], target: str, prepared: str
) -> None:
    here, router = make_namespace(), make_namespace()
    veth(here, "wan", router, "r0")
    router.ip(prepared.format(1, "r0"))
    here.ip(prepared.format(2, "wan"))

    first, second, third = here.python(LOOKS, target, "wan")

    assert first is None
    assert 0 < second < 590, "the time on the wire, not that of the look"
    assert 0 < third < 590


@pytest.mark.slow
def test_who_does_not_answer_has_no_time(make_namespace: Callable[[], Namespace]) -> None:
    here, router = make_namespace(), make_namespace()
    veth(here, "wan", router, "r0")
    here.ip("address add 192.0.2.2/24 dev wan")

    assert here.python(LOOKS, "192.0.2.1", "wan") == [None, None, None]
    assert here.python(LOOKS, "", "") == [None, None, None]
    assert here.python(LOOKS, "192.0.2.1", "gone") == [None, None, None]


ROUTES = [Route(4, "", "192.0.2.9", "eth1", metric=200), Route(4, "", "192.0.2.1", "eth0", metric=100)]


def test_the_next_router_is_the_best_gateway_or_the_other_end_of_a_point_to_point_link() -> None:
    assert next_router([*ROUTES, Route(6, "", "fe80::1", "eth0")], []) == ("192.0.2.1", "eth0")
    peer = Address("ppp0", 4, "10.0.0.2", 32, peer="10.0.0.1")
    assert next_router([Route(4, "", None, "ppp0"), *ROUTES[:1]], [peer]) == ("10.0.0.1", "ppp0")
    assert next_router([Route(4, "192.0.2.0/24", None, "eth0")], []) == ("", "")
