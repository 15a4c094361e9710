"""How long a new device takes from its lease to its first Inform: a real dnsmasq, udhcpc and agent, in namespaces."""

import json
import statistics
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.discovery.way_out import at_home, option43
from tests.netlab.namespace import Namespace
from tests.waiting import PATIENCE, until

TIMES = 3


def main() -> None:
    """Print the figure as JSON: name, value, unit, target."""
    seconds = statistics.median(_seconds() for _ in range(TIMES))
    print(json.dumps([["lease to first Inform on the wire", seconds, "s", 1.5]]))


def _seconds() -> float:
    """From the moment at which the client calls its hook."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="cpe-agent-lease-")))

        def make() -> Namespace:
            made = Namespace()
            stack.callback(made.close)
            return made

        home = stack.enter_context(at_home(make, folder))
        home.provider.says(option43(home.acs, "P-1"))
        home.stand.start()
        client = home.client()
        home.stand.acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE)
        until(lambda: "bound at" in client.log.read_text())
        [bound] = [line for line in client.log.read_text().splitlines() if line.startswith("bound at ")][:1]
        return home.stand.acs.exchanges[0].received - float(bound.rpartition(" ")[2])


if __name__ == "__main__":
    sys.exit(main())
