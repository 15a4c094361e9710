"""The daemon is asked through its control socket; that it is not there is told."""

from pathlib import Path

import pytest

from agent.web.agent_socket import REFUSAL, AgentDown, AgentSocket
from tests.cli.scripted_agent import scripted_agent


def test_answers_come_as_documents_and_as_lines(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100)
    with scripted_agent(deep / "s", {"status": {"a": "ä"}, "bad": {"error": {"code": "x"}}}) as asked:
        agent = AgentSocket(str(deep / "s"))
        assert agent.ask("status", path="p") == {"schema": 1, "a": "ä"}
        assert agent.ask_raw("status") == '{"schema":1,"a":"ä"}'.encode()
        assert agent.ask_raw("bad").startswith(REFUSAL)
        assert asked[0] == ("status", {"path": "p"})


def test_an_agent_that_is_not_there_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "s", tmp_path / "none" / "s"):
        with pytest.raises(AgentDown, match="the agent does not answer"):
            AgentSocket(str(path)).ask("status")
