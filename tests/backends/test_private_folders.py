"""A program sees folders of ours at its places, and nobody else does."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from backends.private_folders import with_folders
from tests.netlab.fixtures import lab, make_namespace
from tests.netlab.namespace import Namespace

__all__ = ["lab", "make_namespace"]


def test_the_program_finds_our_files_where_it_looks_for_its_own(lab: Namespace, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    (place / "whose").write_text("the machine's")
    ours = tmp_path / "below" / "ours"
    command = with_folders(
        {ours: str(place), tmp_path / "other": str(tmp_path / "new")}, ["/bin/cat", f"{place}/whose"]
    )
    (ours / "whose").write_text("ours")
    assert lab.run(*command) == "ours"
    assert (place / "whose").read_text() == "the machine's"
    assert lab.run("/bin/cat", f"{place}/whose") == "the machine's"


def test_what_the_program_makes_at_its_place_is_in_our_folder(lab: Namespace, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    lab.run(*with_folders({tmp_path / "ours": str(place)}, ["/usr/bin/touch", f"{place}/made"]))
    assert (tmp_path / "ours/made").exists()
    assert not (place / "made").exists()


def test_no_argument_means_anything_but_itself(lab: Namespace, tmp_path: Path) -> None:
    words = ["$(id)", "a b", "'\"", "--help", "é\n"]
    printed = lab.run(*with_folders({}, ["/usr/bin/printf", "%s|", *words]))
    assert printed == "".join(f"{word}|" for word in words)


def test_one_who_may_not_have_namespaces_is_told_so(make_namespace: Callable[[], Namespace], tmp_path: Path) -> None:
    command = with_folders({tmp_path / "ours": str(tmp_path)}, ["/bin/true"])
    weak = ["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin", "--", *command]
    ended = subprocess.run(make_namespace().command(*weak), capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("a mount namespace: ")
