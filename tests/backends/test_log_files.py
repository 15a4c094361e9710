"""The logs that a system keeps, and how large they may become."""

from pathlib import Path

import pytest

from backends.log_files import LogFile, log_files


def put(root: Path, path: str, text: str = "") -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.fixture(autouse=True)
def journalctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "bin/journalctl"
    put(tmp_path, "bin/journalctl")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    return program


def test_a_journal_that_nothing_can_read_is_not_told(tmp_path: Path, journalctl: Path) -> None:
    put(tmp_path, "var/log/journal/1/system.journal")
    journalctl.unlink()
    assert log_files(tmp_path, lambda _: "ext4") == ()


def test_the_journal_and_the_files_of_syslog_are_told(tmp_path: Path) -> None:
    put(tmp_path, "var/log/journal/1/system.journal")
    put(tmp_path, "var/log/syslog")
    put(tmp_path, "var/log/auth.log/not-a-file")
    put(tmp_path, "etc/systemd/journald.conf", "[Journal]\n#SystemMaxUse=1G\nSystemMaxUse=100M\n")
    assert log_files(tmp_path, lambda path: "tmpfs" if path == "/var/log/syslog" else "ext4") == (
        LogFile("/var/log/journal", 100 << 20, True),
        LogFile("/var/log/syslog", 0, False),
    )


def test_a_system_without_logs_has_none(tmp_path: Path) -> None:
    assert log_files(tmp_path, lambda _: "") == ()
