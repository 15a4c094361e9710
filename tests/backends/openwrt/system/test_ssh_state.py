"""Which of dropbear's processes is whose, out of what procd and /proc say."""

import struct
from pathlib import Path
from typing import Any

from backends.openwrt.system.ssh_state import logged_in, server_pids
from backends.ssh.sessions import Session
from backends.uci import Section


def instance(name: str, pid: int = 7, running: bool = True) -> dict[str, Any]:
    return {"running": running, "pid": pid, "command": ["/usr/sbin/dropbear", "-F", "-P", f"/var/run/{name}", 5]}


def answer(*instances: Any) -> dict[str, Any]:
    return {"dropbear": {"instances": {f"instance{number}": one for number, one in enumerate(instances)}}}


SECTIONS = {
    "main": Section("dropbear", "main", "main"),
    "off": Section("dropbear", "off", "off", {"enable": "0"}),
    "dropbear_0123456789": Section("dropbear", "", "cfg034dd4"),
}


def test_a_process_file_names_its_section() -> None:
    told = answer(
        instance("dropbear.main.pid", 7), instance("dropbear.cfg034dd4.pid", 8), instance("dropbear.x.pid", 9)
    )
    assert server_pids(told, SECTIONS) == {"main": 7, "dropbear_0123456789": 8}


def test_on_older_releases_it_counts_those_that_are_enabled() -> None:
    told = answer(instance("dropbear.1.pid", 7), instance("dropbear.2.pid", 8))
    assert server_pids(told, SECTIONS) == {"main": 7, "dropbear_0123456789": 8}


def test_without_names_they_are_in_their_order() -> None:
    told = answer(instance("a", 7), instance("b", 8))
    assert server_pids(told, SECTIONS) == {"main": 7, "dropbear_0123456789": 8}
    assert server_pids(answer(instance("a", 7)), SECTIONS) == {}


def test_a_server_as_another_user_is_known_too() -> None:
    assert server_pids(answer(instance("dropbear.uid1000.main.pid")), SECTIONS) == {"main": 7}


def test_what_does_not_run_or_is_no_answer_is_no_server() -> None:
    wrong: list[Any] = [
        answer(instance("dropbear.main.pid", running=False)), {}, None, [], {"dropbear": 1}, answer(1, "x"),
        answer({"running": True, "pid": "7", "command": None}),
    ]  # fmt: skip
    for told in wrong:
        assert server_pids(told, SECTIONS) == {}


def test_a_truth_is_no_process() -> None:
    assert server_pids(answer({**instance("dropbear.main.pid"), "pid": True}), SECTIONS) == {}


class Processes:
    """A /proc of the test's."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def add(self, pid: int, parent: int, uid: int = 0, peer: str = "") -> None:
        folder = self.root / str(pid)
        (folder / "fd").mkdir(parents=True)
        (folder / "stat").write_text(f"{pid} (a (b) c) S {parent} 1 1 0\n")
        (folder / "status").write_text(f"Name:\tx\nUid:\t{uid}\t{uid}\t0\t0\n")
        if peer:
            (number,) = struct.unpack("=I", bytes(int(part) for part in peer.split(".")))
            (folder / "net").mkdir()
            (folder / "net/tcp").write_text(
                f"head\n 0: 0100007F:0016 {number:08X}:D431 01 00000000:00000000 00:00000000 00000000 0 0 {pid}99 1\n"
            )
            (folder / "fd/3").symlink_to(f"socket:[{pid}99]")


def test_who_has_said_who_he_is_has_a_program_running(tmp_path: Path) -> None:
    proc = Processes(tmp_path)
    proc.add(10, 1)
    proc.add(20, 10, peer="192.0.2.9")
    proc.add(21, 20, uid=1000)
    proc.add(30, 10, peer="192.0.2.8")  # has not said yet who he is
    proc.add(40, 1, peer="192.0.2.7")  # his server was started anew since
    proc.add(41, 40)
    found = list(logged_in([10, 20, 30, 40], {10: "main"}, "first", {1000: "anna", 0: "root"}, str(tmp_path)))
    assert found == [
        Session("main", 20, "anna", "192.0.2.9", 0xD431),
        Session("first", 40, "root", "192.0.2.7", 0xD431),
    ]
    assert list(logged_in([99], {}, "", {}, str(tmp_path / "none"))) == []
