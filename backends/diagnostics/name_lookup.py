"""What is asked of NSLookupDiagnostics, and what it found; agent/diagnostics does it, with the agent's codec of DNS."""

from dataclasses import dataclass, field

from backends.diagnostics.sockets import Refusal, Way, one_host


@dataclass(frozen=True, slots=True)
class LookupRequest:
    """``server`` "" asks the system's own; ``timeout`` in ms. ``refusal`` is asked of no server of the system's own."""

    host: str
    server: str = ""
    way: Way = field(default_factory=Way)
    timeout: int = 5000
    repetitions: int = 1
    refusal: Refusal = one_host


@dataclass(frozen=True, slots=True)
class Lookup:
    """One repetition; times in ms and in µs."""

    status: str
    answer_type: str = "None"
    host_name_returned: str = ""
    ip_addresses: tuple[str, ...] = ()
    dns_server_ip: str = ""
    response_time: int = 0
    microseconds: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class LookupResult:
    """All repetitions."""

    success_count: int
    results: tuple[Lookup, ...]
