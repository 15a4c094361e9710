"""The stand of the durability tests: the lab ACS, and the real daemon, killed and started again."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from agent.cli import client
from agent.lab.acs import LabAcs
from agent.lab.records import Inform, Rpc
from tests.netlab.namespace import Namespace
from tests.waiting import IN_MACHINE, PATIENCE, until

PROJECT = Path(__file__).parents[2]
RETRY = 1  # CWMPRetryMinimumWaitInterval for most tests, in seconds: a session that failed is made up for soon
DOCUMENTS = ("model", "journal", "delivery", "acs", "starts")
_NEW_NETWORK = 0x40000000  # sched.h, CLONE_NEWNET

Result = TypeVar("Result")

SETTINGS = """[acs]
url = "{url}"
[connection_request]
port = {port}
[network]
manage = {manage}
{network}
[system]
reboot_command = "restart"
[log]
level = "info"
{more}"""


class Agent:
    """One run of the daemon, from its start to its end."""

    def __init__(self, process: subprocess.Popen[bytes], socket_path: Path) -> None:
        self.process = process
        self._socket = socket_path

    @property
    def pid(self) -> int:
        """The daemon's own process id."""
        return self.process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def ask(self, verb: str, **arguments: Any) -> dict[str, Any]:
        """Ask by the control socket; client.Failure when that is refused.

        Where processors are imitated a kernel takes longer than the agent waits for it; then it is asked again.
        """
        options = type("Options", (), {"socket": str(self._socket), "config": None})()
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return client.ask(options, verb, **arguments)
            except client.Failure as refused:
                if not (IN_MACHINE and "did not answer in time" in refused.message) or time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def values(self, *paths: str) -> dict[str, str]:
        """Parameters by path."""
        return {one["path"]: one["value"] for one in self.ask("get", paths=list(paths))["parameters"]}

    def until_ready(self) -> bool:
        """Wait until it answers; False when it has ended instead."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if not self.is_alive:
                return False
            with suppress(client.Failure):
                self.ask("version")
                return True
            time.sleep(0.01)
        raise TimeoutError("the agent does not answer")

    def kill(self) -> None:
        """As a power cut would, as far as the process is concerned."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def stop(self) -> int:
        """End it as an administrator would; the exit code."""
        self.process.terminate()
        return self.process.wait(PATIENCE)


class Stand:
    """An ACS, a state directory and, one after the other, the agents that use it."""

    def __init__(
        self,
        directory: Path,
        namespace: Namespace | None = None,
        manage: Sequence[str] = (),
        more: str = "",
        network: str = "",
        control: str = "",
        acs_namespace: Namespace | None = None,
        **acs: Any,
    ) -> None:
        self.directory = directory
        self.state = directory / "state"
        self.namespace, self.acs_namespace = namespace, acs_namespace
        self.acs = LabAcs(exchanges_kept=50_000, **acs)
        self.inside(self.acs.start, acs_namespace or namespace)
        self.port = self.inside(free_port, namespace)
        self.settings = directory / "agent.toml"
        self._control = control
        self._manage, self._network, self._more = list(manage), network, more
        self.configure(self.acs.url)
        self.log = directory / "agent.log"
        self.agents: list[Agent] = []

    def configure(self, url: str, more: str | None = None) -> None:
        """Write the settings file."""
        more = self._more if more is None else more
        network, manage = self._network, self._manage
        text = SETTINGS.format(url=url, port=self.port, manage=manage, network=network, more=more)
        self.settings.touch(mode=0o600)
        self.settings.write_text(text)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for agent in self.agents:
            if agent.is_alive:
                agent.kill()
        self.acs.stop()

    @staticmethod
    def inside(call: Callable[[], Result], namespace: Namespace | None) -> Result:
        """Call in a network namespace; threads and sockets made there stay there."""
        if namespace is None:
            return call()
        path, results, failures = namespace.path, list[Result](), list[BaseException]()

        def enter() -> None:
            try:
                with open(path) as place:
                    if ctypes.CDLL(None, use_errno=True).setns(place.fileno(), _NEW_NETWORK):
                        raise OSError(ctypes.get_errno(), "setns")
                results.append(call())
            except BaseException as failure:  # noqa: BLE001 - raised again in the thread that asked
                failures.append(failure)

        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        if failures:
            raise failures[0]
        return results[0]

    def command(self, *options: str) -> list[str]:
        """The daemon's command line."""
        return [
            sys.executable, "-m", "agent", "run",
            "--config", str(self.settings), "--state-dir", str(self.state), *options,
        ]  # fmt: skip

    def launch(self, *wrapper: str, environment: dict[str, str] | None = None, options: Sequence[str] = ()) -> Agent:
        """Start the agent, by a wrapper that becomes it (``strace -D``), without waiting for anything."""
        command = [*wrapper, *self.command(*options)]
        if self.namespace is not None:
            command = self.namespace.command(*command)
        surroundings = {**os.environ, "PYTHONPATH": str(PROJECT), **(environment or {})}
        with self.log.open("ab") as log:
            process = subprocess.Popen(command, stderr=log, stdout=log, env=surroundings)
        agent = Agent(process, Path(self._control or self.state / "control.sock"))
        self.agents.append(agent)
        return agent

    def start(self, *wrapper: str, **more: Any) -> Agent:
        """Start the agent and wait until it answers."""
        agent = self.launch(*wrapper, **more)
        if not agent.until_ready():
            raise AssertionError(f"the agent ended with {agent.process.returncode}")
        return agent

    def first_contact(self) -> Agent:
        """A new device up to the end of its BOOTSTRAP session."""
        agent = self.start()
        self.acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE)
        self.acs.wait_for_session_end(timeout=PATIENCE)
        return agent

    @property
    def device(self) -> str:
        """The device's name at the ACS."""
        return next(iter(self.acs.devices))

    def queue(self, method: str, **arguments: Any) -> Rpc:
        """Have the ACS ask for something in the next session."""
        return self.acs.queue(self.device, method, arguments)

    def session(self, agent: Agent) -> bool:
        """A session at a person's wish; False when it, or the agent, did not come to its end."""
        seen = max((session.number for session in self.acs.sessions), default=0)
        try:
            agent.ask("inform")
        except client.Failure:
            return False

        def outcome() -> str | None:
            new = [session for session in self.acs.sessions if session.number > seen]
            ended = next((session.state for session in new if session.state == "ended"), None)
            return ended or (None if agent.is_alive else "killed")

        return until(outcome, lambda: "the session goes on") == "ended"

    def rpc(self, agent: Agent, method: str, **arguments: Any) -> Rpc:
        """An RPC in a session of its own; a fault is an answer too."""
        rpc = self.queue(method, **arguments)
        self.session(agent)
        return self.acs.wait(rpc, PATIENCE)

    def done(self, agent: Agent, method: str, **arguments: Any) -> dict[str, Any]:
        """The result of an RPC that has to succeed."""
        rpc = self.rpc(agent, method, **arguments)
        assert rpc.state == "done", rpc.result
        return rpc.result or {}

    def informs_with(self, event: str, command_key: str = "") -> list[Inform]:
        """The Informs so far that told of an event, and under that key."""
        return [
            inform
            for inform in self.acs.informs
            if any(
                code == event and (not command_key or key == command_key)
                for code, key in zip(inform.events, inform.command_keys, strict=True)
            )
        ]

    def log_lines(self) -> list[str]:
        """What all the agents have logged."""
        return self.log.read_text(errors="replace").splitlines() if self.log.exists() else []

    def unusable(self) -> list[str]:
        """Documents that an agent could not read."""
        return sorted(path.name for path in self.state.glob("*.unusable"))


def free_port() -> int:
    """A TCP port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def watched_paths(state: Path) -> list[str]:
    """strace's filter for what touches the state: its directory, and the files that are made in it."""
    names = [name for document in DOCUMENTS for name in (f"{document}.json", f".{document}.new")]
    return [part for path in (state, *(state / name for name in names)) for part in ("-P", str(path))]


class Tracer:
    """strace on an agent that runs already, until it is closed or the agent has ended."""

    def __init__(self, agent: Agent, state: Path, *injections: str, paths: Sequence[str] = ()) -> None:
        """``paths``: strace's filter, that of the documents as a rule."""
        chosen = [part for injection in injections for part in ("-e", f"inject={injection}")]
        calls = ",".join(dict.fromkeys(injection.split(":")[0] for injection in injections))
        self._said = tempfile.NamedTemporaryFile(prefix="strace-")  # noqa: SIM115 - closed with the tracer
        command = [
            "strace",
            "-f",
            "-q",
            "-o",
            self._said.name,
            "-e",
            f"trace={calls}",
            *(paths or watched_paths(state)),
            *chosen,
        ]
        self.has_injected = False
        """Whether a call was tampered with; known once it is closed."""
        self._process = subprocess.Popen([*command, "-p", str(agent.pid)], stderr=subprocess.PIPE)
        status = Path(f"/proc/{agent.pid}/status")
        deadline = time.monotonic() + PATIENCE
        while "TracerPid:\t0\n" in status.read_text():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"strace does not trace: {self._process.communicate()[1].decode()}")
            time.sleep(0.005)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the agent."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(2.0)
        except subprocess.TimeoutExpired:  # asked in the moment in which its tracee dies, it may wait for ever
            self._process.kill()
            self._process.wait(PATIENCE)
        if self._process.stderr is not None:
            self._process.stderr.close()
        self.has_injected = b"(INJECTED)" in Path(self._said.name).read_bytes()
        self._said.close()


def killed_at(state: Path, call: str, number: int) -> list[str]:
    """A wrapper under which the agent dies as it enters its ``number``-th such system call on the state."""
    return [
        "strace", "-D", "-f", "-q", "--seccomp-bpf", "-o", "/dev/null",
        "-e", f"trace={call}", *watched_paths(state), "-e", f"inject={call}:signal=SIGKILL:when={number}",
    ]  # fmt: skip
