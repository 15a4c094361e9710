"""What the durability tests share: stands that end with the test, and the tools that they cannot do without."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.durability.stand import Stand
from tests.durability.world import ACS_ADDRESS, FIRST_ADDRESS
from tests.netlab.fixtures import lab, make_namespace
from tests.netlab.namespace import Namespace, veth

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


@pytest.fixture
def remote(make_stand: Callable[..., Stand], make_namespace: Callable[[], Namespace]) -> Stand:
    """A stand whose ACS is at the other end of a cable, in a namespace of its own."""
    home, away = make_namespace(), make_namespace()
    home.ip("link set lo up")
    veth(home, "wan", away, "acs")
    home.ip(f"address add {FIRST_ADDRESS}/24 dev wan")
    away.ip(f"address add {ACS_ADDRESS}/24 dev acs")
    more = {"host": ACS_ADDRESS, "acs_namespace": away}
    try:
        return make_stand(namespace=home, manage=["wan"], network="confirm_within = 10", **more)
    except OSError as refused:
        pytest.skip(f"only root may enter a network namespace: {refused}")
