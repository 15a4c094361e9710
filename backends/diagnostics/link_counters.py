"""How many bytes a link has received and sent, read by whoever measures, in whatever thread."""

from pathlib import Path
from typing import Final, NamedTuple

SENT_AT: Final = 8
"""The column of the bytes sent, behind the eight of what was received (proc_pid_net(5))."""


class Traffic(NamedTuple):
    """Bytes since the link was made."""

    received: int = 0
    sent: int = 0

    def since(self, earlier: "Traffic") -> "Traffic":
        """What has come and gone since; none where the link was made anew."""
        return Traffic(max(self.received - earlier.received, 0), max(self.sent - earlier.sent, 0))


NONE: Final = Traffic()


def traffic_of(link: str, proc: Path = Path("/proc")) -> Traffic:
    """The link's counters; zero for "" and for a link that is not there."""
    if not link:
        return NONE
    try:
        lines = (proc / "thread-self/net/dev").read_text().splitlines()
    except OSError:
        return NONE
    for line in lines:
        name, colon, numbers = line.partition(":")
        if colon and name.strip() == link:
            columns = numbers.split()
            return Traffic(int(columns[0]), int(columns[SENT_AT]))
    return NONE
