"""The verbs that only a page asks are built from the daemon's parts when one is first asked."""

from pathlib import Path
from typing import Any

from agent import page, page_asks
from agent.runtime.strip import Strip
from agent.runtime.verbs import ModelVerbs
from backends.netlink import Netlink
from backends.procfs import Procfs
from tests.model.device import Device


def parts(directory: Path, reloads: list[int]) -> page_asks.Parts:
    device = Device()
    device.tree("")
    return page_asks.Parts(
        device.model,
        ModelVerbs(device.model, lambda: None),
        lambda after: [],
        Strip([], lambda: 1000.0),
        Netlink(),
        Procfs(),
        None,
        lambda: directory / "agent.toml",
        lambda: reloads.append(1),
        lambda name: False,
    )


def test_every_verb_that_the_page_promises_is_there_and_answers(tmp_path: Path) -> None:
    reloads: list[int] = []
    table, live = page_asks.asks(parts(tmp_path, reloads))
    assert set(table) == set(page.ASKS)

    def ask(verb: str, **arguments: Any) -> dict[str, Any]:
        return table[verb](arguments)

    (sample,) = ask("live")["samples"]
    assert 0 < sample["memory"] < 1
    assert live.due(0.0) is not None
    assert ask("settings", values={"log.level": "debug"}) == {"written": ["log.level"]}
    assert reloads == [1]
    assert ask("log")["lines"] == []
    assert ask("strip")["sessions"] == []
