"""What the configurations of NTP daemons say, as far as it is not ours."""

import shutil
import subprocess
from pathlib import Path

import pytest

from backends.ntp_daemons import DAEMONS, Daemon

CHRONY, TIMESYNCD, NTPD = DAEMONS


def put(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_chrony_s_servers_are_those_of_all_files_that_it_reads_but_ours(tmp_path: Path) -> None:
    put(
        tmp_path,
        "etc/chrony/chrony.conf",
        "# server 0.not.example\npool 2.debian.pool.ntp.org iburst\nconfdir /etc/chrony/conf.d\n"
        "sourcedir /run/chrony-dhcp\nsourcedir /etc/chrony/sources.d\n",
    )
    put(tmp_path, "etc/chrony/conf.d/own.conf", "server ntp1.example iburst\n")
    put(tmp_path, "etc/chrony/conf.d/README", "server ntp2.example\n")
    put(tmp_path, "run/chrony-dhcp/eth0.sources", "server 192.0.2.1\n")
    put(tmp_path, CHRONY.drop_in, CHRONY.render(["ours.example"]))
    assert CHRONY.configured(tmp_path) == ["2.debian.pool.ntp.org", "ntp1.example", "192.0.2.1"]
    assert CHRONY.refusal(tmp_path) == ""


def test_a_chrony_that_would_not_read_our_file_is_not_given_one(tmp_path: Path) -> None:
    put(tmp_path, "etc/chrony.conf", "pool pool.example\nsourcedir /etc/chrony/sources.data\n")
    assert "sourcedir /etc/chrony/sources.d" in CHRONY.refusal(tmp_path)


def test_timesyncd_forgets_what_an_empty_line_takes_back(tmp_path: Path) -> None:
    put(tmp_path, "etc/systemd/timesyncd.conf", "[Time]\n#NTP=\nNTP=a.example b.example\nFallbackNTP=f.example\n")
    assert TIMESYNCD.configured(tmp_path) == ["a.example", "b.example"]
    put(tmp_path, "usr/lib/systemd/timesyncd.conf.d/10-vendor.conf", "[Time]\nNTP=c.example\n")
    assert TIMESYNCD.configured(tmp_path) == ["a.example", "b.example", "c.example"]
    put(tmp_path, "etc/systemd/timesyncd.conf.d/10-vendor.conf", "[Time]\nNTP=\n")
    assert TIMESYNCD.configured(tmp_path) == ["f.example"], "the file in /etc hides that of the same name in /usr/lib"
    put(tmp_path, TIMESYNCD.drop_in, TIMESYNCD.render(["ours.example"]))
    assert TIMESYNCD.configured(tmp_path) == ["f.example"]


def test_ntpsec_reads_snippets_and_the_old_ntpd_does_not(tmp_path: Path) -> None:
    put(tmp_path, "etc/ntp.conf", "server 0.example iburst # why\npeer 1.example\nrestrict default\n")
    assert NTPD.configured(tmp_path) == ["0.example", "1.example"]
    assert "edit that" in NTPD.refusal(tmp_path)
    put(tmp_path, NTPD.drop_in, NTPD.render(["ours.example"]))
    put(tmp_path, "etc/ntpsec/ntp.d/own.conf", "server 2.example\n")
    assert NTPD.configured(tmp_path) == ["0.example", "1.example", "2.example"]
    assert NTPD.refusal(tmp_path) == ""


@pytest.mark.parametrize("daemon", DAEMONS, ids=lambda daemon: daemon.name)
def test_the_unit_that_is_installed_is_known(daemon: Daemon, tmp_path: Path) -> None:
    assert daemon.unit(tmp_path) == ""
    put(tmp_path, f"lib/systemd/system/{daemon.units[-1]}", "[Unit]\n")
    assert daemon.unit(tmp_path) == daemon.units[-1]


def test_systemd_takes_our_drop_in_as_it_was_meant(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    put(tmp_path, "etc/systemd/timesyncd.conf", "[Time]\nNTP=a.example\n")
    put(tmp_path, TIMESYNCD.drop_in, TIMESYNCD.render(["ours.example", "192.0.2.1"]))
    told = subprocess.run(
        ["systemd-analyze", f"--root={tmp_path}", "cat-config", "systemd/timesyncd.conf"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    lines = [line for line in told.splitlines() if line.startswith("NTP=")]
    assert lines == ["NTP=a.example", "NTP=", "NTP=ours.example 192.0.2.1"]
