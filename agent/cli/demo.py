"""The verb demo: a lab ACS and the agent on this machine, on loopback and unprivileged, and a tour of what they do."""

import argparse
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
    tour = _tour_of_changes if options.in_namespace else _tour_of_this_machine
    try:
        return tour(options)
    except (Broken, TimeoutError) as failure:
        print(paint(f"✘ {failure}", "red"))
        print("  next: run it again with --xml, and look at what was said")
        return PROBLEM


# --- the stage -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Stage:
    """A lab ACS, the agent that it manages, and what it takes to ask either of them."""

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

    def ask(self, method: str, **arguments: Any) -> "Rpc":
        """Have an RPC done in a session of its own, begun by a connection request; a fault is an answer too."""
        rpc = self.acs.queue(self.device, method, arguments)
        self.request_connection()
        self.acs.wait(rpc, PATIENCE)
        self.settle()
        return rpc

    def news(self, event: str, cause: Callable[[], object]) -> tuple["Inform", float]:
        """Do something, and wait for the session in which the agent tells of it: the Inform, and the milliseconds."""
        seen = len(self.acs.informs)
        begun = time.monotonic()
        cause()
        inform = self.acs.wait_for_inform(event, after=seen, timeout=PATIENCE)
        took = (time.monotonic() - begun) * 1000
        self.acs.wait_until(lambda: self.acs.sessions[-1].state == "ended", PATIENCE, lambda: "the session goes on")
        self.settle()
        return inform, took

    def settle(self) -> None:
        """Wait until the session under way has ended."""
        if not self.is_quiet.wait(PATIENCE):
            raise Broken("the session did not end")

    def done(self, method: str, **arguments: Any) -> dict[str, Any]:
        """The result of an RPC that has to succeed."""
        rpc = self.ask(method, **arguments)
        if rpc.state != "done":
            raise Broken(f"{method} was refused: {rpc.result}")
        return rpc.result or {}

    def values(self, *paths: str) -> dict[str, str]:
        """Parameters as the ACS reads them."""
        found = self.done("GetParameterValues", names=list(paths))["parameters"]
        return {one["path"]: one["value"] for one in found}

    def request_connection(self) -> None:
        """Send a connection request, which has to be accepted."""
        outcome = self.acs.request_connection(self.device)
        if not outcome.accepted:
            raise Broken(f"the connection request was refused: {outcome.status} {outcome.reason}")

    def cli(self, *arguments: str) -> str:
        """Run the command line against the agent, as a person would."""
        command = [sys.executable, "-m", "agent", *arguments, "--socket", str(self.socket)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        if done.returncode:
            raise Broken(f"cpe-agent {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout.strip()


@contextmanager
def _stage(options: argparse.Namespace, manage: list[str]) -> Iterator[Stage]:
    """Build it up, wait for the first session, and take it down again."""
    from agent.lab.acs import LabAcs
    from agent.lab.conversation import Printer, indented_xml
    from agent.lab.gate import Auth

    printer = Printer(sys.stdout, as_json=False, colour=sys.stdout.isatty() and not os.environ.get("NO_COLOR"))

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
    with tempfile.TemporaryDirectory(prefix="cpe-agent-demo-") as name:
        directory = Path(name)
        acs = LabAcs(auth=Auth("digest", "demo", password), show=show)
        with acs:
            settings = directory / "agent.toml"
            settings.touch(mode=0o600)
            settings.write_text(SETTINGS.format(url=acs.url, password=password, manage=manage), encoding="utf-8")
            command = [sys.executable, "-m", "agent", "run", "--config", str(settings)]
            agent = subprocess.Popen([*command, "--state-dir", str(directory / "state")], start_new_session=True)
            stage = Stage(acs, agent, directory, is_quiet)
            try:
                stage.device = acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE).device
                stage.settle()
                _take_over_connection_requests(stage)
                yield stage
            finally:
                _end(agent)


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


def _end(agent: subprocess.Popen[bytes]) -> None:
    agent.terminate()
    try:
        agent.wait(5)
    except subprocess.TimeoutExpired:
        agent.kill()
        agent.wait()


# --- the tour --------------------------------------------------------------------------------------------------------


def _heading(number: int, text: str) -> None:
    print(f"\n{paint(f'{number}. {text}', 'bold')}")


def _proven(text: str) -> None:
    print(f"{paint('✔', 'green')} {printable(text)}")


def _tour_of_this_machine(options: argparse.Namespace) -> int:
    begun = time.monotonic()
    print(paint("A lab ACS and the agent, on loopback, on this machine's real state", "bold"))
    _heading(1, "First contact: 0 BOOTSTRAP, then the ACS sets the credentials for connection requests")
    with _stage(options, []) as stage:
        _first_contact(stage)
        _whole_tree(stage)
        _refusals(stage)
        _changes(stage, options)
        _local_change(stage)
        _connection_request(stage)
        _reboot(stage)
        print(paint(f"\nThe tour took {time.monotonic() - begun:.0f} s.", "bold"))
        if not options.once:
            _stay(stage)
    return OK


def _first_contact(stage: Stage) -> None:
    posts, received, sent = stage.acs.traffic
    _proven(f"{stage.device} is known; {posts} POSTs, {(received + sent) / 1000:.1f} kB in all")


def _whole_tree(stage: Stage) -> None:
    _heading(2, "The whole tree, read in one request")
    rpc = stage.ask("GetParameterValues", names=["Device."])
    if rpc.state != "done":
        raise Broken(f"the tree could not be read: {rpc.result}")
    found = {one["path"]: one["value"] for one in (rpc.result or {}).get("parameters", [])}
    _proven(f"{len(found)} parameters in {(rpc.seconds or 0) * 1000:.0f} ms, {rpc.response_size / 1000:.0f} kB")
    shown = ("DeviceInfo.ModelName", "DeviceInfo.MemoryStatus.Total", "DeviceInfo.ProcessStatus.CPUUsage")
    names = [f"Device.{name}" for name in shown]
    names += [path for path in found if path.endswith((".IPAddress", ".MACAddress"))][:4]
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
    rpc = stage.ask("SetParameterValues", parameters=wrong)
    faults = {one["path"]: one["code"] for one in (rpc.result or {}).get("parameters", [])}
    if rpc.state != "fault" or len(faults) != len(wrong):
        raise Broken(f"expected a fault for each of {', '.join(wrong)}; got {rpc.result}")
    _proven(f"fault {(rpc.result or {})['code']}, and nothing was changed: " + ", ".join(map(str, faults.values())))


def _changes(stage: Stage, options: argparse.Namespace) -> None:
    """The part that changes the network, in a namespace of its own, with an ACS and an agent there."""
    sys.stdout.flush()
    command = [sys.executable, "-m", "agent", "demo", "--in-namespace", *(["--xml"] if options.xml else [])]
    status = subprocess.run(command, timeout=8 * PATIENCE, check=False).returncode
    if status == NO_NAMESPACE:
        _change_without_namespace(stage)
    elif status:
        raise Broken("the part in the namespace failed")


def _change_without_namespace(stage: Stage) -> None:
    _heading(4, "A change that works (this machine lets no user make a network namespace, so it needs no privilege)")
    path = "Device.ManagementServer.PeriodicInformInterval"
    stage.done("SetParameterValues", parameters={path: {"value": "1800", "type": "unsignedInt"}})
    shown = stage.cli("get", path)
    if "1800" not in shown:
        raise Broken(f"the agent still says {shown}")
    _proven(f"the agent's own word: {shown}")


def _local_change(stage: Stage) -> None:
    _heading(6, "A value change that arrives by itself: somebody here sets DeviceInfo.ProvisioningCode")
    code = f"DEMO-{secrets.token_hex(2).upper()}"
    _, took = stage.news("4 VALUE CHANGE", lambda: stage.cli("set", f"Device.DeviceInfo.ProvisioningCode={code}"))
    _proven(f"told {took:.0f} ms after the command was started")


def _connection_request(stage: Stage) -> None:
    _heading(7, "A connection request")
    _, took = stage.news("6 CONNECTION REQUEST", stage.request_connection)
    _proven(f"the Inform came {took:.0f} ms after it was sent")


def _reboot(stage: Stage) -> None:
    _heading(8, "Reboot: here the agent restarts itself as if booted")
    inform, took = stage.news("M Reboot", lambda: stage.done("Reboot", command_key="demo-reboot"))
    _proven(f"it came back after {took:.0f} ms with {', '.join(inform.events)}")


def _stay(stage: Stage) -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
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
    while not stop.wait(1.0):
        if stage.agent.poll() is not None:
            raise Broken("the agent has ended")


# --- the part in the namespace ---------------------------------------------------------------------------------------


def _tour_of_changes(options: argparse.Namespace) -> int:
    try:
        scratch.enter()
    except scratch.NotAllowed:
        return NO_NAMESPACE
    _heading(4, "A change that works: a bridge with an address, in a network namespace of the demo's own")
    with _stage(options, ["br*"]) as stage:
        interface = _make_bridge(stage)
        _give_address(stage, interface)
        _kernel_change(stage, interface)
    return OK


def _make_bridge(stage: Stage) -> str:
    number = stage.done("AddObject", path="Device.Bridging.Bridge.")["instance_number"]
    bridge = f"Device.Bridging.Bridge.{number}."
    stage.done("SetParameterValues", parameters={f"{bridge}Enable": True})
    name = stage.values(f"{bridge}Name")[f"{bridge}Name"]
    names = stage.values("Device.IP.Interface.*.Name")
    interface = next(path.removesuffix("Name") for path, value in names.items() if value == name)
    _proven(f"the kernel has {name}, and the tree has {interface}")
    return interface


def _give_address(stage: Stage, interface: str) -> None:
    address = "192.0.2.1"
    number = stage.done("AddObject", path=f"{interface}IPv4Address.")["instance_number"]
    row = f"{interface}IPv4Address.{number}."
    wanted = {f"{row}IPAddress": address, f"{row}SubnetMask": "255.255.255.0", f"{row}Enable": True}
    stage.done("SetParameterValues", parameters=wanted, parameter_key="demo-2")
    if not scratch.has_address(address):
        raise Broken(f"the kernel does not have {address}")
    _proven(f"the kernel has {address}: a socket could be bound to it")


def _kernel_change(stage: Stage, interface: str) -> None:
    _heading(5, "A change of the kernel's own arrives by itself: the link goes down, the ACS is told")
    status = f"{interface}Status"
    stage.done("SetParameterAttributes", parameters={status: {"notification": 2}})
    name = stage.values(f"{interface}Name")[f"{interface}Name"]
    _, took = stage.news("4 VALUE CHANGE", lambda: scratch.set_up(name, up=False))
    _proven(f"{status} changed; told after {took:.0f} ms")
