"""A way of two routers from home to a far host, in namespaces, for both versions of IP."""

import threading
from collections.abc import Callable
from typing import Any

from backends.diagnostics.failures import DiagnosticFailed
from backends.netlink_socket import inside
from tests.netlab.namespace import Namespace, veth

HOME, NEAR, MIDDLE, FAR = "192.0.2.10", "192.0.2.1", "198.51.100.2", "203.0.113.9"
HOME6, NEAR6, MIDDLE6, FAR6 = "2001:db8:a::10", "2001:db8:a::1", "2001:db8:b::2", "2001:db8:c::9"
NOWHERE = "203.0.113.200"
"""An address in the far host's network; its router says that nobody has it."""


class TheWay:
    """``home`` (eth0), ``near`` (in0, out0), ``middle`` (in0, out0), ``far`` (eth0)."""

    def __init__(self, make: Callable[[], Namespace]) -> None:
        self.home, self.near, self.middle, self.far = all_of_them = make(), make(), make(), make()
        for one in all_of_them:
            one.ip("link set lo up")
            settings = (
                "for one in default all; do echo 0 > /proc/sys/net/ipv6/conf/$one/accept_dad; done; "
                "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding; "
                "echo 0 > /proc/sys/net/ipv4/icmp_ratelimit; echo 0 > /proc/sys/net/ipv6/icmp/ratelimit"
            )
            one.run("sh", "-c", settings)
        veth(self.home, "eth0", self.near, "in0")
        veth(self.near, "out0", self.middle, "in0")
        veth(self.middle, "out0", self.far, "eth0")
        for space, link, *addresses in (
            (self.home, "eth0", f"{HOME}/24", f"{HOME6}/64"),
            (self.near, "in0", f"{NEAR}/24", f"{NEAR6}/64"),
            (self.near, "out0", "198.51.100.1/24", "2001:db8:b::1/64"),
            (self.middle, "in0", f"{MIDDLE}/24", f"{MIDDLE6}/64"),
            (self.middle, "out0", "203.0.113.1/24", "2001:db8:c::1/64"),
            (self.far, "eth0", f"{FAR}/24", f"{FAR6}/64"),
        ):
            for address in addresses:
                space.ip(f"address add {address} dev {link}" + (" nodad" if ":" in address else ""))
            space.ip(f"link set {link} up")
        for space, via, via6 in (
            (self.home, NEAR, NEAR6),
            (self.near, MIDDLE, MIDDLE6),
            (self.middle, "198.51.100.1", "2001:db8:b::1"),
            (self.far, "203.0.113.1", "2001:db8:c::1"),
        ):
            space.ip(f"route add default via {via}")
            space.ip(f"-6 route add default via {via6}")
        self.middle.ip(f"route add unreachable {NOWHERE}/32")

    def run(self, diagnostic: Any, request: Any, cancelled: Callable[[], bool] = lambda: False) -> Any:
        """The result of a diagnostic at home; raises DiagnosticFailed. ``lines`` are what it said."""
        self.lines: list[Any] = []
        failed: list[DiagnosticFailed] = []

        def call() -> Any:
            try:
                return diagnostic.run(request, self.lines.append, cancelled)
            except DiagnosticFailed as failure:
                failed.append(failure)

        found = inside(self.home.path, call)
        if failed:
            raise failed[0]
        return found


def in_time(act: Callable[[], None]) -> threading.Timer:
    """Something that happens a moment later."""
    timer = threading.Timer(0.15, act)
    timer.start()
    return timer
