"""Known texts are found as a whole, the longest first, in whatever case."""

from agent.runtime.known_texts import KnownTexts


def known(**instead: str) -> KnownTexts:
    made = KnownTexts()
    for text, placeholder in instead.items():
        made.add(text.replace("_", " "), placeholder)
    return made


def test_whole_words_only_and_the_longest_first() -> None:
    texts = known(anna="1", anna_bell="2")
    assert texts.replaced("anna Anna annas hanna, anna bell. ANNA BELLS anna") == "1 1 annas hanna, 2. 1 BELLS 1"


def test_the_first_word_for_a_text_stays() -> None:
    texts = known(anna="1")
    texts.add("ANNA", "2")
    assert texts.replaced("anna") == "1"


def test_signs_and_letters_that_fold_to_more() -> None:
    texts = KnownTexts()
    for number, text in enumerate(("(x) & y!", "Straße", "strasse", "", " ")):
        texts.add(text, str(number))
    assert texts.replaced("a (X) & Y! straße STRASSE") == "a 0 1 1"


def test_nothing_known_changes_nothing() -> None:
    assert KnownTexts().replaced("as it was") == "as it was"
