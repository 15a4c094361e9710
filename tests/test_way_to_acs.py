"""The ACS as it is configured now, and with whose names it is sought."""

from types import SimpleNamespace
from typing import Any

import pytest

from agent.cwmp import management_server as ms
from agent.cwmp.messages import DeviceIdStruct
from agent.model.own_values import OwnValues
from agent.runtime.stub_resolver import StubResolver
from agent.runtime.wire import resolve_by_system
from agent.settings import Acs, Network, Settings
from agent.way_to_acs import WayToAcs
from backends.errors import MechanismError
from backends.netlink_types import RouteTo

ACS = "https://acs.example/"
ROUTE = RouteTo("wan0", "192.0.2.5")


def way(own: dict[str, Any] | None = None, **network: Any) -> WayToAcs:
    """Of an agent that has one route, and leases that name a server on mgmt0."""

    def route_to(_address: str, interface: str) -> RouteTo:
        if interface == "gone0":
            raise MechanismError("no such interface")
        return ROUTE

    agent: Any = SimpleNamespace(
        settings=Settings(acs=Acs(tls_profile="compat"), network=Network(**network)),
        own=OwnValues(ms.DEFAULTS, own or {}),
        device_id=DeviceIdStruct("Maker", "0011AA", "Home Box", "S/1"),
        discovery=SimpleNamespace(
            is_elsewhere=lambda _: False,
            leases=SimpleNamespace(name_servers=lambda link: ["192.0.2.53"] if link == "mgmt0" else []),
        ),
        netlink=SimpleNamespace(route_to=route_to),
        reach=SimpleNamespace(route=lambda: ROUTE),
        mechanisms=None,
    )
    return WayToAcs(agent)


def test_without_a_user_name_the_device_logs_in_as_what_it_is() -> None:
    assert way().endpoint().username == "0011AA-Home%20Box-S%2F1"
    assert way({"ManagementServer.Username": "cpe"}).endpoint().username == "cpe"


def test_the_endpoint_goes_out_by_the_management_interface() -> None:
    found = way({ms.URL: ACS}, management_interface="mgmt0").endpoint()
    assert (found.url, found.interface, found.tls_profile) == (ACS, "mgmt0", "compat")


def test_files_are_moved_as_the_acs_is_reached() -> None:
    assert way({ms.URL: ACS}).of_files().endpoint.url == ACS


def test_an_interface_that_is_not_there_leads_nowhere() -> None:
    assert way().route_to("192.0.2.1") == ROUTE
    assert way(management_interface="gone0").route_to("192.0.2.1") is None


def test_a_way_is_kept_only_where_there_is_somebody_to_lose() -> None:
    assert way().not_to_be_cut() is None
    assert way({ms.URL: ACS}).not_to_be_cut() == ROUTE


@pytest.mark.parametrize(
    ("link", "asked"), [("", resolve_by_system), ("mgmt0", StubResolver), ("other0", resolve_by_system)]
)
def test_names_are_asked_of_the_links_own_servers(link: str, asked: Any) -> None:
    found = way(management_interface="mgmt0").resolver_of(link)
    assert isinstance(found, StubResolver) if asked is StubResolver else found is asked


def test_another_name_server_is_another_way() -> None:
    assert way().stamp() == ROUTE
    leased, chosen = (
        way(management_interface="mgmt0", management_name_servers=given).stamp() for given in ((), ("192.0.2.54",))
    )
    assert (leased, chosen) == ((ROUTE, ("192.0.2.53",)), (ROUTE, ("192.0.2.54",)))
