"""What is remembered of packet filter rules: what they do, not what they count; by table and version."""

from pathlib import Path

import pytest

from backends.rule_memory import RuleMemory, essence

MATCH = {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": {"set": [1, 2]}}}


def test_what_a_rule_does_is_the_same_whatever_it_counted() -> None:
    assert essence([MATCH, {"counter": {"packets": 0, "bytes": 0}}]) == essence(
        [MATCH, {"counter": {"packets": 7, "bytes": 700}}]
    )


def test_what_a_rule_does_differs_with_each_statement_and_their_order() -> None:
    told = [MATCH, {"counter": None}, {"accept": None}]
    others = [[MATCH, {"accept": None}], [told[1], told[0], told[2]], [*told[:2], {"drop": None}]]
    assert len({essence(one) for one in (told, *others)}) == 4


def test_the_order_of_a_set_is_nothing_that_a_rule_does() -> None:
    turned = {"match": {**MATCH["match"], "right": {"set": [2, 1]}}}
    assert essence([turned]) == essence([MATCH])
    assert turned["match"]["right"] == {"set": [2, 1]}


def test_what_is_learnt_is_known_of_this_table_and_from_this_version_only(tmp_path: Path) -> None:
    memory = RuleMemory(tmp_path / "new")
    memory.learn("inet t", "1.0.6", {"a": "1"})
    for one in (memory, RuleMemory(tmp_path / "new")):
        assert one.known("inet t", "1.0.6") == {"a": "1"}
        assert one.known("inet t", "1.0.9") == one.known("ip t", "1.0.6") == {}


def test_without_a_directory_it_is_known_as_long_as_the_process_lives() -> None:
    memory = RuleMemory()
    memory.learn("inet t", "1", {"a": "1"})
    assert memory.known("inet t", "1") == {"a": "1"}
    assert RuleMemory().known("inet t", "1") == {}


def test_what_is_forgotten_leaves_nothing(tmp_path: Path) -> None:
    memory = RuleMemory(tmp_path)
    memory.forget("inet t")
    memory.learn("inet t", "1", {"a": "1"})
    memory.forget("inet t")
    assert memory.known("inet t", "1") == {}
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("text", ["", "[]", "{}", "nothing", '{"version": "1"}', '{"version": "1", "rules": ["a"]}'])
def test_a_file_that_says_nothing_is_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "inet t.json").write_text(text)
    assert RuleMemory(tmp_path).known("inet t", "1") == {}
