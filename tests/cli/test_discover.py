"""How discover is shown to people and to programs."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.cli.discover import lines
from agent.cli.main import run
from tests.cli.scripted_agent import scripted_agent

ANSWER: dict[str, Any] = {
    "schema": 1,
    "acs": {
        "url": "https://a.example/",
        "source": "dhcpv4",
        "name": "DHCPv4",
        "told_by": "udhcpc",
        "since": "2026-03-01T12:00:00Z",
        "contact": "failing",
        "failed_attempts": 2,
    },
    "why": "DHCPv4 wins: it has named the ACS in force",
    "next": "",
    "remembered_host": "a.example",
    "sources": [
        {"source": "acs", "name": "the ACS", "verdict": "silent", "why": "no ACS has set another one", "next": ""},
        {
            "source": "dhcpv4",
            "name": "DHCPv4",
            "verdict": "in force",
            "why": "it has named the ACS in force",
            "next": "",
            "told_by": "udhcpc",
            "interface": "wan0",
            "url": "https://a.example/",
            "provisioning_code": "P",
            "retry_minimum_wait": 30,
            "retry_multiplier": None,
            "vlan": 100,
            "vlan_priority": 0,
            "gateway": {"oui": "00D09E", "serial_number": "SN", "product_class": ""},
            "refused": ["sub-option 3 is \x1b[31mno number"],
        },
        {
            "source": "dhcpv6",
            "name": "DHCPv6",
            "verdict": "refused",
            "why": "it names an http:// ACS, which anybody on the way could be",
            "next": "serve https://",
            "told_by": "odhcp6c",
            "interface": "wan0",
            "url": "http://b.example/",
        },
    ],
    "following": [{"parameter": "Device.X", "value": "P", "source": "dhcpv4", "told_by": "udhcpc"}],
    "ways": {"ipv4": ["wan0"], "ipv6": []},
    "settings": {},
}


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")


def test_a_link_that_leads_out_by_both_families_is_named_once() -> None:
    *_, last = lines({**ANSWER, "ways": {"ipv4": ["wan0"], "ipv6": ["wan0"]}})
    assert last == "leases count on wan0 (IPv4 and IPv6)"
    *_, last = lines({**ANSWER, "ways": {"ipv4": ["wan0", "lte"], "ipv6": ["wan0"]}})
    assert last == "leases count on wan0, lte (IPv4), wan0 (IPv6)"


def test_the_acs_stands_first_then_each_source_with_what_becomes_of_it() -> None:
    assert list(lines(ANSWER)) == [
        "ACS   https://a.example/",
        "      set by DHCPv4 (udhcpc), since 2026-03-01T12:00:00Z; failing (2 failed attempts)",
        "why   DHCPv4 wins: it has named the ACS in force",
        "      DHCP named the host a.example first, and may name no other by itself",
        "",
        "· the ACS",
        "    silent: no ACS has set another one",
        "● DHCPv4 (udhcpc on wan0)",
        "    ACS: https://a.example/",
        "    provisioning code: P",
        "    first retry after: 30 s",
        "    VLAN: 100",
        "    VLAN priority: 0",
        "    gateway: 00D09E SN",
        "    in force: it has named the ACS in force",
        "    not taken: sub-option 3 is \\x1b[31mno number",
        "✘ DHCPv6 (odhcp6c on wan0)",
        "    ACS: http://b.example/",
        "    refused: it names an http:// ACS, which anybody on the way could be",
        "    next: serve https://",
        "Device.X = P, as dhcpv4 says",
        "leases count on wan0 (IPv4)",
    ]


def test_where_dhcp_may_change_the_host_that_is_said() -> None:
    told = list(lines({**ANSWER, "settings": {"allow_change": True}}))
    assert told[3] == "      DHCP named the host a.example first, and may name another one ([discovery] allow_change)"


def test_without_an_acs_the_next_step_is_named() -> None:
    nothing = {"url": "", "source": "", "name": "", "told_by": "", "since": "", "contact": "none", "failed_attempts": 0}
    answer = {
        **ANSWER,
        "acs": nothing,
        "next": "set one",
        "remembered_host": "",
        "sources": [],
        "following": [],
        "ways": {},
    }
    assert list(lines(answer)) == [
        "ACS   none",
        "why   DHCPv4 wins: it has named the ACS in force",
        "next  set one",
        "",
        (
            "leases count on no link: none has a default route that counts; one that is only advertised, where this "
            "machine has a home's address, does not ([discovery] interface names the WAN)"
        ),
    ]


def test_programs_get_the_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "control.sock"
    with scripted_agent(path, {"discover": ANSWER}) as asked:
        assert run(["discover", "--json", "--socket", str(path)]) == 0
        assert json.loads(capsys.readouterr().out) == ANSWER
        assert run(["discover", "--socket", str(path)]) == 0
        assert capsys.readouterr().out.startswith("ACS   https://a.example/")
    assert asked == [("discover", {})] * 2
