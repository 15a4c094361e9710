"""The contract suite of VLANs on Debian's kernel, in the throw-away machine."""

import pytest

from tests.vm.in_machine import debian, run_tests
from tests.vm.machine import archived, in_order, needs


@pytest.mark.vm
@pytest.mark.slow
def test_the_contract_holds_on_a_kernel_with_vlans() -> None:
    run_tests(36, "tests/backend_contract/test_vlans.py")


@pytest.mark.vm
@pytest.mark.slow
def test_what_runs_inside_leaves_nothing_outside() -> None:
    status, output = debian().run(["sh", "-c", "echo x > /left-behind && cat /left-behind; exit 7"])
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
