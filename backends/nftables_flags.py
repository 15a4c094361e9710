"""The flags of a table of the packet filter, asked of the kernel itself.

What libnftables 1.0.6 writes of them as JSON comes from memory that is not its own.
"""

import errno
import os
import socket
import struct
from collections.abc import Callable
from typing import Final

from backends.errors import MechanismError

SECONDS: Final = 5.0
NLMSG_ERROR, NLM_F_REQUEST = 2, 1
NEWTABLE, GETTABLE = 10 << 8, 10 << 8 | 1  # nfnetlink's subsystem 10
TABLE_NAME, TABLE_FLAGS = 1, 2
FAMILIES: Final = {"inet": 1, "ip": 2, "arp": 3, "netdev": 5, "bridge": 7, "ip6": 10}


def table_flags(open_socket: Callable[[], socket.socket], family: str, name: str) -> int | None:
    """Such as 1 for one that is dormant; None where there is no such table. MechanismError."""
    encoded = name.encode() + b"\0"
    attribute = struct.pack("=HH", 4 + len(encoded), TABLE_NAME) + encoded.ljust(-(-len(encoded) // 4) * 4, b"\0")
    body = struct.pack("=BBH", FAMILIES[family], 0, 0) + attribute
    with open_socket() as asked:
        asked.settimeout(SECONDS)
        try:
            asked.send(struct.pack("=IHHII", 16 + len(body), GETTABLE, NLM_F_REQUEST, 1, 0) + body)
            answer = asked.recv(65536)
        except OSError as failed:
            raise MechanismError(f"the packet filter does not answer: {failed.strerror or failed}") from failed
    kind = struct.unpack_from("=H", answer, 4)[0]
    if kind == NLMSG_ERROR:
        number = -struct.unpack_from("=i", answer, 16)[0]
        if number == errno.ENOENT:
            return None
        raise MechanismError(f"table {family} {name}: {os.strerror(number)}", errno.errorcode.get(number, ""))
    return _flags(answer[20:])


def _flags(attributes: bytes) -> int:
    while len(attributes) >= 4:
        length, kind = struct.unpack_from("=HH", attributes)
        if kind == TABLE_FLAGS:
            return int(struct.unpack_from("!I", attributes, 4)[0])
        attributes = attributes[(max(length, 4) + 3) & ~3 :]
    return 0
