"""Device.Time. is the same to an ACS whoever keeps the clock right: a daemon of Debian's, or OpenWrt's over UCI."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.model.errors import Refusals
from tests.backends.acs import Acs
from tests.backends.ntp_device import CLIENTS, SERVERS, NtpDevice
from tests.backends.openwrt.system.device import SYSTEM, OpenWrtDevice

Make = Callable[..., Acs]
PLACES = ("etc/chrony/sources.d/cpe-agent.sources", "etc/systemd/system/chrony.service.d/cpe-agent.conf")


def on_debian(root: Path, may_change: bool = True) -> Acs:
    return NtpDevice(root, may_change=may_change)


def on_openwrt(root: Path, may_change: bool = True) -> Acs:
    """Nobody has set a server there."""
    text = "".join(line for line in SYSTEM.splitlines(keepends=True) if "list server" not in line)
    return OpenWrtDevice(root, {"system": text}, may_change=may_change)


@pytest.fixture(params=[on_debian, pytest.param(on_openwrt, marks=pytest.mark.slow)])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    def make(**given: Any) -> Acs:
        device: Acs = request.param(tmp_path, **given)
        return device

    return make


@pytest.fixture
def ntp(make: Make) -> Acs:
    return make()


def written(root: Path) -> dict[str, str]:
    """What is kept of it in the system."""
    return {place: (root / place).read_text() for place in (*PLACES, "etc/config/system") if (root / place).exists()}


def test_servers_that_are_set_read_back_each_in_its_place(ntp: Acs) -> None:
    ntp.set({SERVERS[1]: "ntp2.example", SERVERS[0]: "ntp1.example", SERVERS[2]: "", SERVERS[4]: "2001:db8::1"})
    assert [ntp.get(path) for path in SERVERS] == ["ntp1.example", "ntp2.example", "", "", "2001:db8::1"]
    ours = ntp.find(CLIENTS, Servers="ntp1.example,ntp2.example,2001:db8::1")
    ntp.set({f"{ours}Servers": "ntp9.example"})
    assert [ntp.get(path) for path in SERVERS] == ["ntp9.example", "", "", "", ""]


def test_switched_off_the_time_is_disabled(ntp: Acs) -> None:
    ntp.set({SERVERS[0]: "ntp1.example", "Device.Time.Enable": "0"})
    assert ntp.get("Device.Time.Status") == "Disabled"
    assert ntp.get(f"{ntp.find(CLIENTS, Servers='ntp1.example')}Status") == "Disabled"
    assert ntp.get("Device.Time.Enable") == "false"
    ntp.set({"Device.Time.Enable": "1"})
    assert ntp.get("Device.Time.Status") != "Disabled"


def test_a_client_can_be_what_it_is_and_nothing_else(ntp: Acs) -> None:
    ours = ntp.find(CLIENTS, Servers="")
    ntp.set({f"{ours}Mode": "Unicast", f"{ours}Port": "123", f"{ours}Version": "4", f"{ours}Enable": "0"})
    for name, value in (("Mode", "Broadcast"), ("Port", "124"), ("Version", "3"), ("Servers", "a;b")):
        assert ntp.refused({ours + name: value}) == {ours + name: "InvalidValue"}
    assert ntp.get(f"{ours}Enable") == "false"
    assert ntp.get(f"{ours}Status") == "Disabled"
    ntp.set({f"{ours}Servers": "kept.example"})
    ntp.set({f"{ours}Enable": "1"})
    assert ntp.get(f"{ours}Servers") == "kept.example"


def test_a_failed_save_leaves_all_as_it_was(ntp: Any, tmp_path: Path) -> None:
    before = written(tmp_path)
    ntp.get(SERVERS[0])
    ntp.store.refused = "model"
    with pytest.raises(Refusals):
        ntp.set({SERVERS[0]: "ntp1.example", "Device.Time.Enable": "0"})
    assert written(tmp_path) == before


HOSTILE = ("a b", "a\nserver evil.example", "$(id)", "`id`", "a'b", 'a"b', "-x", "..", "a\u00e9", "\u4e2d", "a;reboot",
           "x" * 64, "x" * 10_000, "a\0b", "a#b", "%s", "fe80::1%eth0")  # fmt: skip


def test_a_hostile_server_is_refused(ntp: Acs, tmp_path: Path) -> None:
    ours, before = ntp.find(CLIENTS, Servers=""), written(tmp_path)
    for text in HOSTILE:
        for path in (*SERVERS, f"{ours}Servers"):
            assert ntp.refused({path: text}) == {path: "InvalidValue"}
    assert written(tmp_path) == before


def test_nothing_of_it_is_changed_where_the_owner_did_not_allow_it(make: Make, tmp_path: Path) -> None:
    ntp = make(may_change=False)
    ours, before = ntp.find(CLIENTS, Servers=""), written(tmp_path)
    for path, text in ((SERVERS[0], "a.example"), ("Device.Time.Enable", "0"), (f"{ours}Servers", "a.example")):
        assert ntp.refused({path: text}) == {path: "Denied"}
    assert written(tmp_path) == before
