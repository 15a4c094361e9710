"""PPP links that somebody else dials; those of the agent: tests/backend_contract/test_ppp.py."""

from pathlib import Path

from backends.netlink_types import Address
from backends.ppp.links import ARPHRD_PPP
from backends.tr181.ppp import ppp
from tests.backend_contract.protocol_devices import device_of
from tests.backend_contract.test_ppp import PPP, over_pppd


def test_a_link_of_the_machine_s_own_can_be_read_and_is_not_changed(tmp_path: Path) -> None:
    device = device_of(tmp_path, over_pppd, [ppp])
    device.kernel.add_link("ppp0", "", type=ARPHRD_PPP, up=True, running=True, operstate="unknown", mtu=1400)
    device.kernel.addresses.append(Address("ppp0", 4, "10.67.0.100", 32, peer="10.67.0.1"))
    row = device.find(PPP, Name="ppp0")
    told = device.tree(row)
    facts = ("Enable", "Status", "ConnectionStatus", "ConnectionTrigger", "MaxMRUSize", "IPCP.RemoteIPAddress")
    assert [told[name] for name in facts] == ["true", "Up", "Connected", "Manual", "1400", "10.67.0.1"]
    assert "PPPoE.SessionID" not in told
    for name, value in (("Enable", "0"), ("Reset", "1"), ("Username", "me")):
        assert device.refused({row + name: value}) == {row + name: "Denied"}
