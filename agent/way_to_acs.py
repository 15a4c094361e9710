"""How the ACS is reached: as whom, by which link, with whose names; files are moved the same way."""

import logging
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from agent.cwmp import management_server as ms
from agent.cwmp.messages import DeviceIdStruct
from agent.runtime import loop
from agent.runtime.endpoint import AcsEndpoint
from agent.runtime.wire import Resolve, resolve_by_system
from agent.version import VERSION
from backends.errors import MechanismError
from backends.netlink_types import RouteTo
from backends.tr181.management_interface import name_servers_on

if TYPE_CHECKING:
    from agent.transfers.mover import Way
    from agent.wiring import Agent

log = logging.getLogger(__name__)


class WayToAcs:
    """Called by the owner's thread; every answer is that of now."""

    def __init__(self, agent: "Agent") -> None:
        self._agent = agent

    def interface(self) -> str:
        """The management interface; "": wherever the system sends."""
        return self._agent.settings.network.management_interface

    def endpoint(self) -> AcsEndpoint:
        """The ACS as it is configured now."""
        acs, get = self._agent.settings.acs, self._agent.own.get
        return AcsEndpoint(
            url=get(ms.URL),
            username=get("ManagementServer.Username") or _user_name(self._agent.device_id),
            password=get("ManagementServer.Password"),
            ca_file=str(acs.ca_file or ""),
            client_certificate=str(acs.client_certificate or ""),
            client_key=str(acs.client_key or ""),
            tls_profile="compat" if acs.tls_profile == "compat" else "modern",
            compression=get("ManagementServer.HTTPCompression"),
            interface=self.interface(),
            user_agent=f"cpe-agent/{VERSION}",
            is_elsewhere=self._agent.discovery.is_elsewhere,
        )

    def of_files(self) -> "Way":
        """How files are moved: as the ACS is reached."""
        from agent.transfers.mover import Way

        return Way(self.endpoint(), self.resolver(), loop.moment().wall is not None)

    # -- by which route -----------------------------------------------------------------------------------------------

    def route_to(self, address: str) -> RouteTo | None:
        """None as well by an interface that is not there: the doctor says so, and everything else goes on."""
        try:
            return self._agent.netlink.route_to(address, self.interface())
        except MechanismError as none:
            log.debug("the way to %s: %s", address, none)
            return None

    def not_to_be_cut(self) -> RouteTo | None:
        """The way to the ACS, from which a change has to come back. Without an ACS there is nobody to lose."""
        return self._agent.reach.route() if self._agent.own.get(ms.URL) else None

    def stamp(self) -> Hashable | None:
        """How the ACS is sought: by which route, and on a management interface with whose help."""
        route, link = self._agent.reach.route(), self.interface()
        return (route, tuple(self._name_servers(link))) if route and link else route

    # -- with whose names ---------------------------------------------------------------------------------------------

    def resolver(self) -> Resolve:
        """How the ACS's name is found; the management interface asks servers of its own."""
        link = self.interface()
        if not link:
            return resolve_by_system
        from agent.runtime.stub_resolver import StubResolver

        return StubResolver(link, self._name_servers(link))

    def resolver_of(self, link: str) -> Resolve:
        """How names are found over a link, "" for wherever the system sends."""
        return self.resolver() if link == self.interface() else resolve_by_system

    def _name_servers(self, link: str) -> Sequence[str]:
        """Whom the management interface asks for names: as set, else as its leases say, else as the system knows."""
        told = self._agent.settings.network.management_name_servers or self._agent.discovery.leases.name_servers(link)
        return told or name_servers_on(self._agent.mechanisms, link)


def _user_name(device: DeviceIdStruct) -> str:
    """OUI-ProductClass-SerialNumber, as TR-069 §3.4.4 wants it where no name was given."""
    parts = (device.oui, device.product_class, device.serial_number)
    return "-".join(quote(part, safe="") for part in parts if part)
