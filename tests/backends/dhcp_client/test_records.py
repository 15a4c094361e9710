"""The records of DHCP clients survive as JSON."""

import json

from backends.desired_state import Pointer, Wanted
from backends.dhcp_client.records import KINDS, Client4, Client6, RequestedOption4, SentOption4, SentOption6


def test_every_kind_comes_back_as_it_was() -> None:
    wanted = Wanted()
    for key, record in {
        "+1": Client4(enable=True, interface=Pointer("Device.IP.Interface.{i}.", ("eth0",))),
        "+2": SentOption4(parent="+1", enable=True, tag=61, value="00ff"),
        "+3": RequestedOption4(parent="+1", tag=125, order=3),
        "+4": Client6(request_prefixes=True, requested_options=(17, 31)),
        "+5": SentOption6(parent="+4", value="00"),
    }.items():
        wanted = wanted.with_record(key, record)
    assert Wanted.from_json(json.loads(json.dumps(wanted.to_json())), KINDS).by_kind == wanted.by_kind


def test_a_client_takes_its_options_along_and_no_other_family_s() -> None:
    wanted = Wanted().with_record("a", Client4()).with_record("a", Client6())
    wanted = wanted.with_record("+1", SentOption4(parent="a")).with_record("+2", SentOption6(parent="a"))
    left = wanted.without(Client4, "a")
    assert not left.of(SentOption4)
    assert left.of(SentOption6)
