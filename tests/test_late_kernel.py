"""A kernel that answers late costs no event: what could not be heeded is heeded with the next one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.settings import Discovery, Loaded, Settings, State, Web
from agent.wiring import Agent
from backends.errors import TimedOut


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    """In this process, not running; nothing of the machine is managed."""
    off = Settings(state=State(tmp_path), web=Web(enable=False), discovery=Discovery(enable=False))
    made = Agent(Loaded(off), boot=False)
    yield made
    made.control.stop()


def test_what_could_not_be_heeded_is_heeded_with_the_next_event(
    agent: Agent, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    heeded: list[frozenset[str]] = []

    def late(_topics: frozenset[str]) -> None:
        raise TimedOut("radios: the kernel has not answered for 0.3 s")

    monkeypatch.setattr(agent.machine, "changed", late)
    agent.parts.system_changed(frozenset({"radio"}))
    assert "is looked at again with the next change" in caplog.text
    assert not [record for record in caplog.records if record.exc_info]

    monkeypatch.setattr(agent.machine, "changed", heeded.append)
    agent.parts.system_changed(frozenset({"lease"}))
    agent.parts.system_changed(frozenset({"clock"}))

    assert heeded == [{"radio", "lease"}, {"clock"}]
