"""SelfTestDiagnostics: there is nothing to set, and one text to read."""

from pathlib import Path

from backends.diagnostics.self_test import SelfTestRequest
from backends.tr181.diagnostics_self import self_test
from tests.backends.tr181.test_diagnostic_tests import AllDiagnostics

SELF = "Device.SelfTestDiagnostics."


def test_it_is_asked_of_the_machine_that_keeps_the_state() -> None:
    test = self_test(Path("/var/lib/cpe-agent"))
    assert test.request(test.settings(), "") == SelfTestRequest(Path("/var/lib/cpe-agent"))


def test_what_was_found_is_one_text() -> None:
    device = AllDiagnostics()
    device.set({f"{SELF}DiagnosticsState": "Requested"})
    asked = device.tables.requested()
    assert asked is not None
    device.tables.ended(*asked, "Complete", {"results": "clock ok: now", "parts": []}, "")
    assert device.tree(SELF) == {"DiagnosticsState": "Complete", "Results": "clock ok: now"}
