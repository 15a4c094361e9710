"""What people and programs see."""

import io
import json

import pytest

from agent.cli.output import paint, printable, show_json, show_table


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_columns_are_aligned_and_the_last_is_not_padded(capsys: pytest.CaptureFixture[str]) -> None:
    show_table([("a", 1), ("longer", 22)], headers=("name", "n"))
    assert capsys.readouterr().out == "name    n\na       1\nlonger  22\n"


def test_a_table_without_rows_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    show_table([])
    assert capsys.readouterr().out == ""


def test_rows_may_have_different_lengths(capsys: pytest.CaptureFixture[str]) -> None:
    show_table([("a", "b"), ("alone",)])
    assert capsys.readouterr().out == "a      b\nalone\n"


def test_json_has_its_schema_number_and_keeps_its_letters(capsys: pytest.CaptureFixture[str]) -> None:
    show_json({"value": "Küche"})
    told = capsys.readouterr().out
    assert json.loads(told) == {"schema": 1, "value": "Küche"}
    assert "Küche" in told


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert paint("x", "red", Terminal()) == "\033[31mx\033[0m"
    assert paint("x", "red", io.StringIO()) == "x"


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert paint("x", "red", Terminal()) == "x"


def test_what_could_move_the_cursor_is_shown_instead() -> None:
    assert printable("Küche\x1b[2J\r\n\u202e") == "Küche\\x1b[2J\\r\\n\\u202e"
