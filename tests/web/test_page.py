"""Who may see what: the first visit, the log-in and its bounds, and what another page cannot do in somebody's name."""

import errno
import json
import os
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from select import select
from typing import Any

import pytest

from agent.runtime.control import ControlServer
from agent.runtime.page_access import PageAccess
from agent.web import neighbours, page, password, server, waiting_room
from agent.web.start import RunningPage
from tests.waiting import PATIENCE, until
from tests.web.conftest import PASSWORD, Site

REFUSED_WITHOUT_LOG_IN = [
    ("GET", "/status"), ("GET", "/names?path=Device."), ("GET", "/log"), ("GET", "/settings"), ("GET", "/sessions/1"),
    ("GET", "/support"), ("GET", "/nothing"), ("POST", "/set"), ("POST", "/test"), ("PUT", "/setup"),
    ("GET", "/transfers"), ("POST", "/transfers"), ("POST", "/logout"), ("POST", "/password"), ("DELETE", "/status"),
]  # fmt: skip


def test_a_script_logs_in_and_asks(site: Site) -> None:
    assert site.log_in() == 200
    status, told = site.api("GET", "/status")
    assert (status, told["acs"], told["web"]) == (200, {"url": ""}, {"port": 1})
    assert site.api("GET", "/session")[1]["device"] == {"serial_number": "1"}


@pytest.mark.parametrize(("method", "path"), REFUSED_WITHOUT_LOG_IN)
def test_nothing_is_told_or_done_without_a_log_in(site: Site, method: str, path: str) -> None:
    csrf = site.api("GET", "/session")[1]["csrf"]
    before = site.verbs()
    status, told = site.api(method, path, {} if method != "GET" else None, X_CSRF_Token=csrf)
    assert (status, told["error"]["code"]) == (401, "not_logged_in")
    assert site.verbs() == before


def test_the_device_is_told_to_nobody_before_the_log_in(site: Site) -> None:
    assert set(site.api("GET", "/session")[1]) == {"schema", "state", "csrf"}


def test_the_first_visit_needs_the_code_and_sets_the_password(site: Site, answers: dict[str, Any]) -> None:
    answers["page_state"] = {"has_password": False, "device": {}}
    told = site.api("GET", "/session")[1]
    assert told["state"] == "first_visit"
    answer, _ = site.ask(
        "POST", "/api/v1/first-visit", {"code": "ABCDE-FGHJK", "password": PASSWORD}, X_CSRF_Token=told["csrf"]
    )
    assert answer.status == 200
    cookie = answer.getheader("Set-Cookie") or ""
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    (kept,) = [arguments["password"] for verb, arguments in site.asked if verb == "page_keep"]
    assert kept.startswith("scrypt:16384:")
    assert PASSWORD not in kept


def test_a_wrong_code_sets_no_password(site: Site, answers: dict[str, Any]) -> None:
    answers["page_try_code"] = {"error": {"code": "wrong_code", "message": "wrong", "next": "make one"}}
    csrf = site.api("GET", "/session")[1]["csrf"]
    status, told = site.api("POST", "/first-visit", {"code": "x", "password": PASSWORD}, X_CSRF_Token=csrf)
    assert (status, told["error"]["code"]) == (401, "wrong_code")
    assert "page_keep" not in site.verbs()


def test_a_short_password_is_refused_before_the_code_is_used_up(site: Site) -> None:
    csrf = site.api("GET", "/session")[1]["csrf"]
    assert site.api("POST", "/first-visit", {"code": "x", "password": "short"}, X_CSRF_Token=csrf)[0] == 422
    assert "page_try_code" not in site.verbs()


def test_a_wrong_password_is_told_to_the_history_and_the_sixth_try_waits(site: Site) -> None:
    assert [site.log_in("wrong") for _ in range(5)] == [401] * 5
    assert [arguments["text"] for verb, arguments in site.asked if verb == "page_refused"] == [
        "log-in to the page refused: wrong password"
    ] * 5
    answer, _ = site.ask("POST", "/api/v1/login", {"password": PASSWORD})
    assert answer.status == 429
    assert 0 < int(answer.getheader("Retry-After") or 0) <= 300
    assert site.verbs().count("page_secret") == 5  # the right password is not even looked at


def logging_in(site: Site, source: str, secret: str) -> HTTPConnection:
    """Somebody who has asked from this address, and has not read the answer."""
    client = HTTPConnection("127.0.0.1", site.port, PATIENCE, (source, 0))
    client.request("POST", "/api/v1/login", json.dumps({"password": secret}), site.fields)
    return client


def answered(clients: list[HTTPConnection], count: int) -> list[HTTPConnection]:
    """Those who have their answers, as soon as so many have."""

    def those() -> list[HTTPConnection]:
        ready = select([one.sock for one in clients], [], [], 0.1)[0]
        return [one for one in clients if one.sock in ready]

    until(lambda: len(those()) >= count)
    return those()


@pytest.fixture
def home(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The page, to which this machine's addresses are those of many people."""
    for module in (page, server):
        monkeypatch.setattr(module, "customer", lambda address: address)
    site.fields = {"X-CSRF-Token": site.api("GET", "/session")[1]["csrf"]}
    return site


def test_guests_who_try_from_many_addresses_keep_no_owner_out(home: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting_room, "PACE", 0.02)
    for number in range(8):
        guests = [logging_in(home, f"127.0.0.{2 + number}", "wrong") for _ in range(6)]
        assert sorted(guest.getresponse().status for guest in guests) == [401] * 5 + [429]
    assert logging_in(home, "127.0.0.77", PASSWORD).getresponse().status == 200


def test_one_device_with_many_addresses_is_one_who_tries(
    home: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    table = tmp_path / "arp"
    table.write_text("".join(f"127.0.0.{n} 0x1 0x2 02:00:00:00:00:01 * lan\n" for n in range(2, 60)))
    monkeypatch.setattr(neighbours, "TABLE", str(table))
    monkeypatch.setattr(waiting_room, "PACE", 3600.0)
    room = home.page._server._room
    room._since = time.monotonic()
    guests = [logging_in(home, f"127.0.0.{2 + number}", "wrong") for number in range(20)]
    sent_away = answered(guests, 4)
    owner = logging_in(home, "127.0.0.77", PASSWORD)
    waiting = [one for one in guests if one not in sent_away]
    (guest,) = answered(waiting, 1)
    assert guest.getresponse().status == 429
    room._since = time.monotonic() - 2.5 * waiting_room.PACE  # two turns: one of the guests has tried once as well
    home.api("GET", "/session")
    assert owner.getresponse().status == 200


def test_when_many_wait_who_has_tried_least_goes_first_and_is_not_sent_away(
    home: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_room, "PACE", 3600.0)
    room = home.page._server._room
    room._since = time.monotonic()
    guests = [logging_in(home, f"127.0.0.{2 + number // 5}", "wrong") for number in range(20)]
    sent_away = answered(guests, 4)
    assert [guest.getresponse().getheader("Retry-After") for guest in sent_away] == ["17"] * 4
    owner = logging_in(home, "127.0.0.77", PASSWORD)
    (guest,) = answered([one for one in guests if one not in sent_away], 1)
    assert guest.getresponse().status == 429
    monkeypatch.setattr(waiting_room, "PACE", 0.01)
    home.api("GET", "/session")  # wakes it
    assert owner.getresponse().status == 200
    assert {one.getresponse().status for one in guests if one not in sent_away and one is not guest} == {401}


def test_who_is_logged_in_does_not_wait_for_those_who_try(home: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    home.log_in()
    monkeypatch.setattr(waiting_room, "PACE", 3600.0)
    home.page._server._room._since = time.monotonic()
    for known in range(20):
        home.page._page._tries.succeeded(f"192.0.2.{known}")
    assert home.api("POST", "/password", {"old": PASSWORD, "new": "a better one"})[0] == 200


def test_no_password_is_ever_said_to_the_agent_but_as_it_is_kept(site: Site) -> None:
    site.log_in("battery staple")
    site.log_in()
    assert "battery staple" not in str(site.asked)
    assert PASSWORD not in str(site.asked)


def test_another_password_ends_every_log_in_but_the_one_that_set_it(site: Site) -> None:
    site.log_in()
    other = site.fields
    site.log_in()
    answer, received = site.ask("POST", "/api/v1/password", {"old": PASSWORD, "new": "a better one"})
    assert answer.status == 200, received
    assert site.api("GET", "/status")[0] == 401  # the cookie is another one as well
    cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
    assert site.api("GET", "/status", Cookie=cookie)[0] == 200
    site.fields = other
    assert site.api("GET", "/status")[0] == 401
    site.fields = {}


def test_the_old_password_has_to_be_right(site: Site) -> None:
    site.log_in()
    assert site.api("POST", "/password", {"old": "wrong one", "new": "a better one"})[0] == 401
    assert "page_keep" not in site.verbs()


def test_a_cookie_that_came_with_the_log_in_is_not_the_session(site: Site) -> None:
    csrf = site.api("GET", "/session")[1]["csrf"]
    fixed = "cpe_session=chosen-by-an-attacker"
    answer, _ = site.ask("POST", "/api/v1/login", {"password": PASSWORD}, X_CSRF_Token=csrf, Cookie=fixed)
    assert answer.status == 200
    assert "chosen" not in (answer.getheader("Set-Cookie") or "")
    assert site.api("GET", "/status", Cookie=fixed)[0] == 401


def test_logging_in_again_ends_the_session_before(site: Site) -> None:
    site.log_in()
    before = dict(site.fields)
    answer, _ = site.ask("POST", "/api/v1/login", {"password": PASSWORD})
    assert answer.status == 200
    assert site.api("GET", "/status", Cookie=before["Cookie"])[0] == 401


def test_logging_out_ends_it(site: Site) -> None:
    site.log_in()
    assert site.api("POST", "/logout", {})[0] == 200
    assert site.api("GET", "/status")[0] == 401


def test_forgetting_the_password_ends_it(site: Site) -> None:
    site.log_in()
    site.page.end_sessions(1)
    assert site.api("GET", "/status")[0] == 401


class Changing:
    """The page with its real owner; ``meanwhile`` happens when a password or code has been looked up."""

    def __init__(self, directory: Path) -> None:
        self.kept: Any = None
        self.is_full = False
        self.meanwhile: Callable[[], object] = lambda: None
        socket = directory / "control.sock"
        self.page = RunningPage(str(socket), 0)
        self.owner = PageAccess(
            lambda: self.kept,
            self.write,
            lambda letters: letters[0],
            lambda: (["http://192.168.1.1/"], ""),
            lambda _source, _text: None,
            self.page.end_sessions,
            dict,
            time.monotonic,
        )
        self.server = ControlServer(socket, self.answer)
        self.server.start()
        self.page.follow(("lo",))
        until(lambda: self.page.port)
        self.site = Site(self.page.port, [], {}, self.page)

    def write(self, document: Any) -> None:
        if self.is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.kept = document

    def answer(self, verb: str, arguments: dict[str, Any], told: Callable[[dict[str, Any]], None]) -> None:
        reply = self.owner.table[verb](arguments)
        if verb in ("page_secret", "page_try_code"):
            meanwhile, self.meanwhile = self.meanwhile, lambda: None
            meanwhile()
        told(reply)

    def change(self) -> None:
        new = password.kept("a better one", 2**4)
        generation = self.owner.table["page_secret"]({})["generation"]
        assert "error" not in self.owner.table["page_keep"]({"password": new, "generation": generation})

    def forget(self) -> None:
        assert self.owner.table["page_forget"]({})["forgotten"]

    def stop(self) -> None:
        self.page.stop()
        self.server.stop()


@pytest.fixture
def changing(tmp_path: Path) -> Iterator[Changing]:
    one = Changing(tmp_path)
    one.owner.table["page_keep"]({"password": password.kept(PASSWORD, 2**4), "generation": 0})
    yield one
    one.stop()


@pytest.mark.parametrize("what", ["change", "forget"])
def test_a_log_in_that_is_under_way_when_the_password_changes_opens_nothing(changing: Changing, what: str) -> None:
    changing.meanwhile = getattr(changing, what)
    assert changing.site.log_in() == 401
    if what == "change":
        assert changing.site.log_in("a better one") == 200
        assert changing.site.api("GET", "/session")[1]["state"] == "open"


@pytest.mark.parametrize("what", ["change", "forget"])
def test_a_change_of_a_password_that_is_another_one_by_now_is_refused(changing: Changing, what: str) -> None:
    assert changing.site.log_in() == 200
    changing.meanwhile = getattr(changing, what)
    assert changing.site.api("POST", "/password", {"old": PASSWORD, "new": "a third one"})[0] == 401
    assert changing.site.log_in("a third one") == 401


def test_on_a_full_disk_the_password_of_before_holds_with_its_log_ins(changing: Changing) -> None:
    assert changing.site.log_in() == 200
    changing.is_full = True
    status, told = changing.site.api("POST", "/password", {"old": PASSWORD, "new": "a better one"})
    assert (status, told["error"]["code"]) == (507, "not_saved")
    assert "No space left on device" in told["error"]["message"]
    assert changing.site.api("GET", "/session")[1]["state"] == "open"
    assert changing.site.log_in("a better one") == 401
    assert changing.site.log_in() == 200


def test_a_first_visit_that_is_under_way_at_a_factory_reset_sets_no_password(changing: Changing) -> None:
    changing.forget()
    code = changing.owner.table["page_code"]({})["code"]
    changing.meanwhile = changing.owner.forget
    csrf = changing.site.api("GET", "/session")[1]["csrf"]
    visit = {"code": code, "password": PASSWORD}
    assert changing.site.api("POST", "/first-visit", visit, X_CSRF_Token=csrf)[0] == 401
    assert changing.site.api("GET", "/session")[1]["state"] == "first_visit"


@pytest.mark.parametrize("path", ["/", "/static/app.js", "/api/v1/session", "/api/v1/status"])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.2", "router.evil.example:8080", ""])
def test_a_name_that_points_here_is_refused_for_whatever_is_asked(site: Site, path: str, host: str) -> None:
    answer, _ = site.ask("GET", path, Host=host)
    assert answer.status == 421


@pytest.mark.parametrize(
    "fields",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"X_CSRF_Token": ""},
        {"X_CSRF_Token": "wrong"},
    ],
)
@pytest.mark.parametrize("path", ["/set", "/login", "/logout", "/password", "/inform", "/test"])
def test_another_page_cannot_do_anything_in_somebodys_name(site: Site, path: str, fields: dict[str, str]) -> None:
    site.log_in()
    before = site.verbs()
    status, told = site.api("POST", path, {"password": PASSWORD}, **fields)
    assert (status, told["error"]["code"]) == (403, "csrf")
    assert site.verbs() == before


def test_another_page_cannot_read_either(site: Site) -> None:
    site.log_in()
    assert site.api("GET", "/status", Origin="http://evil.example")[0] == 403


def test_the_token_of_one_session_does_not_serve_another(site: Site) -> None:
    site.log_in()
    token = site.fields["X-CSRF-Token"]
    site.log_in()
    assert site.api("POST", "/set", {"values": {}}, X_CSRF_Token=token)[0] == 403


def test_files_are_read_only_and_need_no_log_in(site: Site) -> None:
    answer, received = site.ask("GET", "/")
    assert answer.status == 200
    assert b"<html" in received
    assert site.ask("HEAD", "/")[1] == b""
    assert site.ask("POST", "/", b"")[0].status == 405
    assert site.ask("GET", "/nothing")[0].status == 404
    assert site.ask("GET", "/static/../page.py")[0].status == 404


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"null", b'{"password": 1}', b"[" * 60_000])
def test_a_body_that_is_no_log_in_is_refused(site: Site, body: bytes) -> None:
    csrf = site.api("GET", "/session")[1]["csrf"]
    status, told = site.api("POST", "/login", body, X_CSRF_Token=csrf)
    assert (status, told["error"]["code"]) == (400, "bad_request")


def test_answers_are_kept_by_nobody(site: Site) -> None:
    site.log_in()
    for path in ("/api/v1/status", "/api/v1/session", "/api/v1/nothing"):
        answer, _ = site.ask("GET", path)
        assert answer.getheader("Cache-Control") == "no-store"
        assert "frame-ancestors 'none'" in (answer.getheader("Content-Security-Policy") or "")
