"""XML Schema's patterns mean the same in Python, and what has no translation is refused."""

import pytest

from agent.model.patterns import UnsupportedPattern, compiled


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("", [""], ["a"]),
        (r"\d{4}|\d{8}", ["1234", "12345678"], ["12345", "1234\n", "١٢٣٤"]),
        ("a.c", ["abc", "a.c"], ["a\nc", "a\rc", "xabc", "abcx"]),
        ("^a$", ["^a$"], ["a"]),
        (r"\.\?\-\^", [".?-^"], ["a?-^"]),
        (r"\i\c*", ["_x1", "a-b.c"], ["1a", "-"]),
        (r"\I\C\D\S\W", ["1 a-+"], ["a1a-+"]),
        (r"[\d\s]+", ["1 2\t"], ["a"]),
        ("[^0-9]", ["a"], ["1"]),
        ("[a-z-[aeiou]]+", ["xyz"], ["xay", ""]),
        ("[&&~|^[]+", ["&~|^["], ["a"]),
        ("[0-9]{1,3}?[BK]", ["12K"], ["1234K", "12"]),
        (r"a\tb\n", ["a\tb\n"], ["atbn"]),
    ],
)
def test_a_pattern_matches_the_whole_value_or_nothing(pattern: str, matching: list[str], other: list[str]) -> None:
    assert [text for text in matching if not compiled(pattern).fullmatch(text)] == []
    assert [text for text in other if compiled(pattern).fullmatch(text)] == []


@pytest.mark.parametrize("pattern", ["(", "[a", "[a-[b]c]", r"\p{L}", r"\1", "\\", "(?=a)", "a**", r"[\D]"])
def test_what_has_no_translation_is_refused(pattern: str) -> None:
    with pytest.raises(UnsupportedPattern):
        compiled(pattern)
