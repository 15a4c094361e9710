"""Device.SelfTestDiagnostics."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from backends.desired_state import Record
from backends.tr181.diagnostics import Test

if TYPE_CHECKING:
    from backends.diagnostics.self_test import SelfTestRequest

SELF_TEST: Final = "Device.SelfTestDiagnostics."


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTestSettings(Record):
    """There is nothing to set."""


def self_test(state_directory: Path) -> Test:
    """The test of a machine that keeps the agent's state there."""

    def request(_settings: SelfTestSettings, _link: str) -> "SelfTestRequest":
        from backends.diagnostics.self_test import SelfTestRequest

        return SelfTestRequest(state_directory)

    return Test(
        name="SelfTestDiagnostics",
        path=SELF_TEST,
        settings=SelfTestSettings,
        place="backends.diagnostics.self_test:SelfTest",
        request=request,
        results={"Results": ""},
    )
