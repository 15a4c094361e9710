"""Device.Routing.RouteInformation.: the routes that router advertisements brought (RFC 4191)."""

from typing import Any

from agent.model.errors import Denied
from agent.model.object import Object, Parameter, Target
from backends.netlink_types import Route
from backends.network.network import Network
from backends.network.sysctls import ROUTE_INFORMATION
from backends.tr181.ip_addresses import moment
from backends.tr181.ip_stack import STACK
from backends.tr181.layers import IP_INTERFACE


def route_information(network: Network) -> list[Object[Any]]:
    """RouteInformation and its InterfaceSetting table, a row for each route that a router told an interface of."""

    def rows() -> list[Route]:
        return [
            route
            for route in network.find_routes()
            if route.family == 6 and route.protocol == "ra" and route.gateway is not None and route.interface
        ]

    def enabled(_: Network) -> bool:
        told = network.stack().route_information
        if told is not None:
            return told
        return any((network.setting(name, ROUTE_INFORMATION) or "0") != "0" for name in network.topology.links)

    def enable(_: Network, value: bool) -> None:
        if not any(network.may_change(name) for name in network.topology.links):
            raise Denied("", "no interface is in [network] manage")
        network.edit(STACK, route_information=value)

    parameters: list[Parameter[Route, Any]] = [
        Parameter("Status", lambda _: "ForwardingEntryCreated"),
        Parameter("Interface", lambda route: Target(IP_INTERFACE, (network.topology.ip_key(str(route.interface)),))),
        Parameter("SourceRouter", lambda route: route.gateway or ""),
        Parameter("PreferredRouteFlag", lambda route: route.preference.capitalize()),
        Parameter("Prefix", lambda route: route.destination or "::/0"),
        Parameter("RouteLifetime", lambda route: moment(route.expires)),
    ]
    return [
        Object(
            path="Device.Routing.RouteInformation.",
            rows=lambda: (network,),
            keys=lambda _: (),
            parameters=[Parameter("Enable", enabled, enable)],
            backend=network,
            source=lambda _: "sysctl net.ipv6.conf.*.accept_ra_rt_info_max_plen",
        ),
        Object(
            path="Device.Routing.RouteInformation.InterfaceSetting.{i}.",
            rows=rows,
            keys=lambda route: (f"{route.interface} {route.destination} {route.gateway}",),
            parameters=parameters,
            changed_by=("route",),
            durable=False,
            source=lambda route: f"netlink route {route.destination or 'default'} proto ra dev {route.interface}",
        ),
    ]
