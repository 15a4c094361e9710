"""A known secret is found however it was written, and where its end is missing."""

import json
from html import escape
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.runtime.known_secrets import MASK, KnownSecrets

SECRETS = [
    'qq"C4nA&x',
    r"bs\C4nB1",
    "amp&C4nary<pw",
    "quote'C4n",
    "both'\"C4n\\",
    "ünï C4n",
    "tab\tC4n",
    "C4n 4/5+%",
    "0aB1" * 8,
]
WRITTEN = {
    "as it is": str,
    "repr": repr,
    "ascii": ascii,
    "repr beside a quote": lambda secret: repr(secret + '"'),
    "repr beside the other quote": lambda secret: repr(secret + "'"),
    "repr beside both": lambda secret: ascii(f"'{secret}\""),
    "JSON": json.dumps,
    "JSON in UTF-8": lambda secret: json.dumps(secret, ensure_ascii=False),
    "XML": lambda secret: escape(secret, quote=False),
    "an attribute": escape,
    "repr in XML": lambda secret: escape(f"{secret!a} is no unsignedInt", quote=False),
    "repr in an attribute": lambda secret: escape(repr(secret)),
    "a URL": lambda secret: quote(secret, safe=""),
    "a path": quote,
    "a form": quote_plus,
}


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_masked_however_it_is_written(secret: str, written: str) -> None:
    text = WRITTEN[written](secret)
    masked = KnownSecrets(lambda: ["other one", secret]).masked(f"before {text} after")
    assert MASK in masked
    assert "C4n" not in masked
    assert masked.startswith("before ")
    assert masked.endswith(" after")


@pytest.mark.parametrize("written", [str, str.upper, str.lower])
def test_a_key_is_masked_in_either_case(written: type[str]) -> None:
    assert "0a" not in KnownSecrets(lambda: ["0aB1" * 8]).masked(written("0aB1" * 8)).lower()


def test_a_long_secret_is_masked_where_its_end_is_missing() -> None:
    secret = "correct-horse<battery>staple-and-more-of-it"
    known = KnownSecrets(lambda: [secret])
    for cut in range(24, len(secret)):
        assert known.masked(f"'{secret[:cut]}…' and {escape(secret)[: cut + 3]}") == f"'{MASK}…' and {MASK}"
    assert known.masked(secret + secret[:30]) == MASK + MASK
    assert known.masked("correct-horse") == "correct-horse"


def test_short_texts_and_old_secrets_stay() -> None:
    secrets = ["abc", "", "the first"]
    known = KnownSecrets(lambda: secrets)
    assert known.masked("abc, the first") == f"abc, {MASK}"
    secrets[:] = ["another"]
    assert known.masked("abc, the first, another") == f"abc, the first, {MASK}"


def test_what_xml_hides_by_references_is_told() -> None:
    known = KnownSecrets(lambda: ["amp&C4nary<pw"])
    assert known.is_dressed_up("amp&C4nary<pw", "amp&#38;C4nary&#60;pw")
    assert known.is_dressed_up("amp&C4nary<pw amp&C4nary<pw", "amp&amp;C4nary&lt;pw amp&#38;C4nary&lt;pw")
    assert not known.is_dressed_up("amp&C4nary<pw", "amp&amp;C4nary&lt;pw")
    assert not known.is_dressed_up("nothing", "no&#116;hing")


@given(st.text(max_size=60), st.text(max_size=200))
def test_any_secret_and_any_text_are_taken(secret: str, text: str) -> None:
    known = KnownSecrets(lambda: [secret])
    masked = known.masked(f"{text}{secret}{text}")
    assert len(secret) < 4 or secret not in masked.replace(MASK, "\0") or secret in MASK
