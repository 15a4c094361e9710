"""Verbs that are loaded with the first question are there, and answer, from the beginning."""

from pathlib import Path

import pytest

from agent.cli import client
from agent.late_verbs import late_streams, late_verbs
from tests.durability.stand import Stand
from tests.test_doctor import options


@pytest.mark.slow
def test_each_answers_a_real_agent_the_first_time_and_the_second(tmp_path: Path) -> None:
    with Stand(tmp_path) as stand:
        agent = stand.start()
        nobody = late_verbs(None)  # type: ignore[arg-type]  # the names are there before anything is built
        assert set(nobody) == {"discover", "dhcp_event", "transfers", "config"}
        for _ in range(2):
            assert agent.ask("transfers")["transfers"] == []
            assert "sources" in agent.ask("discover")
            assert agent.ask("dhcp_event", event={})["accepted"] is False
            assert "content" in agent.ask("config", action="backup")
        for stream, line in {"sessions": "sessions", "history": "events"}.items():
            assert stream in late_streams(None)  # type: ignore[arg-type]
            assert line in next(client.stream(options(stand), stream))
        with pytest.raises(client.Failure, match="the kinds are configured"):
            next(client.stream(options(stand), "history", kind="nonsense"))
