"""What in a message is secret, by the meaning of its elements; the redactor's tests show it masked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.runtime.xml_secrets import NotXml, secret_spans


def secrets(message: str) -> list[str]:
    data = message.encode()
    spans = secret_spans(data, lambda name: name.lower().endswith("password"))
    return [data[start:end].decode() for start, end in spans]


def test_the_content_beside_a_secrets_name_and_of_an_element_called_like_one_is_secret() -> None:
    message = "<a><s><Name>X.Password</Name><Value t='>'>é1</Value></s><Password>2<b/></Password><Value>3</Value></a>"
    assert secrets(message) == ["é1", "2<b/>"]


def test_spans_do_not_overlap() -> None:
    assert secrets("<s><Name>X.Password</Name><Value><Password>1</Password></Value></s>") == ["<Password>1</Password>"]


@pytest.mark.parametrize(
    "message", ["", "text", "<a>", "<a></b>", "<a/><b/>", "<!DOCTYPE a><a/>", "<a>&x;</a>", "<a>" * 70 + "</a>" * 70]
)
def test_what_is_no_document_is_told(message: str) -> None:
    with pytest.raises(NotXml):
        secrets(message)


@given(st.text(max_size=200), st.text(max_size=50))
def test_whatever_is_well_formed_keeps_no_secret_and_nothing_else_breaks(noise: str, value: str) -> None:
    try:
        found = secrets(f"<a>{noise}<Name>X.Password</Name><Value>canary{value}</Value></a>")
    except NotXml:
        return
    assert any(one.startswith("canary") for one in found)
