"""What the doctor is told of the daemon; loaded when somebody asks the doctor."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from agent.cwmp import management_server as ms
from agent.machine_checks import Check, resources, way_out
from agent.runtime import loop
from agent.runtime.discovery_verbs import of_no_acs
from agent.runtime.doctor import Interface, Surroundings, examine
from backends.tr181.absent import without
from backends.tr181.services import is_openwrt
from backends.upnp_gateway import NEXT_STEP as UPNP_NEXT_STEP

if TYPE_CHECKING:
    from agent.wiring import Agent


def self_examination(agent: "Agent", status: Mapping[str, Any]) -> dict[str, Any]:
    """The document of the verb doctor, for what the verb status says."""
    return examine(
        status,
        Surroundings(
            lambda: [*_interfaces(agent)],
            lambda: agent.settings.network.manage,
            lambda: without(agent.mechanisms),
            agent.system.is_synchronised,
            lambda: _way_out(agent),
            lambda: resources(str(agent.settings.state.directory)),
            lambda: [*_service_troubles(agent)],
            lambda: of_no_acs(agent.discovery.picture(loop.moment().monotonic)),
            lambda: loop.moment().wall is not None,
        ),
    )


def _interfaces(agent: "Agent") -> Iterator[Interface]:
    for link in agent.netlink.links():
        if not link.loopback:
            other = agent.other_managers.of(link.name, link.index)
            yield Interface(link.name, agent.network.may_change(link.name), other)


def _way_out(agent: "Agent") -> list[Check]:
    host = urlsplit(str(agent.own.get(ms.URL))).hostname or ""
    named, network = agent.settings.discovery.interface, agent.settings.network
    known = filter(None, [named, *sorted(agent.leased_links()), *agent.page.led_out()])
    return way_out(network.management_interface, host, known=known)


def _service_troubles(agent: "Agent") -> Iterator[Check]:
    upnp = agent.mechanisms.upnp
    if upnp and (trouble := upnp.trouble()):
        yield Check("services", False, trouble, UPNP_NEXT_STEP)
    if is_openwrt(agent.settings.system.mechanisms, Path("/")):
        from backends.openwrt.troubles import troubles

        yield from (Check("services", False, *each) for each in troubles())
