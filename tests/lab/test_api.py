"""The JSON API: what it answers, how it refuses, and whom."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from agent.lab import api
from agent.lab.acs import LabAcs
from agent.lab.behaviour import Behaviour
from tests.lab.cpe import DEVICE, Answer, Cpe, fault, inform, response, values


def ask(cpe: Cpe, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, Any]]:
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    answer: Answer = cpe.request(method, path, data, **headers)
    document = json.loads(answer.body)
    assert document["schema"] == 1
    assert answer.headers["Content-Type"] == "application/json"
    return answer.status, document


def refusal(cpe: Cpe, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str, str]:
    status, document = ask(cpe, method, path, body, **headers)
    assert set(document["error"]) == {"code", "message", "next"}
    assert all(document["error"].values())
    return status, document["error"]["code"], document["error"]["message"]


@pytest.fixture
def known(acs: LabAcs, cpe: Cpe) -> Cpe:
    """A CPE that has had a session, with a second connection for the API."""
    cpe.post(inform("1 BOOT", parameters=[("Device.A", "1", "int"), ("Device.B.Password", "hunter2", "string")]))
    return cpe


def test_devices_are_listed_with_what_is_known(known: Cpe) -> None:
    status, document = ask(known, "GET", "/api/devices")
    [device] = document["devices"]
    assert status == 200
    assert (device["id"], device["events"], device["informs"]) == (DEVICE, ["1 BOOT"], 1)
    assert (device["parameters_known"], device["queued"], device["session"]) == (2, [], {"number": 1, "state": "open"})
    _, one = ask(known, "GET", f"/api/devices/{DEVICE}")
    assert one["parameters"] == [
        {"path": "Device.A", "value": "1", "type": "int"},
        {"path": "Device.B.Password", "value": "******", "type": "string"},
    ]


def test_an_rpc_goes_from_queued_to_done(acs: LabAcs, known: Cpe) -> None:
    asked = {"method": "GetParameterValues", "arguments": {"names": ["Device."]}}
    status, queued = ask(known, "POST", f"/api/devices/{DEVICE}/rpc", asked)
    assert (status, queued["state"]) == (202, "queued")
    path = f"/api/rpc/{queued['id']}"
    states = [ask(known, "GET", path)[1]["state"]]
    request = known.post()
    states.append(ask(known, "GET", path)[1]["state"])
    parameters = [("Device.A", "2", "int"), ("Device.X.KeyPassphrase", "hunter2", "string")]
    known.post(response("GetParameterValues", request.id, values(parameters)))
    _, done = ask(known, "GET", path + "?wait=5")
    assert [*states, done["state"]] == ["queued", "sent", "done"]
    assert done["result"]["parameters"][0] == {"path": "Device.A", "value": "2", "type": "int"}
    assert done["result"]["parameters"][1]["value"] == "******"
    assert done["seconds"] > 0
    assert (done["method"], done["device"], done["arguments"]) == (asked["method"], DEVICE, asked["arguments"])


def test_a_fault_is_the_result_of_its_rpc(acs: LabAcs, known: Cpe) -> None:
    asked = {"method": "SetParameterValues", "arguments": {"parameters": {"Device.A": 1}}}
    _, queued = ask(known, "POST", f"/api/devices/{DEVICE}/rpc", asked)
    known.post()
    known.post(fault(9003, queued["id"], ("Device.A", 9007)))
    _, found = ask(known, "GET", f"/api/rpc/{queued['id']}")
    assert (found["state"], found["result"]["code"]) == ("fault", 9003)
    assert found["result"]["parameters"] == [{"path": "Device.A", "code": 9007, "string": "no"}]


def test_waiting_for_an_rpc_ends_in_time_with_the_state_it_has(acs: LabAcs, known: Cpe) -> None:
    rpc = acs.queue(DEVICE, "Reboot")
    assert ask(known, "GET", f"/api/rpc/{rpc.id}?wait=0.05")[1]["state"] == "queued"


def test_an_rpc_may_be_queued_for_a_device_that_is_expected(cpe: Cpe) -> None:
    path = f"/api/devices/{DEVICE}/rpc"
    assert refusal(cpe, "POST", path, {"method": "Reboot"})[:2] == (404, "unknown_device")
    assert ask(cpe, "POST", path, {"method": "Reboot", "expect": True})[0] == 202
    cpe.post(inform())
    assert cpe.post().says("Reboot")


def test_an_id_works_bare_and_encoded_as_a_path_is(acs: LabAcs, cpe: Cpe) -> None:
    cpe.post(inform(product_class="My Box"))
    device = "001122-My%20Box-7"
    assert list(acs.devices) == [device]
    for path in (device, quote(device, safe="")):
        assert ask(cpe, "GET", f"/api/devices/{path}")[1]["id"] == device


def test_a_connection_request_that_fails_is_an_error_and_is_remembered(known: Cpe) -> None:
    path = f"/api/devices/{DEVICE}/connection-request"
    assert refusal(known, "POST", path)[:2] == (502, "connection_request_failed")
    assert refusal(known, "POST", path, {"username": "u", "password": "p"})[0] == 502
    assert refusal(known, "POST", path, {"user": "u"})[:2] == (400, "bad_arguments")
    _, device = ask(known, "GET", f"/api/devices/{DEVICE}")
    assert device["last_connection_request"]["accepted"] is False
    asked = {"method": "Reboot", "connection_request": True}
    _, queued = ask(known, "POST", f"/api/devices/{DEVICE}/rpc", asked)
    assert queued["connection_request"]["accepted"] is False


def test_sessions_are_shown_line_by_line_and_with_their_envelopes(acs: LabAcs, known: Cpe) -> None:
    known.post()
    _, document = ask(known, "GET", f"/api/devices/{DEVICE}/sessions")
    [session] = document["sessions"]
    assert (session["state"], session["posts"], session["events"]) == ("ended", 2, ["1 BOOT"])
    assert [line["message"] for line in session["lines"]] == ["Inform", "InformResponse", "(empty)", "(empty)"]
    assert session["bytes_in"] + session["bytes_out"] == sum(acs.traffic[1:])
    assert "xml" not in session["lines"][0]
    _, document = ask(known, "GET", f"/api/devices/{DEVICE}/sessions?xml=1")
    xml = [line["xml"] for line in document["sessions"][0]["lines"]]
    assert "<c:Inform>" in xml[0]
    assert "hunter2" not in str(document)
    assert xml[2:] == [None, None]


def test_traffic_files_and_behaviour_are_told(acs: LabAcs, known: Cpe) -> None:
    exchanges, bytes_in, bytes_out = acs.traffic
    assert ask(known, "GET", "/api/traffic")[1] == {
        "schema": 1, "exchanges": exchanges, "bytes_in": bytes_in, "bytes_out": bytes_out,
    }  # fmt: skip
    assert ask(known, "GET", "/api/files")[1]["files"] == []
    assert ask(known, "GET", "/api/behaviour")[1]["behaviour"]["drops"] == 1


def test_files_are_listed(tmp_path: Path) -> None:
    (tmp_path / "fw").write_text("12345")
    with LabAcs(data=tmp_path) as acs, Cpe(acs.port) as cpe:
        assert ask(cpe, "GET", "/api/files")[1]["files"] == [{"name": "fw", "size": 5}]


def test_a_behaviour_is_set_whole(acs: LabAcs, cpe: Cpe) -> None:
    assert ask(cpe, "PUT", "/api/behaviour", {"hold_requests": True, "reply_delay": 0})[0] == 200
    assert acs.behaviour == Behaviour(hold_requests=True, reply_delay=0)
    for wrong in ({"hold": True}, {"hold_requests": 1}, {"drops": "x"}, {"drops": True}, {"inform_fault": 1}):
        assert refusal(cpe, "PUT", "/api/behaviour", wrong)[:2] == (400, "bad_arguments")
    assert ask(cpe, "PUT", "/api/behaviour", {})[0] == 200
    assert acs.behaviour == Behaviour()


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/api/nothing", None, 404, "not_found"),
        ("GET", "/api/", None, 404, "not_found"),
        ("DELETE", "/api/devices", None, 405, "method_not_allowed"),
        ("GET", f"/api/devices/{DEVICE}/rpc", None, 405, "method_not_allowed"),
        ("GET", "/api/devices/other", None, 404, "unknown_device"),
        ("GET", "/api/devices/other/sessions", None, 404, "unknown_device"),
        ("POST", "/api/devices/other/rpc", {"method": "Reboot"}, 404, "unknown_device"),
        ("GET", "/api/rpc/99", None, 404, "unknown_rpc"),
        ("GET", "/api/rpc/1?wait=long", None, 400, "bad_arguments"),
        ("POST", f"/api/devices/{DEVICE}/rpc", b"{", 400, "bad_json"),
        ("POST", f"/api/devices/{DEVICE}/rpc", b"[" * 100_000, 400, "bad_json"),
        ("POST", f"/api/devices/{DEVICE}/rpc", b"\xff", 400, "bad_json"),
        ("POST", f"/api/devices/{DEVICE}/rpc", [], 400, "bad_json"),
        ("POST", f"/api/devices/{DEVICE}/rpc", {}, 400, "bad_arguments"),
        ("POST", f"/api/devices/{DEVICE}/rpc", {"method": 5}, 400, "bad_arguments"),
        ("POST", f"/api/devices/{DEVICE}/rpc", {"method": "Reboot", "arguments": []}, 400, "bad_arguments"),
        ("POST", f"/api/devices/{DEVICE}/rpc", {"method": "Reboot", "later": True}, 400, "bad_arguments"),
        ("POST", f"/api/devices/{DEVICE}/rpc", {"method": "Nonsense"}, 400, "bad_arguments"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_next_step(
    method: str, path: str, body: Any, status: int, code: str, acs: LabAcs, known: Cpe
) -> None:
    acs.queue(DEVICE, "Reboot")
    assert refusal(known, method, path, body)[:2] == (status, code)


def test_a_body_beyond_the_bound_is_refused(known: Cpe) -> None:
    assert known.request("POST", f"/api/devices/{DEVICE}/rpc", b" " * (api.MAX_BODY + 1)).status == 413


def test_web_pages_are_not_answered(cpe: Cpe) -> None:
    assert refusal(cpe, "GET", "/api/devices", Origin="http://evil")[:2] == (403, "forbidden")
    for host in ("evil.example", "evil.example:80"):
        assert refusal(cpe, "GET", "/api/devices", Host=host)[:2] == (403, "forbidden")
    for host in ("localhost:7557", "127.0.0.1", "[::1]:7557"):
        assert ask(cpe, "GET", "/api/devices", Host=host)[0] == 200


@pytest.mark.parametrize(
    ("peer", "own", "answered"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("::1", "::1", True),
        ("::ffff:127.0.0.2", "::ffff:127.0.0.1", True),
        ("192.0.2.1", "192.0.2.9", False),
        ("192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.9", False),
        ("fe80::1%eth0", "fe80::2%eth0", False),
    ],
)
def test_only_the_machine_itself_is_answered(peer: str, own: str, answered: bool) -> None:
    assert (api.reason_to_refuse(peer, own, {"host": "127.0.0.1"}) == "") is answered


def test_a_name_in_the_url_is_answered_where_the_certificate_stands_for_it() -> None:
    named = {"host": "acs.example.net"}
    assert api.reason_to_refuse("127.0.0.1", "127.0.0.1", named) != ""
    assert api.reason_to_refuse("127.0.0.1", "127.0.0.1", named, is_secure=True) == ""
    assert api.reason_to_refuse("127.0.0.1", "127.0.0.1", {**named, "origin": "https://x"}, is_secure=True) != ""
    assert api.reason_to_refuse("192.0.2.1", "192.0.2.9", named, is_secure=True) != ""


def test_passwords_given_to_an_rpc_are_not_told_again(known: Cpe) -> None:
    asked = {"method": "Download", "arguments": {"url": "http://u:hunter2@h/f", "password": "hunter2"}}
    _, queued = ask(known, "POST", f"/api/devices/{DEVICE}/rpc", asked)
    known.post()
    for path in (f"/api/rpc/{queued['id']}", f"/api/devices/{DEVICE}/sessions?xml=1", "/api/devices"):
        assert "hunter2" not in known.request("GET", path).text


def test_the_documentation_names_every_route() -> None:
    assert api.__doc__ is not None
    for route in ("devices", "rpc", "connection-request", "sessions", "files", "traffic", "behaviour"):
        assert route in api.__doc__
