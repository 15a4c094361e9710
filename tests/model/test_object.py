"""What a declaration leaves out is not supported, and what the backend of a declaration promises holds in the fake."""

import copy

import pytest

from agent.model.data_model import Caller
from agent.model.errors import Denied
from agent.model.object import AliasOf, Object, Target
from tests.model.device import FIRST, IP, PORTS, Device, Machine, Memory


def test_a_declaration_is_for_reading_unless_it_says_more() -> None:
    declared = Object(f"{PORTS}{{i}}.", list, lambda row: row, [])

    assert (declared.add, declared.delete, declared.backend, declared.source) == (None, None, None, None)
    assert declared.durable
    assert declared.changed_by == ()


def test_references_are_the_same_when_they_point_at_the_same_row() -> None:
    assert Target(IP, ("wan0",)) == Target(IP, ("wan0",))
    assert AliasOf(Target(IP, ("wan0",))) != AliasOf(Target(IP, ("lan0",)))


def test_a_table_without_add_and_delete_denies_both() -> None:
    device = Device()
    change = device.model.transaction(Caller.ACS)

    with pytest.raises(Denied):
        change.add(PORTS)
    with pytest.raises(Denied):
        change.delete(f"{PORTS}1.")
    change.abandon()


def test_the_backend_of_these_tests_keeps_the_contract() -> None:
    machine = Machine()
    backend = Memory("ports", machine, [])

    backend.begin()
    backend.rows["port"][0]["rate"] = 10
    assert backend.prepare() is False
    record = backend.undo_record()
    assert machine.made == FIRST
    backend.commit()
    assert machine.made["ports"]["port"][0]["rate"] == 10
    backend.rollback()
    backend.rollback()
    assert (machine.made, backend.rows) == (FIRST, FIRST["ports"])

    machine.made["ports"] = copy.deepcopy(FIRST["ports"]) | {"port": []}
    backend.recover(record, same_boot=True)
    assert machine.made == FIRST
