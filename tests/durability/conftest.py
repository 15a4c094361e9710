"""What the durability tests share: stands that end with the test, and the tools that they cannot do without."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.durability.stand import Stand
from tests.netlab.fixtures import lab, make_namespace
from tests.netlab.namespace import Namespace

__all__ = ["lab", "make_namespace"]


@pytest.fixture
def make_stand(tmp_path: Path) -> Iterator[Callable[..., Stand]]:
    """Makes stands on this machine's loopback, or in a namespace; nothing of them outlives the test."""
    made: list[Stand] = []

    def make(**more: Any) -> Stand:
        directory = tmp_path / f"stand{len(made)}"
        directory.mkdir()
        made.append(Stand(directory, **more))
        return made[-1]

    yield make
    for stand in made:
        stand.__exit__(None, None, None)
        print(f"--- {stand.log}", *stand.log_lines()[-60:], sep="\n")  # pytest shows it where a test failed


@pytest.fixture
def stand(make_stand: Callable[..., Stand]) -> Stand:
    """One on loopback."""
    return make_stand()


@pytest.fixture
def strace() -> None:
    """Tests that interfere with system calls need it."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    tried = subprocess.run(["strace", "-q", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"this user may not trace: {tried.stderr.strip()}")


@pytest.fixture
def networked(make_stand: Callable[..., Stand], lab: Namespace) -> Stand:
    """A stand in a network namespace of the test, where the agent may have its bridges."""
    try:
        return make_stand(namespace=lab, manage=["br*"])
    except OSError as refused:
        pytest.skip(f"only root may enter a network namespace: {refused}")
