"""How a verb finds the agent, and what it makes of an agent that behaves strangely."""

import argparse
import socket as sockets
import threading
from pathlib import Path
from typing import Any

import pytest

from agent.cli import client
from agent.cli.client import NOT_RUNNING, PROBLEM, USAGE, Failure, ask, socket_path
from tests.cli.scripted_agent import scripted_agent


def options(**given: Any) -> argparse.Namespace:
    return argparse.Namespace(**{"socket": None, "config": None, **given})


def settings_file(directory: Path, text: str) -> str:
    file = directory / "agent.toml"
    file.write_text(text)
    return str(file)


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CPE_AGENT_SOCKET", raising=False)
    monkeypatch.setattr(client, "DEFAULT_CONFIG", tmp_path / "absent.toml")


def test_the_option_wins_over_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CPE_AGENT_SOCKET", "/environment")
    assert socket_path(options(socket="/option", config="/file")) == Path("/option")


def test_the_environment_wins_over_the_usual_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CPE_AGENT_SOCKET", "/environment")
    monkeypatch.setattr(client, "DEFAULT_CONFIG", Path(settings_file(tmp_path, "[control]\nsocket = '/file'")))
    assert socket_path(options()) == Path("/environment")


def test_settings_that_the_command_line_names_win_over_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CPE_AGENT_SOCKET", "/environment")
    assert socket_path(options(config=settings_file(tmp_path, "[control]\nsocket = '/file'"))) == Path("/file")


def test_the_settings_file_tells_where_the_socket_is(tmp_path: Path) -> None:
    file = settings_file(tmp_path, "[state]\ndirectory = 'own'")
    assert socket_path(options(config=file)) == tmp_path / "own" / "control.sock"


def test_without_anything_it_is_the_usual_place() -> None:
    assert socket_path(options()) == Path("/run/cpe-agent/control.sock")


def test_a_settings_file_that_is_wrong_ends_with_2(tmp_path: Path) -> None:
    file = settings_file(tmp_path, "[state]\nplace = 'own'")
    with pytest.raises(Failure, match=r"agent\.toml:2: unknown setting 'place'") as caught:
        socket_path(options(config=file))
    assert caught.value.status == USAGE


def test_a_socket_left_over_from_a_crash_means_not_running(tmp_path: Path) -> None:
    with sockets.socket(sockets.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "s"))
    with pytest.raises(Failure) as caught:
        ask(options(socket=str(tmp_path / "s")), "status")
    assert caught.value.status == NOT_RUNNING


def test_a_path_longer_than_a_socket_address_works(tmp_path: Path) -> None:
    path = tmp_path / ("d" * 200) / "control.sock"
    with scripted_agent(path, {"status": {"ok": True}}):
        assert ask(options(socket=str(path)), "status") == {"schema": 1, "ok": True}


@pytest.mark.parametrize("said", [b"", b"hello\n", b"[1]\n"])
def test_something_that_is_no_agent_is_told(tmp_path: Path, said: bytes) -> None:
    with sockets.socket(sockets.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen(1)

        def other_program() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(said)

        thread = threading.Thread(target=other_program)
        thread.start()
        with pytest.raises(Failure) as caught:
            ask(options(socket=str(tmp_path / "s")), "status")
        thread.join()
    assert caught.value.status == PROBLEM
    assert caught.value.document["error"]["code"] == "no_answer"


def test_an_agent_that_hangs_is_told_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "ANSWER_WITHIN", 0.1)
    with sockets.socket(sockets.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen(1)
        with pytest.raises(Failure, match="did not answer in time"):
            ask(options(socket=str(tmp_path / "s")), "status")


def test_the_defaults_here_are_those_of_the_settings() -> None:
    from agent import settings

    assert settings.Settings().control_socket() == client.DEFAULT_SOCKET


def test_the_default_file_is_that_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    from agent import settings

    monkeypatch.undo()
    assert client.DEFAULT_CONFIG == settings.DEFAULT_FILE
