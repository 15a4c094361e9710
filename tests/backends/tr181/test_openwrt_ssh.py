"""Device.SSH. over /etc/config/dropbear, procd's processes and the file of root's keys."""

import os
from pathlib import Path

import pytest

from agent.model.errors import Refusals
from backends.firewall.leases import Now
from backends.openwrt.system.key_file import FILE
from backends.tr181.openwrt_ssh import openwrt_ssh
from tests.backends.openwrt.conftest import procd
from tests.backends.openwrt.procd import Procd
from tests.backends.openwrt.system.device import DROPBEAR, SYSTEM, OpenWrtDevice
from tests.backends.ssh.test_rendering import KEY

__all__ = ["procd"]
pytestmark = pytest.mark.slow

SSH = "Device.SSH."
SERVERS = "Device.SSH.Server."
SERVER = "Device.SSH.Server.1."
KEYS = "Device.SSH.AuthorizedKey."
USERS = "Device.Users.User."


@pytest.fixture
def device(tmp_path: Path) -> OpenWrtDevice:
    return OpenWrtDevice(tmp_path)


def test_a_section_is_a_server_and_says_what_counts(device: OpenWrtDevice) -> None:
    told = device.tree(SERVER)
    assert {name: told[name] for name in (
        "Enable", "Port", "IdleTimeout", "KeepAlive", "AllowRootLogin", "AllowPasswordLogin", "AllowRootPasswordLogin",
        "MaxAuthTries", "AllowAllIPv4", "AllowAllIPv6", "Interface", "AutoDisableDuration",
    )} == {
        "Enable": "true", "Port": "22", "IdleTimeout": "0", "KeepAlive": "300", "AllowRootLogin": "true",
        "AllowPasswordLogin": "true", "AllowRootPasswordLogin": "true", "MaxAuthTries": "3", "AllowAllIPv4": "true",
        "AllowAllIPv6": "true", "Interface": "", "AutoDisableDuration": "0",
    }  # fmt: skip


def test_what_is_set_is_the_section_s_and_all_else_stays(device: OpenWrtDevice) -> None:
    lan = device.interface("br-lan")
    device.set({
        f"{SERVER}Port": "2222", f"{SERVER}AllowPasswordLogin": "0", f"{SERVER}Interface": lan,
        f"{SERVER}IdleTimeout": "90", f"{SERVER}AllowRootPasswordLogin": "1",
    })  # fmt: skip
    text = device.text("dropbear")
    for line in ("PasswordAuth '0'", "RootPasswordAuth 'on'", "Port '2222'", "Interface 'lan'", "IdleTimeout '90'"):
        assert f"option {line}\n" in text
    assert "#\toption BannerFile" in text
    assert "option mdns '0'" in text
    assert device.get(f"{SERVER}Interface") == lan
    assert ("/etc/init.d/dropbear", "reload") in device.told.calls
    device.set({f"{SERVER}Interface": "", f"{SERVER}Port": "22"})
    assert "Interface" not in device.text("dropbear")


def test_where_it_is_bound_to_a_link_it_stays_so(tmp_path: Path) -> None:
    text = "config dropbear 'main'\n\toption DirectInterface 'lan'\n\toption Interface 'lan guest'\n"
    device = OpenWrtDevice(tmp_path, {"dropbear": text})
    assert device.get(f"{SERVER}Interface") == device.interface("br-lan")
    device.set({f"{SERVER}Interface": device.interface("br-guest")})
    assert device.text("dropbear") == text.replace("DirectInterface 'lan'", "DirectInterface 'guest'")


def test_a_server_comes_and_goes(device: OpenWrtDevice) -> None:
    row = device.add(SERVERS)
    assert [device.get(row + name) for name in ("Enable", "AllowPasswordLogin", "Status")] == [
        "false", "false", "Disabled",
    ]  # fmt: skip
    assert device.refused({f"{row}Enable": "1"}) == {f"{row}Enable": "InvalidValue"}, "the other server is there"
    device.set({f"{row}Enable": "1", f"{row}Port": "2200"})
    assert "option enable '0'" not in device.text("dropbear")
    device.delete(row)
    assert device.text("dropbear").strip() == DROPBEAR.strip()
    device.delete(SERVER)
    assert device.get(f"{SSH}ServerNumberOfEntries") == "0"


def test_switched_off_as_a_whole_each_server_remembers(device: OpenWrtDevice) -> None:
    row = device.add(SERVERS, Port="2200")
    device.set({f"{SSH}Enable": "0"})
    assert [device.get(path) for path in (f"{SSH}Enable", f"{SERVER}Enable", f"{row}Enable")] == [
        "false",
        "true",
        "false",
    ]
    assert device.text("dropbear").count("option enable '0'") == 2
    assert device.get(f"{SERVER}Status") == "Disabled"
    device.set({f"{SSH}Enable": "1"})
    assert [device.get(path) for path in (f"{SSH}Enable", f"{SERVER}Enable", f"{row}Enable")] == [
        "true",
        "true",
        "false",
    ]
    assert "cpe_off" not in device.text("dropbear")
    device.set({f"{SSH}Enable": "0"})
    device.write("dropbear", device.text("dropbear").replace("option enable '0'", "option enable '1'", 1))
    assert device.get(f"{SSH}Enable") == "true", "a person has switched it on"


def test_what_dropbear_cannot_is_refused(device: OpenWrtDevice) -> None:
    group = device.find("Device.Users.Group.", Groupname="friends").rstrip(".")
    before = device.text("dropbear")
    for name, value in (
        ("AllowAllIPv4", "0"), ("IPv4AllowedSourcePrefix", "192.0.2.0/24"), ("AllowAllIPv6", "0"),
        ("IPv6AllowedSourcePrefix", "2001:db8::/32"), ("UserGroupAccess", group), ("Port", "0"),
    ):  # fmt: skip
        assert device.refused({SERVER + name: value}) == {SERVER + name: "InvalidValue"}
    assert device.text("dropbear") == before


def test_who_listens_at_a_port_keeps_it(device: OpenWrtDevice) -> None:
    (device.root / "proc/net").mkdir(parents=True, exist_ok=True)
    device.machine.listen("127.0.0.1", 7547)
    assert device.refused({f"{SERVER}Port": "7547"}) == {f"{SERVER}Port": "InvalidValue"}


def test_a_machine_that_is_not_the_agent_s_keeps_its_servers(tmp_path: Path) -> None:
    device = OpenWrtDevice(tmp_path, may_change=False)
    assert device.refused({f"{SERVER}Port": "2222"}) == {f"{SERVER}Port": "Denied"}
    for table in (SERVERS, KEYS):
        with pytest.raises(Refusals, match="manage"):
            device.add(table)
    assert device.text("dropbear") == DROPBEAR
    assert not (tmp_path / FILE).exists()


def test_a_server_s_time_ends(device: OpenWrtDevice) -> None:
    tables = device.mechanisms.ssh
    assert tables is not None
    row = device.add(SERVERS, Port="2200", AutoDisableDuration="600", Enable="1")
    assert "option cpe_lease '600 " in device.text("dropbear")
    assert tables.due(0.0) == pytest.approx(600, abs=2)
    now = tables.clock()
    tables.clock = lambda: Now(now.boot, now.uptime + 601, now.wall)
    device.told.calls.clear()
    assert tables.act(0.0) == {"ssh"}
    assert device.get(f"{row}Enable") == "false"
    assert ("/etc/init.d/dropbear", "reload") in device.told.calls
    assert tables.due(0.0) is None


# --- keys


def test_lines_of_a_person_s_are_rows_like_others(device: OpenWrtDevice) -> None:
    file = device.root / FILE
    file.parent.mkdir()
    file.write_text(f"# mine\n{KEY} anna\nno-pty {KEY} limited\nnonsense\n")
    root = device.find(USERS, Username="root").rstrip(".")
    first, second = device.find(KEYS, Key=f"{KEY} anna"), device.find(KEYS, Key=f"no-pty {KEY} limited")
    assert device.get(f"{first}User") == root
    device.set({f"{first}Key": f"{KEY} anna@attic"})
    assert device.get(f"{first}Key") == f"{KEY} anna@attic", "it stays the same row"
    lines = file.read_text().splitlines()
    assert [lines[at] for at in (0, 2, 3, 4)] == ["# mine", f"{KEY} anna@attic", f"no-pty {KEY} limited", "nonsense"]
    device.delete(second)
    device.delete(first)
    assert file.read_text() == "# mine\nnonsense\n"


def test_a_key_is_added_in_steps(device: OpenWrtDevice) -> None:
    file, root = device.root / FILE, device.find(USERS, Username="root").rstrip(".")
    row = device.add(KEYS)
    device.set({f"{row}Key": KEY})
    assert all(line.startswith("#") for line in file.read_text().splitlines()), "it is nobody's yet"
    device.set({f"{row}User": root})
    assert file.read_text().splitlines()[1] == KEY
    assert file.stat().st_mode & 0o777 == 0o600
    assert OpenWrtDevice(device.root, store=device.store).get(f"{row}Key") == KEY
    anna = device.find(USERS, Username="anna").rstrip(".")
    assert device.refused({f"{row}User": anna}) == {f"{row}User": "InvalidValue"}
    device.set({f"{row}User": ""})
    assert all(line.startswith("#") for line in file.read_text().splitlines())
    device.delete(row)
    assert file.read_text() == ""


def test_keys_and_servers_are_one_transaction(device: OpenWrtDevice) -> None:
    root, row = device.find(USERS, Username="root").rstrip("."), device.add(KEYS)
    before = (device.root / FILE).read_bytes()
    device.store.refused = "model"
    with pytest.raises(Refusals):
        device.set({f"{row}Key": KEY, f"{row}User": root, f"{SERVER}Port": "2222"})
    assert (device.root / FILE).read_bytes() == before
    assert device.text("dropbear") == DROPBEAR


def test_keys_in_homes_are_told_and_left_alone(device: OpenWrtDevice) -> None:
    for home in ("home/anna", "root"):
        (device.root / home / ".ssh").mkdir(parents=True)
        (device.root / home / ".ssh/authorized_keys").write_text(f"{KEY} {home}\n")
    row = device.find(KEYS, Key=f"{KEY} home/anna")
    assert device.refused({f"{row}Key": KEY}) == {f"{row}Key": "Denied"}
    assert device.get(f"{SSH}AuthorizedKeyNumberOfEntries") == "1", "dropbear does not look into root's home"


HOSTILE = ("'\"`$(reboot);|&<>\\", "line\nPermitRootLogin yes", "\x00", "a" * 10_000, "\u0416\u6f22", "${IFS}", "*",
           "-1", "1e9", "0.0.0.0/0", "::/0", "x,y", "# cpe-agent cpe_1")  # fmt: skip
WRITABLE = ("Port", "IdleTimeout", "KeepAlive", "AllowRootLogin", "AllowPasswordLogin", "AllowRootPasswordLogin",
            "MaxAuthTries", "AllowAllIPv4", "IPv4AllowedSourcePrefix", "AllowAllIPv6", "IPv6AllowedSourcePrefix",
            "AutoDisableDuration", "UserGroupAccess", "Interface", "Enable")  # fmt: skip


def test_a_hostile_text_comes_back_as_it_was_or_is_refused(device: OpenWrtDevice) -> None:
    paths = [SERVER + name for name in WRITABLE] + [device.add(KEYS) + name for name in ("User", "Key")]
    for path in paths:
        before = device.get(path)
        for text in HOSTILE:
            try:
                device.set({path: text})
            except Exception:  # noqa: BLE001 - whatever it is refused with
                assert device.get(path) == before, (path, text)
            else:
                assert device.get(path) == text, path
                device.set({path: before})
    assert device.text("dropbear").strip() == DROPBEAR.strip() or "config dropbear 'dropbear_" in device.text(
        "dropbear"
    )


# --- processes


def test_procd_says_which_process_a_server_is_and_proc_who_is_logged_in(tmp_path: Path, procd: Procd) -> None:
    procd.services["dropbear"] = {"instances": {"instance1": {
        "running": True, "pid": os.getpid(),
        "command": ["/usr/sbin/dropbear", "-F", "-P", "/var/run/dropbear.main.pid", "-p", "22"],
    }}}  # fmt: skip
    device = OpenWrtDevice(
        tmp_path, {"dropbear": DROPBEAR.replace("dropbear\n", "dropbear 'main'\n", 1)}, bus=procd.path
    )
    assert [device.get(SERVER + name) for name in ("Status", "PID")] == ["Enabled", str(os.getpid())]
    assert device.get(f"{SSH}Status") == "Enabled"
    assert device.get(f"{SERVER}SessionNumberOfEntries") == "0"


def test_without_dropbear_there_is_no_such_object(tmp_path: Path) -> None:
    device = OpenWrtDevice(tmp_path)
    (device.places.config / "dropbear").unlink()
    assert openwrt_ssh(device.mechanisms, device.surface) is None
    assert device.text("system") == SYSTEM
