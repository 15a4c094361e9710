"""A machine with an sshd."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.backends.ssh.bench import Bench, bench_or_skip
from tests.netlab.fixtures import make_namespace
from tests.netlab.namespace import Namespace

__all__ = ["make_namespace"]


@pytest.fixture
def bench(make_namespace: Callable[[], Namespace], tmp_path: Path) -> Iterator[Bench]:
    made = bench_or_skip(make_namespace, tmp_path)
    yield made
    made.close()
