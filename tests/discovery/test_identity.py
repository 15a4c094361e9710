"""Which preset a device has, and what templates give it."""

import pytest

from agent.discovery.identity import Who, choose, expanded
from agent.discovery.preset import Match, Preset

ROUTER = Who("Acme", "00D09E", "R 1", "A/1", "Router One", "00D09E000001", ("acme,router-1", "vendor,chip"))


def test_templates_are_filled_with_the_devices_own() -> None:
    assert expanded("{oui}-{product_class}-{serial}", ROUTER) == "00D09E-R 1-A/1"
    assert expanded("https://acs/{serial}", ROUTER, in_url=True) == "https://acs/A%2F1"
    assert expanded("{{oui}} {mac} {manufacturer} {model}", ROUTER) == "{oui} 00D09E000001 Acme Router One"


@pytest.mark.parametrize(
    "template", ["{", "}", "{}", "{0}", "{oui!r}", "{oui:>9}", "{oui.x}", "{serial_number}", "{a[b]}"]
)
def test_what_is_no_template_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"stands for nothing|brace|Single|expected|end of"):
        expanded(template, ROUTER)


def test_a_device_without_the_thing_is_told_so() -> None:
    with pytest.raises(ValueError, match=r"this device has no \{mac\}"):
        expanded("{mac}", Who(oui="00D09E"))


def chosen(*places: list[Preset]) -> str:
    return next((verdict.preset.file for verdict in choose(places, ROUTER) if verdict.is_chosen), "none")


FOR_ALL = Preset("all")
BY_OUI = Preset("oui", match=Match(oui=("AAAAAA", "00D09E")))
BY_CLASS = Preset("class", match=Match(product_class=("R *",)))
BY_BOARD = Preset("board", match=Match(board=("acme,router-*",)))
OTHER = Preset("other", match=Match(board=("acme,router-*",), oui=("AAAAAA",)))


def test_the_most_particular_of_a_directory_wins() -> None:
    assert chosen([]) == "none"
    assert chosen([OTHER]) == "none"
    assert chosen([FOR_ALL, OTHER]) == "all"
    assert chosen([FOR_ALL, BY_OUI]) == "oui"
    assert chosen([BY_CLASS, FOR_ALL, BY_OUI]) == "class"
    assert chosen([BY_CLASS, BY_OUI, BY_BOARD, OTHER]) == "board"


def test_of_equal_ones_the_first_wins_and_the_first_directory_before_all() -> None:
    assert chosen([Preset("a"), Preset("b")]) == "a"
    assert chosen([FOR_ALL], [BY_BOARD]) == "all"
    assert chosen([OTHER], [BY_BOARD]) == "board"


def test_an_example_is_never_chosen() -> None:
    example = Preset("example", example=True)
    assert chosen([example]) == "none"
    [verdict] = choose([[example]], ROUTER)
    assert verdict.why == "an example; without the line `example = true` it would count"


def test_every_preset_has_its_reason() -> None:
    told = {verdict.preset.file: verdict.why for verdict in choose([[BY_CLASS, FOR_ALL, OTHER], [BY_BOARD]], ROUTER)}
    assert told == {
        "class": "it is for this product class",
        "all": "class comes first",
        "other": "it is for another oui; here it is '00D09E'",
        "board": "class comes first",
    }
