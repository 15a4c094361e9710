"""Rows that are records: their fields, their references and their order."""

from dataclasses import dataclass
from typing import ClassVar

import pytest

from agent.model.errors import InvalidValue
from agent.model.object import Target
from backends.desired_state import Record, Wanted
from backends.tr181.record_table import RecordTable, field_of, tables_of
from backends.tr181.service import TableService

IP = "Device.IP.Interface.{i}."


@dataclass(frozen=True, slots=True, kw_only=True)
class General(Record):
    enable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool(Record):
    order: int = 1
    dns_servers: tuple[str, ...] = ()
    chosen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option(Record):
    owner: ClassVar[type[Record] | None] = Pool
    tag: int = 0


PATHS: dict[type[Record], str] = {General: "D.S.", Pool: "D.S.Pool.{i}.", Option: "D.S.Pool.{i}.Option.{i}."}


class Nothing:
    def check(self, wanted: Wanted) -> None:
        pass

    def cuts(self, wanted: Wanted) -> bool:
        return False

    def apply(self, wanted: Wanted) -> bool:
        return True


@pytest.fixture
def tables() -> dict[type[Record], RecordTable[Record]]:
    return tables_of(TableService("s", tuple(PATHS), Nothing(), PATHS), PATHS)


def test_a_single_object_is_one_row_and_a_table_has_a_row_for_each_record(
    tables: dict[type[Record], RecordTable[Record]],
) -> None:
    assert list(tables[General].rows()) == [()]
    pool = tables[Pool].add(())
    option = tables[Option].add(pool)
    assert list(tables[Option].rows()) == [option] == [(pool[0], option[1])]
    tables[Pool].delete(pool)
    assert list(tables[Option].rows()) == []


def test_a_field_is_read_and_staged_and_lists_are_tuples(tables: dict[type[Record], RecordTable[Record]]) -> None:
    row = tables[Pool].add(())
    [servers] = tables[Pool].plain("DNSServers")
    assert servers.set is not None
    servers.set(row, ["192.0.2.1"])
    assert servers.get(row) == ("192.0.2.1",)
    assert tables[General].field("Enable", write=None).set is None


def test_an_order_has_no_gaps(tables: dict[type[Record], RecordTable[Record]]) -> None:
    rows = [tables[Pool].add(()) for _ in range(3)]
    order = tables[Pool].order()
    assert [order.get(row) for row in rows] == [1, 2, 3]
    assert order.set is not None
    order.set(rows[2], 1)
    assert [order.get(row) for row in rows] == [2, 3, 1]
    tables[Pool].delete(rows[2])
    assert [order.get(row) for row in rows[:2]] == [1, 2]


def test_a_reference_to_a_sibling_goes_when_that_goes(tables: dict[type[Record], RecordTable[Record]]) -> None:
    one, other = tables[Pool].add(()), tables[Pool].add(())
    chosen = tables[Pool].row_of("Chosen", tables[Pool])
    assert chosen.set is not None
    chosen.set(one, Target("D.S.Pool.{i}.", other))
    assert chosen.get(one) == Target("D.S.Pool.{i}.", other)
    tables[Pool].delete(other)
    assert chosen.get(one) is None
    with pytest.raises(InvalidValue):
        chosen.set(one, Target(IP, ("eth0",)))


@pytest.mark.parametrize(
    ("parameter", "field"),
    [
        ("DestIPExclude", "dest_ip_exclude"),
        ("DSCP", "dscp"),
        ("ClientID", "client_id"),
        ("IPRouters", "ip_routers"),
        ("AdvNDProxyFlag", "adv_nd_proxy_flag"),
        ("DHCPServerIPAddress", "dhcp_server_ip_address"),
        ("VLANIDCheck", "vlanid_check"),
        ("Enable", "enable"),
    ],
)
def test_a_parameters_field_is_its_name_in_lower_case(parameter: str, field: str) -> None:
    assert field_of(parameter) == field
