"""get, set, add, delete, names, attributes: what the agent is asked, and what people see of its answer."""

import json
from pathlib import Path

import pytest

from agent.cli.main import run
from tests.cli.scripted_agent import scripted_agent

VALUES = {
    "parameters": [
        {"path": "A.Name", "value": "one", "type": "string", "source": "netlink link eth0"},
        {"path": "A.Number", "value": "2", "type": "unsignedInt", "source": "model"},
    ]
}


def test_get_asks_for_all_paths_at_once_and_shows_them_aligned(
    socket: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted_agent(socket, {"get": VALUES}) as asked:
        assert run(["get", "A.Name", "A.*"]) == 0
    assert asked == [("get", {"paths": ["A.Name", "A.*"], "explain": False})]
    assert capsys.readouterr().out == "A.Name    one\nA.Number  2\n"


def test_get_explains_where_a_value_comes_from(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"get": VALUES}) as asked:
        assert run(["get", "A.", "--explain"]) == 0
    assert asked[0][1]["explain"] is True
    assert "A.Name    one  netlink link eth0\n" in capsys.readouterr().out


def test_get_as_json_is_the_agents_document(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"get": VALUES}):
        assert run(["get", "A.", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"schema": 1, **VALUES}


def test_a_glob_that_nothing_fits_is_a_problem(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"get": {"parameters": []}}):
        assert run(["get", "A.*.Nothing"]) == 1
    assert "no parameter fits" in capsys.readouterr().err


def test_an_empty_table_is_no_problem(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"get": {"parameters": []}}):
        assert run(["get", "A.Table."]) == 0
    assert capsys.readouterr().out == ""


def test_set_makes_one_request_of_all_assignments(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"set": {"status": 0}}) as asked:
        assert run(["set", "A.B=1", "A.[x=y].C=a=b\nc", "A.D="]) == 0
    assert asked == [("set", {"values": {"A.B": "1", "A.[x=y].C": "a=b\nc", "A.D": ""}})]
    assert capsys.readouterr().out == "changed\n"


def test_an_acs_without_tls_is_set_with_a_warning(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"set": {"status": 0}}):
        assert run(["set", "Device.ManagementServer.URL=http://acs/"]) == 0
        assert "http://" in capsys.readouterr().err
        assert run(["set", "Device.ManagementServer.URL=https://acs/"]) == 0
        assert capsys.readouterr().err == ""


@pytest.mark.parametrize("assignments", [["A.B"], ["=1"], ["A.B=1", "A.B=2"]])
def test_set_refuses_what_is_no_assignment(assignments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["set", *assignments]) == 2
    assert "  next: " in capsys.readouterr().err


def test_a_change_that_has_to_wait_says_so(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"set": {"status": 1}}):
        assert run(["set", "A.B=1"]) == 0
    assert capsys.readouterr().out.startswith("accepted; it takes effect when")


def test_add_prints_the_path_of_the_new_instance(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"add": {"path": "A.B.3.", "instance": 3, "status": 0}}) as asked:
        assert run(["add", "A.B."]) == 0
    assert asked == [("add", {"path": "A.B."})]
    assert capsys.readouterr().out == "A.B.3.\n"


def test_delete_asks_for_one_instance(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"delete": {"status": 0}}) as asked:
        assert run(["delete", "A.B.3."]) == 0
    assert asked == [("delete", {"path": "A.B.3."})]
    assert capsys.readouterr().out == "deleted\n"


def test_names_marks_what_can_be_changed(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = {"names": [{"path": "A.", "writable": False}, {"path": "A.B", "writable": True}]}
    with scripted_agent(socket, {"names": names}) as asked:
        assert run(["names", "--next-level"]) == 0
    assert asked == [("names", {"path": "", "next_level": True})]
    assert capsys.readouterr().out == "-  A.\nw  A.B\n"


@pytest.mark.parametrize(("given", "sent"), [("2", 2), ("active", 2), ("off", 0), ("1", 1)])
def test_attributes_take_a_number_or_a_word(socket: Path, given: str, sent: int) -> None:
    with scripted_agent(socket, {"attributes": {"attributes": []}}) as asked:
        assert run(["attributes", "A.B", "--notification", given]) == 0
    assert asked == [("attributes", {"path": "A.B", "notification": sent})]


@pytest.mark.parametrize("given", ["9", "3", "-1", "often", "²", ""])
def test_a_notification_that_there_is_not_is_a_matter_of_usage(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["attributes", "A.B", f"--notification={given}"])
    assert ended.value.code == 2
    assert "0 or off, 1 or passive, 2 or active" in capsys.readouterr().err


def test_attributes_are_only_read_without_a_notification(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = {"attributes": [{"path": "A.B", "notification": 2, "access_list": ["Subscriber"]}]}
    with scripted_agent(socket, {"attributes": shown}) as asked:
        assert run(["attributes", "A.B"]) == 0
    assert asked == [("attributes", {"path": "A.B"})]
    assert capsys.readouterr().out == "notification  access      path\nactive        Subscriber  A.B\n"
