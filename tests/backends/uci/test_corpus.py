"""Every file of the corpus, and mutated ones: read, written, edited; and as the real uci has them."""

import hashlib
import random
import subprocess
from pathlib import Path

import pytest

from backends.uci.draft import Draft
from backends.uci.layout import rewritten
from backends.uci.reading import MARKS, decoded, encoded, parsed, rendered
from backends.uci.types import BrokenPackage, Package
from tests.backend_contract.uci_machines import REAL
from tests.backends.uci.boards import BROKEN, CORPUS, FILES, mutated, name

HERE = Path("here")
EXPORTS = dict(
    reversed(line.split("  ")) for line in (CORPUS.parent / "exports.sha256").read_text().splitlines() if line
)
"""What the real uci (2025) exports of each file, as sha256: so that it is compared with where there is none."""


def package(text: str) -> Package:
    return parsed("here", text, HERE)


def text_of(path: Path) -> str:
    return decoded(path.read_bytes())


def whatever_can_be_read(texts: list[str]) -> list[tuple[str, Package]]:
    found = []
    for text in texts:
        try:
            found.append((text, package(text)))
        except BrokenPackage:
            continue
    return found


def edited(draft: Draft, chance: random.Random) -> Draft:
    """With a few edits of any kind."""
    for number in range(chance.randrange(1, 5)):
        sections = draft.package().sections
        if not sections:
            draft.add("rule")
            continue
        section = chance.choice(sections)
        option = chance.choice([*section.options, f"new{number}"])
        match chance.randrange(8):
            case 0:
                draft.set(section.id, option, chance.choice(["it's", "a\nb", "# no comment", "'", ""]))
            case 1:
                draft.set(section.id, option, ("a", "b c"))
            case 2:
                draft.add_to_list(section.id, option, "one more")
            case 3:
                draft.delete_option(section.id, option)
            case 4:
                draft.delete(section.id)
            case 5:
                draft.rename(section.id, f"name{number}_{chance.randrange(1000)}")
            case 6:
                draft.reorder(section.id, chance.randrange(5))
            case 7:
                draft.add("rule", f"made{number}_{chance.randrange(1000)}")
    return draft


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_file_reads_as_uci_exports_it(path: Path) -> None:
    assert hashlib.sha256(encoded(rendered(package(text_of(path))))).hexdigest() == EXPORTS[name(path)]


@pytest.mark.parametrize("path", FILES, ids=name)
def test_what_is_written_reads_the_same(path: Path) -> None:
    read = package(text_of(path))
    assert package(rendered(read)) == read


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_file_without_edits_is_written_as_it_was(path: Path) -> None:
    text = text_of(path)
    draft = Draft(package(text))
    new = rewritten(text, draft.base, draft.package(), draft.origins())
    if path.name == "semicolons":  # statements of one line get lines of their own
        assert package(new) == draft.base
    elif path.name == "twice":  # what goes on with a section further down comes to it
        assert sorted(new.splitlines()) == sorted(text.splitlines())
    else:
        assert new == text


@pytest.mark.parametrize("path", FILES, ids=name)
def test_an_edit_keeps_every_comment_and_every_other_line(path: Path) -> None:
    text = text_of(path)
    draft = Draft(package(text))
    for section in draft.base.sections:
        draft.set(section.id, "added", "by the agent")
    new = rewritten(text, draft.base, draft.package(), draft.origins())
    assert package(new).says() == draft.package().says()
    if path.name != "semicolons":
        assert set(text.splitlines()) <= set(new.splitlines())


@pytest.mark.parametrize("path", BROKEN, ids=name)
def test_a_broken_file_is_refused_with_its_line(path: Path) -> None:
    lines = {
        "bad-option": 2,
        "option-alone": 2,
        "other-type": 2,
        "unclosed": 2,
        "unclosed-double": 2,
        "verb": 3,
        "words": 2,
        "name-below": 2,
    }
    with pytest.raises(BrokenPackage) as told:
        package(text_of(path))
    assert told.value.line == lines.get(path.name, 1)


def test_mutated_files_are_read_or_refused_and_what_is_read_can_be_written() -> None:
    read = whatever_can_be_read(mutated(seed=5, count=1500))
    assert len(read) > 300
    for text, found in read:
        assert package(rendered(found)).says() == found.says(), text


def test_edits_of_mutated_files_come_to_hold_without_losing_anything_else() -> None:
    chance = random.Random(6)
    for text, found in whatever_can_be_read(mutated(seed=7, count=1000)):
        draft = edited(Draft(found), chance)
        new = rewritten(text, found, draft.package(), draft.origins())
        assert package(new).says() == draft.package().says(), text


if REAL:

    def exported(directory: Path, text: str) -> bytes | None:
        """What the real one says of it; None where it refuses."""
        (directory / "here").write_bytes(encoded(text))
        command = [str(REAL), "-c", str(directory), "-t", str(directory / "delta"), "export", str(directory / "here")]
        ended = subprocess.run(command, capture_output=True, check=False)
        return None if ended.returncode or ended.stderr else ended.stdout

    def ours(text: str) -> bytes | None:
        try:
            return encoded(f"package here\n{rendered(package(text))}")
        except BrokenPackage:
            return None

    @pytest.mark.parametrize("path", [*FILES, *BROKEN], ids=name)
    def test_the_real_uci_says_the_same(path: Path, tmp_path: Path) -> None:
        assert ours(text_of(path)) == exported(tmp_path, text_of(path))

    @pytest.mark.parametrize("path", FILES, ids=name)
    def test_the_real_uci_gives_the_same_ids(path: Path, tmp_path: Path) -> None:
        (tmp_path / "here").write_bytes(path.read_bytes())
        command = [str(REAL), "-X", "-c", str(tmp_path), "-t", str(tmp_path / "delta"), "show", str(tmp_path / "here")]
        shown = decoded(subprocess.run(command, capture_output=True, check=True).stdout)
        for section in package(text_of(path)).sections:
            assert f"here.{section.id}={section.type}\n" in shown

    def test_the_real_uci_says_the_same_of_mutated_files(tmp_path: Path) -> None:
        for text in mutated(seed=8, count=600):
            said, theirs = ours(text), exported(tmp_path, text)
            if said is not None and any(MARKS.search(section.type) for section in package(text).sections):
                # It writes such a type without quotes, and could not read that again.
                assert theirs is not None
            else:
                assert said == theirs, text
