"""Device.X_CPEAGENT_WireGuard.; packets through it: tests/vm/tunnels_suite.py."""

import json
from base64 import b64decode

import pytest

from backends.tr181.wireguard import new_key, wireguard
from tests.backends.tr181.test_hostile_values import HOSTILE
from tests.backends.tunnels.memory import MemoryTunnels

INTERFACE = "Device.X_CPEAGENT_WireGuard.Interface."


def test_an_interface_has_a_key_of_its_own_that_nobody_reads() -> None:
    device = MemoryTunnels(wireguard)
    row = device.add(INTERFACE)
    told = device.tree(row)
    assert (told["PrivateKey"], told["PublicKey"], told["Status"]) == ("", "", "Down")
    [kept] = device.tables.wanted.to_json()["records"]["WireGuardInterface"].values()
    assert len(b64decode(kept["private_key"])) == 32
    assert kept["private_key"] not in json.dumps(device.tree("Device."))


def test_a_new_key_is_another_one_and_fit_for_its_curve() -> None:
    one, other = b64decode(new_key()), b64decode(new_key())
    assert one != other
    assert (one[0] & 7, one[31] & 0xC0) == (0, 0x40)


def test_no_text_in_a_key_or_an_endpoint_is_an_accident_or_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    device = MemoryTunnels(wireguard)
    row = device.add(INTERFACE)
    peer = device.add(f"{row}Peer.")
    for path in (f"{row}PrivateKey", f"{peer}PublicKey", f"{peer}PresharedKey"):
        for text in (*filter(None, HOSTILE), "$(id)", "a\nb", new_key()[:-1], new_key() + "="):
            assert device.refused({path: text}) == {path: "InvalidValue"}
            assert len(text) < 5 or text == "Device." or text not in caplog.text  # the row is named by its path
    for path, text in ((f"{peer}Endpoint", "a b;id"), (f"{peer}AllowedIPs", "10.0.0.0/8,x")):
        assert device.refused({path: text}) == {path: "InvalidValue"}
    device.set({f"{peer}AllowedIPs": "10.0.0.0/8,2001:db8::/32", f"{peer}Endpoint": "vpn.example"})
    assert device.get(f"{peer}AllowedIPs") == "10.0.0.0/8,2001:db8::/32"
    assert device.get(f"{peer}LastHandshake") == "0001-01-01T00:00:00Z"
    assert (device.get(f"{peer}EndpointInUse"), device.get(f"{peer}BytesSent")) == ("", "0")


def test_without_the_kernels_wireguard_there_is_none() -> None:
    assert MemoryTunnels(wireguard, kinds=("gre",)).declared == []
