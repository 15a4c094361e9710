"""A lab ACS and a real agent process to measure; everything on loopback, and gone afterwards."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from agent.cli import client
from agent.lab.acs import LabAcs
from agent.lab.gate import Auth
from agent.lab.records import Rpc

PATIENCE = 30.0


@dataclass(slots=True)
class Stage:
    """The two, after the first session has ended."""

    acs: LabAcs
    agent: subprocess.Popen[bytes]
    state: Path
    device: str
    seconds_to_inform: float
    program: str = "agent"

    def inform(self) -> None:
        """One periodic session, from its start to its end."""
        last = self.acs.sessions[-1].number
        options = type("Options", (), {"socket": str(self.state / "control.sock"), "config": None})()
        client.ask(options, "inform")
        self.acs.wait_for_session_end(after=last, timeout=PATIENCE)

    def done(self, method: str, **arguments: Any) -> Rpc:
        """An RPC in a session of its own; it has to succeed."""
        rpc = self.acs.queue(self.device, method, arguments)
        self.inform()
        self.acs.wait(rpc, PATIENCE)
        assert rpc.state == "done", rpc.result
        return rpc

    def restart(self) -> str:
        """End the agent and start it again; what it logs until it serves."""
        self.agent.terminate()
        self.agent.wait(PATIENCE)
        log = self.state.with_name("agent.log")
        before = log.stat().st_size
        self.agent = start(self.state.with_name("agent.toml"), self.state, self.program)
        until = time.monotonic() + PATIENCE
        while b" runs; ACS " not in log.read_bytes()[before:] and time.monotonic() < until:
            time.sleep(0.02)
        return log.read_bytes()[before:].decode()

    def memory(self, what: str) -> int:
        """A figure of /proc/PID/status in kB: "VmRSS", "VmHWM"."""
        for line in Path(f"/proc/{self.agent.pid}/status").read_text().splitlines():
            if line.startswith(f"{what}:"):
                return int(line.split()[1])
        raise LookupError(what)

    def forget_peak(self) -> None:
        """Let VmHWM begin anew at what is in use now."""
        Path(f"/proc/{self.agent.pid}/clear_refs").write_text("5")


@contextmanager
def stage(
    *,
    digest: bool = False,
    extension: Path | None = None,
    more: str = "",
    prepare: Callable[[Path], None] | None = None,
    program: str = "agent",
) -> Iterator[Stage]:
    """Start both, wait for BOOTSTRAP, and end them. ``more`` settings; ``prepare`` is given the state directory.

    ``program`` is the module that is run: the agent, or another that becomes it.
    """
    auth = Auth("digest", "bench", "bench-password") if digest else Auth()
    with TemporaryDirectory(prefix="cpe-agent-bench-") as name, LabAcs(auth=auth, exchanges_kept=50) as acs:
        settings, state = Path(name) / "agent.toml", Path(name) / "state"
        credentials = 'username = "bench"\npassword = "bench-password"\n' if digest else ""
        more += f'[extensions]\ndirectory = "{extension}"\n' if extension else ""
        settings.write_text(
            f'[acs]\nurl = "{acs.url}"\n{credentials}[connection_request]\nport = 0\n[log]\nlevel = "debug"\n{more}'
        )
        if prepare is not None:
            state.mkdir(mode=0o700)
            prepare(state)
        settings.chmod(0o600)
        begun = time.monotonic()
        live = Stage(acs, start(settings, state, program), state, "", 0.0, program)
        try:
            try:
                live.device = acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE).device
            except TimeoutError as silent:
                raise TimeoutError(f"{silent}; the agent said\n{settings.with_suffix('.log').read_text()}") from None
            live.seconds_to_inform = acs.exchanges[0].received - begun
            acs.wait_for_session_end(timeout=PATIENCE)
            yield live
        finally:
            live.agent.terminate()
            live.agent.wait(10)


def start(settings: Path, state: Path, program: str = "agent") -> subprocess.Popen[bytes]:
    """The agent; what it logs goes into a file beside its state."""
    command = [sys.executable, "-m", program, "run", "--config", str(settings), "--state-dir", str(state)]
    with open(settings.with_suffix(".log"), "ab") as log:
        return subprocess.Popen(command, stderr=log)
