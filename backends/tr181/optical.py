"""Device.Optical.: the ONT's side towards the PON, as an interface."""

from collections.abc import Iterable
from typing import Any, Final

from agent.model.object import Object, Parameter
from backends.omci.onts import ANI
from backends.omci.units import level, receive_threshold, transmit_threshold
from backends.tr181.mechanisms import Mechanisms

OPTICAL_INTERFACE: Final = "Device.Optical.Interface.{i}."


def optical(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Interface, with a row for each ANI."""
    line = mechanisms.optical
    if line is None:
        return []

    def rows() -> Iterable[int]:
        return line.picture.instances(ANI)

    def octets(ani: int, index: int) -> bytes | None:
        return line.picture.octets(ANI, ani, index)

    parameters: list[Parameter[int, Any]] = [
        Parameter("Enable", lambda _: line.is_enabled()),
        Parameter("Status", line.ani_status),
        Parameter("Name", lambda ani: f"ani-{ani}"),
        Parameter("LastChange", lambda ani: line.last_change((ANI, ani))),
        Parameter("LowerLayers", lambda _: []),
        Parameter("Upstream", lambda _: True),
        Parameter("OpticalSignalLevel", lambda ani: level(octets(ani, 10))),
        Parameter("LowerOpticalThreshold", lambda ani: receive_threshold(octets(ani, 11))),
        Parameter("UpperOpticalThreshold", lambda ani: receive_threshold(octets(ani, 12))),
        Parameter("TransmitOpticalLevel", lambda ani: level(octets(ani, 14))),
        Parameter("LowerTransmitPowerThreshold", lambda ani: transmit_threshold(octets(ani, 15))),
        Parameter("UpperTransmitPowerThreshold", lambda ani: transmit_threshold(octets(ani, 16))),
    ]
    return [
        Object(
            path=OPTICAL_INTERFACE,
            rows=rows,
            keys=lambda ani: (str(ani),),
            parameters=parameters,
            changed_by=("optical",),
            source=lambda ani: f"OMCI AniG {ani} at {line.settings.device}",
        )
    ]
