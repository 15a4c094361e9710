"""5,000 parameters made for the purpose: a vendor's extension of 1,000 rows with five parameters each."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROWS = 1000

_SCHEMA = {
    "schema": 1,
    "model": "X_BENCH",
    "objects": {
        "Device.X_BENCH_Rows.": {"parameters": {"RowNumberOfEntries": "unsignedInt"}},
        "Device.X_BENCH_Rows.Row.{i}.": {
            "entriesParameter": "RowNumberOfEntries",
            "parameters": {
                "Name": "string",
                "Number": "unsignedInt",
                "Even": "boolean",
                "Text": "string",
                "Next": "int",
            },
        },
    },
}

_OBJECTS = f"""
from agent.model.object import Object, Parameter


def objects(mechanisms):
    parameters = [
        Parameter("Name", lambda row: f"row-{{row}}"),
        Parameter("Number", lambda row: row),
        Parameter("Even", lambda row: row % 2 == 0),
        Parameter("Text", lambda row: "some text of usual length"),
        Parameter("Next", lambda row: row + 1),
    ]
    return [
        Object(
            "Device.X_BENCH_Rows.Row.{{i}}.",
            rows=lambda: range({ROWS}),
            keys=lambda row: (str(row),),
            parameters=parameters,
            durable=False,
        )
    ]
"""


@contextmanager
def made() -> Iterator[Path]:
    """Write it as a vendor would; the directory to name in the settings."""
    with TemporaryDirectory(prefix="cpe-agent-bench-") as name:
        directory = Path(name)
        (directory / "bench.json").write_text(json.dumps(_SCHEMA))
        (directory / "bench.py").write_text(_OBJECTS)
        yield directory
