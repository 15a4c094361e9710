"""How tests of throughput ask, and what every result has to be like."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest

from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.sockets import Way
from backends.diagnostics.throughput import Throughput
from backends.diagnostics.throughput_types import ConnectionResult, TransferRequest, TransferResult

MILLION = 1_000_000


def asked(url: str, **more: Any) -> TransferRequest:
    return TransferRequest(url, **{"way": Way(), **more})


def result_of(
    test: Throughput, request: TransferRequest, lines: list[Mapping[str, Any]] | None = None
) -> TransferResult:
    return test.measure(request, (lines if lines is not None else []).append, lambda: False)


def state_of(test: Throughput, request: TransferRequest) -> str:
    with pytest.raises(DiagnosticFailed) as failed:
        result_of(test, request)
    return failed.value.state


def is_in_order(result: TransferResult | ConnectionResult) -> bool:
    times = [
        result.tcp_open_request_time,
        result.tcp_open_response_time,
        result.rom_time,
        result.bom_time,
        result.eom_time,
    ]
    assert all(times)
    return all(one <= other for one, other in pairwise(times))  # type: ignore[operator]
