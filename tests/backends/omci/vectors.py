"""Frames of real devices and of other programs, with what another decoder says of them, where this machine has them."""

import functools
import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "omci"


@functools.cache
def vectors() -> list[dict[str, Any]]:
    """All of them; skips the test where they are not."""
    file = FOLDER / "vectors.jsonl"
    if not file.exists():
        pytest.skip(f"the frames of others are not on this machine: {file} is missing")
    return [json.loads(line) for line in file.read_text().splitlines()]


def sample(name: str) -> str:
    """What a real device printed; skips the test where it is not."""
    file = FOLDER / "samples" / name
    if not file.exists():
        pytest.skip(f"what real devices printed is not on this machine: {file} is missing")
    return file.read_text()
