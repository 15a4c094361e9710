"""The daemon, the lab ACS and a file server: modules are ordered, come, run, are told of, and survive kill -9."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.backends.modules.making import archive
from tests.durability.stand import Agent, Stand
from tests.transfers.file_server import File, FileServer
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.slow

UUID = "0b3f0c52-55c8-5e0c-9f40-0b6d8d0a7b11"
MORE = """[discovery]
enable = false
[transfers]
laboratory = true
[modules]
enable = true
[firmware]
public_keys = "{keys}"
"""
MODULES = "Device.SoftwareModules."
UNIT = [{"name": "main", "arguments": ["bin/greet"], "privileged": True}]
KILLS = ["strace", "-D", "-f", "-q", "-o", "/dev/null", "-e", "trace=fsync"]


class Key:
    """A maker's key, by minisign."""

    def __init__(self, place: Path) -> None:
        self.public, self._secret = place / "key.pub", place / "key.sec"
        self._run("-G", "-W", "-p", str(self.public), "-s", str(self._secret))

    def sign(self, message: bytes) -> bytes:
        file = self.public.with_name("message")
        file.write_bytes(message)
        self._run("-S", "-s", str(self._secret), "-m", str(file))
        return file.with_name("message.minisig").read_bytes()

    @staticmethod
    def _run(*arguments: str) -> None:
        subprocess.run(["minisign", *arguments], check=True, capture_output=True, timeout=PATIENCE)


class Bench:
    """``stand`` has the agent and the ACS, ``server`` the files."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.key = Key(place)
        self.server = FileServer()
        self.stand = Stand(place, more=MORE.format(keys=self.key.public))

    def serve(self, name: str, **told: Any) -> str:
        """Have an archive at the server; its URL."""
        file = archive(self.place / name, sign=self.key.sign, **{"units": UNIT, **told})
        self.server.files[f"/{name}"] = File(file.read_bytes())
        return self.server.url(f"/{name}")

    def ordered(self, agent: Agent, key: str, *operations: dict[str, str]) -> list[tuple[int, str, str]]:
        """What the ACS hears of an order: code, state and version of each operation."""
        self.stand.done(agent, "ChangeDUState", operations=list(operations), command_key=key)
        return self.told(key)

    def told(self, key: str) -> list[tuple[int, str, str]]:
        """The same of an order that was given before; it is told once."""

        def found() -> list[Any]:
            return [one.content["results"] for one in self.stand.acs.told if one.command_key == key]

        until(found, lambda: f"no DUStateChangeComplete\n{self.stand.log.read_text()[-3000:]}")
        self.stand.acs.wait_for_session_end(timeout=PATIENCE)
        [results] = found()
        return [(one["fault"]["fault_code"], one["current_state"], one["version"]) for one in results]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    with made.server, made.stand:
        yield made
    for file in (tmp_path / "state/services/modules/units").glob("*.pid"):
        with suppress(OSError, ValueError, TypeError):
            os.kill(json.loads(file.read_text())["pid"], signal.SIGKILL)


def test_modules_are_ordered_by_the_acs_from_the_first_to_the_last(bench: Bench) -> None:
    agent = bench.stand.first_contact()
    one, two = bench.serve("one", version="1.0"), bench.serve("two", version="2.0")
    assert bench.ordered(agent, "first", {"operation": "Install", "url": one, "uuid": UUID}) == [
        (0, "Installed", "1.0")
    ]
    values = agent.values(MODULES)
    assert values[f"{MODULES}DeploymentUnit.1.UUID"] == UUID
    assert values[f"{MODULES}DeploymentUnit.1.URL"] == one
    assert values[f"{MODULES}ExecutionUnit.1.Status"] == "Active"
    assert int(values[f"{MODULES}ExecutionUnit.1.MemoryInUse"]) > 0
    processes = values[f"{MODULES}ExecutionUnit.1.AssociatedProcessList"].split(",")
    assert agent.values(f"{processes[0]}.Command") != {}

    told = bench.ordered(
        agent, "second",
        {"operation": "Install", "url": one, "uuid": UUID},
        {"operation": "Update", "uuid": UUID, "url": two},
        {"operation": "Update", "uuid": UUID, "url": one},
        {"operation": "Uninstall", "uuid": UUID.replace("0", "1")},
    )  # fmt: skip
    assert told == [(9026, "Failed", ""), (0, "Installed", "2.0"), (9030, "Installed", "2.0"), (9028, "Failed", "")]

    bench.stand.done(
        agent, "SetParameterValues", parameters={f"{MODULES}ExecutionUnit.1.RequestedState": "Idle"}, parameter_key=""
    )
    until(lambda: agent.values(f"{MODULES}ExecutionUnit.1.Status")[f"{MODULES}ExecutionUnit.1.Status"] == "Idle")
    [shown] = agent.ask("modules")["deployment_units"]
    assert (shown["uuid"], shown["version"], shown["resolved"]) == (UUID, "2.0", True)
    assert bench.ordered(agent, "third", {"operation": "Uninstall", "uuid": UUID}) == [(0, "Uninstalled", "2.0")]
    assert agent.values(MODULES)[f"{MODULES}ExecutionUnitNumberOfEntries"] == "0"
    informed = bench.stand.informs_with("M ChangeDUState")
    assert [set(one.events) >= {"11 DU STATE CHANGE COMPLETE", "M ChangeDUState"} for one in informed] == [True] * 3
    assert not bench.stand.unusable()
    assert not list((bench.place / "state-modules/incoming").iterdir())

    assert bench.ordered(agent, "fourth", {"operation": "Install", "url": one}) == [(0, "Installed", "1.0")]
    units = [*(bench.place / "state/services/modules/units").glob("*.pid")]
    runs = Path(f"/proc/{json.loads(units[0].read_text())['pid']}")
    assert runs.exists()
    bench.stand.rpc(agent, "FactoryReset")
    until(lambda: len(bench.stand.informs_with("0 BOOTSTRAP")) == 2)
    bench.stand.acs.wait_for_session_end(timeout=PATIENCE)
    assert agent.ask("modules")["deployment_units"] == []
    assert not runs.exists()
    assert not list((bench.place / "state-modules").rglob("*.json"))


def test_a_download_that_kill_9_broke_off_comes_all_the_same_and_is_told_once(bench: Bench) -> None:
    agent = bench.stand.first_contact()
    url = bench.serve("one", having={"bin/greet": b"#!/bin/sh\nexec sleep 600\n", "noise": os.urandom(400_000)})
    file = bench.server.files["/one"]
    file.stall_after = 200_000
    bench.stand.done(agent, "ChangeDUState", operations=[{"operation": "Install", "url": url}], command_key="k")
    incoming = bench.place / "state-modules/incoming"
    until(lambda: any(one.stat().st_size > 100_000 for one in incoming.glob("*.part")))
    agent.kill()
    file.stall_after = -1
    bench.stand.start()
    assert bench.told("k") == [(0, "Installed", "1.0")]


@pytest.mark.parametrize("number", [9, *(pytest.param(each, marks=pytest.mark.sweep) for each in (5, 17))])
def test_kill_9_at_any_write_point_leaves_the_module_whole_and_the_acs_told_once(bench: Bench, number: int) -> None:
    bench.stand.first_contact().stop()
    url = bench.serve("one")
    agent = bench.stand.start(*KILLS, "-e", f"inject=fsync:signal=SIGKILL:when={number}")
    rpc = bench.stand.queue("ChangeDUState", operations=[{"operation": "Install", "url": url}], command_key="k")
    bench.stand.session(agent)
    agent.process.wait(PATIENCE)
    again = bench.stand.start()
    assert rpc.state == "done"
    assert bench.told("k") == [(0, "Installed", "1.0")]
    [shown] = again.ask("modules")["deployment_units"]
    assert shown["resolved"] is True
