"""A gateway between strangers and a home, with sockets on each side; everything in this process."""

import socket
from collections.abc import Callable
from contextlib import closing

from backends.netlink_socket import inside
from tests.netlab.namespace import Namespace, veth

STRANGER, OTHER_STRANGER, OUTSIDE, INSIDE, HOST = (
    "203.0.113.1",
    "203.0.113.9",
    "203.0.113.2",
    "192.168.1.1",
    "192.168.1.10",
)
OUTSIDE6, STRANGER6, INSIDE6, HOST6 = "2001:db8:f::2", "2001:db8:f::1", "2001:db8:1::1", "2001:db8:1::10"
PATIENCE = 2.0
SOON = 0.15
"""Seconds for an answer that is to come, and for one that is not."""
ECHO_REQUEST = bytes.fromhex("0800f7ff00000000")


class Gateway:
    """The namespaces ``wan`` (two strangers), ``router`` (wan0, lan0, forwarding) and ``lan`` (a host)."""

    def __init__(self, make: Callable[[], Namespace]) -> None:
        self.router, self.wan, self.lan = make(), make(), make()
        for one in (self.router, self.wan, self.lan):
            one.ip("link set lo up")
            one.run("sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad")
        veth(self.router, "wan0", self.wan, "up0")
        veth(self.router, "lan0", self.lan, "eth0")
        forward = "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding"
        self.router.run("sh", "-c", forward)
        for lab, link, *addresses in (
            (self.router, "wan0", f"{OUTSIDE}/24", f"{OUTSIDE6}/64"),
            (self.router, "lan0", f"{INSIDE}/24", f"{INSIDE6}/64"),
            (self.wan, "up0", f"{STRANGER}/24", f"{OTHER_STRANGER}/24", f"{STRANGER6}/64"),
            (self.lan, "eth0", f"{HOST}/24", f"{HOST6}/64"),
        ):
            for address in addresses:
                lab.ip(f"address add {address} dev {link}" + (" nodad" if ":" in address else ""))
        self.router.ip(f"route add default via {STRANGER}")
        self.lan.ip(f"route add default via {INSIDE}")
        self.lan.ip(f"-6 route add default via {INSIDE6}")
        self.wan.ip(f"-6 route add {INSIDE6}/64 via {OUTSIDE6}")
        self.wan.ip(f"route add 192.168.1.0/24 via {OUTSIDE}")

    def listen(self, lab: Namespace, port: int, address: str = "") -> socket.socket:
        """A TCP socket that listens; the caller closes it."""
        made = _socket(lab, socket.AF_INET6)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        made.bind((address or "::", port))
        made.listen()
        made.settimeout(PATIENCE)
        return made

    def connect(
        self, lab: Namespace, address: str, port: int, source: str = "", patience: float = PATIENCE
    ) -> socket.socket:
        """A TCP connection; OSError where none comes to be (TimeoutError: no answer, ConnectionRefusedError: one)."""
        made = _socket(lab, socket.AF_INET6 if ":" in address else socket.AF_INET)
        made.settimeout(patience)
        try:
            if source:
                made.bind((source, 0))
            made.connect((address, port))
        except OSError:
            made.close()
            raise
        made.settimeout(PATIENCE)
        return made

    def reached(
        self,
        listener: socket.socket,
        lab: Namespace,
        address: str,
        port: int,
        source: str = "",
        *,
        soon: bool = False,
    ) -> str:
        """Who the listener sees when somebody connects; "" when nobody comes through: ``soon`` where nobody should."""
        try:
            with closing(self.connect(lab, address, port, source, SOON if soon else PATIENCE)):
                connection, peer = listener.accept()
                connection.close()
        except OSError:
            return ""
        return str(peer[0]).removeprefix("::ffff:")

    def answers(self, lab: Namespace, address: str, *, soon: bool = False) -> bool:
        """Whether an ICMP echo request is answered."""
        with inside(lab.path, lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)) as made:
            made.settimeout(SOON if soon else PATIENCE)
            made.sendto(ECHO_REQUEST, (address, 0))
            try:
                return made.recvfrom(64)[1][0] == address
            except TimeoutError:
                return False


def goes_on(connection: socket.socket, accepted: socket.socket) -> bool:
    """Whether a connection carries bytes both ways."""
    accepted.settimeout(PATIENCE)
    try:
        connection.sendall(b"ping")
        if accepted.recv(4) != b"ping":
            return False
        accepted.sendall(b"pong")
        return connection.recv(4) == b"pong"
    except OSError:
        return False


def _socket(lab: Namespace, family: socket.AddressFamily) -> socket.socket:
    return inside(lab.path, lambda: socket.socket(family, socket.SOCK_STREAM))
