"""Measures every figure of the issue's table, prints it beside its target, and writes build/bench.json."""

import argparse
import json
import logging
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench import browsing, configuration, extension, onu_line, optical, page
from tests.bench.home import ALONE
from tests.bench.listening import listening
from tests.bench.stage import Stage, stage
from tests.cwmp import mutate
from tests.cwmp.test_fuzz import Devices
from tests.runtime.connection_request_flood import flood

REPORT = Path("build/bench.json")
FLOOD_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report; a figure passes at its target or below."""

    name: str
    value: float
    unit: str
    target: float

    @property
    def passed(self) -> bool:
        """Whether the target is met."""
        return self.value <= self.target


def main() -> int:
    """Run the groups named on the command line, or all; 0 when every target is met."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"some of {', '.join(GROUPS)}")
    chosen = parser.parse_args().groups or list(GROUPS)
    if unknown := [name for name in chosen if name not in GROUPS]:
        parser.error(f"there is no group {unknown[0]}; known: {', '.join(GROUPS)}")
    figures: list[Figure] = []
    print(f"{'figure':<72} {'value':>11}  {'target':>11}")
    for name in chosen:
        for figure in GROUPS[name]():
            figures.append(figure)
            mark = "ok" if figure.passed else "MISSED"
            print(
                f"{figure.name:<72} {figure.value:>8.3f} {figure.unit:<4} <= {figure.target:g} {figure.unit} {mark}",
                flush=True,
            )
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps([asdict(figure) | {"pass": figure.passed} for figure in figures], indent=1) + "\n")
    return 0 if all(figure.passed for figure in figures) else 1


def reading() -> Iterator[Figure]:
    """GetParameterValues over loopback HTTP, from the request's first byte to the response's last."""
    with extension.made() as directory, stage(extension=directory) as live:
        live.forget_peak()
        before = live.memory("VmRSS")
        live.done("GetParameterValues", names=["Device.X_BENCH_Rows."])
        peak = live.memory("VmHWM") - before
        yield Figure("peak memory of GetParameterValues of 5,000 parameters", peak / 1024, "MB", 10)
        rows = _best(live, "Device.X_BENCH_Rows.", at_least=5000)
        yield Figure("GetParameterValues of 5,000 parameters", rows, "s", 1.0)
    with stage() as live, _many_processes():
        count = len(live.done("GetParameterValues", names=["Device."]).result["parameters"])
        seconds = _best(live, "Device.", at_least=550)
        yield Figure(f"GetParameterValues Device. ({count} live parameters)", seconds, "s", 0.15)
        one = _best(live, "Device.DeviceInfo.UpTime", at_least=1, times=20)
        yield Figure("GetParameterValues of one parameter", one * 1000, "ms", 3)


def bytes_on_the_wire() -> Iterator[Figure]:
    """Application bytes (HTTP heads and bodies) of a session, both ways."""
    with stage() as live:
        yield Figure("BOOTSTRAP session, the ACS asks nothing", _bytes(live.acs.traffic) / 1000, "kB", 4.5)
        before = _bytes(live.acs.traffic)
        live.inform()
        yield Figure("periodic session", (_bytes(live.acs.traffic) - before) / 1000, "kB", 3.2)
    with stage(digest=True) as live:
        yield Figure("BOOTSTRAP session with Digest", _bytes(live.acs.traffic) / 1000, "kB", 7)


def starting() -> Iterator[Figure]:
    """Process start to first Inform; a verb of the command line."""
    seconds = []
    for _ in range(3):
        with stage() as live:
            seconds.append(live.seconds_to_inform)
            status = [_seconds(_status, live) for _ in range(10)]
    yield Figure("process start to first Inform on the wire", statistics.median(seconds), "s", 1.0)
    yield Figure("cpe-agent status", statistics.median(status) * 1000, "ms", 80)


def staying() -> Iterator[Figure]:
    """A thousand sessions without news: memory and flash."""
    baseline = _memory_of_imports("requests, lxml.etree, pyroute2, netifaces, serial")
    late = (baseline - _memory_of_imports("lxml.etree, netifaces")) / 1024
    with stage() as live:
        live.inform()
        files = _files(live.state)
        for _ in range(500):
            live.inform()
        half = live.memory("VmRSS")
        for _ in range(500):
            live.inform()
        resident = live.memory("VmRSS")
        written = sum(
            size for name, (size, *_) in _files(live.state).items() if files.get(name) != _files(live.state)[name]
        )
    yield Figure("resident memory after 1,000 sessions above the imports' own", (resident - baseline) / 1024, "MB", 12)
    yield Figure("growth over the second 500 sessions", resident - half, "kB", 200)
    yield Figure("bytes written to the state directory by 1,000 sessions", written, "B", 0)
    print(f"  (the imports alone: {baseline / 1024:.1f} MB, {late:.1f} MB of it what the agent loads late or in part)")


def hostile() -> Iterator[Figure]:
    """Mutated envelopes through parser and dispatcher."""
    surprises = _Surprises()
    logging.getLogger("agent").addHandler(surprises)
    logging.getLogger("agent").propagate = False
    report = mutate.run(100_000, 1, Devices())
    for data, error in report.crashes:
        print(f"  {error}: {data[:200]!r}")
    yield Figure("crashes in 100,000 mutated envelopes", len(report.crashes) + surprises.count, "", 0)
    yield Figure("the longest of them", report.slowest, "s", 1.0)
    yield Figure("growth over them", report.growth / 1_000_000, "MB", 1.0)


def flooded() -> Iterator[Figure]:
    """Honest connection requests amid 2,000 a second without password, 150 slow ones a second and 800 silent ones."""
    with listening() as listener:
        flood(listener.port, seconds=1, requests_per_second=100, slow_per_second=10, half_open=10)
        before, begun = listener.cost(), time.monotonic()
        result = flood(
            listener.port, seconds=FLOOD_SECONDS, requests_per_second=2000, slow_per_second=150, half_open=800
        )
        after, elapsed = listener.cost(), time.monotonic() - begun
    yield Figure("honest connection requests lost in a flood", (1 - result.answered_share) * 100, "%", 1)
    yield Figure("99 of 100 of them are answered within", result.slowest_percentile * 1000, "ms", 100)
    yield Figure("the listener's share of a core meanwhile", (after.processor - before.processor) / elapsed, "", 0.25)
    yield Figure("growth of its memory", (after.memory - before.memory) / 1024, "MB", 1)
    yield Figure("its descriptors", after.descriptors, "", 40)


def gateway() -> Iterator[Figure]:
    """A busy gateway with services."""
    yield from _alone("tests.bench.gateway")


def lease() -> Iterator[Figure]:
    """A new device that has nothing but a lease."""
    yield from _alone("tests.bench.lease")


def transfer() -> Iterator[Figure]:
    """A large file from a server on loopback."""
    command = [sys.executable, "-m", "tests.bench.transfer"]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    for name, value, unit, target in json.loads(printed.splitlines()[-1]):
        yield Figure(name, value, unit, target)


def round_trips() -> Iterator[Figure]:
    """A ping of ours beside ping's."""
    yield from _alone("tests.bench.round_trips")


def shaped() -> Iterator[Figure]:
    """Tests of throughput over a link that is shaped, beside curl."""
    yield from _alone("tests.bench.shaped")


def home() -> Iterator[Figure]:
    """A home router with OpenWrt."""
    yield from _alone("tests.bench.home", *ALONE)


def _alone(program: str, *namespaces: str) -> Iterator[Figure]:
    """What a program measures in namespaces of its own: a network, and the others that are named."""
    user = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    command = ["unshare", *user, *(namespaces or ("--net",)), sys.executable, "-m", program]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    for name, value, unit, target in json.loads(printed.splitlines()[-1]):
        yield Figure(name, value, unit, target)


def page_figures() -> Iterator[Figure]:
    """What the page weighs, and how soon a person sees something of it: in a browser, where there is one."""
    yield from page.figures(Figure)
    if browsing.is_possible():
        seen = browsing.browsing()
        yield Figure("page: first paint on loopback", seen.paint_ms, "ms", 300)
        yield Figure("tree page of 5,000 parameters: first rows on the screen", seen.rows_ms, "ms", 300)
    else:
        print("  (first paint: needs chromium and chromium-driver)")


def uci() -> Iterator[Figure]:
    """UCI's file engine."""
    yield Figure("UCI: parse and render a package of 300 sections", configuration.parse_and_render() * 1000, "ms", 10)


def omci() -> Iterator[Figure]:
    """The language of ONTs."""
    yield Figure("decode of one baseline OMCI frame", optical.decode() * 1_000_000, "µs", 30)
    yield Figure("onu info over a line of 115200 baud, with about 40 Gets", optical.info(), "s", 1.0)
    yield Figure("OLT provisions the ACS to the first Inform on the wire", onu_line.seconds_to_inform(), "s", 2.0)
    yield Figure("optical value changes to VALUE CHANGE on the wire", onu_line.seconds_to_value_change(), "s", 1.0)
    yield Figure("memory added by an ONT at a serial line, idle", onu_line.kilobytes() / 1024, "MB", 2.0)


GROUPS: dict[str, Callable[[], Iterator[Figure]]] = {
    "reading": reading,
    "bytes": bytes_on_the_wire,
    "starting": starting,
    "staying": staying,
    "hostile": hostile,
    "flooded": flooded,
    "gateway": gateway,
    "lease": lease,
    "page": page_figures,
    "uci": uci,
    "home": home,
    "transfer": transfer,
    "omci": omci,
    "round_trips": round_trips,
    "shaped": shaped,
}


class _Surprises(logging.Handler):
    """Counts what the dispatcher caught and logged with its traceback: told to the ACS as 9002, and a bug."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """One more, if it is one."""
        self.count += bool(record.exc_info)


def _best(live: Stage, path: str, *, at_least: int, times: int = 5) -> float:
    """The best of several: the machine may be busy with something else."""
    found = []
    for _ in range(times):
        rpc = live.done("GetParameterValues", names=[path])
        assert rpc.result is not None
        assert len(rpc.result["parameters"]) >= at_least, len(rpc.result["parameters"])
        assert rpc.seconds is not None
        found.append(rpc.seconds)
    return min(found)


def _many_processes() -> "_Group":
    """Sixty idle processes: a small machine has too few parameters otherwise."""
    script = "import os, signal\nfor _ in range(60):\n    if not os.fork():\n        break\nsignal.pause()\n"
    return _Group([sys.executable, "-S", "-c", script], start_new_session=True)


class _Group(subprocess.Popen[bytes]):
    """Ends with all its children."""

    def __exit__(self, *_: object) -> None:
        os.killpg(self.pid, signal.SIGKILL)
        self.wait()


def _status(live: Stage) -> None:
    command = [sys.executable, "-m", "agent", "status", "--socket", str(live.state / "control.sock")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _seconds(what: Callable[[Stage], None], live: Stage) -> float:
    begun = time.perf_counter()
    what(live)
    return time.perf_counter() - begun


def _bytes(traffic: tuple[int, int, int]) -> int:
    return traffic[1] + traffic[2]


def _memory_of_imports(names: str) -> int:
    script = f"import {names}\nprint(next(l.split()[1] for l in open('/proc/self/status') if l.startswith('VmRSS')))"
    return int(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout)


def _files(directory: Path) -> dict[str, tuple[int, int, int]]:
    found = {path: path.stat() for path in directory.iterdir() if path.is_file()}
    return {path.name: (stat.st_size, stat.st_ino, stat.st_mtime_ns) for path, stat in found.items()}


if __name__ == "__main__":
    sys.exit(main())
