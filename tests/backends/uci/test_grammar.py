"""Words and statements, as libuci reads them."""

import pytest

from backends.uci.grammar import BadLine, quote, statements, words


def said(line: str) -> list[tuple[str, str, str]]:
    return [statement[:3] for statement in statements(line)]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("plain", "plain"),
        ("'in quotes'", "in quotes"),
        ("'it'\\''s'", "it's"),
        ('"say \\"hi\\""', 'say "hi"'),
        ('"back\\\\slash \\n"', "back\\slash n"),
        ("a\\ b\\'c", "a b'c"),
        ("'a'\"b\"c", "abc"),
        ("'one\ntwo\n'", "one\ntwo\n"),
        ("'one\n# two'", "one\n# two"),
        ('"one\ntwo"', "one\ntwo"),
        ("one\\\ntwo", "onetwo"),
        ('"one\\\r\ntwo"', "onetwo"),
        ("'in\\single'", "in\\single"),
        ("a#comment", "a"),
        ("'a' # comment", "a"),
        ("''", ""),
        ("", ""),
        ("a;option lost 1", "a"),
    ],
)
def test_a_word_is_read_as_libuci_reads_it(written: str, value: str) -> None:
    assert said(f"option name {written}\n") == [("option", "name", value)]
    assert said(f"\t option 'name'\t{written}") == [("option", "name", value)]


def test_statements_may_share_a_line() -> None:
    text = "config t 'a'; option x '1'; list y 'b' # both\nlist z c\n"
    found = list(statements(text))
    assert [each[:3] for each in found] == [
        ("config", "t", "a"), ("option", "x", "1"), ("list", "y", "b"), ("list", "z", "c"),
    ]  # fmt: skip
    assert [each.comment for each in found] == ["", "", "# both", ""]
    assert {text[each.start : each.end] for each in found[:3]} == {text.splitlines(keepends=True)[0]}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("config t\n\noption\n", 3),
        ("config t\noption a b c\n", 2),
        ("config t\n\noption a 'b\n\n", 3),
        ("config t\nset a b\n", 2),
        ("config t\noption a 'b';\n\n", 2),
        ("config t\n option a \0\n", 2),
        ("option", 1),
    ],
)
def test_what_libuci_refuses_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(BadLine) as told:
        said(text)
    assert told.value.line == line


@pytest.mark.parametrize("text", ["", "plain", "it's", "'", "a\nb", "\\", '"', "é\udcff", "a;b # c", "''''"])
def test_what_is_quoted_reads_back(text: str) -> None:
    assert next(words(f"word {quote(text)} {quote('x' + text)}\n")) == (
        ("word", text, "x" + text) if text else ("word",)
    )


def test_words_come_line_by_line_and_a_broken_line_is_left_out() -> None:
    assert list(words("a b 'c d'\n\n'two\nlines' x\nopen 'quote\n")) == [("a", "b", "c d"), (), ("two\nlines", "x")]
