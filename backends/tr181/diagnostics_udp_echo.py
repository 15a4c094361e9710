"""Device.IP.Diagnostics.UDPEchoDiagnostics. (TR-143 A.1)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from agent.model.object import Parameter
from backends.desired_state import Pointer, Record
from backends.tr181.diagnostics import LONGEST_TIMEOUT, Rows, Test, at_most, ends, needed

if TYPE_CHECKING:
    from backends.diagnostics.udp_echo import EchoRequest

ECHO: Final = "Device.IP.Diagnostics.UDPEchoDiagnostics."
MOST_PACKETS_TOLD: Final = 100
MOST_REPETITIONS: Final = 100_000
MOST_OCTETS: Final = {"IPv4": 65_507, "Any": 65_507, "IPv6": 65_527}


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoSettings(Record):
    """Times in ms; ``data_block_size`` in octets."""

    interface: Pointer | None = None
    host: str = ""
    port: int = 7
    number_of_repetitions: int = 1
    timeout: int = 5000
    data_block_size: int = 24
    dscp: int = 0
    inter_transmission_time: int = 1000
    protocol_version: str = "Any"
    enable_individual_packet_results: bool = False


def _request(settings: EchoSettings, link: str) -> "EchoRequest":
    from backends.diagnostics.sockets import Way
    from backends.diagnostics.udp_echo import EchoRequest

    return EchoRequest(
        settings.host,
        Way(link, settings.dscp, version=settings.protocol_version),
        settings.port,
        settings.number_of_repetitions,
        settings.timeout,
        settings.data_block_size,
        settings.inter_transmission_time,
        settings.enable_individual_packet_results,
    )


def _check(settings: EchoSettings) -> None:
    needed(EchoSettings, settings, "host")
    at_most(
        EchoSettings,
        settings,
        number_of_repetitions=MOST_REPETITIONS,
        timeout=LONGEST_TIMEOUT,
        data_block_size=MOST_OCTETS[settings.protocol_version],
    )
    whole = settings.number_of_repetitions * settings.inter_transmission_time
    ends(EchoSettings, whole, "number_of_repetitions", "inter_transmission_time")


UDP_ECHO: Final = Test(
    name="UDPEchoDiagnostics",
    path=ECHO,
    settings=EchoSettings,
    place="backends.diagnostics.udp_echo:UdpEcho",
    request=_request,
    inputs=(
        "Interface",
        "Host",
        "Port",
        "NumberOfRepetitions",
        "Timeout",
        "DataBlockSize",
        "DSCP",
        "InterTransmissionTime",
        "ProtocolVersion",
        "EnableIndividualPacketResults",
    ),
    results={
        "IPAddressUsed": "",
        **dict.fromkeys(
            ("SuccessCount", "FailureCount", "AverageResponseTime", "MinimumResponseTime", "MaximumResponseTime"), 0
        ),
    },
    rows=(
        Rows(
            f"{ECHO}IndividualPacketResult.{{i}}.",
            "packets",
            {
                "PacketSuccess": False,
                "PacketSendTime": None,
                "PacketReceiveTime": None,
                **dict.fromkeys(("TestGenSN", "TestRespSN", "TestRespRcvTimeStamp", "TestRespReplyTimeStamp"), 0),
                "TestRespReplyFailureCount": 0,
            },
        ),
    ),
    check=_check,
    more=lambda _tables: (Parameter("UDPEchoDiagnosticsMaxResults", lambda _: MOST_PACKETS_TOLD),),
    needs=("refusal",),
)
