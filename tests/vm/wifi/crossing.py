"""One change of a Wi-Fi network, a port mapping and a route holds on all or on none: real hostapd, nftables, routes."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from backends.tr181.services import SERVICES
from tests.vm.wifi.gateway import POINT, RADIO, SSID, Gateway, iw, run
from tests.waiting import until

SECRET = "correct horse"
HOSTAPD = Path("/usr/sbin/hostapd")
MAPPINGS, ROUTES = "Device.NAT.PortMapping.", "Device.Routing.Router.1.IPv4Forwarding."


@pytest.fixture
def whole(make_gateway: Callable[..., Gateway]) -> Iterator[Gateway]:
    """Every service, and beside the radio a link to the outside."""
    run("ip", "link", "add", "wan0", "type", "dummy")
    run("ip", "link", "set", "wan0", "up")
    run("ip", "address", "add", "203.0.113.2/24", "dev", "wan0")
    yield make_gateway(("wlan*", "wan0"), services=SERVICES)
    run("ip", "link", "delete", "wan0")


def change(gateway: Gateway) -> dict[str, str]:
    """All three, whose rows are made here."""
    point, mapping, route = gateway.add(POINT), gateway.add(MAPPINGS), gateway.add(ROUTES)
    wan = gateway.find("Device.IP.Interface.", Name="wan0").removesuffix(".")
    return {
        f"{RADIO}Channel": "6",
        f"{SSID}1.SSID": "LabNet",
        f"{SSID}1.Enable": "1",
        f"{point}SSIDReference": f"{SSID}1",
        f"{point}Security.KeyPassphrase": SECRET,
        f"{point}Enable": "1",
        f"{mapping}Interface": wan,
        f"{mapping}InternalClient": "192.168.1.10",
        f"{mapping}ExternalPort": "8080",
        f"{mapping}Protocol": "TCP",
        f"{mapping}Enable": "1",
        f"{route}DestIPAddress": "198.18.0.0",
        f"{route}DestSubnetMask": "255.255.0.0",
        f"{route}GatewayIPAddress": "203.0.113.9",
        f"{route}Interface": wan,
        f"{route}Enable": "1",
    }


def system(gateway: Gateway) -> Mapping[str, Any]:
    """What the kernel has, what was rendered, what runs, and the saved document."""
    services = Path("/run/agent/wifi")
    rendered = [path for path in services.glob("**/*") if path.suffix == ".conf"]
    return {
        "nft": run("nft", "-s", "list", "ruleset"),
        "routes": run("ip", "-j", "route", "show", "table", "all"),
        "addresses": run("ip", "-j", "-4", "address"),
        "radio": {name: iw("wlan0").get(name) for name in ("type", "ssid", "channel")},
        "files": {str(path): path.read_text() for path in rendered},
        "running": gateway.processes(),
        "document": json.dumps(gateway.store.texts, sort_keys=True),
    }


def is_as_it_was(gateway: Gateway, before: Mapping[str, Any]) -> bool:
    """A hostapd that was asked to end takes a moment."""
    return system(gateway) == before


@contextmanager
def hostapd_does_not_run() -> Iterator[None]:
    kept = Path("/run/hostapd.kept")
    shutil.copy2(HOSTAPD, kept)
    HOSTAPD.unlink()
    shutil.copy2("/bin/false", HOSTAPD)
    yield
    HOSTAPD.unlink()
    shutil.copy2(kept, HOSTAPD)


@contextmanager
def another_has_the_packet_filter() -> Iterator[None]:
    pipe = subprocess.PIPE
    with subprocess.Popen(["nft", "-i"], stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True) as owner:
        assert owner.stdin is not None
        owner.stdin.write("add table inet cpe_agent { flags owner; }\nadd chain inet cpe_agent theirs\n")
        owner.stdin.flush()
        until(lambda: "theirs" in run("nft", "list", "ruleset"), "another's table")
        yield
        owner.stdin.close()


@contextmanager
def the_kernel_refuses_the_route(values: dict[str, str]) -> Iterator[None]:
    [path] = [path for path in values if path.endswith("GatewayIPAddress")]
    values[path] = "203.0.113.255"
    yield
    values[path] = "203.0.113.9"


def test_a_wireless_network_a_port_mapping_and_a_route_hold_together_or_not_at_all(whole: Gateway) -> None:
    values = change(whole)
    for forced, concerned in (
        (the_kernel_refuses_the_route(values), ROUTES),
        (hostapd_does_not_run(), "Device.WiFi."),
        (another_has_the_packet_filter(), "Device.NAT."),
    ):
        with forced:
            before = system(whole)
            refused = whole.refused(values)
            assert refused, concerned
            assert all(path.startswith(concerned) for path in refused), refused
            until(partial(is_as_it_was, whole, before), f"all is as it was: {concerned}", 5)
        assert whole.processes() == {}
        assert "198.18.0.0/16" not in run("ip", "route")
    whole.set(values)
    assert iw("wlan0") | {"ssid": "LabNet", "type": "AP"} == iw("wlan0")
    assert "dnat ip to 192.168.1.10" in run("nft", "list", "ruleset")
    assert "198.18.0.0/16 via 203.0.113.9 dev wan0" in run("ip", "route")
