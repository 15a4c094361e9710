"""What declaring functions are given."""

from backends import tr181
from backends.tr181.mechanisms import Identity, Mechanisms
from tests.backends.conftest import Bench


def test_the_owner_allows_nothing_by_default(memory: Bench) -> None:
    given = Mechanisms(memory.netlink, None, memory.procfs, None, None, None, None, links=None)  # type: ignore[arg-type]
    assert given.may_change_system is False
    assert given.identity == Identity("", "", "", "")


def test_every_object_is_declared_once() -> None:
    names = [declare.__name__ for declare in tr181.DECLARED]
    assert len(set(names)) == len(names)
