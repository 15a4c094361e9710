"""The way that diagnostics are tried on, made once for a file: nothing of a test stays on it."""

from collections.abc import Iterator

import pytest

from tests.backends.diagnostics.way import TheWay
from tests.netlab.namespace import Namespace, NamespaceRefused


@pytest.fixture(scope="module")
def way() -> Iterator[TheWay]:
    made: list[Namespace] = []

    def make() -> Namespace:
        made.append(Namespace(beside=made[0] if made else None))
        return made[-1]

    try:
        yield TheWay(make)
    except (NamespaceRefused, FileNotFoundError) as reason:
        pytest.skip(f"this user may not make a network namespace: {reason}")
    finally:
        for one in reversed(made):
            one.close()
