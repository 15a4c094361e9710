"""The verb demo: a lab ACS and the agent on this machine, on loopback and unprivileged, and a tour of what they do."""

import argparse
import io
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agent.cli import scratch
from agent.cli.client import OK, PROBLEM
from agent.cli.options import Verbs
from agent.cli.output import paint, printable

if TYPE_CHECKING:
    from agent.lab.acs import LabAcs
    from agent.lab.records import Inform, Rpc

PATIENCE: Final = 15.0  # seconds for any one step
NO_NAMESPACE: Final = 5  # exit code of the part in the namespace where there can be none

SETTINGS: Final = """[acs]
url = "{url}"
username = "demo"
password = "{password}"
[inform]
interval = 3600
[connection_request]
port = 0
[network]
manage = {manage}
[system]
reboot_command = "restart"
[trace]
directory = "sessions"
[log]
level = "error"
"""


class Broken(Exception):
    """A step of the tour did not come out as it must."""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "demo",
        description="Start a lab ACS and the agent on this machine, on loopback, and show what they can do together. "
        "Nothing of the machine is changed: what is changed lives in a network namespace of the demo's own.",
        epilog="example:\n  cpe-agent demo\n  cpe-agent demo --once",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--once", action="store_true", help="end after the tour")
    parser.add_argument("--xml", action="store_true", help="also show every envelope")
    parser.add_argument("--in-namespace", action="store_true", help=argparse.SUPPRESS)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # whoever reads it from a pipe or a file sees it as it happens
    hand = Stagehand()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, hand.told_to_end)
    if options.in_namespace:
        try:
            scratch.enter()
        except scratch.NotAllowed:
            return NO_NAMESPACE
    outcome: list[int] = []
    # In a thread of its own: an exception out of a signal's handler could leave a lock held, and the end would hang.
    thread = threading.Thread(target=lambda: outcome.append(_played(options, hand)), name="tour", daemon=True)
    thread.start()
    while thread.is_alive() and not hand.signal:
        thread.join(0.05)
    has_finished = not thread.is_alive()
    hand.clear()
    if not has_finished:
        sys.stdout.flush()
        os._exit(OK if hand.is_staying else 128 + hand.signal)  # the thread is in the middle of something
    return outcome[0] if outcome else PROBLEM


def _played(options: argparse.Namespace, hand: "Stagehand") -> int:
    try:
        return _tour_of_changes(options, hand) if options.in_namespace else _tour_of_this_machine(options, hand)
    except Exception as failure:
        if hand.is_over:  # what it needed has been taken down
            return PROBLEM
        if not isinstance(failure, (Broken, TimeoutError, subprocess.TimeoutExpired)):
            raise
        print(paint(f"✘ {failure}", "red"))
        print("  next: run it again with --xml, and look at what was said")
        return PROBLEM


# --- the stage -------------------------------------------------------------------------------------------------------


class Stagehand:
    """Starts the processes and makes the directories, and takes all of them down whenever it is told to."""

    def __init__(self) -> None:
        self.signal = 0
        """By which the demo was told to end."""
        self.is_staying = False
        self.is_over = False
        self._processes: list[subprocess.Popen[bytes]] = []
        self._directories: list[Path] = []
        self._lock = threading.Lock()

    def told_to_end(self, number: int, _frame: object) -> None:
        """A signal's handler."""
        self.signal = number

    def start(self, command: list[str], *, apart: bool = False, heard: bool = False) -> "subprocess.Popen[bytes]":
        """Start a process; ``apart``: Ctrl-C does not reach it; ``heard``: by pipes. Broken once it is all over."""
        pipe = subprocess.PIPE if heard else None
        with self._lock:
            self._require_time()
            self._processes.append(subprocess.Popen(command, start_new_session=apart, stdout=pipe, stderr=pipe))
            return self._processes[-1]

    def directory(self) -> Path:
        """A new directory that nobody else can look into. Broken once it is all over."""
        with self._lock:
            self._require_time()
            self._directories.append(Path(tempfile.mkdtemp(prefix="cpe-agent-demo-")))
            return self._directories[-1]

    def clear(self) -> None:
        """Take everything down; nothing new is started from now on."""
        with self._lock:
            self.is_over = True
        for process in self._processes:
            end(process)
        for directory in self._directories:
            shutil.rmtree(directory, ignore_errors=True)

    def _require_time(self) -> None:
        if self.is_over:
            raise Broken("it is over")


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a process, which gets the time to take down what it has started; one that has ended is left alone."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@dataclass(slots=True)
class Stage:
    """A lab ACS, the agent that it manages, and what it takes to ask either of them."""

    hand: Stagehand
    acs: "LabAcs"
    agent: subprocess.Popen[bytes]
    directory: Path
    is_quiet: threading.Event
    """Set while no session is under way: the ACS has said its last word, and it was shown."""
    device: str = ""

    @property
    def socket(self) -> Path:
        """The agent's control socket."""
        return self.directory / "state" / "control.sock"

    def ask(self, *requests: tuple[str, dict[str, Any]]) -> "list[Rpc]":
        """Have RPCs done in a session of their own, begun by a connection request; a fault is an answer too."""
        rpcs = [self.acs.queue(self.device, method, arguments) for method, arguments in requests]
        self.request_connection()
        for rpc in rpcs:
            self.acs.wait(rpc, PATIENCE)
        self.settle()
        return rpcs

    def news(
        self, event: str, cause: Callable[[], object], path: str = "", fits: Callable[[str], bool] = lambda _: True
    ) -> tuple["Inform", float]:
        """Do something, and wait for the session in which the agent tells of it: the Inform, and the milliseconds.

        With ``path``, the Inform has to bring a value of it that fits; others with the event may come before.
        """
        seen = len(self.acs.informs)
        begun = time.monotonic()
        cause()

        def brought() -> "Inform | None":
            found = (one for one in self.acs.informs[seen:] if event in one.events)
            return next((one for one in found if not path or fits(one.parameters.get(path, ""))), None)

        inform = self.acs.wait_until(brought, PATIENCE, lambda: f"no Inform with {event} {path} as it must be came")
        took = (time.monotonic() - begun) * 1000
        self.acs.wait_until(lambda: self.acs.sessions[-1].state == "ended", PATIENCE, lambda: "the session goes on")
        self.settle()
        return inform, took

    def settle(self) -> None:
        """Wait until the session under way has ended."""
        if not self.is_quiet.wait(PATIENCE):
            raise Broken("the session did not end")

    def done(self, *requests: tuple[str, dict[str, Any]]) -> dict[str, Any]:
        """The result of the last of some RPCs, all of which have to succeed, in one session."""
        rpcs = self.ask(*requests)
        for rpc in rpcs:
            if rpc.state != "done":
                raise Broken(f"{rpc.method} was refused: {rpc.result}")
        return rpcs[-1].result or {}

    def request_connection(self) -> None:
        """Send a connection request, which has to be accepted."""
        outcome = self.acs.request_connection(self.device)
        if not outcome.accepted:
            raise Broken(f"the connection request was refused: {outcome.status} {outcome.reason}")

    def cli(self, *arguments: str) -> str:
        """Run the command line against the agent, as a person would."""
        command = [sys.executable, "-m", "agent", *arguments, "--socket", str(self.socket)]
        process = self.hand.start(command, heard=True)
        said, complaint = process.communicate(timeout=PATIENCE)
        if process.returncode:
            raise Broken(f"cpe-agent {' '.join(arguments)}: {complaint.decode().strip()}")
        return said.decode().strip()


@contextmanager
def _stage(options: argparse.Namespace, hand: Stagehand, manage: list[str]) -> Iterator[Stage]:
    """Build it up, wait for the first session, and take it down again."""
    from agent.lab.acs import LabAcs
    from agent.lab.conversation import Printer, indented_xml
    from agent.lab.gate import Auth

    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    printer = Printer(sys.stdout, as_json=False, colour=colour, indent="    ")

    is_quiet = threading.Event()

    def show(line: Any) -> None:
        printer.line(line)
        if line.session and (line.direction, line.what) == ("acs", "(empty)"):
            is_quiet.set()
        elif line.session:
            is_quiet.clear()
        envelope = acs.envelope_of(line) if options.xml else None
        if envelope:
            printer.envelope(indented_xml(envelope))

    password = secrets.token_urlsafe(12)
    directory = hand.directory()
    acs = LabAcs(auth=Auth("digest", "demo", password), show=show)
    with acs:
        settings = directory / "agent.toml"
        settings.touch(mode=0o600)
        settings.write_text(SETTINGS.format(url=acs.url, password=password, manage=manage), encoding="utf-8")
        command = [sys.executable, "-m", "agent", "run", "--config", str(settings)]
        agent = hand.start([*command, "--state-dir", str(directory / "state")], apart=True)
        stage = Stage(hand, acs, agent, directory, is_quiet)
        try:
            stage.device = acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE).device
            stage.settle()
            _take_over_connection_requests(stage)
            yield stage
        finally:
            end(agent)


def _take_over_connection_requests(stage: Stage) -> None:
    """What every ACS does first: give the device credentials for connection requests that it knows."""
    user, password = "acs", secrets.token_urlsafe(12)
    rpc = stage.acs.queue(
        stage.device,
        "SetParameterValues",
        {
            "parameters": {
                "Device.ManagementServer.ConnectionRequestUsername": user,
                "Device.ManagementServer.ConnectionRequestPassword": password,
            },
            "parameter_key": "demo-1",
        },
    )
    stage.cli("inform")
    stage.acs.wait(rpc, PATIENCE)
    stage.settle()


# --- the tour --------------------------------------------------------------------------------------------------------


def _heading(number: int, text: str) -> None:
    print(f"\n{paint(f'{number}. {text}', 'bold')}")


def _proven(text: str) -> None:
    print(paint(f"✔ {printable(text)}", "green"))


def _tour_of_this_machine(options: argparse.Namespace, hand: Stagehand) -> int:
    begun = time.monotonic()
    print(paint("A lab ACS and the agent, on loopback, on this machine's real state", "bold"))
    _heading(1, "First contact: 0 BOOTSTRAP, then the ACS sets the credentials for connection requests")
    with _stage(options, hand, []) as stage:
        _first_contact(stage)
        _whole_tree(stage)
        _refusals(stage)
        _changes(stage, options, hand)
        _local_change(stage)
        _connection_request(stage)
        _reboot(stage)
        print(paint(f"\nThe tour took {time.monotonic() - begun:.0f} s.", "bold"))
        if not options.once:
            _stay(stage, hand)
    return OK


def _first_contact(stage: Stage) -> None:
    posts, received, sent = stage.acs.traffic
    _proven(f"{stage.device} is known; {posts} POSTs, {(received + sent) / 1000:.1f} kB in all")


def _whole_tree(stage: Stage) -> None:
    _heading(2, "The whole tree, read in one request")
    (rpc,) = stage.ask(("GetParameterValues", {"names": ["Device."]}))
    if rpc.state != "done":
        raise Broken(f"the tree could not be read: {rpc.result}")
    found = {one["path"]: one["value"] for one in (rpc.result or {}).get("parameters", [])}
    _proven(f"{len(found)} parameters in {(rpc.seconds or 0) * 1000:.0f} ms, {rpc.response_size / 1000:.0f} kB")
    shown = ("DeviceInfo.ModelName", "DeviceInfo.MemoryStatus.Total", "DeviceInfo.ProcessStatus.CPUUsage")
    names = [f"Device.{name}" for name in shown]
    for kind in (".MACAddress", ".IPv4Address.1.IPAddress", "Forwarding.1.GatewayIPAddress"):
        names += [path for path in found if path.endswith(kind)][:2]
    for path in names:
        if path in found:
            print(f"    {path} = {printable(found[path])}")


def _refusals(stage: Stage) -> None:
    _heading(3, "A change that is refused as a whole, each bad parameter by its name")
    wrong = {
        "Device.DeviceInfo.UpTime": 1,
        "Device.ManagementServer.PeriodicInformInterval": {"value": "soon", "type": "unsignedInt"},
        "Device.IP.Interface.1.Enable": False,
        "Device.DeviceInfo.NoSuchThing": "x",
    }
    (rpc,) = stage.ask(("SetParameterValues", {"parameters": wrong}))
    faults = {one["path"]: one["code"] for one in (rpc.result or {}).get("parameters", [])}
    if rpc.state != "fault" or len(faults) != len(wrong):
        raise Broken(f"expected a fault for each of {', '.join(wrong)}; got {rpc.result}")
    _proven(f"fault {(rpc.result or {})['code']}, and nothing was changed: " + ", ".join(map(str, faults.values())))


def _changes(stage: Stage, options: argparse.Namespace, hand: Stagehand) -> None:
    """The part that changes the network, in a namespace of its own, with an ACS and an agent there."""
    sys.stdout.flush()
    command = [sys.executable, "-m", "agent", "demo", "--in-namespace", *(["--xml"] if options.xml else [])]
    try:
        status = hand.start(command).wait(8 * PATIENCE)
    except subprocess.TimeoutExpired:
        raise Broken("the part in the namespace does not end") from None
    if status == NO_NAMESPACE:
        _change_without_namespace(stage)
    elif status:
        raise Broken("the part in the namespace failed")


def _change_without_namespace(stage: Stage) -> None:
    _heading(4, "A change that works (this machine lets no user make a network namespace, so it needs no privilege)")
    path = "Device.ManagementServer.PeriodicInformInterval"
    stage.done(("SetParameterValues", {"parameters": {path: {"value": "1800", "type": "unsignedInt"}}}))
    shown = stage.cli("get", path)
    if "1800" not in shown:
        raise Broken(f"the agent still says {shown}")
    _proven(f"the agent's own word: {shown}")


def _local_change(stage: Stage) -> None:
    _heading(6, "A value change that arrives by itself: somebody here sets DeviceInfo.ProvisioningCode")
    code = f"DEMO-{secrets.token_hex(2).upper()}"
    path = "Device.DeviceInfo.ProvisioningCode"
    _, took = stage.news("4 VALUE CHANGE", lambda: stage.cli("set", f"{path}={code}"), path, code.__eq__)
    _proven(f"{path} = {code}, told {took:.0f} ms after the command was started")


def _connection_request(stage: Stage) -> None:
    _heading(7, "A connection request")
    _, took = stage.news("6 CONNECTION REQUEST", stage.request_connection)
    _proven(f"the Inform came {took:.0f} ms after it was sent")


def _reboot(stage: Stage) -> None:
    _heading(8, "Reboot: here the agent restarts itself as if booted")
    inform, took = stage.news("M Reboot", lambda: stage.done(("Reboot", {"command_key": "demo-reboot"})))
    _proven(f"it came back after {took:.0f} ms with {', '.join(inform.events)}")


def _stay(stage: Stage, hand: Stagehand) -> None:
    hand.is_staying = True
    api = f"{stage.acs.url}api/devices"
    at = f"--socket {stage.socket}"
    print(f"""
It keeps running. In another terminal, with {sys.executable} -m agent as cpe-agent:
  cpe-agent status {at}
  cpe-agent get Device.DeviceInfo. {at}
  cpe-agent sessions -f {at}
  curl -s {api}
  curl -s {api}/{stage.device}/rpc -d '{{"method": "GetParameterNames", "arguments": {{"path": "Device."}}}}'
  curl -s -X POST {api}/{stage.device}/connection-request
Ctrl-C ends it.""")
    stage.agent.wait()
    raise Broken("the agent has ended")


# --- the part in the namespace ---------------------------------------------------------------------------------------


def _tour_of_changes(options: argparse.Namespace, hand: Stagehand) -> int:
    _heading(4, "A change that works: a bridge with an address, in a network namespace of the demo's own")
    with _stage(options, hand, ["br*"]) as stage:
        name, interface = _make_bridge(stage)
        row = _give_address(stage, interface)
        _kernel_change(stage, name, row)
    return OK


def _make_bridge(stage: Stage) -> tuple[str, str]:
    """The bridge's name in the kernel, and the path of its IP.Interface."""
    number = stage.done(("AddObject", {"path": "Device.Bridging.Bridge."}))["instance_number"]
    bridge = f"Device.Bridging.Bridge.{number}."
    found = stage.done(
        ("SetParameterValues", {"parameters": {f"{bridge}Enable": True}}),
        ("GetParameterValues", {"names": [f"{bridge}Name", "Device.IP.Interface.*.Name"]}),
    )["parameters"]
    name, *others = (one["value"] for one in found)
    if name not in (link for _, link in socket.if_nameindex()):
        raise Broken(f"the kernel does not have {name}")
    interface = found[1 + others.index(name)]["path"].removesuffix("Name")
    _proven(f"the kernel has {name}, and the tree has {interface}")
    return name, interface


def _give_address(stage: Stage, interface: str) -> str:
    """The path of the address's row, whose Status is watched."""
    address = "192.0.2.1"
    number = stage.done(("AddObject", {"path": f"{interface}IPv4Address."}))["instance_number"]
    row = f"{interface}IPv4Address.{number}."
    wanted = {f"{row}IPAddress": address, f"{row}SubnetMask": "255.255.255.0", f"{row}Enable": True}
    watched = {f"{row}Status": {"notification": 2}}
    stage.done(
        ("SetParameterValues", {"parameters": wanted, "parameter_key": "demo-2"}),
        ("SetParameterAttributes", {"parameters": watched}),
    )
    if not scratch.has_address(address):
        raise Broken(f"the kernel does not have {address}")
    _proven(f"the kernel has {address}: a socket could be bound to it")
    return row


def _kernel_change(stage: Stage, name: str, row: str) -> None:
    _heading(5, "A change of the kernel's own arrives by itself: somebody takes the address away, the ACS is told")
    path = f"{row}Status"
    inform, took = stage.news("4 VALUE CHANGE", partial(scratch.take_address, name), path, "Error".__eq__)
    _proven(f"{path} = {inform.parameters[path]}, told {took:.0f} ms after {name} lost it")
