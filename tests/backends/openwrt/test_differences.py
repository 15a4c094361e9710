"""A difference is what was changed, and nothing besides; laid over what has become of it, it takes nobody's away."""

import json
from collections.abc import Collection

from backends.desired_state import Pointer, Record, Wanted
from backends.lan.records import Option4, Pool4
from backends.openwrt.differences import Difference

LAN = Pointer("Device.IP.Interface.{i}.", ("lan",))
Told = list[tuple[type[Record], str, Collection[str]]]


def of(**records: Record) -> Wanted:
    made = Wanted()
    for key, record in records.items():
        made = made.with_record(key, record)
    return made


def laid(change: Difference, over: Wanted) -> tuple[Wanted, Told]:
    told: Told = []
    return change.laid_over(over, lambda kind, key, names: told.append((kind, key, names))), told


BEFORE = of(a=Pool4(lease_time=600, domain_name="one"), b=Pool4(order=2))
AFTER = of(a=Pool4(lease_time=900, domain_name="one"), c=Pool4(order=3), o=Option4(parent="c", tag=6))


def test_only_what_differs_is_in_it() -> None:
    change = Difference.between(BEFORE, AFTER)
    assert set(change.rows()) == {(Pool4, "a"), (Pool4, "b"), (Pool4, "c"), (Option4, "o")}
    assert change.fields_of(Pool4, "a") == {"lease_time"}
    assert "order" in change.fields_of(Pool4, "c")
    assert not Difference.between(BEFORE, of(b=Pool4(order=2), a=Pool4(lease_time=600, domain_name="one")))


def test_there_and_back_is_as_it_was() -> None:
    change = Difference.between(BEFORE, AFTER)
    there, told = laid(change, BEFORE)
    assert (Difference.between(there, AFTER), bool(told)) == (Difference(), False)
    back, told = laid(change.reversed(), there)
    assert not Difference.between(back, BEFORE)
    assert laid(change.reversed(), back)[0].of(Pool4) == BEFORE.of(Pool4), "twice is once"


def test_what_somebody_else_has_changed_besides_stays() -> None:
    theirs = of(a=Pool4(lease_time=600, domain_name="two"), b=Pool4(order=2), d=Pool4())
    found, told = laid(Difference.between(BEFORE, AFTER), theirs)
    assert found.get(Pool4, "a") == Pool4(lease_time=900, domain_name="two")
    assert "d" in found.of(Pool4)
    assert not told


def test_the_same_changed_to_something_else_is_told_and_left() -> None:
    found, told = laid(Difference.between(BEFORE, AFTER), of(a=Pool4(lease_time=7200), b=Pool4(order=2)))
    assert told == [(Pool4, "a", ["lease_time"])]
    assert found.get(Pool4, "a").lease_time == 7200
    assert laid(Difference.between(BEFORE, AFTER), of(b=Pool4()))[1] == [(Pool4, "a", ())], "it has gone"


def test_it_is_kept_as_json() -> None:
    after = of(a=Pool4(interface=LAN, dns_servers=("192.0.2.1",)))
    change = Difference.between(BEFORE, after)
    assert Difference.from_json(json.loads(json.dumps(change.to_json())), (Pool4, Option4)) == change
    assert Difference().to_json() == {}
    assert not Difference.from_json(None, (Pool4,))
