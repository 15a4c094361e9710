"""Instance numbers stay with their rows; aliases are unique; a transaction can be taken back."""

import pytest

from agent.model.errors import InvalidValue
from agent.model.instances import KEPT_ABSENT, Instance, Instances

TABLE = "Device.IP.Interface."


def numbers(instances: Instances, *keys: str, durable: bool = True) -> list[int]:
    return [one.number for one in instances.settle(TABLE, keys, durable).values()]


def test_a_row_keeps_its_number_while_others_come_and_go() -> None:
    instances = Instances()

    assert numbers(instances, "eth0", "eth1") == [1, 2]
    assert numbers(instances, "eth1", "eth2") == [2, 3]
    assert numbers(instances, "eth0", "eth1", "eth2") == [1, 2, 3]


def test_numbers_survive_a_restart_and_deleted_ones_are_not_given_again() -> None:
    before = Instances()
    numbers(before, "eth0", "eth1")
    before.retire(TABLE, "eth1")
    after = Instances()
    after.restore(before.state())

    assert numbers(after, "eth0", "eth9") == [1, 3]


def test_volatile_tables_forget_what_is_gone_but_never_count_backwards() -> None:
    instances = Instances()
    numbers(instances, "1", "2", durable=False)

    assert numbers(instances, "2", "3", durable=False) == [2, 3]
    assert numbers(instances, "1", durable=False) == [4]
    assert instances.state() == {}


def test_a_durable_table_remembers_only_so_many_absent_rows() -> None:
    instances = Instances()
    for number in range(3 * KEPT_ABSENT):
        numbers(instances, f"veth{number}")

    assert len(instances.state()[TABLE]["rows"]) <= KEPT_ABSENT + 1


def test_a_row_under_a_new_key_keeps_its_number() -> None:
    instances = Instances()
    numbers(instances, "10.0.0.1/24")
    instances.rekey(TABLE, "10.0.0.1/24", "+1")

    assert numbers(instances, "+1") == [1]


def test_tables_below_a_deleted_row_are_forgotten() -> None:
    instances = Instances()
    numbers(instances, "eth0")
    instances.settle(TABLE + "1.IPv4Address.", ["a"], True)
    instances.retire(TABLE, "eth0")

    assert list(instances.state()) == [TABLE]


def test_an_alias_is_the_cpes_own_until_somebody_gives_one_and_no_two_are_equal() -> None:
    instances = Instances()
    rows = instances.settle(TABLE, ["eth0", "eth1"], True)
    assert [row.name for row in rows.values()] == ["cpe-1", "cpe-2"]
    instances.name(TABLE, "eth0", "wan")

    with pytest.raises(InvalidValue):
        instances.name(TABLE, "eth1", "wan")
    with pytest.raises(InvalidValue):
        instances.name(TABLE, "eth1", "1st")
    with pytest.raises(InvalidValue):
        instances.name(TABLE, "eth0", "cpe-2")


def test_the_cpes_own_aliases_are_not_given_by_others() -> None:
    instances = Instances()
    instances.settle(TABLE, ["eth0"], True)
    instances.name(TABLE, "eth0", "wan")
    with pytest.raises(InvalidValue):
        instances.name(TABLE, "eth0", "cpe-wan")
    instances.name(TABLE, "eth0", "cpe-1")

    assert instances.lookup(TABLE, "eth0") == Instance(1, "cpe-1")


def test_a_rolled_back_transaction_gives_its_numbers_back() -> None:
    instances = Instances()
    numbers(instances, "eth0")
    instances.begin()
    numbers(instances, "eth0", "new")
    instances.rollback()

    assert numbers(instances, "eth0", "other") == [1, 2]


def test_going_back_keeps_what_was_spent_and_what_had_no_number_then() -> None:
    instances = Instances()
    instances.settle("A.", ["one"], durable=True)
    before = instances.state()
    instances.settle("A.", ["one", "two"], durable=True)
    instances.settle("B.", ["x"], durable=True)
    instances.name("B.", "x", "named")

    instances.go_back_to(before)

    assert instances.settle("A.", ["one", "three"], durable=True)["three"].number == 3
    assert instances.settle("B.", ["x"], durable=True)["x"] == Instance(1)


def test_what_is_below_a_volatile_row_goes_with_it() -> None:
    instances = Instances()
    for number in range(1, 20):
        instances.settle("Host.", [f"host {number}"], durable=False)
        instances.settle(f"Host.{number}.Address.", ["a"], durable=False)

    assert instances.lookup("Host.19.Address.", "a") == Instance(1)
    assert instances.lookup("Host.18.Address.", "a") is None


def test_two_rows_exchange_their_aliases() -> None:
    instances = Instances()
    instances.settle("A.", ["one", "two"], durable=True)
    instances.name("A.", "one", "left")
    instances.name("A.", "two", "right")

    for key in ("one", "two"):
        instances.unname("A.", key)
    instances.name("A.", "one", "right")
    instances.name("A.", "two", "left")

    assert [one.alias for one in instances.settle("A.", ["one", "two"], durable=True).values()] == ["right", "left"]
    assert (instances.key_of("A.", 2), instances.key_of("A.", 3), instances.key_of("B.", 1)) == ("two", None, None)


def test_the_path_of_a_row_is_known_by_its_keys_once_it_has_a_number() -> None:
    instances = Instances()
    instances.settle(TABLE, ["eth0", "eth1"], True)
    below = f"{TABLE}{{i}}.IPv4Address.{{i}}."
    assert instances.path_of(below, ("eth1", "+1")) == ""
    instances.settle(f"{TABLE}2.IPv4Address.", ["+0", "+1"], True)
    assert instances.path_of(below, ("eth1", "+1")) == "Device.IP.Interface.2.IPv4Address.2."
    assert instances.path_of(f"{TABLE}{{i}}.", ("eth1",)) == "Device.IP.Interface.2."
    assert instances.path_of(below, ("eth1",)) == instances.path_of(below, ("eth9", "+1")) == ""
    assert instances.path_of("Device.NAT.", ()) == "Device.NAT."


def test_a_backup_names_no_two_rows_alike_though_a_saved_document_may() -> None:
    twice = {"Device.T.": {"next": 3, "rows": {"a": [1, "x"], "b": [2, "x"]}}}
    instances = Instances()
    instances.restore(twice)  # our own, of an agent that looked less closely: it loads
    assert instances.lookup("Device.T.", "b") == Instance(2, "x")
    with pytest.raises(InvalidValue, match="another row"):
        instances.bring_back(twice)
    instances.bring_back({"Device.T.": {"next": 3, "rows": {"a": [1, "cpe-1"], "b": [2, "x"]}}})
    assert instances.lookup("Device.T.", "a") == Instance(1, "cpe-1")
