"""Device.SSH. over a server's configuration, and with real servers of our own."""

import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from agent.model.errors import Refusals
from backends.firewall.leases import Now
from backends.ssh.configuration import DROP_IN
from backends.tr181.ssh import ssh
from backends.tr181.ssh_tables import ssh_server
from tests.backends.ssh.bench import Bench, bench_or_skip
from tests.backends.tr181.ssh_device import SshDevice, given, machine
from tests.netlab.fixtures import make_namespace
from tests.netlab.namespace import Namespace

__all__ = ["make_namespace"]

SSH = "Device.SSH."
SERVERS = "Device.SSH.Server."
SERVER = "Device.SSH.Server.1."
KEYS = "Device.SSH.AuthorizedKey."


@pytest.mark.parametrize(
    ("configuration", "told"),
    [
        ("", {"Port": "22", "AllowRootLogin": "true", "AllowRootPasswordLogin": "false", "AllowPasswordLogin": "true",
              "AllowAllIPv4": "true", "Interface": "", "UserGroupAccess": "", "IdleTimeout": "0"}),
        ("Port 2222\nPermitRootLogin no\n", {"Port": "2222", "AllowRootLogin": "false"}),
        ("PermitRootLogin yes\n", {"AllowRootPasswordLogin": "true"}),
        ("PermitRootLogin yes\nPasswordAuthentication no\n", {"AllowRootPasswordLogin": "false"}),
        ("PasswordAuthentication no\nUsePAM yes\n", {"AllowPasswordLogin": "true"}),
        ("MaxAuthTries 2\nClientAliveInterval 30\n", {"MaxAuthTries": "2", "KeepAlive": "30"}),
        ("ChannelTimeout x11*=5 session:*=90\n", {"IdleTimeout": "90"}),
    ],
)  # fmt: skip
def test_the_machines_server_is_told_as_it_is_configured(
    tmp_path: Path, configuration: str, told: dict[str, str]
) -> None:
    made = SshDevice(machine(tmp_path, configuration))
    assert {name: made.get(SERVER + name) for name in told} == told


def test_the_one_group_that_logs_in_is_told(tmp_path: Path) -> None:
    made = SshDevice(machine(tmp_path, "AllowGroups helpers\n"))
    assert made.get(f"{SERVER}UserGroupAccess") == made.find("Device.Users.Group.", Groupname="helpers")[:-1]


@pytest.mark.parametrize(("runs", "told"), [(True, ["true", "Enabled", "77"]), (False, ["false", "Disabled", "0"])])
def test_the_machines_server_is_enabled_where_it_runs_and_its_owner_ends_it(
    tmp_path: Path, runs: bool, told: list[str]
) -> None:
    made = SshDevice(machine(tmp_path, runs=runs), may_change_system=True)
    assert [made.get(SERVER + name) for name in ("Enable", "Status", "PID")] == told
    assert made.get(f"{SSH}Status") == told[1]
    assert made.get(f"{SERVER}ActivationDate") == ("2027-01-15T08:01:00Z" if runs else "0001-01-01T00:00:00Z")
    assert made.refused({f"{SERVER}Enable": "0" if runs else "1"}) == {f"{SERVER}Enable": "Denied"}
    assert made.refused({f"{SERVER}AutoDisableDuration": "60"}) == {f"{SERVER}AutoDisableDuration": "Denied"}
    lan = made.find("Device.IP.Interface.", Name="lan0")
    assert made.refused({f"{SERVER}Interface": lan}) == {f"{SERVER}Interface": "Denied"}
    with pytest.raises(Exception, match="not the agent's to remove"):
        made.delete(SERVER)
    if runs:
        assert made.refused({f"{SSH}Enable": "0"}) == {f"{SSH}Enable": "Denied"}
    else:
        made.set({f"{SSH}Enable": "0"})
        assert made.get(f"{SSH}Enable") == "false"


@pytest.mark.parametrize(("name", "text"), [("Port", "2222"), ("AllowPasswordLogin", "0"), ("MaxAuthTries", "1")])
def test_without_the_owners_leave_nothing_is_changed(tmp_path: Path, name: str, text: str) -> None:
    made = SshDevice(machine(tmp_path))
    assert made.refused({SERVER + name: text}) == {SERVER + name: "Denied"}
    for table in (SERVERS, KEYS):
        with pytest.raises(Refusals, match="manage"):
            made.add(table)
    assert not (tmp_path / DROP_IN).exists()


def test_without_a_server_there_is_no_such_object(tmp_path: Path) -> None:
    assert ssh_server(given(tmp_path)) is None
    assert ssh(given(tmp_path)) == []


@pytest.fixture
def bench(make_namespace: Callable[[], Namespace], tmp_path: Path) -> Bench:
    made = bench_or_skip(make_namespace, tmp_path)
    for name, text in (("passwd", "root:x:0:0:root:/root:/bin/sh\n"), ("group", "helpers:x:1100:\n")):
        (tmp_path / "etc" / name).write_text(text)
    return made


def own_server(made: SshDevice, **values: str) -> str:
    root = made.find("Device.Users.User.", Username="root")[:-1]
    lan = made.find("Device.IP.Interface.", Name="lan0")[:-1]
    row = made.add(KEYS)
    made.set({f"{row}User": root, f"{row}Key": values.pop("Key")})
    wanted = {"Enable": "1", "Interface": lan, "Port": "2200", "AllowRootLogin": "1", "AllowAllIPv4": "1"}
    return made.add(SERVERS, **{**wanted, **values})


@pytest.mark.slow
def test_a_server_is_added_found_again_and_ends_when_its_time_is_over(bench: Bench) -> None:
    made = SshDevice(bench.root, bench.ground(), may_change_system=True)
    try:
        row = own_server(made, Key=bench.public(), AutoDisableDuration="600")
        assert bench.logs_in(2200)
        assert [made.get(row + name) for name in ("Status", "Enable")] == ["Enabled", "true"]
        assert made.get(f"{row}ActivationDate") > "2020"
        again = SshDevice(bench.root, bench.ground(), made.store, may_change_system=True)
        assert again.get(f"{row}PID") == made.get(f"{row}PID")
        process = made.get(f"{row}PID")
        made.set({f"{row}KeepAlive": "7"})
        assert made.get(f"{row}PID") == process
        assert made.tables.due(0.0) == 0.0
        made.tables.act(0.0)
        assert made.get(f"{row}Status") == "Enabled"
        assert made.tables.due(0.0) == 60.0
        now = made.tables.clock()
        made.tables.clock = lambda: Now(now.boot, now.uptime + 601, now.wall)
        assert made.tables.act(0.0) == {"ssh"}
        assert [made.get(row + name) for name in ("Status", "Enable", "PID")] == ["Disabled", "false", "0"]
        assert not bench.logs_in(2200)
        made.delete(row)
        assert made.tables.due(0.0) == 60.0, "a key is left"
    finally:
        bench.close()
        made.tables.ssh.instances.make({})


@pytest.mark.slow
def test_a_server_is_at_a_link_of_the_agents_or_nowhere(bench: Bench) -> None:
    made = SshDevice(bench.root, bench.ground(), may_change_system=True)
    try:
        row = own_server(made, Key=bench.public())
        wan = made.find("Device.IP.Interface.", Name="wan0")[:-1]
        assert made.refused({f"{row}Interface": wan}) == {f"{row}Interface": "Denied"}
        with closing(socket.create_server(("127.0.0.1", 0))) as taken:
            port = str(taken.getsockname()[1])
            with pytest.raises(Refusals, match=f"the agent itself .* listens at port {port}"):
                made.set({f"{row}Port": port})
        assert made.get(f"{row}Port") == "2200"
        group = made.find("Device.Users.Group.", Groupname="helpers")[:-1]
        made.set({f"{row}UserGroupAccess": group})
        assert made.get(f"{row}UserGroupAccess") == group
        assert not bench.logs_in(2200), "root is no helper"
        made.set({f"{SSH}Enable": "0"})
        assert [made.get(row + name) for name in ("Enable", "Status")] == ["true", "Disabled"]
    finally:
        bench.close()
        made.tables.ssh.instances.make({})


HOSTILE = ("'\"`$(reboot);|&<>\\", "line\nPermitRootLogin yes", "\x00", "a" * 10_000, "\u0416\u6f22",
           "${IFS}", "*", "!10.0.0.0/8", "10.0.0.0/8 *", "-1", "1e9", "0.0.0.0/0", "::/0", "Match all",
           "x,y")  # fmt: skip
WRITABLE = ("Port", "IdleTimeout", "KeepAlive", "AllowRootLogin", "AllowPasswordLogin", "AllowRootPasswordLogin",
            "MaxAuthTries", "AllowAllIPv4", "IPv4AllowedSourcePrefix", "AllowAllIPv6", "IPv6AllowedSourcePrefix",
            "AutoDisableDuration", "UserGroupAccess", "Interface", "Enable")  # fmt: skip


def test_a_hostile_text_comes_back_as_it_was_or_is_refused(bench: Bench) -> None:
    made = SshDevice(bench.root, bench.ground(), may_change_system=True)
    try:
        rows = [SERVER, made.add(SERVERS)]
        paths = [row + name for row in rows for name in WRITABLE] + [made.add(KEYS) + name for name in ("User", "Key")]
        for path in paths:
            before = made.get(path)
            for text in HOSTILE:
                try:
                    made.set({path: text})
                except Exception:  # noqa: BLE001 - whatever it is refused with
                    assert made.get(path) == before, (path, text)
                else:
                    assert made.get(path) == text, path
                    made.set({path: before})
        drop_in = bench.root / DROP_IN
        assert "reboot" not in (drop_in.read_text() if drop_in.exists() else "")
    finally:
        bench.close()
        made.tables.ssh.instances.make({})
