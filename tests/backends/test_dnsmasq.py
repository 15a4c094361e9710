"""Our own dnsmasq is started once, told what it can be told, started anew for the rest, and ended when unneeded."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from backends.dnsmasq import Dnsmasq, is_installed
from backends.errors import MechanismError
from backends.lan.rendering import Rendered
from tests.netlab.namespace import Namespace
from tests.waiting import until

pytestmark = pytest.mark.skipif(not is_installed(), reason="dnsmasq is not installed")


@pytest.fixture
def dnsmasq(tmp_path: Path, lab: Namespace) -> Dnsmasq:
    return Dnsmasq(tmp_path / "run", tmp_path, lab.command())


def rendered(dnsmasq: Dnsmasq, *lines: str) -> Rendered:
    places = dnsmasq.places
    base = ("port=0", f"user={dnsmasq.user()}", f"pid-file={places.running}", f"dhcp-hostsfile={places.hosts}",
            "log-facility=-", f"dhcp-leasefile={places.leases}", "dhcp-range=192.0.2.1,192.0.2.9")  # fmt: skip
    return Rendered(configuration="\n".join([*base, *lines]) + "\n")


def test_what_it_can_read_again_leaves_it_running(dnsmasq: Dnsmasq) -> None:
    first = rendered(dnsmasq)
    assert dnsmasq.make(first)
    process = dnsmasq.program.pid()
    assert not dnsmasq.make(first)
    assert dnsmasq.make(replace(first, hosts="02:00:00:00:00:01,192.0.2.5\n"))
    assert dnsmasq.program.pid() == process
    log = dnsmasq.places.directory / "dnsmasq.log"
    assert until(lambda: log.read_text().count(f"read {dnsmasq.places.hosts}") == 2), "it was told, and could"
    assert dnsmasq.make(rendered(dnsmasq, "no-hosts"))
    assert dnsmasq.program.pid() != process
    assert dnsmasq.make(Rendered())
    assert not dnsmasq.program.is_running()
    assert not dnsmasq.make(Rendered())


def test_it_drops_its_rights_where_its_files_can_be_read_without(tmp_path: Path) -> None:
    assert Dnsmasq(Path("/usr/share/lan"), tmp_path).user() == "nobody"
    tmp_path.chmod(0o700)
    assert Dnsmasq(tmp_path / "services" / "run", tmp_path).user() == "root"


def test_its_files_can_be_reached_by_others_whatever_the_umask_and_nothing_beside_them(tmp_path: Path) -> None:
    places = Dnsmasq(tmp_path / "services" / "lan", tmp_path).places
    (tmp_path / "services").mkdir(mode=0o700)
    before = os.umask(0o077)
    try:
        served = Dnsmasq(places.directory, tmp_path, ("true",))
        with pytest.raises(MechanismError):  # `true` ends at once
            served.make(Rendered(configuration="port=0\n"))
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (places.directory.parent, places.directory)}
    assert modes == {"services": 0o711, "lan": 0o755}
    assert stat.S_IMODE(places.hosts.stat().st_mode) == 0o644


def test_one_that_was_ended_is_started_again(dnsmasq: Dnsmasq) -> None:
    dnsmasq.make(rendered(dnsmasq))
    dnsmasq.program.stop()
    assert dnsmasq.make(rendered(dnsmasq))
    assert dnsmasq.program.is_running()
    dnsmasq.program.stop()


def test_its_last_words_are_told_when_it_will_not_run(dnsmasq: Dnsmasq) -> None:
    with pytest.raises(MechanismError, match="bad option at line"):
        dnsmasq.make(rendered(dnsmasq, "nonsense"))
    assert not dnsmasq.program.is_running()
