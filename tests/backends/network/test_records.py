"""Records survive being written down, and say only what was said."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from backends.network.records import (
    KINDS,
    IpAddress,
    IpInterface,
    Records,
    Reference,
    Vlan,
    is_own,
    natural_ident,
    natural_key,
)

references = st.none() | st.builds(Reference, st.sampled_from(tuple(KINDS)), st.text(min_size=1, max_size=5))
numbers = st.none() | st.integers(0, 4094)
some_record: st.SearchStrategy[Any] = st.one_of(
    st.builds(Vlan, enable=st.none() | st.booleans(), lower=references, vlan_id=numbers, tpid=numbers),
    st.builds(IpAddress, deleted=st.booleans(), ip=st.text(max_size=5), address=st.none() | st.just("192.0.2.1")),
    st.builds(IpInterface, enable=st.none() | st.booleans(), lower=references, ipv6=st.none() | st.booleans()),
)


@given(st.lists(some_record, max_size=6))
def test_what_is_written_down_is_read_back(made: list[Any]) -> None:
    records = Records(originals={("link", "eth0"): {"up": True}, ("address", "eth0", "192.0.2.1/24"): None})
    for record in made:
        records, key = records.added(record)
        assert is_own(key)
    assert Records.from_json(records.to_json()) == records


def test_nothing_is_written_as_nothing() -> None:
    assert Records().to_json() == {}
    assert Records.from_json(None) == Records()


def test_keys_are_never_given_twice() -> None:
    records, first = Records().added(Vlan())
    records, second = records.without(Vlan, first).added(Vlan())
    assert first != second
    assert Records.from_json(records.to_json()).added(Vlan())[1] not in (first, second)


def test_only_what_was_said_is_kept() -> None:
    records, _ = Records().added(Vlan(enable=False, lower=Reference("port", "eth0")))
    assert records.to_json()["records"] == {"vlan": {"+1": {"enable": False, "lower": {"kind": "port", "key": "eth0"}}}}


def test_what_a_newer_version_wrote_is_left_out() -> None:
    stored = {"next": 4, "records": {"vlan": {"+1": {"vlan_id": 7, "colour": "red"}}, "tunnel": {"+2": {}}}}
    records = Records.from_json(stored)
    assert records.by_kind == {"vlan": {"+1": Vlan(vlan_id=7)}}
    assert records.next_number == 4


def test_a_natural_key_leads_back_to_what_it_names() -> None:
    ident = ("route", "4", "default", "192.0.2.254", "eth0", "0", "unicast")
    assert natural_ident("route", natural_key(ident)) == ident
    assert not is_own(natural_key(ident))
