"""What cannot be of tunnels is refused by the record and the field that say it."""

from base64 import b64encode

import pytest

from backends.desired_state import Record, Refused, Wanted
from backends.tunnels.checks import check
from backends.tunnels.records import (
    IPV6,
    PROVISIONED,
    DsLite,
    GreInterface,
    GreTunnel,
    SixRd,
    VxlanInterface,
    VxlanTunnel,
    WireGuardInterface,
    WireGuardPeer,
)

KEY = b64encode(bytes(range(32))).decode()


def wanted(*records: Record) -> Wanted:
    made = Wanted()
    for number, record in enumerate(records, start=1):
        made = made.with_record("" if isinstance(record, SixRd | DsLite) else f"+{number}", record)
    return made


@pytest.mark.parametrize(
    ("record", "field"),
    [
        (GreTunnel(remote_endpoints=("a b",)), "remote_endpoints"),
        (GreTunnel(remote_endpoints=("192.0.2.1",), delivery_header_protocol=IPV6), "delivery_header_protocol"),
        (GreTunnel(remote_endpoints=("a",) * 9), "remote_endpoints"),
        (GreTunnel(default_dscp_mark=64), "default_dscp_mark"),
        (GreInterface(protocol_id_override=1), "protocol_id_override"),
        (GreInterface(key_identifier=2**32), "key_identifier"),
        (VxlanTunnel(source_port=65_535), "source_port"),
        (VxlanTunnel(remote_port=0), "remote_port"),
        (SixRd(border_relays=("2001:db8::1",)), "border_relays"),
        (SixRd(prefix="x"), "prefix"),
        (SixRd(prefix="2001:db8::/48"), "mask_length"),
        (DsLite(endpoint_address="192.0.2.1"), "endpoint_address"),
        (DsLite(endpoint_name="$(id)"), "endpoint_name"),
        (WireGuardInterface(private_key="secret"), "private_key"),
    ],
)
def test_a_value_that_cannot_be_is_named(record: Record, field: str) -> None:
    with pytest.raises(Refused) as refused:
        check(wanted(record))
    assert refused.value.kind is type(record)
    assert field in refused.value.fields
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "peer",
    [
        WireGuardPeer(parent="+1", public_key="x"),
        WireGuardPeer(parent="+1", preshared_key=KEY[:-4]),
        WireGuardPeer(parent="+1", endpoint="a b"),
        WireGuardPeer(parent="+1", allowed_ips=("10.0.0.1/8",)),
        WireGuardPeer(parent="+1", enable=True, public_key=KEY),
        WireGuardPeer(
            parent="+1", enable=True, public_key=b64encode(bytes(range(1, 33))).decode(), allowed_ips=("10.0.0.0/8",)
        ),
    ],
)
def test_a_peer_that_cannot_be_is_named(peer: WireGuardPeer) -> None:
    first = WireGuardPeer(parent="+1", enable=True, public_key=KEY, allowed_ips=("10.0.0.0/8",))
    check(wanted(WireGuardInterface(private_key=KEY), first))
    with pytest.raises(Refused) as refused:
        check(wanted(WireGuardInterface(private_key=KEY), first, peer))
    assert (refused.value.kind, refused.value.key) == (WireGuardPeer, "+3")


def test_two_interfaces_of_one_tunnel_differ_in_their_key_or_are_refused() -> None:
    tunnel = GreTunnel(enable=True, remote_endpoints=("192.0.2.1",))
    one = GreInterface(parent="+1", enable=True)
    keyed = GreInterface(parent="+1", enable=True, key_policy=PROVISIONED, key_identifier=1)
    check(wanted(tunnel, one, keyed))
    with pytest.raises(Refused):
        check(wanted(tunnel, one, one))
    vxlan = VxlanTunnel(enable=True)
    with pytest.raises(Refused):
        check(wanted(vxlan, VxlanInterface(parent="+1", enable=True), VxlanInterface(parent="+1", enable=True)))
