"""The contract suite of VLANs on Debian's kernel, in the throw-away machine."""

import re
import sys

import pytest

from tests.vm.machine import Machine, MachineUnavailable, archived, in_order, machine, needs


@pytest.fixture
def debian() -> Machine:
    """The machine; built at first use."""
    try:
        return machine()
    except MachineUnavailable as reason:
        pytest.skip(f"no throw-away machine: {reason}")


@pytest.mark.vm
@pytest.mark.slow
def test_the_contract_holds_on_a_kernel_with_vlans(debian: Machine) -> None:
    suite = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/backend_contract/test_vlans.py"]
    status, output = debian.run(suite, {"CPE_AGENT_IN_MACHINE": "1", "PYTHONDONTWRITEBYTECODE": "1"})
    assert status == 0, output
    passed = re.search(r"(\d+) passed", output)
    assert passed is not None
    assert int(passed[1]) >= 36, "half of them on the fake, half on the kernel"


@pytest.mark.vm
@pytest.mark.slow
def test_what_runs_inside_leaves_nothing_outside(debian: Machine) -> None:
    status, output = debian.run(["sh", "-c", "echo x > /left-behind && cat /left-behind; exit 7"])
    assert (status, output.strip()) == (7, "x")
    with pytest.raises(FileNotFoundError):
        open("/left-behind").close()


def test_a_module_comes_after_those_it_needs() -> None:
    modules = {"low": b"\0depends=\0", "mid_dle": b"\0depends=low\0", "top": b"\0license=GPL\0depends=mid-dle,low\0"}
    assert in_order(["top", "in-the-kernel"], modules) == ["low", "mid_dle", "top"]
    assert needs(b"no such section") == []


def test_an_archive_is_what_cpio_would_write() -> None:
    archive = archived({"bin/x": (0o755, b"abc")})
    assert archive[:6] == b"070701"
    assert archive.index(b"bin\0") < archive.index(b"bin/x\0")
    assert b"abc\0" in archive
    assert archive.rstrip(b"\0").endswith(b"TRAILER!!!")
    assert len(archive) % 4 == 0
