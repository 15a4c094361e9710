"""From an event of the kernel or of a daemon to the VALUE CHANGE at the ACS, by the whole agent: a second at most."""

import time
from collections.abc import Callable
from functools import partial

import pytest

from tests.backends.lan_device import Answer
from tests.backends.whole_gateway import Crossing, WholeGateway, gateway
from tests.netlab.fixtures import make_namespace
from tests.waiting import PATIENCE

__all__ = ["gateway", "make_namespace"]

PROMPT = 10.0
"""What an event takes at the most, in seconds: less than any look in time. The second that is promised is benched."""
ACTIVE = 2


def notify(gateway: WholeGateway, *paths: str) -> None:
    """SetParameterAttributes by the ACS: active notification."""
    wanted = {path: {"notification": ACTIVE} for path in paths}
    gateway.stand.done(gateway.agent, "SetParameterAttributes", parameters=wanted)
    gateway.quiet()


def told(gateway: WholeGateway, path: str, is_it: Callable[[str], bool], cause: Callable[[], object]) -> float:
    """When an Inform tells of the value that is caused, in monotonic seconds."""
    acs = gateway.stand.acs
    seen = len(acs.informs)
    cause()
    while True:
        inform = acs.wait_for_inform("4 VALUE CHANGE", after=seen, timeout=PATIENCE)
        if path in inform.parameters and is_it(inform.parameters[path]):
            gateway.quiet()
            return inform.at
        seen = acs.informs.index(inform) + 1


def seconds_to_the_wire(
    gateway: WholeGateway, path: str, is_it: Callable[[str], bool], cause: Callable[[], object]
) -> float:
    """How long it takes from the beginning of the cause."""
    begun = time.monotonic()
    return told(gateway, path, is_it, cause) - begun


def is_more(before: int, text: str) -> bool:
    """Others may come beside the one that is waited for: the home's host is heard when it likes."""
    return int(text) > before


@pytest.mark.slow
def test_what_happens_to_the_network_is_told_promptly(gateway: WholeGateway) -> None:
    lan = gateway.interface("lan0") + "."
    ports = gateway.agent.values("Device.Ethernet.Interface.*.Name")
    port = next(path for path, name in ports.items() if name == "lan0").removesuffix("Name")
    counted = {
        "address": f"{lan}IPv4AddressNumberOfEntries",
        "route": "Device.Routing.Router.1.IPv4ForwardingNumberOfEntries",
        "neighbour": "Device.Hosts.HostNumberOfEntries",
    }
    notify(gateway, f"{port}Status", f"{lan}Status", *counted.values())
    router, home = gateway.router, gateway.places.lan
    causes = {
        "address": lambda: router.ip("address add 192.168.7.1/32 dev lan0"),
        "route": lambda: router.ip("route add 198.51.100.0/24 via 203.0.113.9"),
        "neighbour": lambda: router.ip("neighbour replace 192.168.1.77 lladdr 02:00:00:00:00:77 dev lan0"),
    }
    for what, cause in causes.items():
        path = counted[what]
        before = int(gateway.agent.values(path)[path])
        took = seconds_to_the_wire(gateway, path, partial(is_more, before), cause)
        assert took < PROMPT, what
    for state, shown in (("down", "LowerLayerDown"), ("up", "Up")):
        cause = partial(home.ip, f"link set eth0 {state}")
        took = seconds_to_the_wire(gateway, f"{lan}Status", shown.__eq__, cause)
        assert took < PROMPT, state


@pytest.mark.slow
def test_a_lease_is_told_promptly(gateway: WholeGateway) -> None:
    crossing = Crossing(gateway)
    assert gateway.set(crossing.values).state == "done"
    clients = f"{crossing.pool}ClientNumberOfEntries"
    notify(gateway, clients)
    leases = gateway.stand.state / "dhcp.leases"

    def lease() -> None:
        assert Answer(gateway.places.lan).address

    at = told(gateway, clients, "1".__eq__, lease)
    given = leases.stat().st_mtime - time.time() + time.monotonic()  # the client had to look for its server first
    assert at - given < PROMPT
