"""A neighbour that speaks RIPv2 (RFC 2453) on the links of a namespace: it announces, and keeps what it hears."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.netlab.namespace import Namespace

SPEAKER = """
import ipaddress, json, os, socket, struct, sys, time
link, address, heard_file, *routes = sys.argv[1:]
group = socket.inet_aton("224.0.0.9")
spoken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
spoken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
spoken.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, link.encode())
spoken.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group + socket.inet_aton(address))
spoken.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
spoken.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
spoken.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
spoken.bind(("", 520))
spoken.settimeout(0.3)
heard = {}
said = 0.0
while True:
    if routes and time.monotonic() - said > 0.3:
        said = time.monotonic()
        message = struct.pack("!BBH", 2, 2, 0)
        for route in routes:
            network, metric = route.split("@")
            network = ipaddress.ip_network(network)
            message += struct.pack("!HH4s4s4sI", 2, 0, network.network_address.packed, network.netmask.packed,
                                   bytes(4), int(metric))
        spoken.sendto(message, ("224.0.0.9", 520))
    try:
        message, sender = spoken.recvfrom(1500)
    except TimeoutError:
        continue
    if sender[0] == address or message[:2] != bytes((2, 2)):
        continue
    for place in range(4, len(message) - 19, 20):
        _, _, network, mask, _, metric = struct.unpack("!HH4s4s4sI", message[place : place + 20])
        length = bin(int.from_bytes(mask, "big")).count("1")
        heard[socket.inet_ntoa(network) + "/" + str(length)] = metric
    with open(heard_file + ".new", "w") as file:
        json.dump(heard, file)
    os.replace(heard_file + ".new", heard_file)
"""


class RipSpeaker:
    """Announces ``routes`` ("198.51.100.0/24@1": network and metric) three times a second until it is closed."""

    def __init__(self, space: Namespace, link: str, address: str, folder: Path, routes: Sequence[str] = ()) -> None:
        self._heard = folder / f"heard-{link}.json"
        self._process = subprocess.Popen(
            space.command(sys.executable, "-I", "-S", "-c", SPEAKER, link, address, str(self._heard), *routes)
        )

    def heard(self) -> dict[str, int]:
        """The latest metric of each network that was announced to it."""
        found: dict[str, int] = json.loads(self._heard.read_text()) if self._heard.exists() else {}
        return found

    def close(self) -> None:
        """Say no more."""
        self._process.kill()
        self._process.wait()
