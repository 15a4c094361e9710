"""What reading OMCI costs."""

import statistics
import subprocess
import sys
import time
import timeit

from agent.lab.onu import LabOnu, Likeness
from backends.omci.documents import decoded

# An answer to Get with six optical values, and four octets that are compared with its CRC: as much as a frame says.
FRAME = bytes.fromhex("8119290a01078001" + "000077" + "d56a381004070810" + "00" * 21 + "00000028" + "dfa1b1c2")


def decode() -> float:
    """Seconds of the processor for one baseline frame, to the names and values of its attributes."""
    decoded(FRAME)
    return min(timeit.repeat(lambda: decoded(FRAME), time.process_time, number=500, repeat=40)) / 500


def info() -> float:
    """Seconds of ``onu info``, from typing to the table, over a line of 115200 baud: the median of some."""
    found = []
    onu = LabOnu(Likeness(baud=115200))
    onu.start()
    try:
        onu.order("acs http://acs.example:7557/cwmp --user lab --password secret")
        for _ in range(7):
            begun = time.monotonic()
            subprocess.run(
                [sys.executable, "-m", "agent", "onu", "info", "--device", onu.device], check=True, capture_output=True
            )
            found.append(time.monotonic() - begun)
    finally:
        onu.stop()
    return statistics.median(found)
