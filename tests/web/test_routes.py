"""Each path is a verb of the control socket, with its arguments; answers are passed on, streams as they come."""

import json
from typing import Any

import pytest

from agent.web.routes import ROUTES
from tests.web.conftest import Site


def test_the_query_becomes_the_verbs_arguments(site: Site) -> None:
    site.log_in()
    assert site.api("GET", "/names?path=Device.&next_level=true") == (200, {"schema": 1, **site.answers["names"]})
    assert site.api("GET", "/get?path=Device.A&path=Device.B&explain=true")[0] == 200
    assert site.api("GET", f"/get?{'&'.join(['path=Device.'] * 60)}")[0] == 200
    assert site.asked[-1] == ("get", {"paths": ["Device."], "explain": False})
    assert site.api("GET", f"/get?{'&'.join(f'path=Device.{one}' for one in range(60))}")[0] == 200
    assert site.api("GET", "/live?after=7")[0] == 200
    assert site.api("POST", "/set", {"values": {"Device.A": "1"}, "dry_run": True})[0] == 200
    assert site.api("PUT", "/setup", {"url": "http://a/"})[0] == 200
    assert [one for one in site.asked if one[0] in ("names", "get")][:2] == [
        ("names", {"path": "Device.", "next_level": True}),
        ("get", {"paths": ["Device.A", "Device.B"], "explain": True}),
    ]
    assert site.asked[-3:] == [
        ("live", {"after": 7}),
        ("set", {"values": {"Device.A": "1"}, "dry_run": True}),
        ("setup", {"values": {"url": "http://a/"}}),
    ]


@pytest.mark.parametrize(
    "path",
    ["/names", "/names?path=a&path=b", "/get", "/get?path=a&explain=1", "/live?after=-1", "/live?after=x",
     "/live?after=%D9%A3", f"/get?{'&'.join(f'path=Device.{one}.' for one in range(9))}",
     f"/get?{'&'.join(f'path={one}*' for one in range(9))}", "/log?after=99999999999999999999"],
)  # fmt: skip
def test_a_query_of_another_form_is_refused(site: Site, path: str) -> None:
    site.log_in()
    before = site.verbs()
    status, told = site.api("GET", path)
    assert (status, told["error"]["code"]) == (400, "bad_request")
    assert site.verbs() == before


def test_a_refusal_names_its_parameters(site: Site, answers: dict[str, Any]) -> None:
    site.log_in()
    answers["set"] = {"error": {"code": "denied", "message": "no", "next": "n", "path": "Device.A"}}
    status, told = site.api("POST", "/set", {"values": {}})
    assert status == 422
    assert told["error"]["parameters"] == [{"path": "Device.A", "code": "denied", "message": "no"}]


def test_a_person_agrees_to_a_transfer_or_gives_it_up_and_does_nothing_else_with_it(
    site: Site, answers: dict[str, Any]
) -> None:
    site.log_in()
    answers["transfers"] = {"transfers": [], "over": []}
    for method, said in (("GET", None), ("POST", {"confirm": "3"}), ("POST", {"cancel": "3"})):
        assert site.api(method, "/transfers", said) == (200, {"schema": 1, **answers["transfers"]})
        assert site.asked[-1] == ("transfers", said or {})
    before = site.verbs()
    for more in ({"fetch": "http://a/"}, {"request": "1 x"}, {"confirm": "1", "cancel": "1"}, {"confirm": None}, {}):
        assert site.api("POST", "/transfers", more)[1]["error"]["code"] == "bad_request"
    assert site.api("POST", "/transfers", {"confirm": "3"}, X_CSRF_Token="x")[1]["error"]["code"] == "csrf"
    assert site.verbs() == before
    answers["transfers"] = {"error": {"code": "unknown", "message": "there is no such transfer", "next": "n"}}
    assert site.api("POST", "/transfers", {"cancel": "9"})[0] == 404


def test_a_stream_comes_line_by_line(site: Site) -> None:
    site.log_in()
    answer, received = site.ask("POST", "/api/v1/test", {})
    assert answer.getheader("Content-Type") == "application/x-ndjson"
    assert [json.loads(line)["step"] for line in received.splitlines()] == ["dns", "tcp", "tls"]


def test_the_support_bundle_is_a_file_to_keep(site: Site) -> None:
    site.log_in()
    answer, received = site.ask("GET", "/api/v1/support")
    assert received == b"first second"
    assert answer.getheader("Content-Type") == "application/gzip"
    assert "attachment" in (answer.getheader("Content-Disposition") or "")


def test_the_last_capture_is_a_file_to_keep_for_who_is_logged_in(site: Site) -> None:
    assert site.api("GET", "/capture")[0] == 401
    site.log_in()
    answer, received = site.ask("GET", "/api/v1/capture")
    assert (answer.status, received) == (200, b"first second")
    assert answer.getheader("Content-Disposition") == 'attachment; filename="capture.pcap"'


def test_a_path_that_is_none_is_not_found_and_head_has_no_body(site: Site) -> None:
    site.log_in()
    assert site.api("GET", "/nothing")[1]["error"]["code"] == "not_found"
    assert site.api("DELETE", "/set", {})[0] == 404
    answer, received = site.ask("HEAD", "/api/v1/status")
    assert (answer.status, received) == (200, b"")


def test_every_path_is_described_in_the_documents_table() -> None:
    from pathlib import Path

    told = (Path(__file__).parents[2] / "agent/web/API.md").read_text()
    for method, path in ROUTES:
        assert f"| {method} {path.rstrip('/')}" in told, (method, path)
