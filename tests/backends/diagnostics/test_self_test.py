"""SelfTestDiagnostics on this machine, and on one that is broken."""

from pathlib import Path

from backends.diagnostics.self_test import LONGEST, SelfTest, SelfTestRequest, SelfTestResult


def run(directory: Path, root: Path = Path("/")) -> SelfTestResult:
    found = SelfTest().run(SelfTestRequest(directory, root), lambda _: None, lambda: False)
    assert found is not None
    return found


def test_a_machine_that_is_well_says_so_part_by_part(tmp_path: Path) -> None:
    found = run(tmp_path)
    assert {part.name for part in found.parts if part.is_well} == {"memory", "processor", "storage", "clock", "network"}
    assert "memory ok: " in found.results
    assert len(found.results) <= LONGEST
    assert list(tmp_path.iterdir()) == []


def test_what_failed_comes_first_and_the_rest_is_tested_all_the_same(tmp_path: Path) -> None:
    found = run(tmp_path / "not there")
    assert found.results.startswith("storage FAILED: No such file or directory; ")
    assert [part.name for part in found.parts if not part.is_well] == ["storage"]


def test_ports_are_counted_by_their_carrier(tmp_path: Path) -> None:
    for name, state, is_port in (("eth0", "up", True), ("eth1", "down", True), ("br0", "up", False)):
        link = tmp_path / "sys/class/net" / name
        link.mkdir(parents=True)
        (link / "operstate").write_text(f"{state}\n")
        if is_port:
            (link / "device").mkdir()
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal:  2048 kB\nMemAvailable:  1024 kB\n")
    (tmp_path / "proc/loadavg").write_text("0.10 0.20 0.30 1/100 4242\n")
    told = run(tmp_path, tmp_path).results
    assert "1 of 2 ports have a link (eth0)" in told
    assert "1 MB of 2 MB available" in told


def test_a_cancel_ends_it_after_the_part_under_way(tmp_path: Path) -> None:
    assert SelfTest().run(SelfTestRequest(tmp_path), lambda _: None, lambda: True) is None
