"""The documents speak of what there is: every file they name exists, every verb and make target too."""

import re
from pathlib import Path

import pytest

from agent.cli.main import VERBS

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(path.name for path in ROOT.glob("*.md"))
CODE = re.compile(r"`([^`\n]+)`")
TREE = ("agent/", "backends/", "config/", "openwrt/", "systemd/", "tests/")

# Files that a reader of CONTRIBUTING is going to write.
TO_BE_WRITTEN = re.compile(r"tests/backends/tr181/test_rmon\.py")


def spoken(document: str) -> list[str]:
    """What a document names in backquotes, outside its blocks of code."""
    return CODE.findall(re.sub(r"```.*?```", "", (ROOT / document).read_text(), flags=re.DOTALL))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_a_document_names_exists(document: str) -> None:
    named = [each for each in spoken(document) if each.startswith(TREE) and " " not in each]
    assert [each for each in named if not TO_BE_WRITTEN.match(each) and not any(ROOT.glob(each.rstrip("/")))] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_verb_a_document_names_exists(document: str) -> None:
    named = {found[1] for each in spoken(document) if (found := re.match(r"cpe-agent ([a-z-]*[a-z])", each))}
    assert named <= set(VERBS)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_a_document_names_exists(document: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {found[1] for each in spoken(document) if (found := re.match(r"make ([a-z-]+)", each))}
    assert named <= targets


def test_continuous_integration_runs_the_whole_check() -> None:
    assert "\nmake check\n" in (ROOT / ".ci" / "run").read_text()
