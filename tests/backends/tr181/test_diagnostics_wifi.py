"""The scan of the air as people run it."""

from typing import Any

from agent.model.own_values import OwnValues
from backends.diagnostics.neighbour_scan import ScanRequest
from backends.tr181.diagnostics import DiagnosticTables, diagnostics
from backends.tr181.diagnostics_wifi import SCAN, neighbouring
from backends.tr181.mechanisms import Mechanisms
from tests.fakes.netlink import FakeKernel, FakeNetlink


class Links:
    def may_change(self, link: str) -> bool:
        return link.startswith("wlan")


def made() -> DiagnosticTables:
    nothing: Any = None
    kernel = FakeKernel()
    for name in ("eth0", "wlan0"):
        kernel.add_link(name)
    links: Any = Links()
    given = Mechanisms(*[nothing] * 6, OwnValues({}, {}), links=links)  # type: ignore[misc, arg-type]
    object.__setattr__(given, "netlink", FakeNetlink(kernel))
    return DiagnosticTables([neighbouring(given)], lambda _: None)


def test_links_that_are_given_to_the_agent_may_be_brought_up_to_listen() -> None:
    assert made().request("NeighboringWiFiDiagnostic", {}) == ScanRequest(frozenset({"wlan0"}))


def test_it_is_listed_with_the_state_of_what_runs_it_and_its_object_is_declared_there_only() -> None:
    tables, nothing = made(), None
    tables.elsewhere["NeighboringWiFiDiagnostic"] = lambda: "Complete"
    assert tables.told()["NeighboringWiFiDiagnostic"]["state"] == "Complete"
    given: Any = type("Given", (), {"diagnostics": tables, "wifi": nothing})()
    assert not [one for one in diagnostics(given) if one.path.startswith(SCAN)]
