"""XML for people."""

from hypothesis import given
from hypothesis import strategies as st

from agent.cli.xml_text import indented


def test_elements_are_indented_and_those_with_only_text_stay_on_a_line() -> None:
    assert indented('<?xml version="1.0"?><a x="1"><b>text</b><c/><d><e></e></d></a>') == (
        '<?xml version="1.0"?>\n<a x="1">\n  <b>text</b>\n  <c/>\n  <d>\n    <e></e>\n  </d>\n</a>'
    )


def test_indentation_that_was_there_is_replaced() -> None:
    assert indented("<a>\n      <b>1</b>\n</a>\n") == "<a>\n  <b>1</b>\n</a>"


def test_spaces_that_are_a_value_are_kept() -> None:
    assert indented("<a><b>  two  words </b></a>") == "<a>\n  <b>  two  words </b>\n</a>"


def test_what_is_not_well_formed_is_shown_as_well() -> None:
    assert indented("</x><a><b>1</c>") == "</x>\n<a>\n  <b>1</c>"


@given(st.text(alphabet="<>/ab \n", max_size=60))
def test_no_text_is_lost_and_nothing_fails(text: str) -> None:
    shown = indented(text)
    assert [char for char in shown if not char.isspace()] == [char for char in text if not char.isspace()]
