"""A gateway of ours maps ports for hosts inside as they ask by UPnP, and leaves nothing behind. Real miniupnpd."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from backends.desired_state import Desired, NotOurs, Wanted
from backends.errors import MechanismError
from backends.nftables import Nftables
from backends.upnp_gateway import Mapped, Place, UpnpDevice, UpnpGateway, mappings
from tests.backends.upnp_host import ask
from tests.netlab.fixtures import make_namespace
from tests.netlab.gateway import HOST, Gateway
from tests.netlab.namespace import Namespace
from tests.netlab.packet_filter import packet_filter

__all__ = ["make_namespace"]

OUTSIDE, STRANGER = "9.9.9.2", "9.9.9.1"  # miniupnpd maps nothing of an address that is for examples
ON = UpnpDevice(enable=True, gateway=True)
PLACE = Place("wan0", (("lan0", ("192.168.1.0/24",)),), (7547,), "10bd1bdc-87e8-4fac-927e-09fb8a8431cd")


class Bench:
    """A router, a stranger and a host."""

    def __init__(self, make: Callable[[], Namespace], directory: Path) -> None:
        self.gateway = Gateway(make)
        self.gateway.router.ip(f"address add {OUTSIDE}/24 dev wan0")
        self.gateway.router.ip("address del 203.0.113.2/24 dev wan0")
        self.gateway.wan.ip(f"address add {STRANGER}/24 dev up0")
        self.gateway.router.ip(f"route replace default via {STRANGER}")
        self.nftables: Nftables = packet_filter(self.gateway.router)
        self.place: Place | None = PLACE
        self.has_other = False
        self.directory = directory
        self.upnp = self.make()
        self.desired = Desired("upnp", (UpnpDevice,), self.upnp)

    def make(self, **more: Any) -> UpnpGateway:
        enter = self.gateway.router.command()
        return UpnpGateway(self.directory, self.nftables, lambda: self.place, lambda: self.has_other, enter, **more)

    def set(self, device: UpnpDevice) -> None:
        self.desired.begin()
        self.desired.put("", device)
        self.desired.prepare()
        self.desired.commit()

    def ask(self, external: int, internal: int = 8081, client: str = HOST, **more: Any) -> str:
        return ask(self.gateway, external, internal, client, **more)

    def reached(self, port: int, *, soon: bool = False) -> bool:
        with closing(self.gateway.listen(self.gateway.lan, 8081)) as listener:
            return self.gateway.reached(listener, self.gateway.wan, OUTSIDE, port, soon=soon) == STRANGER


@pytest.fixture
def bench(make_namespace: Callable[[], Namespace], tmp_path: Path) -> Iterator[Bench]:
    if shutil.which("miniupnpd") is None:
        pytest.skip("miniupnpd is not installed (apt-get install miniupnpd-nftables)")
    made = Bench(make_namespace, tmp_path)
    yield made
    made.upnp.apply(Wanted())


def test_a_host_inside_has_a_port_mapped_and_is_reached_by_it(bench: Bench) -> None:
    bench.set(ON)
    assert not bench.reached(8080, soon=True)
    assert "AddPortMappingResponse" in bench.ask(8080, description="my: game")
    assert bench.reached(8080)
    bench.upnp.forget()
    [mapped] = bench.upnp.mapped()
    assert (mapped.protocol, mapped.external_port, mapped.address) == ("TCP", 8080, HOST)
    assert (mapped.internal_port, mapped.description) == (8081, "my: game")
    process = bench.upnp.program.pid()
    bench.desired.reapply()
    assert bench.make().program.pid() == process, "another run of the agent knows it, and leaves it alone"
    assert bench.reached(8080)
    bench.set(UpnpDevice(enable=True))
    assert bench.upnp.program.pid() is None
    assert not bench.reached(8080, soon=True)
    assert bench.gateway.router.run("nft", "list", "ruleset") == ""


@pytest.mark.slow
def test_what_is_not_the_hosts_to_have_it_does_not_get(bench: Bench) -> None:
    bench.set(ON)
    for external, internal, client in (
        (7547, 8081, HOST),
        (80, 8081, HOST),
        (8080, 22, HOST),
        (8080, 8081, "192.168.1.77"),
    ):
        assert "AddPortMappingResponse" not in bench.ask(external, internal, client)
    assert "dnat ip" not in bench.gateway.router.run("nft", "list", "ruleset")


@pytest.mark.slow
def test_what_was_mapped_is_mapped_by_the_next_one_too(bench: Bench) -> None:
    bench.set(ON)
    bench.ask(8080)
    bench.upnp.program.stop()
    bench.desired.reapply()
    assert bench.reached(8080)
    bench.gateway.router.run("nft", "flush", "ruleset")
    bench.desired.reapply()
    assert bench.reached(8080)


def test_without_a_way_out_it_waits(bench: Bench) -> None:
    bench.place = Place("", PLACE.inside, (), PLACE.identity)
    bench.set(ON)
    assert bench.upnp.program.pid() is None
    assert bench.upnp.link() == ""
    bench.place = PLACE
    bench.desired.reapply()
    assert bench.upnp.program.pid()
    assert bench.upnp.link() == "wan0"


def test_what_is_in_the_way_is_named(bench: Bench) -> None:
    wanted = Wanted().with_record("", ON)
    bench.has_other = True
    with pytest.raises(NotOurs, match="systemctl disable"):
        bench.upnp.check(wanted)
    bench.has_other = False
    with pytest.raises(NotOurs, match="iptables"):
        bench.make(command=lambda _: "miniupnpd 2.3.1\nusing netfilter backend").check(wanted)
    bench.place = None
    with pytest.raises(NotOurs, match="manage"):
        bench.upnp.check(wanted)
    bench.upnp.check(Wanted())
    assert not bench.upnp.cuts(wanted)
    with pytest.raises(NotOurs, match="nf_tables"):
        UpnpGateway(bench.directory, None, lambda: None, lambda: False).check(wanted)


def test_one_that_cannot_run_leaves_no_table(bench: Bench) -> None:
    broken = UpnpGateway(bench.directory, bench.nftables, lambda: PLACE, lambda: False, ("/bin/false",))
    with pytest.raises(MechanismError, match="miniupnpd ended at once"):
        broken.apply(Wanted().with_record("", ON))
    assert bench.gateway.router.run("nft", "list", "ruleset") == ""


def test_a_lease_is_a_line() -> None:
    text = "TCP:8080:192.168.1.10:8081:1795328663:a: &lt;&amp;lt;\nUDP:9:10.0.0.1:9:0:\nnonsense\nTCP:x:1:2:3:4\n"
    assert list(mappings(text)) == [
        Mapped("TCP", 8080, "192.168.1.10", 8081, 1795328663, "a: <&lt;"),
        Mapped("UDP", 9, "10.0.0.1", 9, 0, ""),
    ]
