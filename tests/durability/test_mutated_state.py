"""Whatever has become of the saved state: the agent starts, and speaks to the ACS that it had."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent


def failures(directory: Path, first: int, step: int) -> tuple[list[dict[str, Any]], int]:
    """What went wrong in some of all starts, and how many they were."""
    command = [sys.executable, "-m", "tests.durability.mutated_starts", str(directory / "state"), str(first), str(step)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr[-4000:]
    *wrong, count = [json.loads(line) for line in done.stdout.splitlines()]
    return wrong, count


@pytest.mark.slow
def test_it_starts_on_a_part_of_the_mutations(tmp_path: Path) -> None:
    wrong, count = failures(tmp_path, 3, 71)
    assert wrong == []
    assert count > 50


@pytest.mark.slow
def test_it_starts_on_every_thirty_first_mutation(tmp_path: Path) -> None:
    """All of them take minutes; 31 does not divide how many there are for one place."""
    wrong, count = failures(tmp_path, 0, 31)
    assert wrong == []
    assert count > 125
