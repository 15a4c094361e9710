"""Rows of the LAN's tables: text that means nothing is an answer, and what is kept comes back."""

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from agent.model.data_model import Caller
from agent.model.errors import Refusals, Unavailable
from backends.programs import Program
from backends.tr181.lan_tables import LOOK, TABLES
from tests.backends.lan_device import Gateway
from tests.backends.openwrt.router import Router
from tests.waiting import until

TEXTS = (
    "", " ", "x", "-1", "0", "1", "65536", "4294967296", "true", "$(touch /tmp/owned)", "`id`", "a\nport=53", "a\tb",
    '"', "\\", "'; reboot #", "a,b", "#", "\u0000", "日本語", "ع", "🖧", "%s%n", "../../etc/passwd", "a" * 10_000,
    "192.0.2.7", "255.0.255.0", "0.0.0.0", "::1", "fe80::1%eth0", "02:00:00:00:00:01", "ff:ff:ff:ff:ff:ff", "00",
    "0a0b", "Exact", "Substring", "High", "Device.IP.Interface.1", "Device.IP.Interface.99", "Device.DHCPv4.Server.",
)  # fmt: skip
"""Each means something somewhere, or nearly does."""


def writable(gateway: Gateway | Router) -> Iterator[str]:
    """A row of each table, and the paths of what can be set in all of them."""
    gateway.pool(Enable="0")
    for table in (
        "DHCPv6.Server.Pool.",
        "DNS.Relay.Forwarding.",
        "DHCPv4.Relay.Forwarding.",
        "RouterAdvertisement.InterfaceSetting.",
    ):
        gateway.add(f"Device.{table}")
    for table in (
        "DHCPv4.Server.Pool.1.StaticAddress.",
        "DHCPv4.Server.Pool.1.Option.",
        "DHCPv6.Server.Pool.1.Option.",
        "RouterAdvertisement.InterfaceSetting.1.Option.",
    ):
        with suppress(Refusals):  # OpenWrt's odhcpd sends the options that it knows
            gateway.add(f"Device.{table}")
    for name in gateway.model.names("Device.", False, Caller.ACS):
        ours = name.path.startswith(("Device.DHCP", "Device.DNS.", "Device.RouterAdv"))
        if ours and name.writable and not name.path.endswith((".", "Alias")):
            yield name.path


@pytest.mark.slow
@pytest.mark.parametrize("enabled", ["0", "1"])
def test_no_text_in_a_writable_parameter_is_an_accident(
    home: Gateway | Router, caplog: pytest.LogCaptureFixture, enabled: str
) -> None:
    paths = list(writable(home))
    assert len(paths) > 40
    home.set_row("Device.DHCPv4.Server.Pool.1.", Enable=enabled)
    accidents = []
    for number, path in enumerate(paths):
        before = home.get(path)
        # Of UCI's files each is written for each text: every parameter meets a third of them, and each text many.
        for text in TEXTS if isinstance(home, Gateway) else TEXTS[number % 3 :: 3]:
            try:
                home.set_row(path, **{"": text})
            except Refusals as refusals:
                bad = [one for one in refusals.refusals if isinstance(one, Unavailable) or one.path != path]
                accidents += [f"{path} = {text[:40]!r}: {one!r}" for one in bad]
            else:
                told = home.get(path)
                if told.lower() != text.strip(" ").lower() and told not in ("true", "false", "0", "1"):
                    accidents.append(f"{path} = {text[:40]!r} came back as {told[:40]!r}")
        with suppress(Refusals):  # a tag that was never told is none that could be told
            home.set_row(path, **{"": before})
    assert not accidents, "\n".join(accidents[:20])
    assert "Traceback" not in caplog.text


def test_what_belongs_to_a_row_goes_with_it(home: Gateway | Router) -> None:
    pool = home.pool()
    home.add(f"{pool}Option.", Tag="66", Value="61")
    home.delete(pool)
    assert not any(home.tables.wanted.of(kind) for kind in TABLES if kind.owner)


def kill(*programs: Program) -> list[int]:
    """End them as a want of memory does; what they were."""
    processes = [one.pid() or 0 for one in programs]
    for process in processes:
        assert process
        os.kill(process, signal.SIGKILL)
    assert until(lambda: all(one.pid() is None for one in programs))
    return processes


@pytest.mark.slow
def test_programs_that_were_killed_are_started_again_and_the_log_says_so(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    tables, daemons = gateway.tables, gateway.tables.daemons
    assert tables.due(0.0) is None, "nothing is wanted"
    row, usual = gateway.pool(), {"Enable": "1", "Interface": gateway.interface()}
    relay, advertisement = "Device.DHCPv4.Relay.", "Device.RouterAdvertisement."
    gateway.set({f"{relay}Enable": "1", f"{advertisement}Enable": "1"})
    gateway.add(f"{relay}Forwarding.", VendorClassID="phone", DHCPServerIPAddress="198.51.100.53", **usual)
    gateway.add(f"{advertisement}InterfaceSetting.", **usual)
    programs = (daemons.program, daemons.advertiser, daemons.relay)
    running = [one.pid() for one in programs]
    assert tables.due(0.0) == 0.0
    assert tables.act(0.0) == frozenset()
    assert ([one.pid() for one in programs], tables.due(1.0)) == (running, LOOK), "what runs is left alone"
    killed = kill(*programs)
    assert gateway.get(f"{row}Status") == "Error"
    assert tables.act(LOOK) == {"lan"}
    assert all(one.pid() not in (None, was) for one, was in zip(programs, killed, strict=True))
    assert gateway.get(f"{row}Status") == "Enabled"
    told = [one.getMessage().partition(" ")[0] for one in caplog.records if one.levelno == logging.WARNING]
    assert told == ["advertiser", "dnsmasq", "relay"]
    assert tables.act(2 * LOOK) == frozenset()
    gateway.set({"Device.DHCPv4.Server.Enable": "0", f"{relay}Enable": "0", f"{advertisement}Enable": "0"})
    assert tables.due(0.0) is None


def test_one_that_an_event_lets_start_again_is_told_of_too(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    gateway.pool()
    tables = gateway.tables
    kill(tables.daemons.program)
    tables.reapply()  # as after a link, an address or a lease that came
    assert gateway.is_serving()
    assert "dnsmasq should run and does not: it is started again; its last words: dnsmasq" in caplog.text
    kill(tables.daemons.program)
    tables.act(0.0)
    assert caplog.text.count("dnsmasq should run and does not") == 2
    kill(tables.daemons.program)
    gateway.set({"Device.DHCPv4.Server.Enable": "0"})
    assert caplog.text.count("dnsmasq should run and does not") == 2, "it should not run any more"


def test_one_that_cannot_be_started_again_is_tried_at_every_look_and_told_of_once(
    gateway: Gateway, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.pool()
    kill(gateway.tables.daemons.program)
    with monkeypatch.context() as broken:
        broken.setattr("backends.dnsmasq.find_program", lambda _: Path("/bin/false"))
        for look in range(3):
            assert gateway.tables.act(look * LOOK) == {"lan"}
            assert gateway.tables.due(look * LOOK) == (look + 1) * LOOK
    told = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert len(told) == 2
    assert "is started again; its last words: dnsmasq" in told[0]
    assert "ended at once" in told[1]
    assert gateway.tables.act(3 * LOOK) == {"lan"}
    assert gateway.is_serving()
