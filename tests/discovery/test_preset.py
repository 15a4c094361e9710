"""A preset is read from TOML or JSON; what is wrong is told with its line, what is allowed, and never a password."""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.discovery.identity import Who
from agent.discovery.offer import Source
from agent.discovery.preset import CHECKS, LARGEST, NotUsable, Preset, Problem, few, offer, parse, settings_for

FULL = """
description = "Acme's routers"

[match]
oui = "00D09E"
product_class = ["R1", "R2*"]

[acs]
url = "https://acs.example.net/{oui}"
username = "{oui}-{serial}"
password = "s3cret"
ca_file = "acme.pem"
dhcp_may_replace = true

[inform]
interval = 300

[connection_request]
username = "{mac}"

[values]
"Device.DeviceInfo.ProvisioningCode" = "acme.1"
"Device.Time.Enable" = true
"Device.DNS.Client.Server.[first].Enable" = true
"Device.X.Number" = 7
"Device.X.Time" = 2026-01-02T03:04:05+01:00
"Device.X.List" = ["a,b", 1]

[attributes]
"Device.DeviceInfo.SoftwareVersion" = "active"
"Device.WiFi." = "passive"
"""
ACME = Who("Acme", "00D09E", "R1", "7", "R1", "00D09E000007")


def read(text: str, file: str = "p.toml") -> Preset:
    return parse(text.encode(), file)


def problems(text: str, file: str = "p.toml") -> list[tuple[int, str, str]]:
    with pytest.raises(NotUsable) as refused:
        read(text, file)
    return [tuple(one) for one in refused.value.problems]  # type: ignore[misc]


def test_everything_that_it_may_say_is_taken() -> None:
    preset = read(FULL)
    assert preset.description == "Acme's routers"
    assert preset.match == ((), ("R1", "R2*"), ("00D09E",))
    assert settings_for(preset, ACME) == {
        "acs.url": "https://acs.example.net/00D09E",
        "acs.username": "00D09E-7",
        "acs.password": "s3cret",
        "acs.ca_file": "acme.pem",
        "acs.dhcp_may_replace": True,
        "inform.interval": 300,
        "connection_request.username": "00D09E000007",
    }
    assert preset.values == {
        "Device.DeviceInfo.ProvisioningCode": "acme.1",
        "Device.Time.Enable": "true",
        "Device.DNS.Client.Server.[first].Enable": "true",
        "Device.X.Number": "7",
        "Device.X.Time": "2026-01-02T02:04:05Z",
        "Device.X.List": "a%2Cb,1",
    }
    assert preset.attributes == {"Device.DeviceInfo.SoftwareVersion": 2, "Device.WiFi.": 1}


def test_json_says_the_same() -> None:
    document = {
        "match": {"oui": ["00D09E"]},
        "acs": {"url": "https://acs.example.net/", "password": "s3cret"},
        "values": {"Device.Time.Enable": True},
    }
    toml = '[match]\noui = "00D09E"\n[acs]\nurl = "https://acs.example.net/"\npassword = "s3cret"\n'
    toml += '[values]\n"Device.Time.Enable" = true\n'
    one, other = read(json.dumps(document), "p.json"), read(toml)
    assert one[1:] == other[1:]
    assert one.digest == other.digest != read(FULL).digest


@pytest.mark.parametrize(
    ("text", "line", "what", "step"),
    [
        (
            "[acs]\n\nurl = 'ftp://acs/'",
            3,
            "[acs] url is none that can be used",
            'it must be "http://host[:port]/path" or "https://…"',
        ),
        ("[acs]\nurl = 'https://acs/{x}'", 2, "[acs] url", "{x} stands for nothing; there are {oui}, {serial}"),
        ("[acs]\nurl = 'https://{manufacturer} acs/{'", 2, "[acs] url", ""),
        ("[acs]\nusername = 3", 2, "[acs] username is 3", "it must be one line of text"),
        ("[acs]\nurrl = ''", 2, "unknown key 'urrl' in [acs]", "allowed are url, username, password"),
        ("[match]\noui = 'acme'", 2, "[match] oui is 'acme'", "six upper-case hexadecimal digits"),
        ("[match]\nboard = []", 2, "[match] board", "or a list of such"),
        ("[acs]\nclient_key = 'k.pem'", 2, "[acs] client_key is alone", "name its client_certificate"),
        ("x = 1", 1, "unknown table or key 'x'", "allowed are description, example, [match], [acs]"),
        ("\nacs = 3", 2, "acs is a table", "write [acs]"),
        ("[values]\nDevice.Time.Enable = true", 2, "'Device' is a table", "put the whole path in quotes"),
        ("[values]\n'Device.Time.' = 1", 2, "'Device.Time.' is no parameter's path", "write names"),
        ("[values]\n'Device.X.Y' = 01:02:03", 2, "Device.X.Y: that is no value", "write true, a number"),
        ("[values]\n'Device.X.Y' = 2026-01-01T00:00:00", 2, "Device.X.Y: that is no value", "write true, a number"),
        ("[values]\n\n'Device.ManagementServer.URL' = ''", 3, "has a key of its own", "write it as [acs] url"),
        ("[attributes]\n'Device.X.Y' = 2", 2, "Device.X.Y: 2 is no notification", "off, passive, active"),
        ("example = 'yes'", 1, "example is 'yes'", "it must be true or false"),
        ("[acs]\nurl = ", 2, "this is not TOML", "mend the line"),
        ("[acs]\nurl = ''\nurl = ''", 3, "this is not TOML", "mend the line"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, what: str, step: str) -> None:
    [(found, told, then)] = problems(text)
    assert (found, what in told, step in then) == (line, True, True), (found, told, then)


def test_every_problem_is_told_at_once_in_the_order_of_the_lines() -> None:
    text = "[values]\n'x' = 1\n[acs]\nurl = 1\nx = 1\n[match]\nx = 1\n"
    assert [line for line, _, _ in problems(text)] == [2, 4, 5, 7]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ('{"acs": {\n"url": 3}}', 2, "[acs] url"),
        ('{"acs": {\n"url": "", "url": ""}}', 0, "'url' is there twice"),
        ("{\n\n,}", 3, "this is not JSON"),
        ("[1]", 1, "no JSON object"),
        ("[" * 100_000, 0, "it cannot be read"),
        ('{"inform": {"interval": ' + "9" * 5000 + "}}", 0, "it cannot be read"),
    ],
)
def test_what_is_wrong_with_json(text: str, line: int, what: str) -> None:
    [(found, told, _)] = problems(text, "p.json")
    assert (found, what in told) == (line, True), told


def test_what_json_says_is_told_as_json_does() -> None:
    told = [
        what for _, what, _ in problems('{"inform": {"interval": null}, "attributes": {"Device.A": false}}', "p.json")
    ]
    assert told == ["Device.A: false is no notification", "[inform] interval is null"]


@pytest.mark.parametrize(
    ("text", "file", "what"),
    [
        ("a." * 120_000 + "a = 1", "p.toml", "more than 16 parts"),
        ("{" + "".join(f'"{n}": 1,' for n in range(20_000)) + '"19999": 1}', "p.json", "'19999' is there twice"),
        ("[values]\nx = [" + "\n1," * 80_000 + "]\ny = {}", "p.toml", "no parameter's path"),
    ],
)
def test_a_hostile_text_is_refused_soon(text: str, file: str, what: str) -> None:
    began = time.monotonic()
    assert what in problems(text, file)[0][1]
    assert time.monotonic() - began < 10


def test_a_few_problems_are_told_and_how_many_more() -> None:
    with pytest.raises(NotUsable) as refused:
        parse("".join(f"k{number}{'x' * 500} = 1\n" for number in range(400)).encode(), "p.toml")
    told = few(refused.value.problems)
    assert (len(told), told[0].line, told[-1].what) == (21, 1, "and 380 more")
    assert all(len(one.what) <= 300 for one in told)
    assert few(told[:2]) == told[:2]


def test_what_is_no_text_or_too_much_of_it() -> None:
    for content, line in ((b"[acs]\nurl = '\xff'", 2), (b"#" * (LARGEST + 1), 0)):
        with pytest.raises(NotUsable) as refused:
            parse(content, "p.toml")
        assert [one.line for one in refused.value.problems] == [line]


@pytest.mark.parametrize("key", ["acs.password", "connection_request.password", "acs.url"])
def test_no_secret_is_repeated(key: str) -> None:
    table, _, name = key.partition(".")
    assert "canary" not in str(problems(f"[{table}]\n{name} = ['canary']"))
    assert "canary" not in str(problems(f"[{table}]\n{name} = 'http://u:canary@a\\u0000/'".replace("'", '"')))
    assert "s3cret" not in repr(read(FULL))


def test_what_a_template_gives_has_to_be_usable_on_the_device() -> None:
    for who in (ACME._replace(mac=""), ACME._replace(serial="x" * 256), ACME._replace(serial="\n")):
        with pytest.raises(ValueError, match=r"^\[(acs|connection_request)\] username: "):
            settings_for(read(FULL), who)


def test_it_is_an_offer_like_that_of_any_source() -> None:
    preset = read(FULL)
    told = offer(preset, settings_for(preset, ACME))
    assert (told.source, told.told_by, told.url) == (Source.PRESET, "p.toml", "https://acs.example.net/00D09E")
    assert (told.username, told.password) == ("00D09E-7", "s3cret")
    assert offer(Preset("x"), {}).url == ""


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["{oui}", "{"])
KEYS = st.sampled_from(
    [
        *(key.partition(".")[0] for key in CHECKS),
        *(key.partition(".")[2] for key in CHECKS),
        "values",
        "attributes",
        "Device.A",
    ]
) | st.text(max_size=5)


def refused(content: bytes, file: str) -> tuple[Problem, ...]:
    """What is wrong; nothing, where it is a preset."""
    try:
        parse(content, file)
    except NotUsable as wrong:
        return wrong.problems
    return ()


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(KEYS, st.recursive(LEAVES, nested, max_leaves=8), max_size=5))
def test_any_document_is_a_preset_or_refused(document: dict[str, Any]) -> None:
    assert all(one.what and one.next for one in refused(json.dumps(document).encode(), "p.json"))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_mutated_text_is_a_preset_or_refused(data: st.DataObject) -> None:
    content = bytearray(FULL.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        content[start : start + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=4))
    assert all(one.what and one.next for one in refused(bytes(content), "p.toml"))
