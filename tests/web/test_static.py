"""The page's own files: small, ours, and without what would turn a text into markup or fetch from elsewhere."""

import re
from pathlib import Path

import pytest

from agent.web.static_files import DIRECTORY, INDEX

FILES = sorted(Path(DIRECTORY).iterdir())
SCRIPTS = [each for each in FILES if each.suffix == ".js"]
MARKUP_FROM_TEXT = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|setHTML|srcdoc|\beval\b"
    r"|new Function|javascript:"
)
ELSEWHERE = re.compile(r"https?://(?!www\.w3\.org/2000/svg\b|acs\.example\.net\b)")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda one: one.name)
def test_no_text_is_made_markup(script: Path) -> None:
    assert MARKUP_FROM_TEXT.findall(script.read_text()) == []


@pytest.mark.parametrize("file", FILES, ids=lambda one: one.name)
def test_nothing_comes_from_outside_the_device(file: Path) -> None:
    assert ELSEWHERE.findall(file.read_text()) == []


def test_the_index_has_nothing_inline() -> None:
    index = Path(DIRECTORY, INDEX).read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon[a-z]+=", index) == []


def test_what_a_module_imports_is_there_and_has_what_is_wanted_of_it() -> None:
    for script in SCRIPTS:
        for names, other in re.findall(r'import \{([^}]*)\} from "\./([\w-]+\.js)"', script.read_text()):
            exported = Path(DIRECTORY, other).read_text()
            for name in filter(None, (one.strip() for one in names.split(","))):
                assert re.search(rf"export (async )?(const|function|class) {name}\b", exported), (
                    f"{script.name}: {name}"
                )


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda one: one.name)
def test_what_is_imported_is_used(script: Path) -> None:
    text = script.read_text()
    for names in re.findall(r"import \{([^}]*)\} from", text):
        for name in filter(None, (one.strip() for one in names.split(","))):
            assert len(re.findall(rf"\b{name}\b", text)) > 1, name
