"""Changes of files in folders are told, of all that were asked for and of no others."""

from pathlib import Path

from backends.inotify import watched
from tests.waiting import PATIENCE


def test_files_that_were_written_replaced_or_removed_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "leases"
    folder.mkdir()
    with watched([tmp_path / "absent", folder]) as watch:
        assert watch.wait(0) == set()
        (folder / "a").write_text("1")
        (tmp_path / "beside").write_text("1")
        assert watch.wait(PATIENCE) == {folder / "a"}
        (folder / "b").write_text("2")
        (folder / "b").rename(folder / "a")
        assert watch.wait(PATIENCE) == {folder / "a", folder / "b"}
        (folder / "a").unlink()
        assert watch.wait(PATIENCE) == {folder / "a"}


def test_a_folder_that_is_not_there_cannot_be_watched(tmp_path: Path) -> None:
    with watched([]) as watch:
        assert not watch.add(tmp_path / "absent")
        assert watch.add(tmp_path)
