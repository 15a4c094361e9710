"""A program of ours is started once, told of changes and ended when there is nothing for it to do."""

from pathlib import Path

import pytest

from backends.errors import MechanismError
from backends.lan.companion import Companion
from tests.netlab.namespace import Namespace

QUIET: dict[str, object] = {"link": "lo", "address": "127.0.0.1", "server": None, "criteria": []}


def test_it_goes_on_over_changes_and_ends_when_unneeded(lab: Namespace, tmp_path: Path) -> None:
    relay = Companion("relay", tmp_path, lab.command())
    assert not relay.make([])
    assert relay.make([QUIET])
    process = relay.program.pid()
    assert not relay.make([QUIET])
    assert relay.make([QUIET, QUIET])
    assert Companion("relay", tmp_path, lab.command()).program.pid() == process, "a new run of the agent knows it"
    assert relay.make([])
    assert relay.program.pid() is None


def test_its_last_words_are_told_when_it_cannot_work(lab: Namespace, tmp_path: Path) -> None:
    relay = Companion("relay", tmp_path, lab.command())
    with pytest.raises(MechanismError, match="No such device"):
        relay.make([{**QUIET, "link": "gone"}])
