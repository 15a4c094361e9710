"""A service's records are staged, checked, made by difference, taken back and kept."""

import json
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import pytest

from backends.desired_state import SINGLE, Desired, Pointer, Record, Refused, Wanted, make_each
from backends.errors import MechanismError


@dataclass(frozen=True, slots=True, kw_only=True)
class General(Record):
    enable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool(Record):
    name: str = ""
    link: Pointer | None = None
    servers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Option(Record):
    owner: ClassVar[type[Record] | None] = Pool
    tag: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Value(Record):
    text: str = ""


KINDS = (General, Pool, Option, Value)
LAN = Pointer("Device.IP.Interface.{i}.", ("br-lan",))


class Shop:
    """A service that keeps in memory what it was told, and cannot sell a pool called "none"."""

    def __init__(self) -> None:
        self.sold: list[str] = []
        self.is_broken = False
        self.times_changed = 0

    def check(self, wanted: Wanted) -> None:
        for key, pool in wanted.of(Pool).items():
            if pool.name == "none":
                raise Refused("there is no such pool", Pool, key, ("name",))

    def cuts(self, wanted: Wanted) -> bool:
        return any(pool.name == "wan" for pool in wanted.of(Pool).values())

    def apply(self, wanted: Wanted) -> bool:
        names = [pool.name for pool in wanted.of(Pool).values()]
        if names == self.sold:
            return False
        self.times_changed += 1
        self.sold = names[:1] if self.is_broken else names
        if self.is_broken:
            self.is_broken = False
            raise MechanismError("out of stock")
        return True


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def desired(shop: Shop) -> Desired:
    return Desired("shop", KINDS, shop)


def made(desired: Desired, *names: str) -> list[str]:
    desired.begin()
    keys = [desired.add(Pool(name=name)) for name in names]
    desired.prepare()
    desired.commit()
    return keys


def test_a_staged_record_is_seen_at_once_and_made_by_the_commit(desired: Desired, shop: Shop) -> None:
    desired.begin()
    key = desired.add(Pool())
    desired.edit(Pool, key, name="lan")
    assert desired.wanted.get(Pool, key) == Pool(name="lan")
    assert not desired.prepare()
    assert shop.sold == []
    desired.commit()
    assert shop.sold == ["lan"]


def test_what_is_as_it_was_is_not_judged_anew_and_keeps_nobody_from_another_change(
    desired: Desired, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's daemon came in the way of one service: a transaction over all of them goes on."""
    made(desired, "lan")

    def refuse(_: Wanted) -> None:
        raise Refused("somebody else's daemon runs here")

    monkeypatch.setattr(shop, "check", refuse)
    shop.sold, shop.is_broken = ["stolen"], True
    desired.begin()
    assert not desired.prepare()
    desired.commit()
    desired.rollback()
    assert [pool.name for pool in desired.wanted.of(Pool).values()] == ["lan"]
    desired.begin()
    desired.add(Pool(name="guest"))
    with pytest.raises(Refused):
        desired.prepare()


def test_what_was_restored_as_it_was_is_made_again_when_the_system_loses_it(desired: Desired, shop: Shop) -> None:
    desired.begin()
    desired.add(Pool(name="lan"))
    desired.commit()
    desired.begin()
    desired.restore(json.loads(json.dumps(desired.state())))
    assert not desired.prepare()
    desired.commit()
    shop.sold = []
    desired.reapply()
    assert shop.sold == ["lan"]


def test_who_stands_on_the_records_follows_each_change_that_was_made_or_taken_back(desired: Desired) -> None:
    seen: list[list[str]] = []
    desired.followers.append(lambda: seen.append([pool.name for pool in desired.wanted.of(Pool).values()]))
    made(desired, "lan")
    assert seen == [["lan"]]
    desired.rollback()
    assert seen == [["lan"], []]
    desired.begin()
    desired.add(Pool(name="guest"))
    desired.rollback()
    assert seen == [["lan"], []], "nothing was made"


def test_keys_are_never_used_twice(desired: Desired) -> None:
    first, second = made(desired, "a", "b")
    desired.begin()
    desired.remove(Pool, second)
    assert desired.add(Pool()) not in (first, second)


def test_what_belongs_to_a_record_goes_with_it_and_nothing_else_does(desired: Desired) -> None:
    desired.begin()
    kept, gone = desired.add(Pool()), desired.add(Pool())
    option = desired.add(Option(parent=gone))
    desired.add(Value(parent=option))
    desired.put(gone, Value(text="the same key in another kind"))
    desired.add(Option(parent=gone.replace("+", "-")))
    staying = desired.add(Option(parent=kept))
    desired.remove(Value, gone)
    assert len(desired.wanted.children(Option, gone)) == 1  # an option belongs to a pool, never to a value
    desired.remove(Pool, gone)
    assert list(desired.wanted.of(Pool)) == [kept]
    assert staying in desired.wanted.of(Option)
    assert option not in desired.wanted.of(Option)
    assert not desired.wanted.of(Value)


def test_a_refusal_changes_nothing(desired: Desired, shop: Shop) -> None:
    made(desired, "lan")
    desired.begin()
    key = desired.add(Pool(name="none"))
    with pytest.raises(Refused) as refusal:
        desired.prepare()
    assert (refusal.value.kind, refusal.value.key, refusal.value.fields) == (Pool, key, {"name"})
    desired.rollback()
    assert [pool.name for pool in desired.wanted.of(Pool).values()] == ["lan"]
    assert shop.times_changed == 1


def test_a_failed_commit_leaves_the_system_as_it_was(desired: Desired, shop: Shop) -> None:
    made(desired, "lan")
    desired.begin()
    desired.add(Pool(name="guest"))
    desired.prepare()
    shop.is_broken = True
    shop.sold = []
    with pytest.raises(MechanismError):
        desired.commit()
    desired.rollback()
    assert shop.sold == ["lan"]
    assert [pool.name for pool in desired.wanted.of(Pool).values()] == ["lan"]


def test_what_was_made_is_taken_back_when_another_backend_fails(desired: Desired, shop: Shop) -> None:
    made(desired, "lan")
    made(desired, "guest")
    desired.rollback()
    desired.rollback()
    assert shop.sold == ["lan"]


def test_a_change_that_has_to_wait_is_wanted_and_made_later(desired: Desired, shop: Shop) -> None:
    made(desired, "lan")
    desired.begin()
    desired.add(Pool(name="wan"))
    assert desired.prepare()
    desired.postpone()
    assert shop.sold == ["lan"]
    desired.reapply()  # a link came up meanwhile
    assert shop.sold == ["lan"]
    assert [pool.name for pool in desired.wanted.of(Pool).values()] == ["lan", "wan"]
    desired.begin()
    desired.prepare()
    record = desired.undo_record()
    desired.commit()
    assert shop.sold == ["lan", "wan"]
    desired.recover(record, same_boot=True)
    assert shop.sold == ["lan"]


def test_the_state_survives_and_is_applied_at_start_touching_nothing_that_holds(desired: Desired, shop: Shop) -> None:
    desired.begin()
    desired.put(SINGLE, General(enable=True))
    key = desired.add(Pool(name="lan", link=LAN, servers=("192.0.2.1", "192.0.2.2")))
    desired.add(Option(parent=key, tag=43))
    desired.prepare()
    desired.commit()
    again = Desired("shop", KINDS, shop)
    again.restore(desired.state())
    again.apply_at_start()
    assert again.wanted == desired.wanted
    assert shop.times_changed == 1
    shop.sold = []
    again.apply_at_start()
    assert shop.sold == ["lan"]


def test_the_order_of_adding_survives_a_document_whose_keys_are_sorted(desired: Desired, shop: Shop) -> None:
    made(desired, *(f"pool {number}" for number in range(12)))
    desired.begin()
    for key in ("wlan1", "eth0"):
        desired.put(key, Pool(name=key))
    desired.commit()
    again = Desired("shop", KINDS, shop)
    again.restore(json.loads(json.dumps(desired.state(), sort_keys=True)))
    assert list(again.wanted.of(Pool)) == list(desired.wanted.of(Pool))
    assert list(again.wanted.of(Pool))[:3] == ["eth0", "wlan1", "+1"]


def test_a_state_of_a_newer_version_is_read_as_far_as_it_is_known(desired: Desired) -> None:
    desired.restore({"next": 9, "records": {"Pool": {"+1": {"name": "lan", "colour": "red"}}, "Later": {"+2": {}}}})
    assert desired.wanted.of(Pool) == {"+1": Pool(name="lan")}
    assert desired.add(Pool()) == "+9"


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (Option, "tag", "secret"),
        (Option, "tag", True),
        (Option, "parent", 5),
        (Pool, "name", 1.5),
        (Pool, "link", "secret"),
        (Pool, "servers", "secret"),
        (Pool, "servers", ["192.0.2.1", 7]),
    ],
)
def test_a_damaged_field_of_a_saved_record_is_its_default_and_told_without_its_value(
    desired: Desired, caplog: pytest.LogCaptureFixture, kind: type[Record], field: str, value: object
) -> None:
    saved = {"next": 3, "records": {"Pool": {"+1": {"name": "first"}}, kind.__name__: {"+2": {field: value}}}}
    desired.restore(saved)
    assert desired.in_force.of(kind)["+2"] == kind()
    desired.restore({})
    desired.recover({"applied": saved}, same_boot=True)
    assert desired.in_force.of(kind)["+2"] == kind()
    assert f"shop: {field} of the saved {kind.__name__} '+2' is damaged" in caplog.text
    assert "secret" not in caplog.text


def test_fields_of_every_form_are_restored_as_they_were_saved(desired: Desired) -> None:
    desired.begin()
    desired.add(Pool(name="first", link=LAN, servers=("192.0.2.1",)))
    desired.add(Option(parent="+1", tag=7))
    kept = desired.wanted
    desired.restore(json.loads(json.dumps(desired.state())))
    assert desired.wanted == kept


def test_a_factory_reset_takes_everything_out_of_the_system(desired: Desired, shop: Shop) -> None:
    made(desired, "lan", "guest")
    desired.begin()
    desired.restore(None)
    desired.prepare()
    desired.commit()
    assert shop.sold == []
    assert desired.state() == {}


def test_one_act_that_fails_keeps_none_of_the_others_from_being_done() -> None:
    done: list[str] = []

    def act(name: str, changes: bool = True) -> bool:
        if name.startswith("no"):
            raise MechanismError(f"{name} cannot be")
        done.append(name)
        return changes

    with pytest.raises(MechanismError, match="not this cannot be"):
        make_each([partial(act, "one"), partial(act, "not this"), partial(act, "two"), partial(act, "nor that")])
    assert done == ["one", "two"]
    assert make_each([partial(act, "three", False), partial(act, "four"), partial(act, "five", False)])
    assert not make_each([partial(act, "six", False)])
    assert not make_each([])
    assert done[2:] == ["three", "four", "five", "six"]


def test_records_are_brought_back_as_a_whole_and_only_of_their_own_form(desired: Desired, shop: Shop) -> None:
    desired.begin()
    desired.add(Pool(name="first"))
    desired.prepare()
    desired.commit()
    kept = desired.backup()
    desired.begin()
    desired.remove(Pool, "+1")
    desired.prepare()
    desired.commit()
    desired.begin()
    desired.bring_back(kept)
    desired.prepare()
    desired.commit()
    assert desired.backup() == kept == desired.state()
    desired.begin()
    with pytest.raises(ValueError, match="another type"):
        desired.bring_back({"next": 2, "records": {"Pool": {"+1": {"name": 7}}}})
    with pytest.raises(ValueError, match="more than 1024 rows"):
        desired.bring_back({"next": 2, "records": {"Pool": {f"+{number}": {} for number in range(1025)}}})
    desired.rollback()
    assert desired.backup() == kept
