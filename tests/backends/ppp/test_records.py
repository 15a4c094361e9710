"""The records of PPP connections survive as JSON."""

import json

from backends.desired_state import Pointer, Wanted
from backends.ppp.records import KINDS, PppInterface


def test_a_record_comes_back_as_it_was() -> None:
    record = PppInterface(enable=True, lower=Pointer("Device.Ethernet.Link.{i}.", ("eth0",)), password="'\n", resets=2)
    wanted = Wanted().with_record("+1", record)
    assert Wanted.from_json(json.loads(json.dumps(wanted.to_json())), KINDS).by_kind == wanted.by_kind
