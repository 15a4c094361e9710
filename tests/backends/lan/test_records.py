"""Records come back from their durable form as they were."""

import json
from dataclasses import fields, replace

from backends.desired_state import Pointer, Wanted
from backends.lan.records import KINDS, Option4, Pool4, Static4


def test_every_kind_can_be_kept() -> None:
    pool = Pool4(enable=True, interface=Pointer("t", ("k",)), dns_servers=("192.0.2.1",), lease_time=-1)
    wanted = (
        Wanted()
        .with_record("+1", pool)
        .with_record("+2", Static4(parent="+1", chaddr='"\n'))
        .with_record("+3", Option4())
    )
    wanted = replace(wanted, next_number=4)
    assert Wanted.from_json(json.loads(json.dumps(wanted.to_json())), KINDS) == wanted


def test_names_of_kinds_are_what_is_stored_and_stay() -> None:
    assert sorted(kind.__name__ for kind in KINDS) == [
        "Advertised", "AdvertisedOption", "Advertising", "Dhcp4", "Dhcp6", "DnsRelay", "Forwarder", "Forwarding4",
        "Option4", "Option6", "Pool4", "Pool6", "Relay4", "Static4",
    ]  # fmt: skip
    assert all(kind() == kind() and fields(kind) for kind in KINDS)
