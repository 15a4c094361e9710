"""What records come to, by a kernel in memory."""

from backends.desired_state import Pointer, Record, Wanted
from backends.netlink_types import Address, Link, Route, RouteTo
from backends.tunnels.names import ResolvedNames
from backends.tunnels.options import LOCAL, GreHeader, Way, gre
from backends.tunnels.records import (
    ADDRESS,
    STATIC,
    DsLite,
    GreInterface,
    GreTunnel,
    SixRd,
    VxlanInterface,
    VxlanTunnel,
    WireGuardInterface,
    WireGuardPeer,
)
from backends.tunnels.wishes import Place, Wish, Wishes, aftr_of, questions
from tests.fakes.netlink import FakeKernel, FakeNetlink

KEY = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="


class Ways(FakeNetlink):
    """A kernel that sends everything by ``by``, where that is told."""

    def __init__(self, by: str = "w0", default: str = "w0") -> None:
        super().__init__(FakeKernel())
        self.by, self.default = by, default

    def route_to(self, address: str) -> RouteTo | None:
        source = "2001:db8::1" if ":" in address else "192.0.2.1"
        return RouteTo(self.by, source) if self.by else None

    def addresses(self) -> list[Address]:
        return [Address("w0", 4, "192.0.2.1", 24), Address("w1", 4, "198.51.100.1", 24)]

    def routes(self, table: int = 254) -> list[Route]:
        return [Route(4, "", "192.0.2.9", self.default)] if self.default else []

    def links(self) -> list[Link]:
        return []


def wishes(kernel: Ways, *records: tuple[str, Record], lower: str | None = None, aftr: str = "") -> dict[str, Wish]:
    wanted = Wanted()
    for key, record in records:
        wanted = wanted.with_record(key, record)
    place = Place(
        lambda _: lower, lambda link: link != "w1", aftr_name=lambda: aftr, address_of=lambda _: "198.51.100.1"
    )
    found = Wishes(kernel, place, ResolvedNames(), {"w0": 2, "w1": 3, "gre-2": 9}.get, ["gre-2"])
    return found.all(wanted)


TUNNEL = ("+1", GreTunnel(enable=True, remote_endpoints=("name.example", "192.0.2.7")))


def test_the_first_endpoint_with_an_address_is_taken_by_the_kernels_way() -> None:
    found = wishes(Ways(), TUNNEL, ("+2", GreInterface(parent="+1", enable=True)))["gre-2"]
    assert (found.remote, *found.carriers) == ("192.0.2.7", "w0")
    assert found.link is not None
    assert found.link.options[6] == bytes([192, 0, 2, 1])


def test_a_lower_layer_is_the_carrier_with_an_address_of_its_own() -> None:
    record = GreInterface(parent="+1", enable=True, lower=Pointer("t", ("k",)))
    found = wishes(Ways(), TUNNEL, ("+2", record), lower="w1")["gre-2"]
    assert found.carriers == {"w1"}
    assert found.link == gre(Way(3, "198.51.100.1", "192.0.2.7"), GreHeader(), 0)


def test_no_way_and_a_way_through_itself_leave_it_as_it_is() -> None:
    for by in ("", "gre-2"):
        found = wishes(Ways(by), TUNNEL, ("+2", GreInterface(parent="+1", enable=True)))["gre-2"]
        assert (found.link, found.carriers) == (None, frozenset())


def test_what_is_not_enabled_or_has_no_identifier_is_not_wanted() -> None:
    off = VxlanTunnel(enable=False, remote_endpoints=("192.0.2.7",))
    on = VxlanTunnel(enable=True, remote_endpoints=("192.0.2.7",))
    interface = VxlanInterface(parent="+1", enable=True)
    assert wishes(Ways(), ("+1", off), ("+2", interface)) == {}
    assert wishes(Ways(), ("+1", on), ("+2", VxlanInterface(parent="+1", enable=True, vni=-1))) == {}
    assert set(wishes(Ways(), ("+1", on), ("+2", interface))) == {"vxlan-2"}


def test_6rd_has_the_address_of_its_source_and_a_last_way_out() -> None:
    record = SixRd(
        enable=True, setting_enable=True, border_relays=("192.0.2.9",), prefix="2001:db8::/32",
        address_source=Pointer("t", ("k",)),
    )  # fmt: skip
    found = wishes(Ways(), ("", record))["6rd-wan"]
    assert found.addresses == (("2001:db8:c633:6401::1", 32),)
    assert found.carriers == {"w1"}
    assert found.link is not None
    assert found.link.options[LOCAL] == bytes([198, 51, 100, 1])
    assert [(one.gateway, one.metric) for one in found.routes] == [("::192.0.2.9", 2048)]


def test_the_ds_lite_relay_is_dhcps_or_the_one_that_a_person_told() -> None:
    told = DsLite(enable=True, setting_enable=True, endpoint_address="2001:db8::7", endpoint_name="a.example")
    assert aftr_of(told, "dhcp.example") == ("dhcp.example", "DHCPv6")
    assert aftr_of(told, "") == ("a.example", "Static")
    assert aftr_of(DsLite(type_precedence=ADDRESS, endpoint_name="a", endpoint_address="::7"), "")[0] == "::7"
    assert aftr_of(DsLite(precedence=STATIC), "dhcp.example") == ("dhcp.example", "DHCPv6")
    wanted = Wanted().with_record("", told)
    assert list(questions(wanted, "dhcp.example")) == [("dhcp.example", 6)]
    assert wishes(Ways(), ("", told), aftr="2001:db8::9")["dslite-wan"].remote == "2001:db8::9"


def test_a_wireguard_link_that_only_answers_is_of_the_default_routes() -> None:
    interface = ("+1", WireGuardInterface(enable=True, private_key=KEY))
    peer = WireGuardPeer(parent="+1", enable=True, public_key=KEY, endpoint="192.0.2.7", endpoint_port=7)
    assert wishes(Ways("w1"), interface)["wg-1"].carriers == {"w0"}
    found = wishes(Ways("w1"), interface, ("+2", peer))["wg-1"]
    assert found.carriers == {"w1"}
    assert found.device is not None
    assert next(iter(found.device.peers.values())).endpoint == ("192.0.2.7", 7)


def test_a_wireguard_link_that_is_only_asked_needs_no_way_out() -> None:
    interface = ("+1", WireGuardInterface(enable=True, private_key=KEY, listen_port=51820))
    road_warrior = WireGuardPeer(parent="+1", enable=True, public_key=KEY)
    without = Ways(by="", default="")
    assert wishes(without, interface, ("+2", road_warrior))["wg-1"].carriers == {"w0"}, "w1 is not the agent's"
    away = WireGuardPeer(parent="+1", enable=True, public_key=KEY, endpoint="192.0.2.7", endpoint_port=7)
    assert wishes(without, interface, ("+2", away))["wg-1"].carriers == set()
