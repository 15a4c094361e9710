"""The firewall's part on OpenWrt: beside people and their edits, fw4 told once, all of a change or nothing."""

import threading
from pathlib import Path

import pytest

from agent.model.errors import Refusals
from backends.firewall.firewall import TABLE
from backends.firewall.records import PortMapping
from backends.tr181.openwrt_firewall import BEFORE, UciFirewallTables, openwrt_firewall, without_own_table
from tests.backends.openwrt.firewall.conftest import gateway, make_gateway
from tests.backends.openwrt.firewall.gateway import FIREWALL, UciGateway
from tests.netlab.fixtures import lab, make_namespace
from tests.netlab.namespace import Namespace
from tests.netlab.packet_filter import packet_filter
from tests.waiting import PATIENCE, until

__all__ = ["gateway", "lab", "make_gateway", "make_namespace"]

pytestmark = pytest.mark.slow

MAPPING = "Device.NAT.PortMapping."
RELOADED = [("/etc/init.d/firewall", "reload")]


def test_fw4_is_told_once_of_a_change_and_of_none_that_is_refused(gateway: UciGateway) -> None:
    gateway.set({f"{MAPPING}1.Enable": "0", "Device.Firewall.Chain.1.Rule.1.Enable": "0"})
    assert gateway.told.calls == RELOADED
    assert gateway.refused({f"{MAPPING}1.ExternalPort": "7547"})
    gateway.set({f"{MAPPING}1.Enable": "0"})
    assert gateway.told.calls == RELOADED, "nothing was changed"


def test_a_lease_that_ends_is_told_of_at_once(gateway: UciGateway) -> None:
    gateway.add(MAPPING, LeaseDuration="60", Description="for a minute")
    before = len(gateway.told.calls)
    gateway.clock.forward(60)
    assert gateway.tables.act(0.0) == {"firewall"}
    assert gateway.told.calls[before:] == RELOADED
    assert gateway.tables.act(0.0) == frozenset()
    assert "cpe_row_cpe_" not in gateway.text


def test_a_lease_is_over_after_a_restart_too(gateway: UciGateway) -> None:
    row = gateway.add(MAPPING, LeaseDuration="60")
    gateway.clock.forward(10)
    again = UciGateway(gateway.directory, store=gateway.store, clock=gateway.clock)
    assert again.get(f"{row}RemainingLeaseTime") == "50"
    again.clock.forward(50)
    assert again.tables.act(0.0)


def test_a_change_that_cannot_be_saved_is_taken_back_and_told_of(gateway: UciGateway) -> None:
    gateway.get(f"{MAPPING}1.Enable")
    gateway.store.refused = "model"
    with pytest.raises(Refusals):
        gateway.set({f"{MAPPING}1.ExternalPort": "81"})
    assert gateway.text == FIREWALL
    assert gateway.told.calls == RELOADED * 2


def test_what_a_person_has_staged_is_neither_committed_nor_lost(gateway: UciGateway) -> None:
    staged = gateway.places.staged / "firewall"
    staged.write_text("firewall.mine='rule'\n")
    gateway.set({f"{MAPPING}1.Enable": "0", f"{MAPPING}2.Enable": "0"})
    assert staged.read_text() == "firewall.mine='rule'\n"
    assert "mine" not in gateway.text


def test_a_person_s_change_is_seen_and_who_follows_hears_of_it(gateway: UciGateway) -> None:
    heard: list[int] = []
    gateway.tables.followers.append(lambda: heard.append(len(gateway.tables.wanted.of(PortMapping))))
    gateway.write("firewall", FIREWALL.replace("'tcp udp'", "tcp"))
    assert gateway.tables.look(frozenset({"firewall"})) == frozenset()
    assert gateway.tables.look(frozenset({"link"})) == frozenset()
    assert heard == [1]


def test_the_files_are_watched(gateway: UciGateway) -> None:
    part = openwrt_firewall(gateway.given, gateway.surface)
    assert part is not None
    assert isinstance(part.provides["firewall"], UciFirewallTables)
    assert part.watch is not None
    told: list[frozenset[str]] = []
    stop = threading.Event()
    thread = threading.Thread(target=part.watch, args=(told.append, stop), daemon=True)
    thread.start()
    try:

        def is_heard() -> bool:
            gateway.write("firewall", FIREWALL)
            return bool(told)

        assert until(is_heard)
        assert told[0] == {"firewall"}
    finally:
        stop.set()
        thread.join(PATIENCE)


def test_without_the_package_there_is_no_firewall(gateway: UciGateway) -> None:
    (gateway.config / "firewall").unlink()
    gateway.surface.uci.forget()
    assert openwrt_firewall(gateway.given, gateway.surface) is None


def test_no_table_of_the_agent_s_own_is_made(gateway: UciGateway) -> None:
    gateway.tables.apply_at_start()
    gateway.tables.reapply()
    assert gateway.text == FIREWALL
    assert gateway.told.calls == []
    assert Path(gateway.directory, "run").exists() is False


def test_the_table_of_an_agent_before_this_one_is_taken_away(lab: Namespace) -> None:
    assert BEFORE == TABLE
    nftables = packet_filter(lab)
    without_own_table(nftables)
    for table in (BEFORE, "fw4"):
        lab.run("nft", "add", "table", "inet", table)
    without_own_table(nftables)
    assert nftables.tables() == [("inet", "fw4")]
