"""Text that is made to do harm, in every writable string of Wi-Fi and PPP, while hostapd and pppd run by them."""

import time

import pytest

from tests.backends.test_whole_gateway_hostile import DAEMONS, HOSTILE, accidents, attempted, fill, programs, strings
from tests.backends.whole_gateway import Traced
from tests.vm.whole.gateway import POINTS, PPP, SSID, TRIES, WIFI, WirelessGateway
from tests.waiting import until

SECONDS = 120.0
"""For the sweep of one group; this machine is a slow one."""
LEAST = 3
"""Texts for each string, whatever the time that takes; all of them where there is time."""


def is_connected(gateway: WirelessGateway, row: str) -> bool:
    return gateway.agent.values(f"{row}ConnectionStatus")[f"{row}ConnectionStatus"] == "Connected"


def swept(gateway: WirelessGateway, paths: list[str], row: str, daemon: str) -> None:
    """Each string is given a text of its own in each round, until each had them all or time is over.

    ``daemon`` runs by ``row``, which is switched off and on at the end: what is run is seen.
    """
    ends = time.monotonic() + SECONDS
    found: list[str] = []
    rounds = 0
    with Traced(gateway.agent.pid, "execve") as traced:
        while rounds < len(HOSTILE) and (rounds < LEAST or time.monotonic() < ends):
            for place, path in enumerate(paths):
                found += accidents(gateway, [path], [HOSTILE[(place + rounds) % len(HOSTILE)]], TRIES)
            rounds += 1
        for enable in ("false", "true"):
            assert attempted(gateway, {f"{row}Enable": enable}, TRIES) is None
        until(lambda: daemon in programs(traced))
    print(f"{len(paths)} strings, {rounds} of {len(HOSTILE)} texts for each, {sorted(programs(traced))} run")
    assert found == []
    assert programs(traced) <= DAEMONS
    assert gateway.agent.is_alive
    assert surprises(gateway.stand.log_lines()) == []


def surprises(log: list[str]) -> list[str]:
    """How each traceback in a log ends, but for what was only too slow for the agent."""
    ends = [
        next((line for line in log[place + 1 :] if not line.startswith(" ")), "")
        for place, line in enumerate(log)
        if line.startswith("Traceback")
    ]
    return [end for end in ends if not end.startswith("backends.errors.TimedOut: ")]


@pytest.mark.parametrize("group", ["points", "others"])
def test_no_text_does_harm_in_a_string_of_wifi(gateway: WirelessGateway, group: str) -> None:
    point = gateway.access_point()
    gateway.agent.ask("set", values={f"{SSID}.Enable": "true", f"{point}Enable": "true"})
    assert gateway.wlan()["type"] == "AP"
    fill(gateway, WIFI)
    paths = strings(gateway, WIFI)
    chosen = [path for path in paths if path.startswith(point)]
    if group == "others":
        chosen = [path for path in paths if not path.startswith(POINTS)]
    assert len(chosen) > 10, chosen
    swept(gateway, chosen, point, "hostapd")
    gateway.agent.ask("set", values={f"{SSID}.SSID": "LabNet", f"{point}Security.KeyPassphrase": "correct horse"})
    until(lambda: gateway.wlan().get("ssid") == "LabNet")


def test_no_text_does_harm_in_a_string_of_ppp(gateway: WirelessGateway) -> None:
    gateway.provider.serve()
    row = gateway.connection()
    gateway.agent.ask("set", values={f"{row}Enable": "true"})
    until(lambda: is_connected(gateway, row))
    paths = strings(gateway, PPP)
    assert {f"{row}{name}" for name in ("Username", "Password", "PPPoE.ServiceName", "PPPoE.ACName")} <= set(paths)
    swept(gateway, paths, row, "pppd")
    gateway.agent.ask("set", values={f"{row}Username": "user", f"{row}Password": "pa ss"})
    until(lambda: is_connected(gateway, row))
