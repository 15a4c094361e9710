"""Keys are found where they stand, in TOML and in JSON."""

import json

import pytest

from agent.toml_places import lines_of

TOML = """# a preset
description = "x"
acs . url = 1
[values]
"Device.A.B" = [
  1, # "Device.A.C" = 2
  2,
]
'Device.A.D' = "#"   # [acs]
text = '''
[no.table]
key = 1
'''
[[a.b]]
c = 1
"""


def test_keys_of_toml() -> None:
    assert lines_of(TOML) == {
        ("description",): 2,
        ("acs",): 3,
        ("acs", "url"): 3,
        ("values",): 4,
        ("values", "Device.A.B"): 5,
        ("values", "Device.A.D"): 9,
        ("values", "text"): 10,
        ("a",): 14,
        ("a", "b"): 14,
        ("a", "b", "c"): 15,
    }


@pytest.mark.parametrize("indent", [None, 1])
def test_keys_of_json(indent: int | None) -> None:
    document = {"acs": {"url": "a:{b", "list": [1, {"x": 1}]}, "values": {"Device.A": '"\\'}, "end": []}
    found = lines_of(json.dumps(document, indent=indent), is_json=True)
    assert [path for path in found if len(path) < 3] == [
        ("acs",), ("acs", "url"), ("acs", "list"), ("values",), ("values", "Device.A"), ("end",),
    ]  # fmt: skip
    assert found["values", "Device.A"] == (1 if indent is None else 12)
