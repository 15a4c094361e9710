"""An agent with an ONT at its serial line: how soon the ACS hears what the OLT and the fibre do, and what it costs.

The lab ONU's line is as slow as one of 115200 baud.
"""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from agent.lab.onu import LabOnu, Likeness
from tests.durability.stand import Agent, Stand
from tests.waiting import PATIENCE, until

BAUD = 115200
TIMES = 5
IDLE = 15.0
LEVEL = "Device.Optical.Interface.1.OpticalSignalLevel"
ROWS = "Device.Optical.InterfaceNumberOfEntries"


@contextmanager
def _stand(*, has_line: bool = True, has_acs: bool = False) -> Iterator[tuple[Stand, LabOnu]]:
    with TemporaryDirectory(prefix="cpe-agent-bench-") as name:
        onu = LabOnu(Likeness(baud=BAUD), Path(name) / "onu")
        onu.start()
        try:
            onu.order("drift off")
            more = f'[omci]\ndevice = "{onu.device}"\n' if has_line else ""
            with Stand(Path(name), more=more) as stand:
                stand.configure(stand.acs.url if has_acs else "")
                yield stand, onu
        finally:
            onu.stop()


def _has_line(agent: Agent) -> bool:
    return agent.values(ROWS)[ROWS] == "1"


def seconds_to_inform() -> float:
    """From when the OLT has provisioned the ACS to the first Inform: the median of several new devices."""
    found = []
    for _ in range(TIMES):
        with _stand() as (stand, onu):
            agent = stand.start()
            until(lambda agent=agent: _has_line(agent))  # type: ignore[misc]
            begun = time.monotonic()
            onu.order(f"acs {stand.acs.url}")
            stand.acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE)
            found.append(time.monotonic() - begun)
    return statistics.median(found)


def seconds_to_value_change() -> float:
    """From an AVC of the optical level to the Inform that tells it: the worst of several."""
    found = []
    with _stand(has_acs=True) as (stand, onu):
        agent = stand.first_contact()
        until(lambda: _has_line(agent))
        stand.done(agent, "SetParameterAttributes", parameters={LEVEL: {"notification": 2}})
        for turn in range(TIMES):
            before = len(stand.informs_with("4 VALUE CHANGE"))
            begun = time.monotonic()
            onu.order(f"light {-20 - turn} 2")
            until(lambda before=before: len(stand.informs_with("4 VALUE CHANGE")) > before)  # type: ignore[misc]
            found.append(time.monotonic() - begun)
            stand.acs.wait_for_session_end(timeout=PATIENCE)
    return max(found)


def kilobytes() -> float:
    """What an idle agent holds more with a line than without."""
    held = []
    for has_line in (False, True):
        sizes = []
        for _ in range(3):
            with _stand(has_line=has_line, has_acs=True) as (stand, _onu):
                agent = stand.first_contact()
                time.sleep(IDLE)
                status = Path(f"/proc/{agent.pid}/status").read_text().splitlines()
                sizes.append(next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")))
        held.append(min(sizes))
    return held[1] - held[0]
