"""The journal is told with its limit; tests/vendor_files has how it is read."""

from pathlib import Path

from backends.journal import journals
from backends.log_files import LogFile
from tests.backends.test_log_files import put


def test_the_last_drop_in_says_how_large_the_journal_may_be(tmp_path: Path) -> None:
    put(tmp_path, "run/log/journal/1/system.journal")
    put(tmp_path, "etc/systemd/journald.conf", "RuntimeMaxUse=1G\n")
    put(tmp_path, "usr/lib/systemd/journald.conf.d/20-small.conf", "[Journal]\nRuntimeMaxUse=512K\n")
    put(tmp_path, "etc/systemd/journald.conf.d/10-large.conf", "[Journal]\nRuntimeMaxUse=2G\nSystemMaxUse=1\n")
    assert journals(tmp_path, lambda _: "tmpfs") == [LogFile("/run/log/journal", 512 << 10, False)]


def test_a_journal_that_nobody_has_written_to_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "var/log/journal/1").mkdir(parents=True)
    assert journals(tmp_path, lambda _: "ext4") == []
