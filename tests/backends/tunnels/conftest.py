"""A gateway for tunnels."""

from collections.abc import Callable, Iterator

import pytest

from tests.backends.tunnels.bench import Bench
from tests.netlab.namespace import Namespace


@pytest.fixture
def bench(make_namespace: Callable[[], Namespace]) -> Iterator[Bench]:
    made = Bench(make_namespace)
    yield made
    made.close()
