"""How the ACS reaches this device: where it is listened, as whom it has to log in, and what people see of that."""

import socket
from typing import TYPE_CHECKING, Any

from agent.cwmp import management_server as ms
from agent.first_values import CONNECTION_REQUEST_PATH
from agent.request_door import Facts, RequestDoor
from agent.runtime.not_listening import why_none_can_come, why_nothing_listens
from agent.runtime.workers import Listening
from backends.fw4_door import Fw4Door

if TYPE_CHECKING:
    from agent.wiring import Agent


class ConnectionRequests:
    """Called by the owner's thread; every answer is that of now."""

    def __init__(self, agent: "Agent") -> None:
        self._agent = agent

    def listening(self) -> Listening:
        """Where, and whether at all."""
        agent, interface = self._agent, self._interface()
        asked = agent.settings.connection_request
        return Listening(
            port=asked.port,
            path=agent.own.get(CONNECTION_REQUEST_PATH),
            algorithm="SHA-256" if asked.digest == "SHA-256" else "MD5",
            interface=interface,
            interface_index=index_of(interface),
            is_enabled=not why_nothing_listens(agent.model.root, agent.own).what,
        )

    def credentials(self) -> tuple[str, str]:
        """User and password; "" where there is none."""
        names = ("Username", "Password")
        user, password = (str(self._agent.own.get(f"ManagementServer.ConnectionRequest{name}")) for name in names)
        return user, password

    def url(self) -> str:
        """The ConnectionRequestURL; "" where none can come."""
        agent = self._agent
        listener = agent.workers.listener
        if listener is None:
            return ""
        path = agent.own.get(CONNECTION_REQUEST_PATH)
        return agent.reach.connection_request_url(listener.port, path, self._interface())

    def door(self) -> RequestDoor:
        """What lets them through the firewall."""
        place = self._agent.settings.control_socket().parent / "firewall" / "requests.nft"
        return RequestDoor(Fw4Door(place), self._door_facts)

    def facts(self) -> dict[str, Any]:
        """What people see of it, with the reason why none can come."""
        agent = self._agent
        agent.model.forget()
        listener = agent.workers.listener
        last = listener.last_refusal if listener else None
        url, interface = self.url(), self._interface()
        is_listening = listener is not None
        reason = why_none_can_come(
            agent.model.root, agent.own, failure=agent.workers.problem, is_listening=is_listening, url=url, on=interface
        )
        return {
            "url": url,
            "username": self.credentials()[0],
            "interface": interface,
            "acs_address": agent.reach.acs_address,
            "problem": reason.what,
            "next": reason.next,
            "is_listening": is_listening,
            "accepted": listener.accepted if listener else 0,
            "refused": listener.refused if listener else 0,
            "last_refusal": f"{last.status} to {last.source}: {last.reason}" if last else None,
        }

    def _interface(self) -> str:
        """The interface that they have to come in by; "": any."""
        return self._agent.settings.connection_request.interface or self._agent.way_to_acs.interface()

    def _door_facts(self) -> Facts:
        agent = self._agent
        listener, echo = agent.workers.listener, agent.mechanisms.udp_echo
        return Facts(
            agent.settings.connection_request.firewall,
            str(agent.own.get(ms.URL)),
            listener.port if listener else 0,
            agent.reach.acs_address,
            echo.openings() if echo else (),
        )


def index_of(interface: str) -> int:
    """The kernel's number of an interface, 0 while there is none."""
    try:
        return socket.if_nametoindex(interface) if interface else 0
    except OSError:
        return 0
