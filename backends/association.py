"""Gateway and device tell each other who they are, by DHCP option 125 (TR-069 Annex F; RFC 3925, enterprise 3561)."""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

OPTION: Final = 125
BROADBAND_FORUM: Final = 3561
DEVICE: Final = (1, 2, 3)
"""Sub-options by which a device names itself: OUI, serial number, product class."""
GATEWAY: Final = (4, 5, 6)
"""The same of the gateway, in its answer."""
OUI: Final = re.compile(r"[0-9A-F]{6}")
LONGEST: Final = 64


@dataclass(frozen=True, slots=True)
class Named:
    """Who somebody on the network says it is; ``mac`` is where it was heard, "" where that does not matter."""

    oui: str
    serial_number: str
    product_class: str = ""
    mac: str = ""


def named_in(option: bytes, who: tuple[int, int, int], mac: str = "") -> Named | None:
    """What the content of an option 125 says of a gateway or a device; None when it names none."""
    found = _sub_options(option)
    oui, serial, product = (found.get(tag, b"").decode("utf-8", "replace").strip("\0 ")[:LONGEST] for tag in who)
    if not OUI.fullmatch(oui.upper()) or not serial:
        return None
    return Named(oui.upper(), serial, product, mac)


def _sub_options(option: bytes) -> Mapping[int, bytes]:
    """Of the Broadband Forum's part alone; what is cut off is left out."""
    found: dict[int, bytes] = {}
    while len(option) >= 5:
        number, length = struct.unpack_from("!IB", option)
        body, option = option[5 : 5 + length], option[5 + length :]
        if number != BROADBAND_FORUM or len(body) < length:
            continue
        while len(body) >= 2 and len(body) >= 2 + body[1]:
            found[body[0]] = body[2 : 2 + body[1]]
            body = body[2 + body[1] :]
    return found
