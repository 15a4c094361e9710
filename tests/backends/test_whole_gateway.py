"""One SetParameterValues over four mechanisms holds on all or on none, on the real kernel with the real programs."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from backends.netlink_socket import inside
from tests.backends.whole_gateway import Crossing, WholeGateway, gateway
from tests.netlab.fixtures import make_namespace

__all__ = ["gateway", "make_namespace"]

DENIED, INVALID, INTERNAL = 9001, 9007, 9002
NEEDED = ("dnsmasq", "nft", "tc")
SBIN = "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"
MISSING = [program for program in NEEDED if shutil.which(program, path=SBIN) is None]

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")


@contextmanager
def another_has_the_table(gateway: WholeGateway, name: str) -> Iterator[None]:
    """A table under our name that belongs to a program that runs: the kernel lets nobody else change it."""
    command = gateway.router.command("nft", "-i")
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True) as owner:
        assert owner.stdin is not None
        owner.stdin.write(f"add table inet {name} {{ flags owner; }}\nadd chain inet {name} theirs\n")
        owner.stdin.flush()
        while "theirs" not in gateway.router.run("nft", "list", "ruleset"):
            assert owner.poll() is None
        yield
        owner.stdin.close()


@contextmanager
def another_has_the_packet_filter(gateway: WholeGateway, crossing: Crossing) -> Iterator[set[str]]:
    with another_has_the_table(gateway, "cpe_agent"):
        yield {crossing.mapping}


@contextmanager
def another_has_the_marks(gateway: WholeGateway, crossing: Crossing) -> Iterator[set[str]]:
    with another_has_the_table(gateway, "cpe_agent_qos"):
        yield {crossing.shaper}


@contextmanager
def dnsmasq_finds_no_place_for_its_leases(gateway: WholeGateway, crossing: Crossing) -> Iterator[set[str]]:
    (gateway.stand.state / "dhcp.leases").mkdir()
    yield {crossing.pool, "Device.DHCPv4.Server."}
    (gateway.stand.state / "dhcp.leases").rmdir()


@contextmanager
def the_kernel_refuses_the_route_s_gateway(gateway: WholeGateway, crossing: Crossing) -> Iterator[set[str]]:
    right = crossing.values[f"{crossing.route}GatewayIPAddress"]
    crossing.values[f"{crossing.route}GatewayIPAddress"] = "203.0.113.255"
    yield {crossing.route}
    crossing.values[f"{crossing.route}GatewayIPAddress"] = right


@contextmanager
def another_serves_the_lan(gateway: WholeGateway, crossing: Crossing) -> Iterator[set[str]]:
    with inside(gateway.router.path, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as taken:
        taken.bind(("0.0.0.0", 67))
        yield {crossing.pool}


@contextmanager
def another_queues_on_the_link(gateway: WholeGateway, crossing: Crossing) -> Iterator[set[str]]:
    gateway.router.run("tc", "qdisc", "add", "dev", "wan0", "root", "handle", "7:", "tbf", "rate", "1mbit", "burst",
                       "10kb", "latency", "50ms")  # fmt: skip
    yield {crossing.shaper}
    gateway.router.run("tc", "qdisc", "del", "dev", "wan0", "root")


@contextmanager
def the_port_is_the_agent_s_own(gateway: WholeGateway, crossing: Crossing) -> Iterator[set[str]]:
    right = crossing.values[f"{crossing.mapping}ExternalPort"]
    crossing.values[f"{crossing.mapping}ExternalPort"] = str(gateway.stand.port)
    yield {crossing.mapping}
    crossing.values[f"{crossing.mapping}ExternalPort"] = right


FORCED = (
    (the_kernel_refuses_the_route_s_gateway, INVALID),
    (dnsmasq_finds_no_place_for_its_leases, INTERNAL),
    (another_has_the_packet_filter, INTERNAL),
    (another_has_the_marks, INTERNAL),
    (another_serves_the_lan, DENIED),
    (another_queues_on_the_link, DENIED),
    (the_port_is_the_agent_s_own, INVALID),
)


@pytest.mark.slow
def test_a_change_of_four_mechanisms_holds_on_none_of_them_when_one_fails(gateway: WholeGateway) -> None:
    crossing = Crossing(gateway)
    shown = crossing.shown()
    for forced, code in FORCED:
        with forced(gateway, crossing) as concerned:
            before = gateway.system()
            refused = gateway.set(crossing.values)
            told = {one["path"]: one["code"] for one in (refused.result or {}).get("parameters", [])}
            assert refused.state == "fault", forced.__name__
            assert set(told.values()) == {code}, (forced.__name__, told)
            assert all(path.startswith(tuple(concerned)) for path in told), (forced.__name__, told)
            assert gateway.system() == before, forced.__name__
            assert crossing.shown() == shown, forced.__name__
        assert not crossing.holds(), forced.__name__
    assert gateway.set(crossing.values).state == "done"
    assert crossing.holds()
    assert crossing.shown() == crossing.values
