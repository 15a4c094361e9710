"""A connection to the agent's control socket, for whoever asks it: the command line, DHCP's hooks and the page."""

import os
import socket
import time
from typing import Final

FULL: Final = 0.1  # seconds between two tries while the agent's queue is full


def connected(path: str | os.PathLike[str], within: float, patience: float = 5.0) -> socket.socket:
    """A connection whose every wait ends after ``within`` seconds. While the agent's queue is full, which refuses at
    once, it is tried again for ``patience`` seconds. OSError; BlockingIOError where the queue stayed full.
    """
    folder, name = os.path.split(path)
    tries = round(patience / FULL)
    directory = os.open(folder or ".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(within)
        while True:
            try:
                # Through the descriptor the name is short: a socket's address has room for 107 bytes.
                connection.connect(f"/proc/self/fd/{directory}/{name}")
                return connection
            except BlockingIOError:
                tries -= 1
                if tries <= 0:
                    raise
                time.sleep(FULL)
    except BaseException:
        connection.close()
        raise
    finally:
        os.close(directory)
