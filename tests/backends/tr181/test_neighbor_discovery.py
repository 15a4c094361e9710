"""Neighbour discovery's settings, as the kernel has them."""

import pytest

from agent.model.errors import NotWritable
from tests.backends.conftest import Bench, by_our_own_hand

ND = "Device.NeighborDiscovery."
SETTINGS = f"{ND}InterfaceSetting."
IP = "Device.IP.Interface."


def setting(bench: Bench, name: str) -> str | None:
    return bench.procfs.setting(f"net/ipv6/{name}")


def test_each_interface_with_ipv6_has_its_settings(bench: Bench) -> None:
    device = bench.device()
    interface = device.find(IP, Name="eth1")
    row = device.find(SETTINGS, Interface=interface[:-1])
    told = {"Enable": "true", "Status": "Enabled", "RetransTimer": "1000", "RtrSolicitationInterval": "4000",
            "MaxRtrSolicitations": "4294967295", "DADTransmits": "1", "NUDEnable": "true",
            "RSEnable": "true"}  # fmt: skip
    assert {name: device.get(row + name) for name in told} == told
    assert device.get(f"{ND}Enable") == "true"


@by_our_own_hand
def test_they_are_set_in_the_kernel_and_taken_back(bench: Bench) -> None:
    device = bench.device()
    row = device.find(SETTINGS, Interface=device.find(IP, Name="eth1")[:-1])
    device.set({f"{row}RetransTimer": "1500", f"{row}RtrSolicitationInterval": "8000", f"{row}DADTransmits": "2",
                f"{row}MaxRtrSolicitations": "5"})  # fmt: skip
    names = ("neigh/eth1/retrans_time_ms", "conf/eth1/router_solicitation_interval", "conf/eth1/dad_transmits",
             "conf/eth1/router_solicitations")  # fmt: skip
    assert [setting(bench, name) for name in names] == ["1500", "8", "2", "5"]
    device.set({f"{row}RSEnable": "0"})
    assert (setting(bench, names[3]), device.get(f"{row}MaxRtrSolicitations")) == ("0", "5")
    device.set({f"{row}RSEnable": "1"})
    assert setting(bench, names[3]) == "5"
    device.set({f"{row}Enable": "0"})
    assert [setting(bench, name) for name in names] == ["1000", "4", "1", "-1"]
    device.set({f"{row}Enable": "1"})
    assert setting(bench, names[0]) == "1500"
    device.model.forget_everything()
    assert [setting(bench, name) for name in names] == ["1000", "4", "1", "-1"]


@by_our_own_hand
def test_a_row_that_was_added_takes_the_place_of_the_interfaces_own(bench: Bench) -> None:
    device = bench.device()
    row = device.add(SETTINGS, RetransTimer="2000", Enable="1")
    assert (device.get(f"{row}Status"), device.get(f"{row}Interface")) == ("Error_Misconfigured", "")
    interface = device.find(IP, Name="eth1")
    device.set({f"{row}Interface": interface})
    assert device.find(SETTINGS, Interface=interface[:-1]) == row
    assert setting(bench, "neigh/eth1/retrans_time_ms") == "2000"
    other = device.add(SETTINGS)
    asked = {f"{other}Interface": interface}
    assert device.refused(asked) == dict.fromkeys(asked, "InvalidValue")
    device.delete(row)
    assert setting(bench, "neigh/eth1/retrans_time_ms") == "1000"


def test_what_linux_cannot_do_is_refused(memory: Bench) -> None:
    device = memory.device()
    row = device.find(SETTINGS, Interface=device.find(IP, Name="eth1")[:-1])
    asked = {f"{ND}Enable": "0", f"{row}NUDEnable": "0", f"{row}RtrSolicitationInterval": "4500",
             f"{row}RetransTimer": "4294967295", f"{row}MaxRtrSolicitations": "3000000000"}  # fmt: skip
    assert device.refused(asked) == dict.fromkeys(asked, "InvalidValue")
    with pytest.raises(NotWritable):
        device.delete(row)
    foreign = device.find(SETTINGS, Interface=device.find(IP, Name="far1")[:-1])
    assert device.refused({f"{foreign}RetransTimer": "5"}) == {f"{foreign}RetransTimer": "Denied"}
