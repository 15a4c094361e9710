"""The verb config: what people ask for, and how it is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.vendor_files.verbs import ConfigurationVerb
from tests.vendor_files.test_service import CODE, PASSWORD, Bench, with_change


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "one")


def asked(bench: Bench, **arguments: Any) -> dict[str, Any]:
    return ConfigurationVerb(lambda: bench.files).answer(arguments)


def test_a_file_is_made_looked_at_and_put_in_force(bench: Bench) -> None:
    bench.device.change({CODE: "first"})
    content = asked(bench, action="backup")["content"]
    bench.device.change({CODE: "later"})
    change = {"path": CODE, "before": "later", "after": "first"}
    assert asked(bench, action="preview", content=content)["changes"] == [change]
    assert bench.device.get(CODE) == "later"
    told = asked(bench, action="restore", content=content)
    assert (told["changes"], told["status"], bench.device.get(CODE)) == ([change], 0, "first")


def test_each_reason_is_told_with_its_path_and_the_next_step(bench: Bench, tmp_path: Path) -> None:
    assert (
        "digest" in asked(bench, action="restore", content='{"format": "cpe-agent configuration"}')["error"]["message"]
    )
    said = json.loads(asked(bench, action="backup")["content"])
    said["backends"]["network"]["interface"][0]["mtu"] = 10
    said["backends"]["network"]["address"][0]["address"] = "0.0.0.0"
    wrong = asked(bench, action="restore", content=with_change(json.dumps(said).encode()).decode())["error"]
    assert {one["path"].rpartition(".")[2] for one in wrong["refusals"]} == {"MaxMTUSize", "IPAddress"}
    bench.device.change({PASSWORD: "x"})
    other = Bench(tmp_path / "two")
    content = asked(bench, action="backup")["content"]
    assert "--without-secrets" in asked(other, action="restore", content=content)["error"]["next"]
    assert asked(other, action="restore", content=content, without_secrets=True)["status"] == 0


@pytest.mark.parametrize(
    "wrong",
    [{}, {"action": "burn"}, {"action": "restore", "content": 3}, {"action": "backup", "secrets": "painted"},
     {"action": "restore", "content": "", "without_secrets": 1}],
)  # fmt: skip
def test_what_is_no_question_is_refused(bench: Bench, wrong: dict[str, Any]) -> None:
    assert asked(bench, **wrong)["error"]["code"] == "invalid_arguments"
