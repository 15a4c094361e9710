"""Each request about files between the lab ACS and the real agent; the conversations are in ``transcripts``.

Run with CPE_AGENT_WRITE_TRANSCRIPTS=1 to write them anew. Times, sizes and addresses are left out.
"""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from agent.cli import client
from agent.lab.records import Line
from tests.durability.stand import PROJECT, Stand
from tests.durability.transfer_world import SHELF, TransferWorld
from tests.waiting import PATIENCE, until

TRANSCRIPTS = Path(__file__).parent / "transcripts"
POLICY = "Device.ManagementServer.AutonomousTransferCompletePolicy.Enable"
LEFT_OUT = (
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"), "(a time)"),
    (re.compile(r"127\.0\.0\.1:\d+"), "acs.example"),
    (re.compile(r"  \d+ parameters?: .*"), ""),
    (re.compile(r"  file_size=\d+|\"file_size\": \d+, "), ""),
)
Play = Callable[[TransferWorld], None]


def rpc(world: TransferWorld, method: str, **arguments: Any) -> None:
    """In a session of its own."""
    until(lambda: world.stand.acs.sessions[-1].state == "ended")
    asked = world.stand.rpc(world.agent, method, **arguments)
    assert asked.state in ("done", "fault")


def download(world: TransferWorld) -> None:
    rpc(world, "Download", **world.arguments("image"))
    world.stand.acs.wait_for_transfer("image", timeout=PATIENCE)
    told = world.agent.ask("status")["transfers"]
    assert (told["queued"], told["active"], told["last"]["code"]) == (0, None, 0)


def upload(world: TransferWorld) -> None:
    for key, file_type in (("configuration", "1 Vendor Configuration File"), ("log", "2 Vendor Log File")):
        rpc(world, "Upload", url=f"/files/{key}", file_type=file_type, command_key=key)
        world.stand.acs.wait_for_transfer(key, timeout=PATIENCE)
        assert (world.served / key).stat().st_size > 0


def scheduled(world: TransferWorld) -> None:
    windows = [{"start": 0, "end": 600, "mode": "2 Immediately"}]
    rpc(world, "ScheduleDownload", **world.arguments("tonight"), time_windows=windows)
    world.stand.acs.wait_for_transfer("tonight", timeout=PATIENCE)


def consent(world: TransferWorld) -> None:
    window = {"start": 0, "end": 600, "mode": "4 Confirmation Needed", "user_message": "A new version. Now?"}
    rpc(world, "ScheduleDownload", **world.arguments("if you like"), time_windows=[window])
    [one] = world.agent.ask("transfers")["transfers"]
    assert (one["needs_confirmation"], one["message"]) == (True, "A new version. Now?")
    world.agent.ask("transfers", confirm=one["id"])
    world.stand.acs.wait_for_transfer("if you like", timeout=PATIENCE)


def cancelled(world: TransferWorld) -> None:
    rpc(world, "Download", **world.arguments("never"), delay_seconds=3600)
    rpc(world, "GetQueuedTransfers")
    rpc(world, "CancelTransfer", command_key="never")
    rpc(world, "GetAllQueuedTransfers")


def refused(world: TransferWorld) -> None:
    rpc(world, "Download", **(world.arguments("tftp") | {"url": "tftp://files.example/x"}))
    rpc(world, "Download", **(world.arguments("tone") | {"file_type": "4 Tone File"}))
    rpc(world, "Upload", url="/files/x", file_type="4 Vendor Log File", command_key="which one")
    rpc(world, "Download", **(world.arguments("nothing") | {"url": "/files/nothing"}))
    world.stand.acs.wait_for_transfer("nothing", timeout=PATIENCE)


def wanted(world: TransferWorld) -> None:
    world.agent.ask("transfers", request=SHELF)
    until(lambda: any(one.method == "RequestDownload" for one in world.stand.acs.told))
    rpc(world, "Download", **world.arguments("as asked"))
    world.stand.acs.wait_for_transfer("as asked", timeout=PATIENCE)


def autonomous(world: TransferWorld) -> None:
    world.stand.done(world.agent, "SetParameterValues", parameters={POLICY: True})
    world.agent.ask("transfers", fetch=f"{world.stand.acs.url}files/image", file_type=SHELF)
    until(lambda: any(one.method == "AutonomousTransferComplete" for one in world.stand.acs.told))


CASES: dict[str, Play] = {
    "download": download,
    "upload": upload,
    "scheduled": scheduled,
    "consent": consent,
    "cancelled": cancelled,
    "refused": refused,
    "wanted": wanted,
    "autonomous": autonomous,
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TransferWorld]:
    directory = tmp_path_factory.mktemp("world")
    made: list[Stand] = []

    def make(**more: Any) -> Stand:
        (directory / "stand").mkdir()
        made.append(Stand(directory / "stand", **more))
        return made[0]

    try:
        yield TransferWorld(make, directory, 100_000)
    finally:
        for stand in made:
            stand.__exit__(None, None, None)
            print(*stand.log_lines()[-40:], sep="\n")


def said(line: Line) -> str:
    """What one line of the conversation says, without what differs each time."""
    text = f"{line.direction.upper()}  {line.what.replace('(empty)', '-')}  {line.summary}".rstrip()
    for pattern, instead in LEFT_OUT:
        text = pattern.sub(instead, text)
    return text.rstrip()


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_the_conversation_is_as_it_is_written(world: TransferWorld, name: str) -> None:
    world.settle()
    until(lambda: world.stand.acs.sessions[-1].state == "ended")
    seen = world.stand.acs.sessions[-1].number
    CASES[name](world)
    world.settle()
    until(lambda: world.stand.acs.sessions[-1].state == "ended")
    sessions = [one for one in world.stand.acs.sessions if one.number > seen]
    text = "\n".join(
        "\n".join([*(said(line) for line in list(one.lines) if line.direction != "note"), "END\n"]) for one in sessions
    )
    file = TRANSCRIPTS / f"{name}.txt"
    if "CPE_AGENT_WRITE_TRANSCRIPTS" in os.environ:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    assert text == file.read_text()


@pytest.mark.slow
def test_who_watches_at_the_command_line_sees_a_file_come(world: TransferWorld) -> None:
    taken = world.shelf / "taken-"
    taken.unlink(missing_ok=True)
    url = f"{world.stand.acs.url}files/image"
    command = [sys.executable, "-m", "agent", "transfers", "-w", "--fetch", url, "--type", SHELF]
    environment = {
        **os.environ, "CPE_AGENT_SOCKET": str(world.stand.state / "control.sock"), "PYTHONPATH": str(PROJECT)
    }  # fmt: skip
    watched = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert f"download  {SHELF}  {url}" in watched.stdout
    until(taken.exists)
    assert taken.read_bytes() == world.content


@pytest.mark.slow
def test_a_hundred_cancels_at_once_leave_nothing_behind_and_tell_the_acs_once_of_each(world: TransferWorld) -> None:
    for number in range(16):
        world.stand.done(world.agent, "Download", **world.arguments(f"late-{number}"), delay_seconds=3600)
    numbers = [one["id"] for one in world.agent.ask("transfers")["transfers"]]
    answers: list[str] = []

    def cancel(number: str) -> None:
        try:
            world.agent.ask("transfers", cancel=number)
            answers.append("done")
        except client.Failure as refused:
            answers.append(refused.document["error"]["code"])

    cancels = [threading.Thread(target=cancel, args=(numbers[turn % 16],)) for turn in range(100)]
    for one in cancels:
        one.start()
    for one in cancels:
        one.join(PATIENCE)
    assert len(answers) == 100
    assert set(answers) <= {"done", "refused", "unknown", "busy"}
    for number in numbers:
        with suppress(client.Failure):
            world.agent.ask("transfers", cancel=number)
    until(lambda: world.agent.ask("transfers")["transfers"] == [])
    told = [(one.command_key, one.fault_code) for one in world.stand.acs.told if one.command_key.startswith("late-")]
    assert sorted(told) == sorted((f"late-{number}", 9001) for number in range(16))
