"""How near DownloadDiagnostics and UploadDiagnostics are to a link that tc shapes to 500 Mbit/s, and to curl's figure.

A token bucket counts whole frames: of 1514 octets 1448 are TCP's content. That is the rate which is to be measured.
"""

import json
import shutil
import statistics
import sys
from contextlib import ExitStack
from functools import partial

from backends.diagnostics.sockets import Way
from backends.diagnostics.throughput import Throughput, download, upload
from backends.diagnostics.throughput_types import TransferRequest
from backends.netlink_socket import inside
from tests.backends.diagnostics import speed_server as server
from tests.backends.diagnostics.speed_server import http_server
from tests.netlab.namespace import Namespace, veth

RATE = 500.0
CARRIED = RATE * 1448 / 1514
SIZE = 150_000_000
SECONDS = 3
TIMES = 3
CLIENT, SERVER = "192.0.2.10", "192.0.2.1"
SHAPER = f"tc qdisc replace dev eth0 root tbf rate {RATE:g}mbit burst 256k latency 50ms"


def main() -> None:
    """Print the figures as JSON: name, value, unit, target."""
    if shutil.which("curl") is None:
        raise SystemExit("needs curl")
    with ExitStack() as stack:
        home, far = Namespace(), Namespace()
        stack.callback(home.close)
        stack.callback(far.close)
        veth(home, "eth0", far, "eth0")
        for space, address in ((home, CLIENT), (far, SERVER)):
            space.ip("link set lo up")
            space.ip(f"address add {address}/24 dev eth0")
            space.run(*SHAPER.split())
        within = partial(inside, far.path)
        file, _ = stack.enter_context(http_server(server.file_of(SIZE), SERVER, within=within))
        endless, _ = stack.enter_context(http_server(server.endless, SERVER, within=within))
        sink, _ = stack.enter_context(http_server(server.put, SERVER, within=within))
        way = Way("eth0")
        by_size = _median(home, download(), TransferRequest(file, way))
        theirs = statistics.median(_curl(home, file) for _ in range(TIMES))
        by_time = _median(home, download(), TransferRequest(endless, way, connections=4, duration=SECONDS))
        sent = _median(home, upload(), TransferRequest(sink, way, connections=4, duration=SECONDS))
    figures = [
        [f"download over {RATE:g} Mbit/s, 1 connection: off what it carries", _off(by_size, CARRIED), "%", 3],
        [f"the same beside curl's ({theirs:.1f} Mbit/s)", _off(by_size, theirs), "%", 3],
        [f"download by time, 4 connections ({by_time:.1f} Mbit/s)", _off(by_time, CARRIED), "%", 3],
        [f"upload by time, 4 connections ({sent:.1f} Mbit/s)", _off(sent, CARRIED), "%", 3],
    ]
    print(json.dumps(figures))


def _off(rate: float, wanted: float) -> float:
    return abs(rate - wanted) / wanted * 100


def _median(home: Namespace, test: Throughput, request: TransferRequest) -> float:
    """Mbit/s."""
    return statistics.median(inside(home.path, lambda: _rate(test, request)) for _ in range(TIMES))


def _rate(test: Throughput, request: TransferRequest) -> float:
    result = test.measure(request, lambda _: None, lambda: False)
    assert result.bom_time
    assert result.eom_time
    return result.test_bytes * 8 / (result.eom_time - result.bom_time).total_seconds() / 1e6


def _curl(home: Namespace, url: str) -> float:
    told = home.run("curl", "-s", "-o", "/dev/null", "-w", "%{size_download} %{time_total} %{time_starttransfer}", url)
    size, total, start = map(float, told.split())
    return size * 8 / (total - start) / 1e6


if __name__ == "__main__":
    sys.exit(main())
