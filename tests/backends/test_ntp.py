"""The NTP daemon that runs is given servers by a file of ours alone, and switched off by another."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from backends.commands import run
from backends.desired_state import SINGLE, Desired, NotOurs, Refused
from backends.errors import MechanismError
from backends.ntp import KINDS, OURS, Client, Clock, Ntp, is_server
from tests.waiting import PATIENCE

CONF = "pool 2.debian.pool.ntp.org iburst\nsourcedir /etc/chrony/sources.d\n"
SWITCH = "etc/systemd/system/chrony.service.d/cpe-agent.conf"


class Host:
    """A machine made of files, with what was started on it."""

    def __init__(self, root: Path, process: str = "chronyd") -> None:
        self.root = root
        self.started: list[str] = []
        self.is_broken = False
        self.now = 0.0
        self.put("etc/chrony/chrony.conf", CONF)
        self.put("lib/systemd/system/chrony.service", "[Unit]\n")
        self.put("run/systemd/system/x", "")
        if process:
            self.put("proc/77/comm", f"{process}\n")
        self.ntp = Ntp(root, root / "proc", self.start, lambda: self.now)
        self.desired = Desired("time", KINDS, self.ntp)

    def put(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def start(self, arguments: Sequence[str], given: str = "", seconds: float = 2.0) -> str:
        assert seconds <= 5
        self.started.append(" ".join(arguments))
        if self.is_broken:
            self.is_broken = False
            raise MechanismError("506 Cannot talk to daemon")
        return ""

    def change(self, enable: bool | None = None, **values: Any) -> None:
        self.desired.begin()
        try:
            if values:
                self.desired.edit(Client, OURS, **values)
            if enable is not None:
                self.desired.edit(Clock, SINGLE, enable=enable)
            self.desired.prepare()
            self.desired.commit()
        except (Refused, MechanismError):
            self.desired.rollback()
            raise

    def drop_in(self) -> str | None:
        with suppress(FileNotFoundError):
            return (self.root / "etc/chrony/sources.d/cpe-agent.sources").read_text()
        return None


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_servers_are_written_into_a_file_of_ours_and_the_daemon_is_told_once(host: Host) -> None:
    host.change(servers=("ntp1.example", "", "192.0.2.1", "ntp1.example"))
    text = host.drop_in()
    assert text is not None
    assert text.splitlines()[1:] == ["server ntp1.example iburst", "server 192.0.2.1 iburst"]
    assert host.started == ["chronyc reload sources"]
    assert (host.root / "etc/chrony/chrony.conf").read_text() == CONF
    assert os.stat(host.root / "etc/chrony/sources.d/cpe-agent.sources").st_mode & 0o777 == 0o644


def test_what_holds_already_is_not_touched(host: Host) -> None:
    host.change(servers=("ntp1.example",))
    host.started.clear()
    host.desired.apply_at_start()
    assert host.started == []


def test_a_daemon_that_was_not_reached_has_the_old_servers_again(host: Host) -> None:
    host.change(servers=("ntp1.example",))
    before, host.is_broken = host.drop_in(), True
    with pytest.raises(MechanismError):
        host.change(servers=("ntp2.example",))
    assert host.drop_in() == before
    assert host.desired.wanted.get(Client, OURS).servers == ("ntp1.example",)


def test_without_servers_there_is_no_file(host: Host) -> None:
    host.change(servers=("ntp1.example",))
    host.change(enable=None, servers=())
    assert host.drop_in() is None
    host.change(servers=("ntp1.example",))
    host.desired.begin()
    host.desired.edit(Client, OURS, enable=False)
    host.desired.prepare()
    host.desired.commit()
    assert host.drop_in() is None


@pytest.mark.parametrize(
    "text",
    ["", "a b", "a\nserver evil", "$(id)", "-x", "a..b", ".a", "x" * 64 + ".example", "a;b", "fe80::1%eth0",
     "ü.example", "[::1]", "a\0", "0 #"],
)  # fmt: skip
def test_what_is_no_server_never_reaches_a_file(host: Host, text: str) -> None:
    assert not is_server(text)
    if text:
        with pytest.raises(Refused):
            host.change(servers=(text,))
        assert host.drop_in() is None


@pytest.mark.parametrize("text", ["pool.ntp.org", "192.0.2.1", "2001:db8::1", "ntp-1.x_y.example", "n"])
def test_names_and_addresses_are_servers(text: str) -> None:
    assert is_server(text)


def test_switched_off_it_is_kept_from_starting_and_switched_on_nothing_is_left(host: Host) -> None:
    host.change(enable=False, servers=("ntp1.example",))
    assert f"ConditionPathExists=!/{SWITCH}\n" in (host.root / SWITCH).read_text()
    assert host.started == ["systemctl daemon-reload", "systemctl stop --no-block chrony.service"]
    shutil.rmtree(host.root / "proc/77")
    host.now += 60
    assert host.ntp.daemon() is not None, "one that was switched off here is still known"
    host.started.clear()
    host.change(enable=True)
    assert not (host.root / SWITCH).exists()
    assert host.started == ["systemctl daemon-reload", "systemctl start --no-block chrony.service"]


def test_a_daemon_that_systemd_does_not_run_is_not_switched_off(host: Host) -> None:
    shutil.rmtree(host.root / "run")
    with pytest.raises(NotOurs, match="stop it by hand"):
        host.change(enable=False)


def test_chrony_without_a_place_for_our_file_is_left_alone(host: Host) -> None:
    host.put("etc/chrony/chrony.conf", "pool x\n")
    with pytest.raises(NotOurs, match="sourcedir"):
        host.change(servers=("ntp1.example",))


def test_without_a_daemon_there_is_nobody_to_tell(tmp_path: Path) -> None:
    host = Host(tmp_path, process="")
    assert host.ntp.daemon() is None
    assert host.ntp.found_servers() == []
    with pytest.raises(NotOurs, match="no NTP daemon"):
        host.change(servers=("ntp1.example",))
    host.desired.apply_at_start()
    host.put("proc/9/comm", "systemd-timesyn\n")
    assert host.ntp.daemon() is None, "it is not looked for at every question"
    host.now += 60
    daemon = host.ntp.daemon()
    assert daemon is not None
    assert daemon.name == "systemd-timesyncd"


def test_timesyncd_is_started_anew_to_read_its_file(tmp_path: Path) -> None:
    host = Host(tmp_path, process="systemd-timesyn")
    host.change(servers=("ntp1.example", "ntp2.example"))
    file = tmp_path / "etc/systemd/timesyncd.conf.d/cpe-agent.conf"
    assert file.read_text().splitlines()[1:] == ["[Time]", "NTP=", "NTP=ntp1.example ntp2.example"]
    assert host.started == ["systemctl try-restart --no-block systemd-timesyncd.service"]


# --- a real chronyd


@pytest.fixture
def chronyd(tmp_path: Path) -> Iterator[tuple[Host, Sequence[str]]]:
    """One in namespaces of its own: on its network nobody answers, and its /etc/chrony is the test's."""
    if shutil.which("chronyd") is None or os.geteuid() != 0:
        pytest.skip("chrony is not installed, or this user may not run it")
    host = Host(tmp_path)
    (tmp_path / "etc/chrony/sources.d").mkdir()
    command_socket = tmp_path / "run/chronyd.sock"
    host.put(
        "etc/chrony/chrony.conf",
        f"server 127.0.0.9\nsourcedir /etc/chrony/sources.d\ncmdport 0\nport 0\nbindcmdaddress {command_socket}\n"
        f"pidfile {tmp_path}/run/chronyd.pid\ndriftfile {tmp_path}/drift\n",
    )
    script = f"mount --bind {tmp_path}/etc/chrony /etc/chrony && exec chronyd -d -x -u root"
    os.chmod(tmp_path / "run", 0o750)
    process = subprocess.Popen(
        ["unshare", "--mount", "--net", "sh", "-c", script], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    client = ("chronyc", "-h", str(command_socket))
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
                probe.connect(str(command_socket))
                break
            assert time.monotonic() < deadline, "chronyd does not start"
            time.sleep(0.02)
        host.ntp = Ntp(
            tmp_path,
            "/proc",
            lambda arguments, given="", seconds=2.0: run((*client, *arguments[1:]), given, seconds),
        )
        host.desired = Desired("time", KINDS, host.ntp)
        yield host, client
    finally:
        process.terminate()
        process.wait(PATIENCE)


def sources(client: Sequence[str]) -> set[str]:
    return {line.split(",")[2] for line in run((*client, "-n", "-c", "sources")).splitlines()}


def test_a_real_chronyd_asks_the_servers_that_were_set(chronyd: tuple[Host, Sequence[str]]) -> None:
    host, client = chronyd
    daemon = host.ntp.daemon()
    assert daemon is not None
    assert daemon.name == "chrony"
    assert sources(client) == {"127.0.0.9"}
    host.change(servers=("127.0.0.1", "127.0.0.2"))
    assert sources(client) == {"127.0.0.9", "127.0.0.1", "127.0.0.2"}
    host.change(servers=("127.0.0.2",))
    assert sources(client) == {"127.0.0.9", "127.0.0.2"}
    host.change(servers=())
    assert sources(client) == {"127.0.0.9"}
