"""Somebody else's reading of a capture: omcipcap (and scapy below it), as JSON. A program of its own: it loads much.

python -m tests.backends.omci.other_reader CAPTURE
"""

import json
import sys
from typing import Any

from omci import omcimib  # type: ignore[import-not-found]
from omci.omci import OMCIPacket  # type: ignore[import-not-found]
from scapy.utils import rdpcap  # type: ignore[import-untyped]


def told(octets: bytes) -> dict[str, Any]:
    """What it says of one frame."""
    packet = OMCIPacket.from_raw(octets)
    said = {
        "tci": packet.transaction_id,
        "message": getattr(packet.action, "name", str(packet.action)),
        "asks": packet.is_request,
        "answers": packet.is_response,
        "notifies": packet.is_notification,
        "class": packet.me_class,
        "instance": packet.inst_id,
        "contents": packet.content.hex(),
        "result": packet.result,
    }
    if packet.action.name == "MIB_UPLOAD_NEXT" and packet.is_response and packet.device_id == 0x0A:
        upload = packet.mib_upload_entity
        entity = omcimib.MIBInstance(upload["me_class"], upload["me_instance"])
        entity.update(upload["attr_mask"], upload["attr_data"])
        said |= {"upload": [entity.class_id, entity.inst_id], "attributes": entity.attributes}
    elif packet.action.name == "SET" and packet.is_request:
        entity = omcimib.MIBInstance(packet.me_class, packet.inst_id)
        entity.update(int.from_bytes(packet.content[:2]), packet.content[2:])
        said["attributes"] = entity.attributes
    elif packet.action.name == "CREATE" and packet.is_request:
        entity = omcimib.MIBInstance(packet.me_class, packet.inst_id)
        entity.update_from_create(packet.content)
        said["attributes"] = entity.attributes
    return said


def main() -> None:
    """Say what the capture holds, and how large it takes each attribute of each class to be."""
    frames = [bytes(packet.payload) for packet in rdpcap(sys.argv[1]) if packet.type == 0x88B5]
    sizes = {number: [size for _, size, *_ in spec[1]] for number, spec in omcimib.ME_SPEC.items()}
    json.dump({"frames": [told(frame) for frame in frames], "sizes": sizes}, sys.stdout)


if __name__ == "__main__":
    main()
