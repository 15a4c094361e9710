"""The log file that logd writes, where it is told to."""

from pathlib import Path

import pytest

from backends.log_files import LogFile
from backends.openwrt.system.log import log_file
from backends.uci import FileUci, Places

pytestmark = pytest.mark.slow


def found(root: Path, text: str, kind: str = "tmpfs") -> list[LogFile]:
    places = Places.under(root)
    places.config.mkdir(parents=True, exist_ok=True)
    (places.config / "system").write_text(text)
    return list(log_file(FileUci(places).read, root, lambda _: kind))


@pytest.mark.parametrize(
    ("options", "size"), [("\toption log_size '256'\n", 256 * 1024), ("", 0), ("\toption log_size 'x'\n", 0)]
)
def test_a_file_is_told_with_its_size(tmp_path: Path, options: str, size: int) -> None:
    (tmp_path / "var/log").mkdir(parents=True)
    (tmp_path / "var/log/messages").touch()
    text = f"config system\n\toption log_file '/var/log/messages'\n{options}"
    assert found(tmp_path, text) == [LogFile("/var/log/messages", size, is_persistent=False)]
    assert found(tmp_path, text, "ext4")[0].is_persistent


@pytest.mark.parametrize("place", ["", "/nowhere", "var/log/x", "/"])
def test_without_one_there_is_none(tmp_path: Path, place: str) -> None:
    assert found(tmp_path, f"config system\n\toption log_file '{place}'\n") == []


def test_a_broken_package_takes_no_other_log_away(tmp_path: Path) -> None:
    (tmp_path / "var/log").mkdir(parents=True)
    (tmp_path / "var/log/syslog").touch()
    assert [one.path for one in found(tmp_path, "config 'x\n")] == ["/var/log/syslog"]
