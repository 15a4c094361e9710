"""Device.SSH. over a server's configuration."""

from pathlib import Path
from typing import Any

import pytest

from agent.model.own_values import OwnValues
from backends.system import System
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.ssh import ssh, ssh_server
from tests.backends.small_device import SmallDevice

SSH = "Device.SSH."
SERVER = "Device.SSH.Server.1."


def given(root: Path, **more: Any) -> Mechanisms:
    nothing: Any = None
    return Mechanisms(
        nothing, nothing, nothing, nothing, System(root), nothing, OwnValues({}, {}), links=nothing, directory=root,
        **more,
    )  # fmt: skip


def device(root: Path, configuration: str, *, runs: bool = True) -> SmallDevice:
    """A machine whose owner did not give its settings to the agent."""
    for folder in ("etc/ssh", "usr/sbin", "run", "proc/77"):
        (root / folder).mkdir(parents=True)
    (root / "usr/sbin/sshd").touch()
    (root / "etc/ssh/sshd_config").write_text(configuration)
    if runs:
        (root / "run/sshd.pid").write_text("77\n")
        (root / "proc/77/comm").write_text("sshd\n")
    part = ssh_server(given(root))
    assert part is not None
    return SmallDevice(ssh(given(root, **part.provides)), backends=[part.provides["ssh"]], forget=part.forget)


@pytest.mark.parametrize(
    ("configuration", "told"),
    [
        ("", {"Port": "22", "AllowRootLogin": "true", "AllowRootPasswordLogin": "false", "AllowPasswordLogin": "true"}),
        ("Port 2222\nPermitRootLogin no\n", {"Port": "2222", "AllowRootLogin": "false"}),
        ("PermitRootLogin yes\n", {"AllowRootPasswordLogin": "true"}),
        ("PermitRootLogin yes\nPasswordAuthentication no\n", {"AllowRootPasswordLogin": "false"}),
        ("MaxAuthTries 2\nClientAliveInterval 30\n", {"MaxAuthTries": "2", "KeepAlive": "30"}),
    ],
)
def test_the_server_is_told_as_it_is_configured(tmp_path: Path, configuration: str, told: dict[str, str]) -> None:
    made = device(tmp_path, configuration)
    assert {name: made.get(SERVER + name) for name in told} == told


@pytest.mark.parametrize(("runs", "told"), [(True, ["true", "Enabled", "77"]), (False, ["false", "Disabled", "0"])])
def test_it_is_enabled_where_it_runs(tmp_path: Path, runs: bool, told: list[str]) -> None:
    made = device(tmp_path, "", runs=runs)
    assert [made.get(SERVER + name) for name in ("Enable", "Status", "PID")] == told
    assert [made.get(SSH + name) for name in ("Enable", "Status")] == told[:2]
    assert made.refused({f"{SSH}Enable": "0" if runs else "1"}) == {f"{SSH}Enable": "Denied"}


@pytest.mark.parametrize(("name", "text"), [("Port", "2222"), ("AllowPasswordLogin", "0"), ("MaxAuthTries", "1")])
def test_without_the_owners_leave_nothing_is_changed(tmp_path: Path, name: str, text: str) -> None:
    made = device(tmp_path, "")
    assert made.refused({SERVER + name: text}) == {SERVER + name: "Denied"}
    assert not (tmp_path / "etc/ssh/sshd_config.d").exists()


def test_without_a_server_there_is_no_such_object(tmp_path: Path) -> None:
    assert ssh_server(given(tmp_path)) is None
    assert ssh(given(tmp_path)) == []
