"""Each RPC and each diagnostic is in a written conversation; here those with the lab ACS that no other suite has.

Run with CPE_AGENT_WRITE_TRANSCRIPTS=1 to write them anew. Times and addresses are left out.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.cli.lab_files import lines
from agent.lab.records import Session
from backends.modules.archives import Archives
from backends.modules.runner import OwnRunner
from backends.versions import is_older
from tests.durability.stand import Agent, Stand
from tests.modules.test_whole_agent import Bench
from tests.transfers.test_whole_agent import said
from tests.waiting import until

HERE = Path(__file__).parent
TRANSCRIPTS = HERE / "conversations"
PLACES = [HERE / "transcripts", TRANSCRIPTS, HERE / "transfers/transcripts", HERE / "diagnostics/transcripts"]
UUID, OTHER = "0b3f0c52-55c8-5e0c-9f40-0b6d8d0a7b11", "1b3f0c52-55c8-5e0c-9f40-0b6d8d0a7b11"
POLICY = "Device.ManagementServer.DUStateChangeComplPolicy."

RPCS = (
    "Download", "Upload", "ScheduleDownload", "CancelTransfer", "GetQueuedTransfers", "GetAllQueuedTransfers",
    "TransferComplete", "AutonomousTransferComplete", "RequestDownload", "ChangeDUState", "DUStateChangeComplete",
    "AutonomousDUStateChangeComplete", "Reboot", "FactoryReset",
)  # fmt: skip
DIAGNOSTICS = (
    "IPPing", "TraceRoute", "DownloadDiagnostics", "UploadDiagnostics", "UDPEchoDiagnostics",
    "ServerSelectionDiagnostics", "NSLookupDiagnostics", "SelfTestDiagnostics", "PacketCaptureDiagnostics",
)  # fmt: skip
"""NeighboringWiFiDiagnostic needs a radio: tests/vm/wifi/surroundings.py asks for it in the throw-away machine."""

Play = Callable[[Bench, Agent], None]


def modules(bench: Bench, agent: Agent) -> None:
    one = bench.serve("one", units=[])
    bench.stand.done(
        agent, "ChangeDUState", command_key="units",
        operations=[
            {"operation": "Install", "url": one, "uuid": UUID}, {"operation": "Uninstall", "uuid": OTHER},
        ],
    )  # fmt: skip
    bench.told("units")


def autonomous_modules(bench: Bench, agent: Agent) -> None:
    wanted = {f"{POLICY}Enable": True, f"{POLICY}OperationTypeFilter": "Install,Update,Uninstall"}
    bench.stand.done(agent, "SetParameterValues", parameters=wanted)
    agent.stop()
    by_hand = Archives(bench.place / "state-modules/archives", OwnRunner(bench.place / "run"), None, is_older)
    by_hand.uninstall("greeter")
    bench.stand.start()
    until(lambda: any(one.method == "AutonomousDUStateChangeComplete" for one in bench.stand.acs.told))


def reboot(bench: Bench, agent: Agent) -> None:
    bench.stand.done(agent, "Reboot", command_key="why not")
    until(lambda: bench.stand.informs_with("M Reboot", "why not"))


def factory_reset(bench: Bench, agent: Agent) -> None:
    seen = len(bench.stand.informs_with("0 BOOTSTRAP"))
    bench.stand.done(agent, "FactoryReset")
    until(lambda: len(bench.stand.informs_with("0 BOOTSTRAP")) > seen)


CASES: dict[str, Play] = {
    "modules": modules,
    "autonomous_modules": autonomous_modules,
    "reboot": reboot,
    "factory_reset": factory_reset,
}


def written(stand: Stand, session: Session) -> Iterator[str]:
    """What was said; what became of each deployment unit stands below."""
    told = [{"session": one.session, "method": one.method, "content": one.content} for one in stand.acs.told]
    for line in list(session.lines):
        if line.direction != "note":
            yield said(line).partition("  results=")[0]
            of_it = [one for one in told if (one["session"], one["method"]) == (session.number, line.what)]
            for below in list(lines(of_it))[1:] if of_it else ():
                yield said(replace(line, direction="note", what=below, summary="")).removeprefix("NOTE")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("conversations"))
    with made.server, made.stand:
        made.stand.first_contact()
        yield made
        print(*made.stand.log_lines()[-40:], sep="\n")


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_the_conversation_with_the_lab_acs_is_as_it_is_written(bench: Bench, name: str) -> None:
    stand = bench.stand
    until(lambda: stand.acs.sessions[-1].state == "ended")
    seen = stand.acs.sessions[-1].number
    CASES[name](bench, stand.agents[-1])
    until(lambda: stand.acs.sessions[-1].state == "ended")
    sessions = [one for one in stand.acs.sessions if one.number > seen]
    text = "\n".join("\n".join([*written(stand, one), "END\n"]) for one in sessions)
    file = TRANSCRIPTS / f"{name}.txt"
    if "CPE_AGENT_WRITE_TRANSCRIPTS" in os.environ:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    assert text == file.read_text()


@pytest.mark.parametrize("name", [*RPCS, *DIAGNOSTICS])
def test_each_rpc_and_each_diagnostic_is_in_a_conversation(name: str) -> None:
    assert any(
        name in line.replace(".", " ").split()
        for place in PLACES
        for file in place.glob("*.txt")
        for line in file.read_text().splitlines()
        if line.startswith(("ACS", "CPE", "… ="))
    )
