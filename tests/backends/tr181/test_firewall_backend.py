"""The service in the whole: all or nothing with the network, kept over restarts, and left out where it cannot be."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from agent.model.errors import Refusals
from backends.errors import MechanismError
from backends.firewall.records import PortMapping
from backends.network.records import Bridge, IpRoute
from backends.tr181.firewall_backend import TABLES, firewall_tables
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.table_look import LOOK, TableLook
from tests.backends.conftest import Bench
from tests.backends.tr181.firewall_device import FirewallDevice
from tests.netlab.gateway import HOST, STRANGER, Gateway
from tests.netlab.namespace import Namespace
from tests.netlab.packet_filter import out_of_reach
from tests.schemas import shipped_schema

MAPPING = "Device.NAT.PortMapping."


@pytest.fixture
def device(make_namespace: Callable[[], Namespace]) -> Iterator[FirewallDevice]:
    made = FirewallDevice(Gateway(make_namespace), manage=("wan0", "lan0", "br*"))
    yield made
    made.close()


def web(device: FirewallDevice) -> str:
    return device.add(MAPPING, Enable="1", Interface=device.wan, ExternalPort="80", InternalClient=HOST)


def test_every_kind_has_its_table() -> None:
    for path in TABLES.values():
        assert shipped_schema().object(path) is not None, path


def test_what_cannot_be_made_here_is_not_made_anywhere(device: FirewallDevice) -> None:
    row, router = web(device), device.gateway.router
    before = device.ruleset(), router.run("ip", "-j", "link")
    with out_of_reach(device.nftables), pytest.raises(Refusals):
        device.set({f"{row}ExternalPort": "81", f"{device.lan}.MaxMTUSize": "1400"})
    assert (device.ruleset(), router.run("ip", "-j", "link")) == before
    assert device.get(f"{row}ExternalPort") == "80"
    assert device.get(f"{device.lan}.MaxMTUSize") == "1500"
    device.tables.reapply()
    assert device.ruleset() == before[0]


def test_what_another_mechanism_refuses_is_not_made_here(device: FirewallDevice) -> None:
    row, before = web(device), device.ruleset()
    device.gateway.router.ip("link set lan0 down")
    device.gateway.router.ip("link del lan0")
    with pytest.raises(Refusals):
        device.set({f"{row}ExternalPort": "81", f"{device.lan}.MaxMTUSize": "50"})
    assert device.ruleset() == before
    assert device.get(f"{row}ExternalPort") == "80"


def test_what_ended_while_a_change_waits_goes_with_it(device: FirewallDevice) -> None:
    row = web(device)
    device.set({f"{row}LeaseDuration": "10"})
    device.tables.begin()
    device.tables.edit(PortMapping, "+1", description="later")
    device.tables.prepare()
    device.tables.postpone()
    device.clock.forward(10)
    before = device.ruleset()
    assert device.tables.act(0.0) == {"firewall"}
    assert device.ruleset() == before
    assert device.get("Device.NAT.PortMappingNumberOfEntries") == "0"
    device.tables.begin()
    device.tables.prepare()
    device.tables.commit()
    assert device.ruleset() == ""


def test_a_lease_whose_end_the_kernel_refuses_is_tried_again(device: FirewallDevice) -> None:
    row = web(device)
    device.set({f"{row}LeaseDuration": "10"})
    device.clock.forward(10)
    with out_of_reach(device.nftables), pytest.raises(MechanismError):
        device.tables.act(0.0)
    assert device.tables.due(3.0) == 3.0
    assert device.tables.act(0.0) == {"firewall"}
    assert device.ruleset() == ""


def first_rule(device: FirewallDevice, chain: str) -> tuple[str, str]:
    """Handle and comment of the first rule of a chain of ours."""
    lines = device.gateway.router.run("nft", "-a", "list", "chain", "inet", "cpe_agent", chain).splitlines()
    line = next(line for line in lines if "comment" in line)
    return line.rpartition(" ")[2], line.split('"')[-2]


def chains(device: FirewallDevice) -> list[str]:
    """The ruleset, whatever order chains were made in."""
    return sorted(chain.strip(" }\n") for chain in device.ruleset().split("\tchain "))


BY_HAND = {
    "all tables taken away": "flush ruleset",
    "our table taken away": "delete table inet cpe_agent",
    "our table emptied": "flush table inet cpe_agent",
    "a rule taken away": "delete rule inet cpe_agent postrouting handle {postrouting}",
    "a rule let in before ours": "insert rule inet cpe_agent forward counter accept",
    "a rule let in behind ours": "add rule inet cpe_agent concerned counter accept",
    "a rule that says something else": "replace rule inet cpe_agent concerned handle {concerned} counter accept",
    "a rule that does something else": (
        'replace rule inet cpe_agent concerned handle {concerned} counter accept comment "{about_concerned}"'
    ),
    "our table put to sleep": "add table inet cpe_agent {{ flags dormant; }}",
    "a chain let in": "add chain inet cpe_agent theirs {{ type filter hook forward priority -1; policy drop; }}",
    "a chain renamed": "rename chain inet cpe_agent protected theirs",
    "a policy": "add chain inet cpe_agent forward {{ policy drop; }}",
}
"""What becomes of the table by another program; nothing of it is an event that this agent hears of."""


@pytest.mark.slow
def test_a_table_that_somebody_else_changed_is_put_right_and_the_log_says_so(
    device: FirewallDevice, caplog: pytest.LogCaptureFixture
) -> None:
    look, now = TableLook(device.tables, device.tables.firewall, "firewall"), 1.0
    assert look.due(now) is None, "nothing is wanted"
    row = web(device)
    device.set({"Device.Firewall.Config": "Low"})
    device.add("Device.NAT.InterfaceSetting.", Enable="1", Interface=device.wan)
    before, writes = chains(device), device.nftables.writes
    assert (look.due(now), look.act(now), look.due(now)) == (0.0, frozenset(), now + LOOK)
    assert (device.nftables.writes, caplog.text) == (writes, "")
    for what, command in BY_HAND.items():
        handles = dict[str, str]()
        for chain in ("postrouting", "concerned"):
            handles[chain], handles[f"about_{chain}"] = first_rule(device, chain)
        device.gateway.router.run("nft", command.format(**handles))
        assert chains(device) != before, what
        now += LOOK
        assert look.act(now) == {"firewall"}, what
        assert chains(device) == before, what
        assert [one.levelname for one in caplog.records] == ["WARNING"], what
        assert "had changed the packet filter's table inet cpe_agent: it is put right" in caplog.text
        caplog.clear()
    device.set({"Device.Firewall.Enable": "0"})
    device.delete("Device.NAT.InterfaceSetting.1.")
    device.delete(row)
    assert look.due(1.0) is None


def test_after_a_boot_the_whole_table_is_there_before_any_link_is_up(device: FirewallDevice) -> None:
    web(device)
    device.add("Device.NAT.InterfaceSetting.", Enable="1", Interface=device.wan)
    device.set({"Device.Firewall.Config": "Low"})
    before, router = chains(device), device.gateway.router
    router.run("nft", "flush", "ruleset")
    router.ip("link set wan0 down")
    again = FirewallDevice(device.gateway, store=device.store, starts=False)
    again.tables.guard()
    assert chains(again) == before
    writes = again.nftables.writes
    again.tables.guard()  # a restart: what the links were up with stays
    again.tables.apply_at_start()
    assert (again.nftables.writes, chains(again)) == (writes, before)
    again.close()


def test_a_link_is_kept_out_that_a_default_route_is_still_to_lead_to(device: FirewallDevice) -> None:
    device.set({"Device.Firewall.Config": "Low"})
    router, network = device.gateway.router, device.network
    router.ip("route del default")
    network.begin()
    network.add(IpRoute(enable=True, ip="wan0", gateway=STRANGER))
    network.add(Bridge(enable=True, name="br7"))
    router.run("nft", "flush", "ruleset")
    router.ip("link set wan0 down")
    device.model.forget()
    device.tables.firewall.forget()
    around = device.tables.firewall.around
    assert around.ways_out == {"wan0"}
    assert around.managed == {"wan0", "lan0", "br7"}
    network.rollback()


def test_why_a_row_is_not_made_is_told_once(device: FirewallDevice, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    row = device.add(MAPPING, Enable="1", Description="the printer's", Interface=device.wan)
    told = 'Device.NAT.PortMapping.1. "the printer\'s" is not made: it needs a host to lead to'
    assert device.get(f"{row}Status") == "Error_Misconfigured"
    device.tables.reapply()
    assert caplog.messages.count(told) == 1
    device.set({f"{row}InternalClient": HOST})
    assert device.get(f"{row}Status") == "Enabled"
    device.set({f"{row}InternalClient": ""})
    assert caplog.messages.count(told) == 2


def test_a_machine_without_the_library_goes_without(memory: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.nftables.LIBRARY", "libnothing-of-the-kind.so.7")
    assert firewall_tables(_mechanisms(memory)) is None


def test_the_part_is_for_those_who_wire(memory: Bench, make_namespace: Callable[[], Namespace]) -> None:
    make_namespace()
    part = firewall_tables(_mechanisms(memory))
    if part is None:
        pytest.skip("no packet filter here")
    assert part.provides == {"firewall": part.backend}
    assert part.chores[0] is part.backend
    assert [type(one) for one in part.chores[1:]] == [TableLook]
    assert {"link", "route", "lease"} <= part.follows


def _mechanisms(memory: Bench) -> Any:
    network = memory.device().network
    return Mechanisms(memory.netlink, None, memory.procfs, None, None, network, None, links=Links(network))  # type: ignore[arg-type]
