"""Paths are typed segments, and what is no path is refused in words."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.errors import UnknownPath
from agent.model.path import Alias, Name, Number, ParameterPath, Wildcard


def test_a_path_is_read_as_names_numbers_aliases_and_wildcards() -> None:
    path = ParameterPath.parse("Device.IP.Interface.[lan.1].IPv4Address.*.Stats.3.Enable")

    assert path.segments == (
        Name("Device"),
        Name("IP"),
        Name("Interface"),
        Alias("lan.1"),
        Name("IPv4Address"),
        Wildcard(),
        Name("Stats"),
        Number(3),
        Name("Enable"),
    )
    assert not path.is_partial
    assert path.has_wildcard


def test_a_final_dot_makes_a_path_partial_and_the_empty_path_is_the_root() -> None:
    assert ParameterPath.parse("Device.IP.").is_partial
    assert ParameterPath.parse("") == ParameterPath((), True)
    assert str(ParameterPath.parse("")) == ""


@pytest.mark.parametrize(
    "text",
    [".", "Device..IP", "Device.IP.0", "Device.[", "Device.[]", "Device.IP ", "Device.'", "D" * 257, "Device.1x"],
)
def test_what_is_no_path_is_unknown(text: str) -> None:
    with pytest.raises(UnknownPath):
        ParameterPath.parse(text)


_SEGMENTS = st.one_of(
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,8}", fullmatch=True),
    st.integers(1, 9999).map(str),
    st.from_regex(r"\[[A-Za-z][A-Za-z0-9.-]{0,8}\]", fullmatch=True),
    st.just("*"),
)


@given(st.lists(_SEGMENTS, min_size=1, max_size=8), st.booleans())
def test_every_path_is_written_as_it_was_read(segments: list[str], is_partial: bool) -> None:
    text = ".".join(segments) + ("." if is_partial else "")

    assert str(ParameterPath.parse(text)) == text


@given(st.text(max_size=40))
def test_any_text_is_a_path_or_refused(text: str) -> None:
    with contextlib.suppress(UnknownPath):
        assert str(ParameterPath.parse(text)) == text
