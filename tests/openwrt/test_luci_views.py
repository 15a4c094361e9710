"""LuCI's pages of cpe-agent in a real Chromium, over a stand-in for LuCI and what a real agent answers."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.settings import CHECKS, Settings, flat, parse
from agent.settings_file import changed
from agent.settings_uci import OF_THE_PACKAGE
from tests.openwrt.luci_site import VIEWS, Luci, Reply, real_documents, served
from tests.openwrt.router import PROJECT
from tests.waiting import until
from tests.web.browser import MARKUP, Page, page

sys.path.insert(0, str(PROJECT / "openwrt"))
import pack

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (Path("/usr/bin/chromium").exists() and Path("/usr/bin/chromedriver").exists()),
        reason="needs the packages chromium and chromium-driver",
    ),
]

NAMES = sorted(file.stem for file in VIEWS.iterdir())
READ = [name for name in NAMES if name != "settings"]
FILE = "/etc/config/cpe-agent"
SECRET = "canary-secret-9"
TABLES = ("openwrt", "acs", "inform", "connection_request", "discovery", "network")


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Reply]:
    return real_documents(tmp_path_factory.mktemp("agent"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with page("") as one:
        yield one


@pytest.fixture
def luci(documents: dict[str, Reply]) -> Iterator[Luci]:
    text = pack.configuration((PROJECT / "config" / "agent.toml").read_text())
    told = {"acs.url": "https://acs.example.net/cwmp", "acs.password": SECRET, "connection_request.password": SECRET}
    with served(Luci(documents, changed(text, told, FILE))) as one:
        yield one


@pytest.fixture
def look(browser: Page, luci: Luci) -> Iterator[Callable[..., Page]]:
    """Open one of the pages; at the end nothing may have been complained of."""

    def look(view: str, size: str = "desktop", more: str = "") -> Page:
        browser.look("light", size)
        browser.driver.get(f"http://127.0.0.1:{luci.port}/?view=cpe-agent/{view}&rights={luci.level}{more}")
        browser.one("body[data-ready]")
        until(lambda: not browser.all(".spinning"), "the page goes on loading")
        return browser

    yield look
    assert browser.complaints() == []
    browser.driver.get("about:blank")


def hostile(told: Any) -> Any:
    """The same document, each text of it with markup."""
    if isinstance(told, dict):
        return {key: value if key in ("kind", "at") else hostile(value) for key, value in told.items()}
    if isinstance(told, list):
        return [hostile(one) for one in told]
    return told + MARKUP if isinstance(told, str) else told


def value(browser: Page, option: str) -> Any:
    return browser.one(f"[id='{option}']")


def write(browser: Page, option: str, text: str) -> None:
    browser.run("arguments[0].value = arguments[1]", value(browser, option), text)


def save(browser: Page) -> str:
    return str(browser.driver.execute_async_script("const tell = arguments[0]; save().then(tell)"))


# -- what is told ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("view", NAMES)
def test_each_page_is_shown_and_no_wider_than_the_screen(look: Callable[..., Page], view: str, size: str) -> None:
    shown = look(view, size)
    assert shown.text("h2")
    assert shown.run("return document.documentElement.scrollWidth <= innerWidth")
    text = shown.text()
    assert "undefined" not in text
    assert "[object" not in text
    assert "NaN" not in text


@pytest.mark.parametrize("view", NAMES)
def test_every_word_of_the_pages_own_can_be_translated(look: Callable[..., Page], view: str) -> None:
    shown = look(view, more="&marked")
    if view == "sessions":
        shown.press("«Open»")
        shown.shows("«begin»", "#cpe-agent-session")
    ours = "h2, h3, th, label, button, option, .cbi-map-descr, .cbi-value-description, td:first-child:not([data-title])"
    said = [str(one.get_attribute("textContent")) for one in shown.all(f"#view :is({ours})")]
    assert len(said) > 9
    assert {one for one in said if "«" not in one} <= {"", "SHA-256", "Save"}


def test_the_overview_says_who_manages_the_device_and_asks_again(look: Callable[..., Page], luci: Luci) -> None:
    shown = look("overview")
    status = luci.documents["status"]
    for words in (status["acs"]["url"], "reachable", "complete", status["device"]["serial_number"]):
        assert words in shown.text("#cpe-agent-status")
    luci.documents["status"] = {
        **status,
        "acs": {**status["acs"], "state": "last session failed", "last_outcome": "x9"},
    }
    seconds = shown.driver.execute_async_script("const tell = arguments[0]; tick().then(tell)")
    assert seconds == [5]
    assert "the last session failed" in shown.text("#cpe-agent-status")
    assert "x9" in shown.text("#cpe-agent-status")


def test_a_report_is_asked_for_by_who_may_write_and_not_by_who_may_read(look: Callable[..., Page], luci: Luci) -> None:
    shown = look("overview")
    shown.press("Report to the ACS now")
    shown.shows("A session with the ACS has begun", "#notifications")
    assert ("inform", {}) in luci.asked
    luci.level = "read"
    assert look("overview").one("button").get_attribute("disabled")


def test_a_session_is_opened_with_its_turns_and_on_demand_with_its_messages(
    look: Callable[..., Page], luci: Luci
) -> None:
    shown = look("sessions")
    assert "0 BOOTSTRAP, 1 BOOT" in shown.text("#cpe-agent-sessions")
    shown.press("Open")
    shown.shows("InformResponse", "#cpe-agent-session")
    text = shown.text("#cpe-agent-session")
    for words in ("Inform", "HTTP status 200", "new connection", "nothing (an empty body)", "complete"):
        assert words in text
    assert "<?xml" not in text
    assert re.search(r"\b\d\d:\d\d:\d\d\.\d{3}\b", text)
    shown.press("With the messages (XML)")
    shown.shows('<?xml version="1.0"', "#cpe-agent-session")
    shown.press("Without the messages")
    until(lambda: "<?xml" not in shown.text("#cpe-agent-session"), "the messages stay")
    asked = [arguments for method, arguments in luci.asked if method == "session"]
    assert asked == [{"id": 1, "xml": False}, {"id": 1, "xml": True}, {"id": 1, "xml": False}]


def test_the_diagnostics_tell_every_check_and_every_source(look: Callable[..., Page], luci: Luci) -> None:
    checks = luci.documents["doctor"]["checks"]
    checks[0] = {"name": "link", "ok": False, "what": "eth9 is down", "next": "plug it in"}
    text = look("diagnostics").text()
    for check in checks:
        assert check["what"] in text
    assert "plug it in" in text
    assert "wrong" in text
    for source in luci.documents["discover"]["sources"]:
        assert source["name"] in text
        assert source["why"] in text


@pytest.mark.parametrize("view", READ)
def test_markup_in_what_the_device_or_the_acs_says_is_text(look: Callable[..., Page], luci: Luci, view: str) -> None:
    luci.documents = hostile(luci.documents)
    shown = look(view)
    for button in ("Open", "With the messages (XML)") if view == "sessions" else ():
        shown.press(button)
        shown.shows(MARKUP, "#cpe-agent-session")
    shown.shows(MARKUP)
    assert not shown.all("#view script, #view img")
    assert shown.run("return window.taken") is None


@pytest.mark.parametrize("view", READ)
def test_without_an_agent_a_page_says_so_and_what_to_do(look: Callable[..., Page], luci: Luci, view: str) -> None:
    luci.failure = (4, f"Resource not found {MARKUP}")
    shown = look(view)
    assert "/etc/init.d/cpe-agent start" in shown.text()
    assert "Resource not found <script>" in shown.text()
    if view == "overview":
        shown.press("Report to the ACS now")
        shown.shows("The agent has begun no session", "#notifications")
    assert not shown.all("#view script, #view img, #notifications img")


# -- the settings ---------------------------------------------------------------------------------------------------


def test_the_form_has_every_setting_of_its_tables_and_no_other(look: Callable[..., Page]) -> None:
    shown = look("settings")
    options = shown.run("return [...document.querySelectorAll('[data-name]')].map((one) => one.dataset.name)")
    known = [*CHECKS, *(f"{table}.{key}" for table, keys in OF_THE_PACKAGE.items() for key in keys)]
    assert sorted(options) == sorted(name for name in known if name.partition(".")[0] in TABLES)


def test_what_the_form_offers_as_default_and_to_choose_from_is_what_the_settings_take(
    look: Callable[..., Page],
) -> None:
    shown = look("settings")
    told = shown.run(
        "return map.children.flatMap((s) => s.options.map((o) => [`${s.table}.${o.option}`, o.default, o.placeholder,"
        " (o.choices ?? []).map(([key]) => key)]))"
    )
    real = flat(Settings())
    for name, default, placeholder, choices in told:
        if name in real and default is not None:
            assert {"1": True, "0": False}.get(default, default) == real[name], name
        if isinstance(real.get(name), int) and not isinstance(real[name], bool):
            assert placeholder == str(real[name]), name
        for choice in choices:
            CHECKS[name](choice)


def test_saved_as_it_is_the_form_changes_nothing(look: Callable[..., Page], luci: Luci) -> None:
    shown, before = look("settings"), luci.text
    assert save(shown) == "saved"
    assert luci.saved == [{"made": {}, "changed": {}, "removed": {}}]
    assert luci.text == before


def test_what_is_changed_is_written_and_is_what_the_agent_then_reads(look: Callable[..., Page], luci: Luci) -> None:
    shown = look("settings")
    for option, text in {
        "acs.url": "https://other.example.net/", "acs.username": "o'neil", "acs.tls_profile": "compat",
        "inform.interval": "900", "connection_request.firewall": "acs", "connection_request.port": "",
        "network.manage": "eth1 lan*", "openwrt.interfaces": "wwan",
    }.items():  # fmt: skip
        write(shown, option, text)
    for option in ("discovery.enable", "discovery.allow_http"):
        value(shown, option).click()
    assert save(shown) == "saved"
    assert luci.saved[0]["removed"] == {}
    assert luci.saved[0]["changed"] == {
        "acs": {"url": "https://other.example.net/", "username": "o'neil", "tls_profile": "compat"},
        "inform": {"interval": "900"},
        "connection_request": {"firewall": "acs"},
        "network": {"manage": ["eth1", "lan*"]},
        "openwrt": {"interfaces": ["wwan"]},
        "discovery": {"enable": "0", "allow_http": "1"},
    }
    now = parse(luci.text, FILE)
    assert (now.acs.url, now.acs.username, now.acs.tls_profile) == ("https://other.example.net/", "o'neil", "compat")
    assert (now.inform.interval, now.connection_request.firewall) == (900, "acs")
    assert now.network.manage == ("eth1", "lan*")
    assert (now.discovery.enable, now.discovery.allow_http) == (False, True)
    again = look("settings")
    value(again, "discovery.enable").click()
    write(again, "acs.tls_profile", "modern")
    write(again, "connection_request.firewall", "")
    assert save(again) == "saved"
    assert luci.saved[1]["removed"] == {
        "discovery": ["enable"], "acs": ["tls_profile"], "connection_request": ["firewall"],
    }  # fmt: skip
    assert parse(luci.text, FILE).connection_request.firewall == ""


def test_a_secret_is_never_shown_stays_when_its_field_is_empty_and_can_be_given_anew(
    look: Callable[..., Page], luci: Luci
) -> None:
    shown = look("settings")
    field = value(shown, "acs.password")
    assert (field.get_attribute("type"), field.get_attribute("value")) == ("password", "")
    assert "is set" in field.get_attribute("placeholder")
    assert SECRET not in shown.run("return document.documentElement.outerHTML")
    assert SECRET not in shown.run("return [...document.querySelectorAll('input')].map((one) => one.value).join()")
    write(shown, "connection_request.password", "another one")
    assert save(shown) == "saved"
    assert luci.saved[0]["changed"] == {"connection_request": {"password": "another one"}}
    now = parse(luci.text, FILE)
    assert (now.acs.password, now.connection_request.password) == (SECRET, "another one")


@pytest.mark.parametrize(
    ("option", "wrong"),
    [
        ("acs.url", "acs.example.net"),
        ("inform.interval", "0"),
        ("inform.boot_delay", "86401"),
        ("connection_request.port", "65536"),
        ("connection_request.path", "a/b"),
        ("network.confirm_within", "9"),
        ("network.management_name_servers", "192.0.2.1 example"),
    ],
)
def test_what_the_agent_would_refuse_is_refused_at_once(
    look: Callable[..., Page], luci: Luci, option: str, wrong: str
) -> None:
    shown = look("settings")
    write(shown, option, wrong)
    assert "invalid" in save(shown)
    assert luci.saved == []
    assert shown.text(f"[data-name='{option}'] .wrong")


def test_other_words_for_yes_are_understood_and_sections_without_a_name_or_that_are_missing(
    look: Callable[..., Page], luci: Luci
) -> None:
    luci.text = "config discovery\n\toption allow_http 'yes'\n\toption enable 'off'\n\nconfig acs 'acs'\n"
    shown = look("settings")
    assert [value(shown, f"discovery.{name}").is_selected() for name in ("allow_http", "enable", "allow_change")] == [
        True, False, False,
    ]  # fmt: skip
    value(shown, "discovery.allow_change").click()
    write(shown, "inform.interval", "600")
    assert save(shown) == "saved"
    now = parse(luci.text, FILE)
    assert (now.discovery.allow_http, now.discovery.enable, now.discovery.allow_change) == (True, False, True)
    assert now.inform.interval == 600
    assert luci.text.count("config discovery") == 1
