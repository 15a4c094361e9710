"""How long UCI's file engine takes for one large package."""

import time
from pathlib import Path

from backends.uci.reading import parsed, rendered

SECTIONS = 300
TIMES = 20
RULE = """config rule
	option name 'Allow {0}'
	option src 'wan'
	option proto 'tcp'
	list dest_ip '10.0.{0}.1'
	list dest_ip '10.0.{0}.2'
	option dest_port '{0}'
	option target 'ACCEPT'

"""


def parse_and_render() -> float:
    """Seconds for the text of a firewall with 300 rules into sections and back; the best of several."""
    text = "\n" + "".join(RULE.format(number) for number in range(SECTIONS))
    best = float("inf")
    for _ in range(TIMES):
        begun = time.perf_counter()
        package = parsed("firewall", text, Path("firewall"))
        written = rendered(package)
        best = min(best, time.perf_counter() - begun)
        assert len(package.sections) == SECTIONS
        assert written == text
    return best
