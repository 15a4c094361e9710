"""Keys are found where they stand, in TOML and in JSON."""

import json
import time

import pytest

from agent.toml_places import DEEPEST, lines_of, places, too_deep

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


@pytest.mark.parametrize(
    ("text", "last", "rest"),
    [
        ("a = 1 # x\nb = 2\n", 0, " # x\n"),
        ('a = [ "]", # ]\n  {x = "#"},\n]  # end\nb = 1', 2, "  # end\n"),
        ("a = '''it's\n# ''''\nb = 1", 1, "\n"),
        ('a = """ \\""" # "\n""\n"""\n', 2, "\n"),
        ("a = 1", 0, ""),
        ("a = 1  ", 0, "  "),
        ("a = 1\r\nb = 1", 0, "\r\n"),
    ],
)
def test_a_value_ends_where_it_ends(text: str, last: int, rest: str) -> None:
    [place, *_] = places(text)
    assert (place.line, place.last, place.rest) == (0, last, rest)


def test_a_key_is_too_deep_where_it_is_one() -> None:
    deep = "a." * DEEPEST + "a"
    for text in (f"x = 1\n{deep} = 1", f"\n[{deep}]", f"\nx = [{{ {deep} = 1 }}]", "\n" + deep.replace("a", "'a' ")):
        assert too_deep(text) == 2, text
    for text in (f"x = '{deep}'", f'x = "\\"{deep}"', f"# {deep}", f"x = '''\n{deep}\n'''", deep[2:] + " = 1"):
        assert too_deep(text) == 0, text
    assert too_deep(f"x = ['''y'''', {{{deep} = 1}}]") == 1


@pytest.mark.parametrize(
    "text",
    [
        "x = [\n" + "1,\n" * 80_000 + "]\n",
        "x = '" + "#" * 250_000 + "'\n",
        'x = """' + '\\"""' * 60_000 + '"""\n',
        "x = 1\n" + '"""\\' * 60_000,
        "x = 1\n" + "a.b c." * 40_000,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    began = time.monotonic()
    too_deep(text)
    assert lines_of(text[: text.find("\n")] if "\n" in text[:6] else text)["x",] == 1
    assert time.monotonic() - began < 10
