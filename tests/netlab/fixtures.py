"""The laboratory's fixtures; a folder's conftest.py imports the ones that its tests ask for."""

from collections.abc import Callable, Iterator

import pytest

from tests.netlab.namespace import Namespace, NamespaceRefused


@pytest.fixture
def make_namespace() -> Iterator[Callable[[], Namespace]]:
    """Makes namespaces that end with the test."""
    made: list[Namespace] = []

    def make() -> Namespace:
        try:
            made.append(Namespace(beside=made[0] if made else None))
        except (NamespaceRefused, FileNotFoundError) as reason:
            pytest.skip(f"this user may not make a network namespace: {reason}")
        return made[-1]

    yield make
    for one in reversed(made):
        one.close()


@pytest.fixture
def lab(make_namespace: Callable[[], Namespace]) -> Namespace:
    """One namespace with nothing but ``lo``, which is up."""
    one = make_namespace()
    one.ip("link set lo up")
    return one
