"""The doctor says what is wrong in order, each with one next step."""

from typing import Any

from agent.machine_checks import Check
from agent.runtime.doctor import Interface, Surroundings, examine

WELL: dict[str, Any] = {
    "acs": {"url": "https://acs.example.net/", "state": "reachable", "failed_attempts": 0, "last_outcome": "complete"},
    "connection_request": {"problem": "", "url": "http://192.0.2.1:7547/x", "accepted": 2, "refused": 0},
    "pending": {"write_side": "on", "unconfirmed_change": None},
}
HERE = [Interface("eth0", False, "NetworkManager"), Interface("eth1", True)]


def checks(status: dict[str, Any] | None = None, **around: Any) -> dict[str, tuple[bool, str, str]]:
    given: dict[str, Any] = {"interfaces": HERE, "manage": ["eth1"], "absent": {}, "clock": True, **around}
    surroundings = Surroundings(
        lambda: given["interfaces"], lambda: given["manage"], lambda: given["absent"], lambda: given["clock"]
    )
    found = examine({**WELL, **(status or {})}, surroundings)["checks"]
    return {one["name"]: (one["ok"], one["what"], one["next"]) for one in reversed(found)}


def test_a_healthy_device_has_nothing_to_do() -> None:
    found = checks()
    assert all(ok for ok, _, _ in found.values())
    assert set(found) == {"clock", "ACS", "connection request", "interfaces"}
    assert found["connection request"][1] == "http://192.0.2.1:7547/x: 2 accepted, 0 refused"
    assert found["interfaces"][1] == "readable only, not in [network] manage: eth0 (NetworkManager)"


def test_an_acs_that_is_missing_or_fails_is_told_with_a_next_step() -> None:
    ok, what, next_step = checks({"acs": {**WELL["acs"], "url": ""}})["ACS"]
    assert (ok, what) == (False, "no ACS is configured")
    assert "`cpe-agent setup --url URL`" in next_step
    assert "`cpe-agent discover`" in next_step
    ok, what, _ = checks({"acs": {**WELL["acs"], "failed_attempts": 3, "last_outcome": "no route to host"}})["ACS"]
    assert not ok
    assert "no route to host (3 attempts)" in what


def test_an_offer_that_is_not_taken_is_told_with_what_to_do_about_it() -> None:
    around = Surroundings(list, tuple, dict, lambda: None, not_taken=lambda: ("it is http", "serve https"))
    checks = examine({**WELL, "acs": {**WELL["acs"], "url": ""}}, around)["checks"]
    [acs] = [one for one in checks if one["name"] == "ACS"]
    assert (acs["ok"], acs["what"], acs["next"]) == (False, "no ACS is configured; it is http", "serve https")


def test_a_listener_that_does_not_listen_is_told() -> None:
    facts = {"problem": "port 7547 is in use", "next": "end who has it", "url": "", "accepted": 0, "refused": 0}
    told = checks({"connection_request": facts})["connection request"]
    assert told == (False, "port 7547 is in use", "end who has it")


def test_without_an_acs_nobody_would_call_and_that_is_told_once() -> None:
    facts = {"problem": "no ACS is configured, so nothing listens", "next": "", "url": "", "accepted": 0, "refused": 0}
    found = checks({"acs": {**WELL["acs"], "url": ""}, "connection_request": facts})
    assert "connection request" not in found
    assert not found["ACS"][0]


def called(**facts: Any) -> tuple[bool, str, str]:
    given = {"problem": "", "url": "http://192.168.1.2:7547/x", "accepted": 0, "refused": 0, "acs_address": "8.8.8.8"}
    return checks({"connection_request": {**given, **facts}})["connection request"]


def test_a_private_address_that_an_acs_out_there_cannot_call_is_told_and_is_no_fault() -> None:
    ok, what, next_step = called()
    assert ok
    assert "none has arrived yet" in what
    assert "192.168.1.2 is a private address: the ACS at 8.8.8.8 cannot call it" in what
    assert "--acs-side" in next_step
    for reachable in (
        {"acs_address": "192.168.1.1"},
        {"acs_address": ""},
        {"url": "http://9.9.9.9:7547/x"},
        {"accepted": 1},
    ):
        assert "private address" not in called(**reachable)[1]


def test_why_the_last_connection_request_was_refused_is_told() -> None:
    _, what, next_step = called(refused=3, last_refusal="401 to 192.0.2.9: wrong password", acs_address="")
    assert what.endswith("0 accepted, 3 refused; the last refusal: 401 to 192.0.2.9: wrong password")
    assert "--acs-side" in next_step


def test_what_the_machine_lacks_is_told_in_order() -> None:
    around = Surroundings(
        list,
        list,
        dict,
        lambda: True,
        lambda: [Check("link", True, "eth0 is up"), Check("address", False, "none", "ask DHCP")],
        lambda: [Check("memory", True, "lots")],
        lambda: [Check("services", False, "UPnP maps no port", "map it")],
    )
    told = examine(WELL, around)["checks"]
    assert told[-1] == {"name": "services", "ok": False, "what": "UPnP maps no port", "next": "map it"}
    found = [one["name"] for one in told]
    assert found[:6] == ["link", "address", "clock", "ACS", "connection request", "memory"]


def test_a_write_side_that_is_off_is_told() -> None:
    ok, what, next_step = checks({"pending": {"write_side": "off: it crashed", "unconfirmed_change": None}})[
        "write side"
    ]
    assert (ok, what) == (False, "off: it crashed")
    assert "restart" in next_step


def test_a_clock_that_nobody_keeps_right_is_warned_of_and_one_that_was_never_set_is_a_fault() -> None:
    ok, what, next_step = checks(clock=False)["clock"]
    assert (ok, "cannot be judged" in what, "chrony" in next_step) == (True, False, True)
    assert checks(clock=True)["clock"][2] == ""
    assert "clock" not in checks(clock=None)
    around = Surroundings(lambda: HERE, lambda: ["eth1"], dict, lambda: False, is_clock_set=lambda: False)
    [clock] = [one for one in examine(WELL, around)["checks"] if one["name"] == "clock"]
    assert (clock["ok"], "cannot be judged" in clock["what"]) == (False, True)


def test_an_interface_that_somebody_else_has_too_is_told_with_the_way_out() -> None:
    ok, what, next_step = checks(interfaces=[Interface("eth1", True, "NetworkManager")])["interfaces"]
    assert not ok
    assert "NetworkManager has it too" in what
    assert "cpe-agent setup --manage eth1" in next_step


def test_globs_that_fit_nothing_and_no_globs_at_all_are_told() -> None:
    ok, what, _ = checks(interfaces=[Interface("eth0", False)], manage=["lan*"])["interfaces"]
    assert (ok, what) == (False, "nothing here fits lan*")
    assert "none is given" in checks(manage=[])["interfaces"][1]


def test_what_is_not_installed_is_told_and_is_no_fault() -> None:
    ok, what, _ = checks(absent={"Device.WiFi.": "hostapd is not installed"})["services"]
    assert ok
    assert what == "Device.WiFi. left out: hostapd is not installed"
