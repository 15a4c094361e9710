"""Schemas that several tests look at: the shipped one, and the Forum's XML where this machine has it."""

import functools
from pathlib import Path
from typing import Any

import pytest

import agent.shipped_schema
from agent.model.schema import Schema
from agent.schema_compiler import compile_document
from agent.shipped import shipped

SHIPPED = shipped("datamodel/tr-181-2-19-1-cwmp.json.gz")
XML = Path(__file__).resolve().parent.parent.parent / "shared" / "bbf"
MODELS = {
    "tr-098-1-8-0-full.xml": (192, 1801),
    "tr-104-2-0-2-cwmp-full.xml": (113, 849),
    "tr-135-1-4-1-cwmp-full.xml": (99, 519),
    "tr-140-1-3-1-cwmp-full.xml": (19, 126),
    "tr-181-2-19-1-cwmp-full.xml": (873, 7343),
    "tr-181-2-19-1-usp-full.xml": (822, 6722),
}
"""How many objects and parameters each has."""


@functools.cache
def shipped_schema() -> Schema:
    return agent.shipped_schema.shipped_schema()


@functools.cache
def document(name: str) -> dict[str, Any]:
    """A model compiled from its XML; skips the test where the XML is not."""
    file = XML / name
    if not file.exists():
        pytest.skip(f"the Broadband Forum's XML is not on this machine: {file} is missing")
    return compile_document(file.read_bytes())
