"""The package on real releases of Debian, under a real systemd: installed, upgraded, removed, purged."""

import re
import time

import pytest

from tests.debian.booted import Booted
from tests.waiting import until

pytestmark = pytest.mark.debian

STRICTEST = 2.5
"""What `systemd-analyze security` may say of the unit as it is installed."""
WRITTEN_BY_OTHERS = re.compile(
    r"/(etc/(passwd|group|shadow|gshadow|sub[ug]id)-?|var/lib/(dpkg|systemd)/.*|var/log/.*|var/cache/.*|tmp/.*"
    r"|etc/\.pwd\.lock)"
)


def install(debian: Booted, package: str = "old.deb") -> str:
    return debian.says("dpkg", "-i", f"/run/given/{package}")


def main_process(debian: Booted) -> int:
    return int(debian.says("systemctl", "show", "--property=MainPID", "--value", "cpe-agent"))


def files(debian: Booted) -> set[str]:
    return {name for name in debian.says("find", "/", "-xdev").splitlines() if not WRITTEN_BY_OTHERS.fullmatch(name)}


def test_what_is_installed_runs_confined_and_comes_back_at_boot(debian: Booted) -> None:
    install(debian)
    assert debian.says("systemctl", "is-active", "cpe-agent").strip() == "active"
    assert debian.says("systemctl", "is-enabled", "cpe-agent").strip() == "enabled"
    analysed = debian.says(
        "systemd-analyze", "security", "--offline=true", "--no-pager", "/usr/lib/systemd/system/cpe-agent.service"
    )
    level = re.search(r"exposure level for cpe-agent.service: ([\d.]+)", analysed)
    assert level is not None
    assert float(level[1]) <= STRICTEST, analysed
    assert debian.says("cpe-agent", "get", "Device.DeviceInfo.SerialNumber").split()[1]
    assert debian.says("journalctl", "--unit=cpe-agent", "--priority=warning", "--quiet") == ""
    assert debian.says("stat", "--format=%a %U", "/etc/cpe-agent/agent.toml") == "600 root\n"


def test_an_upgrade_starts_it_anew_with_its_settings_and_what_it_knew(debian: Booted) -> None:
    install(debian)
    debian.says("cpe-agent", "set", "Device.DeviceInfo.ProvisioningCode=kept")
    debian.says("sed", "-i", "s/^interval = 3600 /interval = 1234 /", "/etc/cpe-agent/agent.toml")
    before = main_process(debian)
    install(debian, "new.deb")
    assert main_process(debian) not in (0, before)
    assert debian.says("cpe-agent", "get", "Device.DeviceInfo.ProvisioningCode").split()[1] == "kept"
    assert debian.says("cpe-agent", "get", "Device.ManagementServer.PeriodicInformInterval").split()[1] == "1234"


def test_a_purge_leaves_nothing(debian: Booted) -> None:
    before = files(debian)
    install(debian)
    debian.says("cpe-agent", "status")
    debian.says("dpkg", "--remove", "cpe-agent")
    assert debian.run("test", "-e", "/etc/cpe-agent/agent.toml", "-a", "-e", "/var/lib/cpe-agent").returncode == 0
    debian.says("dpkg", "--purge", "cpe-agent")
    assert files(debian) == before
    assert debian.run("getent", "passwd", "cpe-agent").returncode != 0


def test_nothing_is_started_where_policy_rc_d_forbids_it(debian: Booted) -> None:
    debian.says("sh", "-c", "printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d")
    install(debian)
    assert debian.run("systemctl", "is-active", "cpe-agent").stdout.strip() == "inactive"
    assert debian.says("systemctl", "is-enabled", "cpe-agent").strip() == "enabled"


def test_an_agent_that_hangs_is_started_anew(debian: Booted) -> None:
    install(debian)
    debian.says("mkdir", "-p", "/run/systemd/system/cpe-agent.service.d")
    short = "[Service]\nWatchdogSec=2\nRestartSec=0\nTimeoutAbortSec=1\n"
    debian.says("tee", "/run/systemd/system/cpe-agent.service.d/short.conf", given=short)
    debian.says("systemctl", "daemon-reload")
    debian.says("systemctl", "restart", "cpe-agent")
    before = main_process(debian)
    time.sleep(3)
    assert main_process(debian) == before, "it does not tell systemd that it lives"
    debian.says("kill", "-STOP", str(before))
    until(lambda: main_process(debian) not in (0, before), "nobody started it anew")


def test_a_confined_agent_serves_its_acs_and_hears_connection_requests(debian: Booted) -> None:
    install(debian)
    debian.says("systemd-run", "--unit=acs", "cpe-agent", "lab", "acs", "--listen", "127.0.0.1:7557")
    until(lambda: debian.run("cpe-agent", "lab", "devices").returncode == 0, "the ACS does not run")
    debian.says("cpe-agent", "setup", "--url", "http://127.0.0.1:7557/", "--no-test")
    until(lambda: "Debian" in debian.run("cpe-agent", "lab", "devices").stdout, "no session came")
    asked = ("Device.ManagementServer.PeriodicInformInterval=777", "--type", "unsignedInt")
    debian.says("cpe-agent", "lab", "set", "-", *asked)  # by a connection request
    assert debian.says("cpe-agent", "get", "Device.ManagementServer.PeriodicInformInterval").split()[1] == "777"


def test_the_hooks_are_the_packages_own_and_setup_leaves_them_alone(debian: Booted) -> None:
    debian.says("mkdir", "-p", "/etc/dhcp/dhclient-exit-hooks.d", "/etc/NetworkManager/dispatcher.d")
    install(debian)
    hook = "/etc/dhcp/dhclient-exit-hooks.d/cpe-agent"
    debian.says("cpe-agent", "setup", "--dhcp-hooks")
    debian.says("cpe-agent", "setup", "--no-dhcp-hooks")
    assert "Part of the package" in debian.says("cat", hook)
    environment = ("env", "reason=BOUND", "interface=eth0", "new_ip_address=192.0.2.7")
    debian.says(*environment, "sh", "-c", f"PATH=/usr/bin:/bin; . {hook}")
    assert "eth0" in debian.says("cpe-agent", "discover", "--json")


def test_the_trees_own_installer_installs_upgrades_and_removes_without_residue(debian: Booted) -> None:
    before = files(debian)
    installer = "/run/given/tree/systemd/install"
    debian.says(installer)
    assert debian.says("systemctl", "is-active", "cpe-agent").strip() == "active"
    assert debian.says("journalctl", "--unit=cpe-agent", "--priority=warning", "--quiet") == ""
    debian.says("cpe-agent", "set", "Device.DeviceInfo.ProvisioningCode=kept")
    first = main_process(debian)
    debian.says(installer)
    assert main_process(debian) not in (0, first)
    assert "is of another installation" in debian.run("dpkg", "-i", "/run/given/old.deb").stderr
    debian.says(installer, "--remove")
    assert debian.run("systemctl", "is-active", "cpe-agent").returncode != 0
    debian.says(installer)
    assert debian.says("cpe-agent", "get", "Device.DeviceInfo.ProvisioningCode").split()[1] == "kept"
    debian.says(installer, "--remove", "--purge")
    assert files(debian) == before
