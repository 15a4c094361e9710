"""The page in a real Chromium, over a real agent: from the first visit to a managed device, and every page of it."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import PATIENCE, until
from tests.web.browser import ACS_PASSWORD, ACS_USER, MARKUP, PASSWORD, House, Page, house

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (Path("/usr/bin/chromium").exists() and Path("/usr/bin/chromedriver").exists()),
        reason="needs the packages chromium and chromium-driver",
    ),
]

PAGES = (
    "status", "setup", "sessions", "sessions/1", "model/Device.DeviceInfo.ProvisioningCode", "live", "events",
    "diagnostics", "log", "settings", "support",
)  # fmt: skip


@pytest.fixture(scope="module")
def empty() -> Iterator[House]:
    with house("[transfers]\nlaboratory = true\n") as one:
        yield one


@pytest.fixture(scope="module")
def visited(empty: House) -> House:
    """Somebody has come with the one-time code and chosen a password."""
    page, seen = empty.page, empty.seen
    page.look("light", "desktop")
    page.load("#/setup")
    seen["first"] = page.title()
    code = empty.ask("page_code")["code"]
    fields = {"New password": PASSWORD, "The same password again": PASSWORD}
    page.fill({"One-time code": "WRONG-CODES", **fields})
    page.press("Set the password")
    page.shows("Next:", ".note")
    seen["wrong code"] = page.text(".note")
    page.fill({"New password": "short", "The same password again": "short"})
    page.press("Set the password")
    seen["after a short one"] = len(page.all(".note"))
    page.fill({"One-time code": code, **fields, "The same password again": "another one"})
    page.press("Set the password")
    page.shows("differ", ".note")
    seen["barriers"] = page.barriers()
    page.fill(fields)
    page.press("Set the password")
    page.shows("Setup", "h1")
    page.settled()
    return empty


@pytest.fixture(scope="module")
def managed(visited: House) -> House:
    """The ACS was named on the page, tested, and has managed the device since."""
    page, seen = visited.page, visited.seen
    page.go("#/setup")
    page.fill({"Address (URL)": visited.acs.url})
    page.run("document.querySelectorAll('.pair')[0].id = 'credentials'")
    page.fill({"User name": ACS_USER, "Password": "wrong"})
    page.press("Test")
    page.shows("It fails at")
    seen["refused test"] = page.text(".line[aria-live]")
    page.fill({"Password": ACS_PASSWORD})
    page.press("Test")
    page.shows("Everything works")
    seen["test"] = page.text(".line[aria-live]")
    before = visited.acs.sessions[-1].number
    page.press("Save")
    ended = visited.acs.wait_for_session_end(after=before)
    rpc = visited.acs.queue(ended.device, "SetParameterValues", {"parameters": {"Device.DeviceInfo.UpTime": 1}})
    code = visited.acs.queue(
        ended.device, "SetParameterValues", {"parameters": {"Device.DeviceInfo.ProvisioningCode": MARKUP[:64]}}
    )
    page.go("#/sessions")
    page.shows("complete")
    page.press("Start a session now")
    for each in (rpc, code):
        visited.acs.wait(each)
    page.go("#/status")
    page.shows("The server answers")
    return visited


@pytest.fixture
def page(managed: House) -> Iterator[Page]:
    """Logged in, on a desktop; whatever the test does, nothing may be complained about."""
    one = managed.page
    one.look("light", "desktop")
    one.load("#/status")
    if one.title() == "Log in":
        one.log_in()
        one.shows("Status", "h1")
    one.complaints()
    yield one
    assert one.complaints() == []


def test_the_first_visit_needs_the_code_and_leads_to_where_one_wanted_to_go(visited: House) -> None:
    assert visited.seen["first"] == "First visit"
    assert "code" in visited.seen["wrong code"]
    assert "Next:" in visited.seen["wrong code"]
    assert visited.seen["after a short one"] == 0
    assert visited.seen["barriers"] == []
    assert visited.page.complaints() == []


def test_from_setup_to_a_live_session(managed: House) -> None:
    assert "Log-in" in managed.seen["refused test"]
    assert "Next:" in managed.seen["refused test"]
    assert managed.seen["test"].splitlines()[-1]
    assert any("0 BOOTSTRAP" in one.events for one in managed.acs.informs)
    assert managed.page.complaints() == []


def test_a_wrong_password_is_refused_and_the_right_one_leads_back(page: Page) -> None:
    page.go("#/log")
    page.driver.delete_all_cookies()  # as if the log-in had ended
    page.shows("Log in", "h1")
    assert page.barriers() == []
    page.log_in("wrong")
    page.shows("Next:", ".note")
    assert "password" in page.text(".note")
    page.log_in()
    page.shows("Log", "h1")
    assert page.run("return location.hash") == "#/log"


def test_a_file_that_waits_is_pending_work(page: Page, managed: House) -> None:
    device = managed.acs.sessions[-1].device
    order = {"url": "http://192.0.2.9/x", "file_type": "3 Vendor Configuration File", "delay_seconds": 3600}
    for method, more, said in (("Download", order, "1 transfer waiting"), ("CancelTransfer", {}, "Nothing waits")):
        rpc = managed.acs.queue(device, method, {"command_key": "later", **more})
        managed.ask("inform")
        managed.acs.wait(rpc)
        page.load("#/status")
        page.shows(said, ".card:last-child .lamp")


@pytest.fixture
def half_a_file() -> Iterator[str]:
    """The URL of a file of 1 MB, of which half never comes."""
    enough = threading.Event()

    class Half(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            self.wfile.write(bytes(500_000))
            enough.wait(PATIENCE)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Half)
    threading.Thread(target=server.serve_forever).start()
    yield f"http://127.0.0.1:{server.server_port}/half"
    enough.set()
    server.shutdown()
    server.server_close()


def test_a_download_is_agreed_to_watched_and_given_up(page: Page, managed: House, half_a_file: str) -> None:
    consent = {"start": 0, "end": 3600, "mode": "4 Confirmation Needed", "user_message": MARKUP}
    order = {"file_type": "3 Vendor Configuration File", "url": half_a_file, "time_windows": [consent]}
    rpc = managed.acs.queue(managed.acs.sessions[-1].device, "ScheduleDownload", {"command_key": "wish", **order})
    managed.ask("inform")
    managed.acs.wait(rpc)
    page.load("#/status")
    page.shows(MARKUP, ".stop.warn blockquote")
    assert page.run("return window.taken") is None
    assert page.barriers() == []
    page.run("document.querySelector('.stop .acts button').focus()")
    page.run("document.querySelector('.journey').dataset.is = 'old'")
    until(lambda: not page.all("[data-is=old]"), "what is around it is not drawn anew")
    page.keys("\n")
    page.shows("Agreed", "[role=status]")
    page.shows("500 kB of 1.0 MB", ".stop.busy")
    assert page.run("return document.querySelector('progress').position") == 0.5
    assert page.barriers() == []
    page.press("Cancel")
    page.shows("Cancelled", "[role=status]")
    managed.ask("inform")
    until(lambda: page.run("return document.querySelector('.panel').hidden"), "it is still there")


def test_who_logs_out_is_out(page: Page) -> None:
    page.press("Log out")
    page.shows("Log in", "h1")
    page.load("#/sessions")
    assert page.title() == "Log in"
    page.log_in()
    page.shows("Sessions", "h1")


@pytest.mark.parametrize(("theme", "size"), [("light", "desktop"), ("dark", "phone"), ("dark", "desktop")])
def test_every_page_can_be_used_by_everybody(page: Page, theme: str, size: str) -> None:
    page.look(theme, size)
    for route in PAGES:
        page.go(f"#/{route}")
        assert page.title(), route
        assert page.all("[role=alert]") == [], route
        assert page.barriers() == [], f"{route}, {theme}, {size}"
        overflow = page.run("return document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, f"{route}, {theme}, {size}: {overflow} pixels too wide"


def test_a_session_is_a_waterfall_of_what_was_said(page: Page) -> None:
    page.go("#/sessions/1")
    assert re.search(r"0 BOOTSTRAP", page.text(".summary"))
    assert "Inform" in page.text(".turn")
    page.shows("<DeviceId>", ".xml")
    last = page.run("return document.querySelectorAll('.turn').length")
    assert last >= 3


def test_the_waterfall_has_every_post_on_an_axis_as_long_as_the_session(page: Page, managed: House) -> None:
    told = managed.ask("sessions")["sessions"][0]
    page.go("#/sessions/1")
    facts = page.text(".summary")
    took = re.search(r"Took\s+([\d.]+ m?s)", facts)
    assert took
    assert page.text(".ticks span:last-child") == took[1]
    assert re.search(rf"With HTTP\s+{told['posts']} POSTs, {told['bytes'] / 1000:.1f} kB", facts)
    assert len(page.all(".turn.out .track i")) == told["posts"]
    assert page.text(".turn.out .said").startswith("sent 2 times: HTTP 401 first")


def test_the_opened_message_follows_when_the_window_becomes_narrow(page: Page) -> None:
    page.go("#/sessions/1")
    page.one(".split > .beside .xml")
    page.look("light", "phone")
    page.one(".turns > li > .beside .xml")
    page.look("light", "desktop")
    page.one(".split > .beside .xml")


def test_on_a_phone_the_tree_is_what_scrolls_and_not_the_page(page: Page) -> None:
    page.look("light", "phone")
    page.go("#/model")
    assert page.run("return document.documentElement.scrollHeight - innerHeight") <= 0
    assert page.run("return document.querySelector('.tree-box').clientHeight") > 400


def test_a_fault_is_told_in_plain_words(page: Page) -> None:
    page.go("#/sessions/2")
    page.shows("Fault 9003", ".fault")
    assert "An argument was wrong. Device.DeviceInfo.UpTime: A parameter cannot be set." in page.text(".fault")
    page.shows("FaultCode", ".xml")  # the turn with the fault is the one that is opened
    page.run(
        "document.querySelector('.fault').append(' Device.ManagementServer.' + 'PeriodicInformInterval'.repeat(3))"
    )
    assert page.run("const one = document.querySelector('.fault'); return one.scrollWidth - one.clientWidth") <= 0


def test_hostile_texts_are_shown_as_text(page: Page) -> None:
    for route, words in (
        ("model/Device.WiFi.SSID.1.SSID", "<script>1</script>"),
        ("model/Device.WiFi.SSID.1.Name", MARKUP),
        ("model/Device.DeviceInfo.ProvisioningCode", MARKUP[:64]),
    ):
        page.go(f"#/{route}")
        page.shows(words, ".value")
        page.shows(words[:40], ".tree")
    page.go("#/sessions/2")
    page.shows("<script>", ".turns")
    page.go("#/setup")
    page.fill({"User name": MARKUP})
    page.press("Save")
    page.shows("Saved")
    page.load("#/setup")
    assert page.labelled("User name").get_attribute("value") == MARKUP
    page.fill({"User name": ACS_USER})
    page.press("Save")
    page.shows("Saved")
    page.go("#/settings")
    page.go(f"#/sessions/{MARKUP}")
    page.shows("Next:", "[role=alert]")
    assert page.run("return window.taken") is None
    assert page.all("main script, main img") == []


def choose(page: Page, diagnostic: str) -> None:
    page.run(
        "const one = document.querySelector('select'); one.value = arguments[0];one.dispatchEvent(new Event('change'))",
        diagnostic,
    )


def test_a_diagnostic_is_run_and_drawn_and_a_cancel_ends_it(page: Page, managed: House) -> None:
    page.go("#/diagnostics")
    page.shows("Nothing was run yet")
    choose(page, "IPPing")
    page.fill({"Host": "127.0.0.1", "Number Of Repetitions": "5"})
    page.press("Run Ping")
    page.shows("Ping is complete")
    page.shows("Success count")
    assert len(page.all("svg.plot rect.bit")) == 5
    choose(page, "ServerSelectionDiagnostics")
    page.fill({"Host List": "127.0.0.1,nobody.invalid"})
    page.press("Run Server selection")
    page.shows("Server selection is complete")
    assert len(page.all(".hop rect.best")) == 2
    choose(page, "IPPing")
    page.press("Run Ping")
    page.shows("Host is not set", "[role=alert]")
    page.shows("run it again", "[role=alert]")
    page.fill({"Host": "127.0.0.1", "Number Of Repetitions": "1000"})
    page.press("Run Ping")
    page.shows("Ping is running")
    choose(page, "TraceRoute")  # while one runs no other is begun, and what it finds stays
    page.fill({"Host": "127.0.0.1"})
    assert page.run("return document.querySelector('form button.primary').disabled")
    page.shows("Ping is running")
    page.press("Cancel")
    page.shows("was cancelled")
    assert not page.run("return document.querySelector('form button.primary').disabled")
    until(lambda: not managed.ask("diagnostics")["running"], "it still runs")


AT = "2026-11-22T10:00:0"
MOMENTS = {"rom_time": f"{AT}0.000000+00:00", "bom_time": f"{AT}0.250000+00:00", "eom_time": f"{AT}2.250000+00:00"}
CONNECTION = {**MOMENTS, "test_bytes_received": 5_000_000, "tcp_open_response_time": f"{AT}0.100000+00:00"}
PACKET = {"packet_send_time": f"{AT}1.000000+00:00", "test_resp_sn": 0}
RESULTS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "DownloadDiagnostics": (
        {
            **CONNECTION,
            "period_of_full_loading": 1_500_000,
            "test_bytes_received_under_full_loading": 4_500_000,
            "connections": [CONNECTION],
            "intervals": [
                {"start_time": f"{AT}{one}+00:00", "end_time": f"{AT}{one + 1}+00:00", "test_bytes_received": 125_000}
                for one in range(3)
            ],
        },
        ["Rate 24.0 Mbit/s under full loading", "BOM time", "Period of full loading 1500 ms", "Intervals 3",
         "5.0 MB (5,000,000)", "Connections: 1", "20.0 Mbit/s", "Mean 1.0 Mbit/s"],
    ),
    "UploadDiagnostics": (
        {**MOMENTS, "test_bytes_sent": 2_500_000, "test_bytes_sent_under_full_loading": 1041,
         "period_of_full_loading": 17},  # one read, which has no rate
        ["Rate 10.0 Mbit/s"],
    ),
    "TraceRoute": (
        {"hops": [{"host": MARKUP, "host_address": "192.0.2.1", "microseconds": [1500, 0]}]}, [f"1 {MARKUP} 192.0.2.1"],
    ),
    "NSLookupDiagnostics": (
        {"results": [{"status": "Success", "answer_type": "Authoritative", "host_name_returned": "host.example",
                      "ip_addresses": ["192.0.2.1"], "dns_server_ip": "192.0.2.53", "microseconds": 1500, "why": ""}]},
        ["Answers: 1", "Authoritative", "host.example 192.0.2.1", "192.0.2.53", "Mean 1.50 ms"],
    ),
    "ServerSelectionDiagnostics": (
        {"minimum_response_time": 0, "hosts": [{"host": "192.0.2.1", "success_count": 0, "average": 0, "why": ""}]},
        ["192.0.2.1 no answer", "Minimum response time –"],
    ),
    "UDPEchoDiagnostics": (
        {"packets": [{**PACKET, "packet_success": True, "packet_receive_time": f"{AT}1.001500+00:00"},
                     {**PACKET, "packet_success": False, "packet_receive_time": None}]},
        ["Packets: 2", "1.50 ms", "Without an answer 1"],
    ),
    "SelfTestDiagnostics": ({"parts": [{"name": "clock", "is_well": False, "what": "late"}]}, ["clock late"]),
    "PacketCaptureDiagnostics": (
        {"captures": [{"file_location": "file:///run/capture.pcap", "count": 3}]},
        ["Packets 3", "Download the last capture"],
    ),
}  # fmt: skip


def test_what_a_diagnostic_came_to_is_told_whole_with_units_also_of_what_the_acs_asked_for(page: Page) -> None:
    page.go("#/diagnostics")
    draw = (
        "const [results, tell] = arguments; import('/static/findings.js').then(({ outcome }) => {"
        " const place = document.querySelector('ol.line'), failed = document.createElement('p');"
        " place.replaceChildren();"
        " for (const [test, result] of Object.entries(results)) {"
        "  const item = document.createElement('li'); item.className = `found ${test}`;"
        "  const told = (state) => outcome({ name: test, state, result }).flat(9).filter(Boolean);"
        "  item.append(...told('Complete')); place.append(item); failed.append(...told('Error_Timeout')); }"
        " tell(failed.textContent); })"
    )
    still = [{"seconds": one, "packets": 0, "bytes": 24} for one in range(3)]
    drawn = "const [lines, tell] = arguments; import('/static/findings.js').then((it) => tell(it.drawn(lines).length))"
    assert page.driver.execute_async_script(drawn, still) == 0  # nothing has moved
    failed = page.driver.execute_async_script(draw, {test: result for test, (result, _) in RESULTS.items()})
    assert "24.0 Mbit/s" not in failed  # the rate of all connections is told of what is complete only
    assert "20.0 Mbit/s" in failed
    for test, (_, shown) in RESULTS.items():
        told = " ".join(page.text(f".{test}").split())
        assert [one for one in shown if one not in told] == [], told
        assert not re.search(r"T10:00|undefined|NaN|\b0\.000 ms", told), told
    assert [one.get_attribute("pathname") for one in page.all("a[download]")] == ["/api/v1/capture"]
    assert page.run("return window.taken") is None
    for size, theme in (("phone", "dark"), ("desktop", "light")):
        page.look(theme, size)
        assert page.run("return document.documentElement.scrollWidth <= innerWidth")
        assert page.barriers() == []


def test_a_trace_that_the_acs_asked_for_has_its_hops_and_what_is_asked_its_words(page: Page, managed: House) -> None:
    trace = "Device.IP.Diagnostics.TraceRoute."
    managed.ask("set", values={f"{trace}Host": "127.0.0.1", f"{trace}DiagnosticsState": "Requested"})
    until(
        lambda: "TraceRoute" in [one["name"] for one in managed.ask("diagnostics")["diagnostics"] if one["result"]],
        "no hop",
    )
    page.go("#/diagnostics")
    page.shows("127.0.0.1", "ol.line .hop")
    choose(page, "PacketCaptureDiagnostics")
    page.run("document.querySelector('form details').open = true")
    assert page.labelled("Password").get_attribute("type") == "password"
    choose(page, "NSLookupDiagnostics")
    assert page.labelled("DNS Server")


def test_the_model_shows_thousands_of_rows_a_few_at_a_time(page: Page) -> None:
    page.go("#/model/Device.X_BENCH_Rows.Row.")
    page.one(".leaf.chosen")
    page.run("document.querySelector('.leaf.chosen').click()")
    until(lambda: page.run("return parseInt(document.querySelector('.tree').style.height) > 1000 * 36"), "no rows")
    assert len(page.all(".leaf")) < 80
    page.run("const box = document.querySelector('.tree-box'); box.scrollTop = box.scrollHeight")
    until(lambda: len(page.all(".leaf")) < 80 and page.all(".leaf"), "nothing is drawn")


def test_the_model_is_searched_by_value(page: Page) -> None:
    page.go("#/model")
    page.one("input[type=search]").send_keys("row-777")
    page.shows("1 parameter", ".finder")
    assert page.text(".leaf-name").endswith("Name")


def test_a_value_is_previewed_before_it_is_set(page: Page) -> None:
    path = "Device.ManagementServer.PeriodicInformInterval"
    page.go(f"#/model/{path}")
    page.fill({"New value": "soon"})
    page.press("Preview")
    page.shows("Next:", ".detail [role=alert]")
    page.fill({"New value": "1800"})
    page.press("Preview")
    page.shows("3600", ".diff del")
    page.shows("1800", ".diff ins")
    page.press("Discard")
    assert page.text(".value") == "3600"
    page.press("Preview")
    page.press("Apply")
    page.shows("1800", ".value")
    page.fill({"New value": "3600"})
    page.press("Preview")
    page.press("Apply")
    page.shows("3600", ".value")


def test_a_secret_is_set_without_being_shown(page: Page) -> None:
    path = "Device.ManagementServer.Password"
    page.go(f"#/model/{path}")
    page.shows("kept (hidden)", ".value")
    page.fill({"New value": "n3wS3cret"})
    page.press("Preview")
    page.shows("a new secret", ".diff ins")
    assert "n3wS3cret" not in page.text("main")
    page.fill({"New value": ACS_PASSWORD})
    page.press("Preview")
    page.press("Apply")
    page.shows("It is set.", ".detail")
    page.go("#/model/Device.ManagementServer.URL")
    page.fill({"New value": "https://acs.example.org/"})
    page.press("Preview")
    page.shows("it is emptied", ".diff")
    page.press("Discard")
    assert page.barriers() == []


def test_the_tree_is_walked_with_the_keyboard(page: Page) -> None:
    from selenium.webdriver.common.keys import Keys

    page.go("#/model")
    page.run("document.querySelector('.tree').focus()")
    page.keys(Keys.END, Keys.HOME, Keys.DOWN, Keys.ENTER)
    page.shows("RootDataModelVersion", ".detail")
    assert page.run("return document.activeElement.className") == "detail"
    page.keys(Keys.ESCAPE)
    assert page.run("return document.activeElement.className") == "tree"


def test_the_focus_follows_the_page_and_the_content_can_be_skipped_to(page: Page) -> None:
    from selenium.webdriver.common.keys import Keys

    page.press("Events")
    page.shows("Events", "h1")
    assert page.run("return document.activeElement.innerText") == "Events"
    page.run("document.activeElement.blur(); document.querySelector('.skip').focus()")
    page.keys(Keys.ENTER)
    assert page.run("return document.activeElement.id") == "main"
    assert page.run("return location.hash") == "#/events"


def test_what_is_inline_is_not_run_and_is_complained_about(page: Page) -> None:
    page.run("document.body.append(Object.assign(document.createElement('script'), { text: 'window.taken = 1' }))")
    until(lambda: any("CSP script-src" in one for one in page.complaints()), "nobody has complained")
    assert page.run("return window.taken") is None


def test_the_theme_is_chosen_and_kept(page: Page) -> None:
    background = "return getComputedStyle(document.body).backgroundColor"
    light = page.run(background)
    page.press("Theme: System")
    page.press("Theme: Light")
    dark = page.run(background)
    assert dark != light
    page.load("#/status")
    assert page.run(background) == dark
    page.press("Theme: Dark")
    assert page.run(background) == light


def in_sight(page: Page, selector: str) -> bool:
    """Whether all of it is on the screen, and nothing lies over it."""
    script = (
        "const one = document.querySelector(arguments[0]); if (!one) return false;"
        "const box = one.getBoundingClientRect();"
        "const over = document.elementFromPoint(box.left + 5, box.top + box.height / 2);"
        "return box.top >= 0 && box.bottom <= innerHeight && (one === over || one.contains(over))"
    )
    return bool(page.run(script, selector))


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_what_came_of_saving_or_testing_the_setup_is_in_sight(page: Page, managed: House, size: str) -> None:
    page.look("light", size)
    page.load("#/setup")
    page.fill({"Address (URL)": "acs.example.net"})
    page.press("Save")
    page.shows("Not saved", ".stay [role=alert]")
    wrong = page.one("[aria-invalid]")
    assert page.run("return document.activeElement") == wrong == page.labelled("Address (URL)")
    page.shows('It must be "http://host[:port]/path"', f"#{wrong.get_attribute('id')}-wrong")
    assert "cpe-agent" not in page.text("form")
    assert in_sight(page, ".wrong")
    assert in_sight(page, ".stay .note")
    assert page.barriers() == []

    page.fill({"Address (URL)": f"{managed.acs.url}/other"})
    page.press("Test")
    page.shows("Everything works", ".stay .note.good")
    assert page.all(".wrong, [aria-invalid], [role=alert]") == []
    assert in_sight(page, ".stay .note")
    page.fill({"Password": "wrong"})
    page.press("Test")
    page.shows("It fails at “Log-in”", ".stay .note.bad")
    assert in_sight(page, ".stay .note")
    assert in_sight(page, ".stop.bad .stop-title")

    page.load("#/setup")
    page.fill({"Port": "70000"})
    page.press("Save")
    page.shows("It must be a whole number", ".wrong")
    page.fill({"Port": "0"})
    page.press("Save")
    page.shows("Nothing was different", ".stay .note.good")
    assert page.all(".wrong") == []
    assert in_sight(page, ".stay .note")


def test_where_a_value_comes_from_follows_what_is_saved(page: Page) -> None:
    page.go("#/setup")
    label = "return arguments[0].closest('.field').querySelector('.from').innerText"
    assert "person" not in page.run(label, page.labelled("Interval in seconds"))
    page.fill({"Interval in seconds": "3601"})
    page.press("Save")
    page.shows("Saved", ".stay .note.good")
    assert "set on this machine" in page.run(label, page.labelled("Interval in seconds"))
    page.fill({"Interval in seconds": "3600"})
    page.press("Save")
    page.shows("Saved", ".stay .note.good")


def test_what_was_typed_is_back_after_a_log_in_that_had_ended_and_secrets_are_not(page: Page) -> None:
    page.go("#/setup")
    page.fill({"Interval in seconds": "1200", "Password": "typed"})
    page.driver.delete_all_cookies()
    page.press("Save")
    page.shows("Log in", "h1")
    page.log_in()
    page.shows("what was typed here is back", ".stay .note")
    page.shows("type the passwords again", ".stay .note")
    assert page.labelled("Interval in seconds").get_attribute("value") == "1200"
    assert page.labelled("Password").get_attribute("value") == ""
    assert (
        page.run("return Object.values(localStorage).concat(Object.values(sessionStorage)).join()").count("1200") == 0
    )
    page.load("#/setup")
    assert page.labelled("Interval in seconds").get_attribute("value") == "3600"
    path = "model/Device.ManagementServer.PeriodicInformInterval"
    for route, label, button in (("settings", "Sessions", "Save"), (path, "New value", "Preview")):
        page.go(f"#/{route}")
        page.fill({label: "1205"})
        page.driver.delete_all_cookies()
        page.press(button)
        page.shows("Log in", "h1")
        page.log_in()
        page.shows("what was typed here is back", "main")
        assert page.labelled(label).get_attribute("value") == "1205"
    page.load("#/setup")
    page.fill({"Interval in seconds": "1300"})
    page.press("Log out")
    page.log_in()
    page.shows("Status", "h1")
    page.go("#/setup")
    assert page.labelled("Interval in seconds").get_attribute("value") == "3600"


def test_however_far_one_scrolls_the_pages_are_there(page: Page) -> None:
    page.go("#/settings")
    page.run("scrollTo(0, document.documentElement.scrollHeight)")
    assert page.run("return scrollY") > 800
    assert in_sight(page, "#nav li:first-child a")
    assert in_sight(page, "#nav li:last-child a")
    assert in_sight(page, ".foot button")


def test_a_step_that_a_page_can_take_leads_there(page: Page) -> None:
    path = "Device.ManagementServer.PeriodicInformInterval"
    page.go(f"#/model/{path}")
    page.fill({"New value": "soon"})
    page.press("Preview")
    page.shows("Next: this page shows", ".detail [role=alert]")
    page.fill({"New value": "-5"})
    page.press("Preview")
    page.shows("allowed: 1 to 4294967295", ".detail [role=alert]")
    page.go("#/log")
    link = page.driver.execute_async_script(
        "const [path, tell] = arguments; import('/static/pieces.js').then(({ nextStep }) =>"
        " tell(nextStep('`cpe-agent schema show PATH` shows it', path)[1].getAttribute('href')))",
        path,
    )
    assert link == f"#/model/{path}"


def test_an_entry_that_there_is_not_is_told(page: Page) -> None:
    page.go("#/model/Device.Nope.X")
    page.shows("This device has no Device.Nope.X.", ".finder")
    page.go("#/model/Device.DeviceInfo")
    page.shows("Device.DeviceInfo.", ".detail .path")
    page.shows("object", ".detail")


def test_settings_are_written_and_what_is_wrong_is_told(page: Page, managed: House) -> None:
    page.go("#/settings")
    page.fill({"Sessions": "0"})
    page.press("Save")
    page.shows("Next:", ".stay [role=alert]")
    wrong = page.one("[aria-invalid]")
    assert page.run("return document.activeElement") == wrong == page.labelled("Sessions")
    page.shows("It must be a whole number from 1 to 10000", f"#{wrong.get_attribute('id')}-wrong")
    bottom = page.run("return arguments[0].getBoundingClientRect().bottom", page.one(".wrong"))
    assert 0 < bottom < page.run("return document.querySelector('.stay').getBoundingClientRect().top")
    page.fill({"Sessions": "40"})
    page.shows("Changed: trace.sessions", ".stay")
    page.press("Save")
    page.shows("Saved", ".said")
    assert "sessions = 40" in (managed.directory / "agent.toml").read_text()
    assert page.all(".wrong, [aria-invalid]") == []


def test_a_list_in_the_settings_is_names_with_commas_between(page: Page, managed: House) -> None:
    from selenium.webdriver.common.keys import Keys

    page.go("#/setup")
    page.press("Settings → CA file")
    page.shows("Settings", "h1")
    page.settled()
    assert [one.text for one in page.all(".set label") if one.text] == ["CA file"]
    page.go("#/settings")
    page.fill({"Manage": " eth7 , lan*"})
    page.press("Save")
    page.shows("Saved", ".said")
    assert 'manage = ["eth7", "lan*"]' in (managed.directory / "agent.toml").read_text()
    page.settled()
    assert page.labelled("Manage").get_attribute("value") == "eth7, lan*"
    page.fill({"Manage": Keys.BACKSPACE})
    page.press("Save")
    page.shows("Saved", ".said")
    assert "manage = []" in (managed.directory / "agent.toml").read_text()


def test_live_draws_what_it_says(page: Page) -> None:
    page.go("#/live")
    page.shows("CPU and memory")
    until(lambda: re.search(r"CPU\s+\d+ %", page.text()), "no CPU is shown")
    curve = "return document.querySelector('.curve.c1').getBBox().width"
    until(lambda: page.run(curve) > 600 * 3 / 30, "the first seconds are a dot")
    page.shows("the last 30 s", ".when")


def test_the_support_bundle_is_downloaded_by_its_link(page: Page) -> None:
    page.go("#/support")
    assert page.all(".stop.good")
    assert all("left out" not in one.text for one in page.all(".stop"))
    page.shows("left out", ".lacks summary")
    link = page.one("a[download]").get_attribute("href")
    status = page.driver.execute_async_script(
        "const tell = arguments[1]; fetch(arguments[0]).then((answer) => tell(answer.status))", link
    )
    assert status == 200


def test_an_agent_that_is_gone_comes_back_and_so_does_the_page(page: Page, managed: House) -> None:
    page.go("#/sessions")
    managed.stop()
    page.shows("The agent does not answer.", ".gone")
    assert page.barriers() == []
    managed.start()
    page.shows("Log in", "h1")  # log-ins do not outlive the agent
    assert page.all(".gone") == []
    page.log_in()
    page.shows("Sessions", "h1")
    page.complaints()  # that nobody was there is told in the console, rightly


def test_events_are_filtered_by_kind_severity_and_words(managed: House) -> None:
    page = managed.page
    page.go("#/events")
    page.shows("by acs", "ol.line")
    box = page.one(".finder input")
    box.send_keys("no such thing")
    page.shows("No event fits", "main")
    page.run("arguments[0].value = ''; arguments[0].dispatchEvent(new Event('input'))", box)
    page.shows("by acs", "ol.line")
    kinds = page.one("select[aria-label='Kind of event']")
    page.run("arguments[0].value = 'configured'; arguments[0].dispatchEvent(new Event('change'))", kinds)
    assert {one.text for one in page.all("ol.line .tag")} == {"configured"}
    assert page.complaints() == []
