"""Device.DHCPv4.Client. against a real server and a real client program, in namespaces.

What is the same over every mechanism: tests/backend_contract/test_dhcp_clients.py.
"""

import threading
import time
from collections.abc import Callable

import pytest

from backends.netlink import RouteTo
from tests.backends.dhcp_client.conftest import lab, make_namespace, make_wan
from tests.backends.dhcp_client.wan import CLIENT4, Wan
from tests.netlab.isp import serving
from tests.waiting import until

__all__ = ["lab", "make_namespace", "make_wan"]

RANGE = "--dhcp-range=192.0.2.50,192.0.2.99,{}"
ACS_OPTION = "011c687474703a2f2f6163732e6578616d706c652e6e65743a373534372f"


@pytest.mark.slow
def test_a_lease_is_what_the_server_gave_and_what_the_kernel_has(make_wan: Callable[..., Wan]) -> None:
    wan = make_wan(RANGE.format(120), f"--dhcp-option=43,{':'.join(ACS_OPTION[i:i+2] for i in range(0, 60, 2))}",
                   "--dhcp-option=6,192.0.2.8,192.0.2.9")  # fmt: skip
    device = wan.device()
    with serving(wan.server):
        client = device.add(CLIENT4)
        assert device.get(f"{client}Status") == "Disabled"
        option = device.add(f"{client}ReqOption.", Enable="1", Tag="43")
        sent = device.add(f"{client}SentOption.", Enable="1", Tag="60", Value="64736c00220a5cff")
        row = device.find("Device.IP.Interface.", Name="c0").removesuffix(".")
        device.set({f"{client}Interface": row, f"{client}Enable": "1"})
        assert device.get(f"{client}DHCPStatus") in ("Init", "Selecting")
        until(lambda: device.get(f"{client}DHCPStatus") == "Bound", "a lease")
        address = device.get(f"{client}IPAddress")
        assert wan.addresses() == [f"{address}/24"]
        told = device.tree(client)
        assert 100 < int(told["LeaseTimeRemaining"]) <= 120
        facts = {name: told[name] for name in ("Status", "SubnetMask", "IPRouters", "DNSServers", "DHCPServer")}
        assert facts == {
            "Status": "Enabled", "SubnetMask": "255.255.255.0", "IPRouters": "192.0.2.1",
            "DNSServers": "192.0.2.8,192.0.2.9", "DHCPServer": "192.0.2.1",
        }  # fmt: skip
        assert device.get(f"{option}Value").lower() == ACS_OPTION
        assert "vendor class: dsl" in wan.server.log()
        assert device.get(f"{sent}Value").lower() == "64736c00220a5cff"
        assert device.get(f"{row}.IPv4Address.1.AddressingType") == "DHCP"

        requests = wan.server.log().count("DHCPREQUEST")
        device.set({f"{client}Renew": "1"})
        assert device.get(f"{client}Renew") == "false"
        until(lambda: wan.server.log().count("DHCPACK") > 1, "a renewal")
        assert wan.server.log().count("DHCPREQUEST") == requests + 1

        restarted = wan.device(store=device.store)
        assert restarted.get(f"{client}IPAddress") == address
        assert wan.server.log().count("DHCPREQUEST") == requests + 1  # the client was left running

        device.set({f"{client}Enable": "0"})
        until(lambda: "DHCPRELEASE" in wan.server.log(), "the lease is given back")
        assert wan.addresses() == []
        assert {device.get(f"{client}{name}") for name in ("IPAddress", "IPRouters", "DHCPServer")} == {""}


@pytest.mark.slow
def test_a_change_of_the_lease_is_told_within_a_second(make_wan: Callable[..., Wan]) -> None:
    wan = make_wan(RANGE.format(120))
    device = wan.device()
    told: list[tuple[float, frozenset[str]]] = []
    stop = threading.Event()
    clients = wan.devices[0]
    watch = threading.Thread(target=clients.watch, args=(lambda topics: told.append((time.monotonic(), topics)), stop))
    watch.start()
    try:
        with serving(wan.server):
            client = wan.client(device)
            until(wan.addresses, "an address")
            seen = time.monotonic()
            until(lambda: told, "the topic")
            assert told[0][0] - seen < 1
            assert told[0][1] == {"dhcp"}
            before = len(told)
            device.set({f"{client}Renew": "1"})
            until(lambda: "DHCPACK" in wan.server.log().partition("DHCPACK")[2], "a renewal")
            until(lambda: len(told) > before, "the topic again")
    finally:
        stop.set()
        watch.join()


@pytest.mark.slow
def test_a_refused_lease_is_given_up_and_a_silent_server_s_ends(make_wan: Callable[..., Wan]) -> None:
    wan = make_wan(RANGE.format(120))
    device = wan.device()
    with serving(wan.server):
        client = wan.client(device)
        until(wan.addresses, "an address")
    before = device.get(f"{client}IPAddress")
    wan.server.options = ("--dhcp-range=192.0.2.150,192.0.2.199,120",)
    with serving(wan.server):  # of another range: it refuses (NAK) what the client has
        device.add(f"{client}ReqOption.", Enable="1", Tag="42")  # it asks again, for the address that it has
        until(lambda: "DHCPNAK" in wan.server.log(), "a refusal")
        until(lambda: device.get(f"{client}IPAddress") not in ("", before), "another lease")
        assert wan.addresses() == [f"{device.get(f'{client}IPAddress')}/24"]
    address = device.get(f"{client}IPAddress")
    wan.home.ip(f"addr change {address}/24 dev c0 valid_lft 2 preferred_lft 2")  # what 118 silent seconds would do
    assert device.get(f"{client}DHCPStatus") == "Rebinding"
    until(lambda: device.get(f"{client}IPAddress") == "", "the lease's end")
    assert device.get(f"{client}DHCPStatus") == "Selecting"


@pytest.mark.slow
def test_what_would_cut_the_management_server_off_waits_for_the_session_s_end(make_wan: Callable[..., Wan]) -> None:
    wan = make_wan(RANGE.format(120))
    device = wan.device()
    row = device.find("Device.IP.Interface.", Name="c0").removesuffix(".")
    client = device.add(CLIENT4, Interface=row)
    wan.path = RouteTo("c0", "192.0.2.77", "192.0.2.1")
    assert device.set({f"{client}Enable": "1"}) == 1
    assert device.get(f"{client}Enable") == "true"
    assert not wan.devices[0].is_running(4, "c0")


def test_a_client_of_the_machine_s_own_can_be_read_and_is_not_changed(make_wan: Callable[..., Wan]) -> None:
    wan = make_wan()
    wan.home.ip("addr add 192.0.2.67/24 dev c0 valid_lft 100 preferred_lft 100")
    index = next(one.index for one in wan.netlink.links() if one.name == "c0")
    told = wan.folder / f"machine/run/NetworkManager/devices/{index}"
    told.parent.mkdir(parents=True)
    told.write_text(
        "[device]\nmanaged=true\nconnection-uuid=1\n[dhcp4]\ndhcp4.ip_address=192.0.2.67\ndhcp4.routers=192.0.2.1\n"
        "dhcp4.subnet_mask=255.255.255.0\ndhcp4.dhcp_server_identifier=192.0.2.1\ndhcp4.dhcp_lease_time=120\n"
        "dhcp4.domain_name_servers=192.0.2.8 192.0.2.9\n"
    )
    device = wan.device()
    client = device.find(CLIENT4, IPAddress="192.0.2.67")
    assert device.get(f"{client}Enable") == "true"
    assert device.get(f"{client}DNSServers") == "192.0.2.8,192.0.2.9"
    assert device.get(f"{client}DHCPStatus") == "Bound"
    assert device.refused({f"{client}Enable": "0"}) == {f"{client}Enable": "Denied"}
    assert device.refused({f"{client}Renew": "1"}) == {f"{client}Renew": "Denied"}
    row = device.find("Device.IP.Interface.", Name="c0").removesuffix(".")
    mine = device.add(CLIENT4, Interface=row)
    assert device.refused({f"{mine}Enable": "1"}) == {f"{mine}Enable": "Denied"}
