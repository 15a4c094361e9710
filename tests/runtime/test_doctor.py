"""The doctor says what is wrong in order, each with one next step."""

from typing import Any

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
    assert set(found) == {"ACS", "connection request", "interfaces"}
    assert found["interfaces"][1] == "readable only, not in [network] manage: eth0 (NetworkManager)"


def test_an_acs_that_is_missing_or_fails_is_told_with_a_next_step() -> None:
    ok, what, next_step = checks({"acs": {**WELL["acs"], "url": ""}})["ACS"]
    assert (ok, what) == (False, "no ACS is configured")
    assert "[acs] url" in next_step
    ok, what, _ = checks({"acs": {**WELL["acs"], "failed_attempts": 3, "last_outcome": "no route to host"}})["ACS"]
    assert not ok
    assert "no route to host (3 attempts)" in what


def test_a_listener_that_does_not_listen_is_told() -> None:
    facts = {"problem": "port 7547 is in use", "url": "", "accepted": 0, "refused": 0}
    assert not checks({"connection_request": facts})["connection request"][0]


def test_a_write_side_that_is_off_is_told() -> None:
    ok, what, next_step = checks({"pending": {"write_side": "off: it crashed", "unconfirmed_change": None}})[
        "write side"
    ]
    assert (ok, what) == (False, "off: it crashed")
    assert "restart" in next_step


def test_a_clock_that_nobody_keeps_right_is_told() -> None:
    assert not checks(clock=False)["clock"][0]
    assert "clock" not in checks(clock=None)


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
