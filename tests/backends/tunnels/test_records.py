"""What is kept of tunnels."""

from backends.desired_state import Pointer, Wanted
from backends.tunnels.records import KINDS, GreInterface, GreTunnel, SixRd, WireGuardInterface, WireGuardPeer


def test_records_come_back_from_what_is_stored() -> None:
    made = Wanted()
    for key, record in (
        ("+1", GreTunnel(remote_endpoints=("a", "b"))),
        ("+2", GreInterface(parent="+1", lower=Pointer("t", ("k",)))),
        ("", SixRd(border_relays=("192.0.2.1",))),
        ("+3", WireGuardPeer(parent="+9", allowed_ips=("10.0.0.0/8",))),
    ):
        made = made.with_record(key, record)
    assert Wanted.from_json(made.to_json(), KINDS).by_kind == made.by_kind


def test_interfaces_go_with_their_tunnel() -> None:
    made = Wanted().with_record("+1", GreTunnel()).with_record("+2", GreInterface(parent="+1"))
    assert not made.without(GreTunnel, "+1").of(GreInterface)


def test_keys_are_not_in_what_a_record_prints() -> None:
    assert "secret" not in repr((WireGuardInterface(private_key="secret"), WireGuardPeer(preshared_key="secret")))
