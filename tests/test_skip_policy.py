"""The watch over skipped tests, tried on small test runs of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.skip_policy import ALLOWED, not_allowed, read
from tests.waiting import HANGS

ROOT = Path(__file__).parent.parent

SUITE = """
import pytest

def test_passes():
    pass

@pytest.mark.skip(reason="no kernel for it")
def test_skipped():
    pass
"""

CONFTEST = """
from tests.skip_policy import SkipPolicy

def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(SkipPolicy({globs!r}))
"""


def run(directory: Path, suite: str, globs: list[str], *options: str) -> subprocess.CompletedProcess[str]:
    (directory / "test_it.py").write_text(suite)
    (directory / "conftest.py").write_text(CONFTEST.format(globs=globs))
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, "test_it.py"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, timeout=HANGS, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_a_skip_that_is_not_listed_fails_the_run_and_is_named(tmp_path: Path, options: tuple[str, ...]) -> None:
    done = run(tmp_path, SUITE, [], *options)
    assert done.returncode == 1
    assert "test_it.py::test_skipped: Skipped: no kernel for it" in done.stdout


def test_a_listed_skip_is_allowed(tmp_path: Path) -> None:
    assert run(tmp_path, SUITE, ["test_it.py::test_sk*"]).returncode == 0


@pytest.mark.slow
def test_a_file_skipped_as_a_whole_fails_the_run_too(tmp_path: Path) -> None:
    suite = "import pytest\npytest.skip('not here', allow_module_level=True)\n"
    other = "def test_passes():\n    pass\n"
    (tmp_path / "test_other.py").write_text(other)
    done = run(tmp_path, suite, [], "test_other.py")
    assert done.returncode == 1
    assert "Skipped: not here" in done.stdout


def test_a_line_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="line 2: a skip needs its reason"):
        read("# comment\ntests/vm/*\n")


def test_only_what_no_glob_names_is_left() -> None:
    skipped = ["tests/vm/test_vlan.py::test_a", "tests/x.py::test_b[1-[2]]", "tests/y.py::test_c"]
    assert not_allowed(skipped, ["tests/vm/*", "tests/x.py::test_b*"]) == ["tests/y.py::test_c"]


def test_the_list_itself_can_be_read() -> None:
    assert all(glob.startswith("tests/") for glob in read(ALLOWED.read_text()))
