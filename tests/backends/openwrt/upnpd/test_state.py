"""What miniupnpd's leases, the kernel and procd tell of a gateway, and why one maps nothing."""

from pathlib import Path

import pytest

from backends.desired_state import SINGLE, Wanted
from backends.netlink_types import Address, Route
from backends.openwrt.upnpd.state import LEASES, LONGEST, UpnpOnOpenWrt
from backends.ubus import Bus
from backends.uci import FileUci, Places
from backends.upnp_gateway import UpnpDevice
from tests.backends.openwrt.procd import Procd

pytestmark = pytest.mark.slow

ON = Wanted(1, {UpnpDevice: {SINGLE: UpnpDevice(enable=True, gateway=True)}})


class Kernel:
    address = "8.8.4.4"

    def routes(self) -> list[Route]:
        return [
            Route(4, "", "10.0.0.1", "wwan", metric=9),
            Route(4, "", "8.8.4.1", "wan"),
            Route(6, "", "fe80::1", "wan"),
        ]

    def addresses(self) -> list[Address]:
        return [Address("wan", 4, self.address, 24), Address("br-lan", 4, "192.168.1.1", 24)]


def gateway(directory: Path, options: str = "", bus: Path | None = None) -> tuple[UpnpOnOpenWrt, Kernel]:
    places = Places.under(directory)
    places.config.mkdir(parents=True, exist_ok=True)
    (places.config / "upnpd").write_text(f"config upnpd 'config'\n{options}")
    (directory / "var/run").mkdir(parents=True, exist_ok=True)
    kernel = Kernel()
    made = UpnpOnOpenWrt(
        FileUci(places),
        lambda _: None,
        Bus(bus or directory / "none"),
        kernel,
        lambda name: {"lte": "wwan0"}[name],
        directory,
    )
    return made, kernel


def test_leases_are_read_once_a_request_and_only_so_much_of_them(tmp_path: Path) -> None:
    made, _ = gateway(tmp_path)
    assert made.mapped() == []
    file = tmp_path / LEASES.lstrip("/")
    file.write_text("TCP:8080:192.168.1.5:80:0:a &lt;game&gt;\nnonsense\nUDP:1:192.168.1.6:2:1900000000:x:y\n")
    assert made.mapped() == []
    made.forget()
    assert [(one.protocol, one.external_port, one.description) for one in made.mapped()] == [
        ("TCP", 8080, "a <game>"),
        ("UDP", 1, "x:y"),
    ]
    file.write_text("x" * LONGEST + "\nTCP:8080:192.168.1.5:80:0:a\n")
    made.forget()
    assert made.mapped() == []


def test_the_file_of_leases_is_where_a_person_says(tmp_path: Path) -> None:
    made, _ = gateway(tmp_path, "\toption upnp_lease_file '/tmp/upnp.leases'\n")
    assert made.leases() == tmp_path / "tmp/upnp.leases"


def test_the_link_outside_is_the_one_named_else_where_the_default_route_leads(tmp_path: Path) -> None:
    assert gateway(tmp_path)[0].link() == "wan"
    assert gateway(tmp_path, "\toption external_iface 'lte'\n")[0].link() == "wwan0"


def test_one_that_does_not_run_maps_nothing_whatever_its_file_says(tmp_path: Path, procd: Procd) -> None:
    made, _ = gateway(tmp_path, bus=procd.path)
    (tmp_path / LEASES.lstrip("/")).write_text("TCP:8080:192.168.1.5:80:0:a\n")
    assert made.mapped() == []
    procd.running.add("miniupnpd")
    assert made.mapped() == []
    made.forget()
    assert len(made.mapped()) == 1


def test_why_it_maps_nothing_is_told(tmp_path: Path) -> None:
    made, kernel = gateway(tmp_path)
    assert made.trouble(Wanted()) == ""
    assert made.trouble(ON) == ""
    kernel.address = "100.64.0.9"
    assert "100.64.0.9 on wan is no address of the Internet's" in made.trouble(ON)
    made, kernel = gateway(tmp_path, "\toption use_stun '1'\n")
    kernel.address = "100.64.0.9"
    assert made.trouble(ON) == ""


def test_a_silent_bus_and_a_broken_package_are_no_reason(tmp_path: Path) -> None:
    made, _ = gateway(tmp_path)
    assert made.trouble(ON) == ""
    (Places.under(tmp_path).config / "upnpd").write_text("config upnpd 'config\n")
    made.forget()
    assert made.link() == "wan"
