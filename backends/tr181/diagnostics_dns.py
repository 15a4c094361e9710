"""Device.DNS.Diagnostics.NSLookupDiagnostics."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from backends.desired_state import Pointer, Record, Refused
from backends.tr181.diagnostics import LONGEST_TIMEOUT, Rows, Test, at_most, ends, needed

if TYPE_CHECKING:
    from backends.diagnostics.name_lookup import LookupRequest

NS_LOOKUP: Final = "Device.DNS.Diagnostics.NSLookupDiagnostics."
MOST_REPETITIONS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupSettings(Record):
    """NSLookupDiagnostics; ``timeout`` in ms, 0 repetitions are one."""

    interface: Pointer | None = None
    host_name: str = ""
    dns_server: str = ""
    timeout: int = 5000
    number_of_repetitions: int = 1


def _request(settings: LookupSettings, link: str) -> "LookupRequest":
    from backends.diagnostics.name_lookup import LookupRequest
    from backends.diagnostics.sockets import Way

    times = max(1, settings.number_of_repetitions)
    return LookupRequest(settings.host_name, settings.dns_server, Way(link), settings.timeout, times)


def _check(settings: LookupSettings) -> None:
    needed(LookupSettings, settings, "host_name")
    if settings.number_of_repetitions > MOST_REPETITIONS:
        reason = f"{{number_of_repetitions}} is at most {MOST_REPETITIONS}: each is kept"
        raise Refused(reason, LookupSettings, fields=["number_of_repetitions"])
    at_most(LookupSettings, settings, timeout=LONGEST_TIMEOUT)
    worst = max(1, settings.number_of_repetitions) * settings.timeout
    ends(LookupSettings, worst, "number_of_repetitions", "timeout")


LOOKUP: Final = Test(
    name="NSLookupDiagnostics",
    path=NS_LOOKUP,
    settings=LookupSettings,
    place="agent.diagnostics.name_lookup:NameLookup",
    request=_request,
    inputs=("Interface", "HostName", "DNSServer", "Timeout", "NumberOfRepetitions"),
    results={"SuccessCount": 0},
    rows=(
        Rows(
            f"{NS_LOOKUP}Result.{{i}}.",
            "results",
            {
                "Status": "Error_Other",
                "AnswerType": "None",
                "HostNameReturned": "",
                "IPAddresses": (),
                "DNSServerIP": "",
                "ResponseTime": 0,
            },
        ),
    ),
    check=_check,
    needs_of_acs=("refusal",),
)
