"""Values of a settings file are changed, and nothing that a person wrote beside them."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.settings import CHECKS, Settings, parse
from agent.settings_file import NotChangeable, changed, written
from agent.shipped import shipped

DOCUMENTED = shipped("agent.toml").read_text()


def test_the_shipped_file_keeps_every_comment() -> None:
    values = {"acs.url": "https://acs.example.net/", "inform.interval": 300, "network.manage": ["eth1"]}
    result = changed(DOCUMENTED, values)
    assert parse(result).acs.url == "https://acs.example.net/"
    assert parse(result).inform.interval == 300
    differing = [pair for pair in zip(DOCUMENTED.splitlines(), result.splitlines(), strict=True) if pair[0] != pair[1]]
    assert len(differing) == 3
    assert [old.partition("# ")[2] for old, _ in differing] == [new.partition("# ")[2] for _, new in differing]


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("", '[acs]\nurl = "x"\n'),
        ("[log]\n", '[log]\n\n[acs]\nurl = "x"\n'),
        ("[acs]", '[acs]\nurl = "x"\n'),
        ("[ acs ] # here\n[log]\n", '[ acs ] # here\nurl = "x"\n[log]\n'),
        ('[acs]\nurl = "a#b" # c # d\n', '[acs]\nurl = "x" # c # d\n'),
        ("[acs]\nurl='''a\nb # c\n''' # d\nusername = 'u'\n", "[acs]\nurl=\"x\" # d\nusername = 'u'\n"),
        ("acs.url = 'a'\n", 'acs.url = "x"\n'),
        ("[acs]\n'url' = 'a'", "[acs]\n'url' = \"x\""),
        ("[log]\nlevel = 'info'\r\n[acs]\r\nurl = ''\r\n", "[log]\nlevel = 'info'\r\n[acs]\r\nurl = \"x\"\r\n"),
        ('[identity]\nmanufacturer = """\n[acs]\nurl = 3\n"""\n[acs]\nurl=""', None),
        ("[x]\nlist = [\n  # url = 1\n  'a',\n]\n[acs]\nurl = ''\n", None),
    ],
)
def test_whatever_way_it_is_written(text: str, result: str | None) -> None:
    expected = tomllib.loads(text)
    expected.setdefault("acs", {})["url"] = "x"
    assert tomllib.loads(changed(text, {"acs.url": "x"})) == expected
    if result is not None:
        assert changed(text, {"acs.url": "x"}) == result


@pytest.mark.parametrize("text", ["acs = { url = 'a' }\n", "acs = 3\n", "acs.username = 'a'\n"])
def test_what_cannot_be_changed_by_itself_is_left(text: str) -> None:
    with pytest.raises(NotChangeable) as refused:
        changed(text, {"acs.url": "x"})
    assert refused.value.lines == ("[acs] url",)


def test_a_broken_file_is_not_made_worse() -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        changed("[acs\n", {"acs.url": "x"})


@given(st.text() | st.integers(-(2**40), 2**40) | st.booleans() | st.lists(st.text()))
def test_what_is_written_reads_as_it_was(value: Any) -> None:
    assert tomllib.loads(f"x = {written(value)}")["x"] == value


@given(st.dictionaries(st.sampled_from(sorted(CHECKS)), st.text("ab#\"'\\[]=\n "), max_size=4))
def test_any_values_of_the_shipped_file(values: dict[str, str]) -> None:
    found = tomllib.loads(changed(DOCUMENTED, values))
    before = tomllib.loads(DOCUMENTED)
    for name, value in values.items():
        table, _, key = name.partition(".")
        before[table][key] = value
    assert found == before
    assert parse(DOCUMENTED) == Settings()
