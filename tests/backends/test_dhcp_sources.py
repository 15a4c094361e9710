"""Leases are told without a hook: by networkd's files, by our own dhcpcd, by asking the server."""

import queue
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.discovery.handed_over import read
from backends.dhcp_client.dhcpcd_conf import conf4, conf6
from backends.dhcp_client.instance import Folders, Instance
from backends.dhcp_client.records import Client6
from backends.dhcp_inform import Vendor
from backends.dhcp_sources import Inform, LeaseFiles, LeaseWatch, Way, default_link, sources
from tests.netlab.fixtures import lab, make_namespace
from tests.netlab.isp import DhcpServer, serving
from tests.netlab.namespace import Namespace, veth
from tests.waiting import PATIENCE

pytestmark = pytest.mark.slow

__all__ = ["lab", "make_namespace"]

URL = b"http://acs.example.net:7547/"
OPTION43 = "011c" + URL.hex()
OPTION17 = "00000de90001001c" + URL.hex()
Events = queue.SimpleQueue[Any]


@contextmanager
def watching(source: LeaseWatch) -> Iterator[Events]:
    """What a source tells, while it is watched as the agent does."""
    told: Events = queue.SimpleQueue()
    stop = threading.Event()
    thread = threading.Thread(target=source.watch, args=(told.put, stop))
    thread.start()
    try:
        yield told
    finally:
        stop.set()
        thread.join(PATIENCE)


def event(client: str, reason: str, link: str, **variables: str) -> dict[str, Any]:
    return {"client": client, "reason": reason, "environment": {"interface": link, **variables}}


def test_the_lease_that_networkd_has_is_told_as_it_changes(tmp_path: Path) -> None:
    folder = tmp_path / "leases"
    with watching(LeaseFiles(folder, None)) as told:
        folder.mkdir()  # networkd starts later than we do
        (folder / "1").write_text(f"# private\nADDRESS=192.0.2.67\nVENDOR_SPECIFIC={OPTION43}\n")
        first = told.get(timeout=PATIENCE)
        while "VENDOR_SPECIFIC" not in first["environment"]:  # written in pieces, on a slow machine
            first = told.get(timeout=PATIENCE)
        assert first == event("networkd", "lease", "lo", VENDOR_SPECIFIC=OPTION43)
        offer = read(first).offer
        assert offer is not None
        assert offer.url == URL.decode()
        (folder / "99999999").write_text("ADDRESS=192.0.2.68\n")  # no such link
        (folder / ".temp").write_text("x")
        (folder / "new").write_text("ADDRESS=192.0.2.67\n")
        (folder / "new").rename(folder / "1")
        assert told.get(timeout=PATIENCE) == event("networkd", "lease", "lo")
        (folder / "1").unlink()
        assert told.get(timeout=PATIENCE) == event("networkd", "ended", "lo")
    assert told.empty()


def test_a_lease_that_was_there_before_is_told_and_the_same_again_is_not(tmp_path: Path) -> None:
    (tmp_path / "1").write_text("ADDRESS=192.0.2.67\n")
    with watching(LeaseFiles(tmp_path, None)) as told:
        assert told.get(timeout=PATIENCE) == event("networkd", "lease", "lo")
        (tmp_path / "1").write_text("ADDRESS=192.0.2.68\n")
        (tmp_path / "98989898").write_text("")  # no such link
        (tmp_path / "98989898").unlink()
        (tmp_path / "1").unlink()
        assert told.get(timeout=PATIENCE)["reason"] == "ended"


def test_the_best_default_route_is_the_way_out() -> None:
    head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
    lines = [
        "a\t00000000\t010200C0\t0003\t0\t0\t200\t00000000\t0\t0\t0",
        "b\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0",
        "c\t00000000\t010200C0\t0002\t0\t0\t0\t00000000\t0\t0\t0",
        "d\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
        "e\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0",
    ]
    assert default_link(head + "\n".join(lines)) == "b"
    assert default_link(head + lines[3]) == default_link("") == ""


def test_nothing_is_asked_where_it_is_not_to_be(tmp_path: Path) -> None:
    made = sources(None, lambda: Way(False), Vendor, tmp_path)
    assert set(made) == {"lease-files", "dhcpinform"}
    with (
        watching(Inform(lambda: Way(False), Vendor)) as told,
        watching(Inform(lambda: Way(True, "lo"), Vendor)) as more,
    ):
        pass
    assert told.empty()
    assert more.empty()


WATCH = """
import json, queue, subprocess, sys, threading
from backends.dhcp_inform import Vendor
from backends.dhcp_sources import Inform, Way
told, stop = queue.SimpleQueue(), threading.Event()
inform = Inform(lambda: Way(True), lambda: Vendor(b"dslforum.org"), (0.5,) * int(sys.argv[1]))
thread = threading.Thread(target=inform.watch, args=(told.put, stop))
thread.start()
events = []
def ip(line):
    subprocess.run(["ip", *line.split()], check=True)
try:
    ip("addr add 192.0.2.9/24 dev c0")
    ip("route add default via 192.0.2.1")
    events.append(told.get(timeout=60))
    inform.ask_again()
    events.append(told.get(timeout=60))
    ip("addr del 192.0.2.9/24 dev c0")
    events.append(told.get(timeout=60))
finally:
    stop.set()
    thread.join(60)
print(json.dumps(events))
"""


def wan(make_namespace: Callable[[], Namespace], folder: Path) -> tuple[Namespace, DhcpServer]:
    """A gateway with its port c0, and the server that it leads to."""
    if shutil.which("dnsmasq", path="/usr/sbin:/usr/bin:/sbin") is None:
        pytest.skip("needs dnsmasq (package dnsmasq-base)")
    home, isp = make_namespace(), make_namespace()
    veth(isp, "s0", home, "c0")
    isp.ip("addr add 192.0.2.1/24 dev s0")
    isp.ip("addr add 2001:db8:1::1/64 dev s0 nodad")
    colons = ":".join(OPTION43[at : at + 2] for at in range(0, len(OPTION43), 2))
    colons17 = ":".join(OPTION17[at : at + 2] for at in range(0, len(OPTION17), 2))
    return home, DhcpServer(
        isp, folder, "--dhcp-range=192.0.2.50,192.0.2.99,255.255.255.0,120", "--enable-ra",
        "--dhcp-range=2001:db8:1::100,2001:db8:1::1ff,64,120", "--dhcp-option=option:router,192.0.2.1",
        "--dhcp-vendorclass=set:cpe,dslforum.org", f"--dhcp-option-force=tag:cpe,43,{colons}",
        f"--dhcp-option-force=option6:17,{colons17}",
    )  # fmt: skip


def test_the_wans_server_is_asked_as_soon_as_there_is_an_address(
    make_namespace: Callable[[], Namespace], tmp_path: Path
) -> None:
    home, server = wan(make_namespace, tmp_path)
    with serving(server):
        events = home.python(WATCH, "8")
    answered = event("dhcpinform", "answered", "c0", option43=OPTION43)
    assert events == [answered, answered, event("dhcpinform", "unanswered", "c0")]


@pytest.mark.slow
def test_a_server_that_does_not_answer_is_told(make_namespace: Callable[[], Namespace], tmp_path: Path) -> None:
    home, _ = wan(make_namespace, tmp_path)
    assert home.python(WATCH, "1") == [event("dhcpinform", "unanswered", "c0")] * 3


@pytest.mark.slow
def test_what_our_own_dhcpcd_was_given_is_told_while_it_runs(
    make_namespace: Callable[[], Namespace], tmp_path: Path
) -> None:
    if shutil.which("dhcpcd", path="/usr/sbin:/usr/bin:/sbin") is None:
        pytest.skip("needs dhcpcd (package dhcpcd-base)")
    home, server = wan(make_namespace, tmp_path)
    folders = Folders(tmp_path / "run", tmp_path / "leases", home.command())
    for folder in (folders.run, folders.leases):
        folder.mkdir()
    clients = [Instance(folders, "c0", family) for family in (4, 6)]
    with serving(server), watching(LeaseFiles(tmp_path / "networkd", folders)) as told:
        try:
            clients[0].start(conf4([], []))
            assert told.get(timeout=PATIENCE) == event(
                "dhcpcd", "BOUND", "c0", new_vendor_encapsulated_options=OPTION43
            )
            clients[1].start(conf6("c0", Client6(), []))
            six = told.get(timeout=PATIENCE)
            assert six == event("dhcpcd", "BOUND6", "c0", new_dhcp6_vivso=OPTION17)
            offer = read(six).offer
            assert offer is not None
            assert offer.url == URL.decode()
        finally:
            for one in clients:
                one.stop()
        assert {told.get(timeout=PATIENCE)["reason"] for _ in clients} == {"STOP", "STOP6"}
        assert told.empty(), "nothing else is told"
    assert "vendor class: dslforum.org" in server.log()
