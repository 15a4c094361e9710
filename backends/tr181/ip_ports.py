"""Device.IP.ActivePort.: the TCP ports that this machine listens on, and its connections."""

from typing import Any, Final

from agent.model.object import Object, Parameter
from backends.procfs import Port, Procfs

STATUS: Final = {"listen": "LISTEN", "established": "ESTABLISHED"}
MOST: Final = 1024
"""Rows at most, listening ones first: how many connections there are, others decide."""


def active_ports(procfs: Procfs) -> Object[Any]:
    """ActivePort; a listening port has no remote side."""
    parameters: list[Parameter[Port, Any]] = [
        Parameter("LocalIPAddress", lambda port: port.local_address),
        Parameter("LocalPort", lambda port: port.local_port),
        Parameter("RemoteIPAddress", lambda port: port.remote_address),
        Parameter("RemotePort", lambda port: port.remote_port),
        Parameter("Status", lambda port: STATUS[port.state]),
    ]

    def rows() -> list[Port]:
        found = [port for port in procfs.ports() if port.protocol == "tcp" and port.state in STATUS]
        return sorted(found, key=lambda port: port.state != "listen")[:MOST]

    return Object(
        path="Device.IP.ActivePort.{i}.",
        rows=rows,
        keys=lambda port: (f"{port.local_address} {port.local_port} {port.remote_address} {port.remote_port}",),
        parameters=parameters,
        durable=False,
        source=lambda port: "/proc/net/tcp6" if ":" in port.local_address else "/proc/net/tcp",
    )
