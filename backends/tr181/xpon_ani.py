"""Device.XPON.ONU.{i}.ANI.{i}.: the ONT's side towards the PON: activation, counters, GEM ports, alarms, light."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from agent.model.object import Object, Parameter
from backends.omci.onts import (
    ANI,
    DOWNSTREAM,
    FEC,
    GEM_END,
    GEM_MULTICAST_END,
    GEM_PORT,
    GEM_PORT_HISTORY,
    ONU_G,
    TC,
    UPSTREAM,
)
from backends.omci.picture import Module
from backends.omci.units import tenths

if TYPE_CHECKING:
    from backends.tr181.optical_line import OpticalLine

ONU_TABLE: Final = "Device.XPON.ONU.{i}."
ANI_TABLE: Final = f"{ONU_TABLE}ANI.{{i}}."
NO_READING: Final = -274
"""Degrees: TR-181 has it for a temperature that is not known."""

Row = tuple[int, int]
"""An ONU and its ANI."""
Port = tuple[int, int, int]

COUNTERS: Final[Mapping[str, Mapping[str, tuple[int, int]]]] = {
    "PHY": {
        "CorrectedFECBytes": (FEC, 3),
        "CorrectedFECCodewords": (FEC, 4),
        "UncorrectableFECCodewords": (FEC, 5),
        "TotalFECCodewords": (FEC, 6),
        "PSBdHECErrorCount": (TC, 3),
        "HeaderHECErrorCount": (TC, 4),
        "UnknownProfile": (TC, 5),
    },
    "GEM": {"FramesSent": (TC, 6), "FrameHeaderHECErrors": (TC, 10), "KeyErrors": (TC, 9)},
    "PLOAM": {
        "MICErrors": (DOWNSTREAM, 3),
        "DownstreamMessageCount": (DOWNSTREAM, 4),
        "RangingTime": (DOWNSTREAM, 6),
        "UpstreamMessageCount": (UPSTREAM, 3),
    },
    "OMCI": {
        "BaselineMessagesReceived": (DOWNSTREAM, 13),
        "ExtendedMessagesReceived": (DOWNSTREAM, 14),
        "MICErrors": (DOWNSTREAM, 16),
    },
}
"""By object below TC.PM, its parameters: class and attribute of the history that counts."""
SHORT: Final = frozenset(
    {"PSBdHECErrorCount", "HeaderHECErrorCount", "UnknownProfile", "FrameHeaderHECErrors", "KeyErrors", "MICErrors"}
)
"""Counters of 32 bits: they begin anew behind their end (StatsCounter32)."""
ANI_ALARMS: Final = {"SF": 2, "SD": 3}
"""By name, the alarms that OMCI itself tells of an ANI."""
PON_ALARMS: Final[Mapping[str, tuple[str, ...]]] = {
    "raw": ("SF", "SD"),
    "lantiq": ("LOS", "LOF", "SF", "SD", "DIS", "PEE"),
    "realtek": ("LOS", "LOF", "SF", "SD", "DIS"),
    "cortina": ("DIS",),
}
"""By driver, the alarms that are told: by OMCI, by a program of the console, or (DIS) by the activation's state."""
STOPPED: Final = "O7"
"""G.984.3 and G.9807.1: the OLT has disabled this ONU, until it says otherwise ("emergency stop")."""
UNKNOWN: Final = Module(0, "Unknown", "", "", "", "")
"""Stands for a module that this machine cannot read."""
DOWNWARDS: Final = 2
"""Direction of a GEM port that nothing is sent to: never that of a unicast service."""
BROADCAST: Final = 6
"""G.988, 9.2.4: an interworking termination point for downstream broadcast."""
DIRECTIONS: Final = {1: "UNI-to-ANI", 2: "ANI-to-UNI", 3: "bidirectional"}
STATES: Final = ("O1", "O2", "O3", "O2-3", "O4", "O5", "O6", "O7", "O8", "O9")
MEASURED: Final = {"Voltage": ("volt", 0), "Bias": ("bias", 0), "Temperature": ("temp", NO_READING)}
"""By parameter, how a program's name for it begins, and what stands for no reading."""
FACTORS: Final = {"V": 1000, "mV": 1, "A": 1_000_000, "mA": 1000, "uA": 1, "C": 1, "dBm": 10}


def ani_objects(line: "OpticalLine") -> list[Object[Any]]:
    """ANI and all below it."""

    def rows() -> Iterable[Row]:
        return [(onu, ani) for onu in line.onus()[:1] for ani in line.picture.instances(ANI)]

    def keys(row: Row) -> tuple[str, ...]:
        return tuple(map(str, row))

    def single(name: str, parameters: Sequence[Parameter[Row, Any]]) -> Object[Row]:
        """An object that each ANI has one of."""
        return Object(
            path=f"{ANI_TABLE}{name}",
            rows=rows,
            keys=keys,
            parameters=parameters,
            changed_by=("optical",),
            source=lambda row: f"OMCI AniG {row[1]} at {line.settings.device}",
        )

    ani: list[Parameter[Row, Any]] = [
        Parameter("Enable", lambda _: line.is_enabled()),
        Parameter("Status", lambda row: line.ani_status(row[1])),
        Parameter("Name", lambda row: f"ani-{row[1]}"),
        Parameter("LastChange", lambda row: line.last_change((ANI, row[1]))),
        Parameter("PONMode", lambda _: line.settings.pon_mode),
    ]
    counters = [
        single(f"TC.PM.{name}.", [_counter(line, parameter, *place) for parameter, place in places.items()])
        for name, places in COUNTERS.items()
    ]
    return [
        single("", ani),
        single("TC.", []),
        single("TC.ONUActivation.", _activation(line)),
        single("TC.PM.", []),
        *counters,
        single("TC.GEM.", []),
        *_gem_ports(line),
        single("TC.PerformanceThresholds.", _thresholds(line)),
        single("TC.Alarms.", [_alarm(line, name) for name in PON_ALARMS[line.settings.driver]]),
        _transceivers(line),
    ]


def _activation(line: "OpticalLine") -> list[Parameter[Row, Any]]:
    def serial(row: Row) -> str:
        octets = line.picture.octets(ONU_G, row[0], 3) or b""
        return octets[:4].decode("latin-1") + octets[4:].hex().upper() if octets[:4].isalnum() else ""

    told: list[Parameter[Row, Any]] = [
        Parameter("VendorID", lambda row: line.picture.text(ONU_G, row[0], 1)),
        Parameter("SerialNumber", serial),
    ]
    if line.settings.driver == "raw":  # OMCI itself does not tell the state
        return told
    return [Parameter("ONUState", lambda _: line.picture.state if line.picture.state in STATES else "O1"), *told]


def _counter(line: "OpticalLine", name: str, class_id: int, index: int) -> Parameter[Row, int]:
    most = 1 << (32 if name in SHORT else 64)
    return Parameter(
        name,
        lambda row: line.picture.total(class_id, row[1], index) % most,
        source=lambda row: f"OMCI {class_id} {row[1]}, added up over its intervals",
    )


def _alarm(line: "OpticalLine", name: str) -> Parameter[Row, bool]:
    def is_active(row: Row) -> bool:
        picture = line.picture
        by_omci = name in ANI_ALARMS and picture.has_alarm(ANI, row[1], ANI_ALARMS[name])
        by_state = name == "DIS" and picture.state == STOPPED
        return by_omci or by_state or picture.pon_alarms.get(name, False)

    return Parameter(name, is_active)


def _thresholds(line: "OpticalLine") -> list[Parameter[Row, Any]]:
    """Bit error rates of 10 to the minus this; what an ONU says outside of the range is taken to its end."""

    def threshold(name: str, index: int, least: int, most: int) -> Parameter[Row, int]:
        return Parameter(name, lambda row: min(max(line.picture.number(ANI, row[1], index) or 0, least), most))

    return [threshold("SignalFail", 6, 3, 8), threshold("SignalDegrade", 7, 4, 10)]


def _gem_ports(line: "OpticalLine") -> list[Object[Port]]:
    def rows() -> Iterable[Port]:
        picture = line.picture
        anis = [(onu, ani) for onu in line.onus()[:1] for ani in picture.instances(ANI)[:1]]
        ports = [port for port in picture.instances(GEM_PORT) if picture.number(GEM_PORT, port, 1) is not None]
        return [(onu, ani, port) for onu, ani in anis for port in ports]

    def table(name: str, parameters: Sequence[Parameter[Port, Any]]) -> Object[Port]:
        return Object(
            path=f"{ANI_TABLE}TC.GEM.Port.{{i}}.{name}",
            rows=rows,
            keys=lambda row: tuple(map(str, row)),
            parameters=parameters,
            changed_by=("optical",),
            source=lambda row: f"OMCI GemPortNetworkCtp {row[2]} at {line.settings.device}",
        )

    def direction(row: Port) -> str:
        return DIRECTIONS.get(line.picture.number(GEM_PORT, row[2], 3) or 0, "bidirectional")

    def kind(row: Port) -> str:
        picture, port = line.picture, row[2]

        def is_pointed_to(class_id: int) -> list[int]:
            return [end for end in picture.instances(class_id) if picture.number(class_id, end, 1) == port]

        ends = is_pointed_to(GEM_END)
        if any(picture.number(GEM_END, end, 2) == BROADCAST for end in ends):
            return "broadcast"
        goes_down = picture.number(GEM_PORT, port, 3) == DOWNWARDS and not ends
        return "multicast" if goes_down or is_pointed_to(GEM_MULTICAST_END) else "unicast"

    def counter(name: str, index: int) -> Parameter[Port, int]:
        return Parameter(name, lambda row: line.picture.total(GEM_PORT_HISTORY, row[2], index))

    return [
        table(
            "",
            [
                Parameter("PortID", lambda row: min(line.picture.number(GEM_PORT, row[2], 1) or 0, 65534)),
                Parameter("Direction", direction),
                Parameter("PortType", kind),
            ],
        ),
        table("PM.", [counter("FramesSent", 3), counter("FramesReceived", 4)]),
    ]


def _transceivers(line: "OpticalLine") -> Object[Row]:
    def rows() -> Iterable[Row]:
        return [(onu, ani) for onu in line.onus()[:1] for ani in line.picture.instances(ANI)]

    def of_program(begins: str, nothing: int) -> int:
        """What a program's, or the host's, reading of the module has under a name that begins so."""
        told = line.picture.levels.items()
        value, unit = next((one for what, one in told if what.lower().startswith(begins)), (None, ""))
        factor = FACTORS.get(unit.strip())
        return nothing if value is None or factor is None else round(value * factor)

    def power(name: str, index: int) -> Parameter[Row, int]:
        def read(row: Row) -> int:
            octets = line.picture.octets(ANI, row[1], index)
            return of_program(f"{name[:2].lower()} ", tenths(None)) if octets is None else tenths(octets)

        return Parameter(name, read)

    def measured(name: str) -> Parameter[Row, int]:
        return Parameter(name, lambda _: of_program(*MEASURED[name]))

    def module() -> Module:
        return line.picture.module or UNKNOWN

    parameters: list[Parameter[Row, Any]] = [
        Parameter("ID", lambda _: 0),
        Parameter("Identifier", lambda _: module().identifier),
        Parameter("VendorName", lambda _: module().vendor),
        Parameter("VendorPartNumber", lambda _: module().part),
        Parameter("VendorRevision", lambda _: module().revision),
        Parameter("Connector", lambda _: module().connector),
        Parameter("PONMode", lambda _: line.settings.pon_mode),
        power("RxPower", 10),
        power("TxPower", 14),
    ]
    parameters += [measured(name) for name in MEASURED]
    return Object(
        path=f"{ANI_TABLE}Transceiver.{{i}}.",
        rows=rows,
        keys=lambda row: (*map(str, row), "0"),
        parameters=parameters,
        changed_by=("optical",),
        source=lambda row: f"OMCI AniG {row[1]} at {line.settings.device}",
    )
