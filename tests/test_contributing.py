"""CONTRIBUTING's example is followed to the letter: one file and one line add an object to a copy of the tree."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import HANGS

ROOT = Path(__file__).resolve().parent.parent

READ = """
import pathlib, sys
from agent.model.data_model import Caller
from agent.settings import Loaded, Settings, State
from agent.wiring import Agent

agent = Agent(Loaded(Settings(state=State(pathlib.Path(sys.argv[1])))), boot=False)
for value in agent.model.get(["Device.Ethernet."], Caller.LOCAL):
    print(value.path, "=", value.text)
print(agent.model.source("Device.Ethernet.RMONStats.1.Bytes"))
"""


def blocks(language: str) -> dict[str, str]:
    """The fenced blocks of a language that have a title: title → text."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    found = re.findall(rf'^```{language} title="([^"]+)"\n(.*?)^```$', text, re.MULTILINE | re.DOTALL)
    return dict(found)


def apply(diff: str, file: Path) -> None:
    """Put each added line of the example before or after its neighbour, as a person would."""
    text = file.read_text(encoding="utf-8")
    for added, context in re.findall(r"^\+(.*)\n((?: .*\n)?)", diff, re.MULTILINE):
        anchor = context[1:] if context else None
        if anchor and anchor in text:
            text = text.replace(anchor, f"{added}\n{anchor}", 1)
        elif added.startswith(("from ", "import ")):
            text = re.sub(r"^(from backends\.tr181)", f"{added}\n\\1", text, count=1, flags=re.MULTILINE)
        else:
            table = next(line[1:] for line in diff.splitlines() if line.startswith(" ") and line.rstrip().endswith("("))
            text = text.replace(table, f"{table}\n{added}", 1)
    file.write_text(text, encoding="utf-8")


@pytest.mark.slow
def test_the_object_of_the_example_is_read_from_the_real_system(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for part in ("agent", "backends", "config"):
        shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
    ((name, code),) = blocks("python").items()
    (tree / name).write_text(code, encoding="utf-8")
    ((table, diff),) = blocks("diff").items()
    before = (tree / table).read_text(encoding="utf-8")
    apply(diff, tree / table)

    script = ['ip link set lo up && ip link add port0 type veth peer name port1 && exec "$@"', "sh"]
    command = [sys.executable, "-c", READ, str(tmp_path / "state")]
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--net", "sh", "-c", *script, *command],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
        timeout=HANGS,
    )

    assert done.returncode == 0, done.stderr
    assert len((tree / table).read_text(encoding="utf-8").splitlines()) == len(before.splitlines()) + 2
    assert "Device.Ethernet.RMONStatsNumberOfEntries = 2" in done.stdout
    assert "Device.Ethernet.RMONStats.1.Interface = Device.Ethernet.Interface.1" in done.stdout
    assert done.stdout.rstrip().endswith(("netlink link port0", "netlink link port1"))
