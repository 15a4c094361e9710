"""How near a ping of ours is to ping's own, over the same two routers, in namespaces: a hundred packets 10 ms apart."""

import json
import re
import shutil
import statistics
import sys
from contextlib import ExitStack

from backends.diagnostics.ping import Ping, PingRequest
from tests.backends.diagnostics.way import FAR, TheWay
from tests.netlab.namespace import Namespace

TIMES = 7
PACKETS = 100


def main() -> None:
    """Print the figure as JSON: name, value, unit, target."""
    if shutil.which("ping") is None:
        raise SystemExit("needs ping (package iputils-ping)")
    with ExitStack() as stack:

        def make() -> Namespace:
            made = Namespace()
            stack.callback(made.close)
            return made

        way = TheWay(make)
        ours, theirs = zip(*((_ours(way), _theirs(way)) for _ in range(TIMES)), strict=True)
    apart = abs(statistics.median(ours) - statistics.median(theirs))
    name = f"ping of {PACKETS} packets at 10 ms: mean beside ping's ({statistics.median(theirs):.3f} ms)"
    print(json.dumps([[name, apart, "ms", 0.05]]))


def _ours(way: TheWay) -> float:
    """The mean in ms."""
    mean: int = way.run(Ping(), PingRequest(FAR, repetitions=PACKETS, interval=10)).average_response_time_detailed
    return mean / 1000


def _theirs(way: TheWay) -> float:
    told = way.home.run("ping", "-c", str(PACKETS), "-i", "0.01", "-q", FAR)
    return float(re.findall(r"= [\d.]+/([\d.]+)/", told)[0])


if __name__ == "__main__":
    sys.exit(main())
