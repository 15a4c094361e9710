"""Device.PacketCaptureDiagnostics.: what passes a link, as a file that is sent on or uploaded."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.model.object import Parameter
from backends.desired_state import Pointer, Record, Refused
from backends.tr181.diagnostics import LONGEST, Rows, Test, at_most
from backends.tr181.mechanisms import Mechanisms

if TYPE_CHECKING:
    from backends.diagnostics.packet_capture import CaptureRequest

CAPTURE: Final = "Device.PacketCaptureDiagnostics."
SCHEMES: Final = ("https://", "http://", "ftp://")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureSettings(Record):
    """``duration`` in seconds; 0 packets or octets are as many as there is room for."""

    interface: Pointer | None = None
    duration: int = 10
    packet_count: int = 0
    byte_count: int = 0
    file_target: str = ""
    filter_expression: str = ""
    username: str = ""
    password: str = ""


def directory_of(given: Mechanisms) -> Path:
    """Where the last capture lies; a boot forgets it."""
    return given.directory / "captures"


def _check(settings: CaptureSettings) -> None:
    from backends.diagnostics.capture_words import NoFilter
    from backends.diagnostics.packet_capture import check_filter

    at_most(CaptureSettings, settings, duration=LONGEST)
    try:
        check_filter(settings.filter_expression)
    except NoFilter as error:
        raise Refused(f"{{filter_expression}}: {error}", CaptureSettings, fields=["filter_expression"]) from error
    if settings.file_target and not settings.file_target.startswith(SCHEMES):
        raise Refused(
            f"{{file_target}} has to begin with one of {', '.join(SCHEMES)}", CaptureSettings, fields=["file_target"]
        )


def packet_capture(given: Mechanisms) -> Test:
    """The test of a machine that keeps passing files there."""
    directory = directory_of(given)

    def request(settings: CaptureSettings, link: str) -> "CaptureRequest":
        from backends.diagnostics.packet_capture import CaptureRequest, Target

        return CaptureRequest(
            link,
            directory,
            settings.duration,
            settings.packet_count,
            settings.byte_count,
            settings.filter_expression,
            Target(settings.file_target, settings.username, settings.password),
        )

    return Test(
        name="PacketCaptureDiagnostics",
        path=CAPTURE,
        settings=CaptureSettings,
        place="backends.diagnostics.packet_capture:PacketCapture",
        request=request,
        inputs=(
            "Interface",
            "Duration",
            "PacketCount",
            "ByteCount",
            "FileTarget",
            "FilterExpression",
            "Username",
            "Password",
        ),
        rows=(
            Rows(
                f"{CAPTURE}PacketCaptureResult.{{i}}.",
                "captures",
                {"FileLocation": "", "StartTime": None, "EndTime": None, "Count": 0},
            ),
        ),
        check=_check,
        more=lambda _tables: (Parameter("Format", lambda _: "libpcap"),),
        needs=("send",),
    )
