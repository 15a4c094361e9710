"""A service's refusals name the rows and parameters that the data model knows."""

from dataclasses import dataclass
from typing import ClassVar

import pytest

from agent.model.errors import Denied, InvalidValue
from agent.model.object import RowsRefused, Target
from backends.desired_state import NotOurs, Pointer, Record, Refused, Wanted
from backends.tr181.service import TableService, only, pointer_of, target_of

CHAIN = "Device.Firewall.Chain.{i}."
RULE = "Device.Firewall.Chain.{i}.Rule.{i}."
IP_INTERFACE = "Device.IP.Interface.{i}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain(Record):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Record):
    owner: ClassVar[type[Record] | None] = Chain
    dest_port: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked(Record):
    owner: ClassVar[type[Record] | None] = Chain
    order: int = 1


class Picky:
    refusal: Refused | None = None

    def check(self, wanted: Wanted) -> None:
        if self.refusal:
            raise self.refusal

    def cuts(self, wanted: Wanted) -> bool:
        return False

    def apply(self, wanted: Wanted) -> bool:
        return True


@pytest.fixture
def picky() -> Picky:
    return Picky()


@pytest.fixture
def service(picky: Picky) -> TableService:
    return TableService(
        "firewall", (Chain, Rule), picky, {Chain: CHAIN, Rule: RULE}, {"address": ["DestIP", "DestMask"]}
    )


def refused(service: TableService) -> RowsRefused:
    with pytest.raises(RowsRefused) as refusal:
        service.prepare()
    return refusal.value


def test_a_refused_row_is_named_by_its_table_and_all_its_keys(service: TableService, picky: Picky) -> None:
    service.begin()
    chain = service.add(Chain())
    rule = service.add(Rule(parent=chain))
    picky.refusal = Refused("no such port", Rule, rule, ("dest_port", "address"))
    answer = refused(service)
    assert answer.refusal is InvalidValue
    assert answer.rows == (Target(RULE, (chain, rule)),)
    assert answer.parameters == {"DestPort", "DestIP", "DestMask"}


@pytest.mark.parametrize("number", ["", "7"])
def test_the_log_names_a_row_by_its_path_or_by_table_and_key(
    service: TableService, picky: Picky, caplog: pytest.LogCaptureFixture, number: str
) -> None:
    service.path_of = lambda target: number and target.table.replace("{i}", number)
    chain = service.add(Chain())
    assert service.known_as(Chain, chain) == (f"Device.Firewall.Chain.{number}." if number else f"{CHAIN} ({chain})")
    picky.refusal = Refused("no such port", Rule, service.add(Rule(parent=chain)), ("dest_port",))
    refused(service)
    assert caplog.messages == [
        f"firewall: refused: {'Device.Firewall.Chain.7.Rule.7.' if number else f'{RULE} (+2)'}: no such port"
    ]


def test_a_reason_names_parameters(service: TableService, picky: Picky) -> None:
    service.add(Rule())
    picky.refusal = Refused("the same {dest_port}, {address} as {x}", Rule, "", ("dest_port", "address"))
    assert refused(service).reason == "the same DestPort, DestIP as {x}"


def test_those_behind_a_row_that_goes_move_up_in_its_table_only(service: TableService) -> None:
    first, *others = [service.add(Ranked(parent="a", order=place)) for place in (1, 2, 3)]
    elsewhere = service.add(Ranked(parent="b", order=2))
    service.remove(Ranked, first)
    assert [service.wanted.get(Ranked, key).order for key in (*others, elsewhere)] == [1, 2, 2]
    service.remove(Ranked, first)
    service.remove(Rule, service.add(Rule(parent="a")))


def test_what_is_somebody_elses_is_denied(service: TableService, picky: Picky) -> None:
    service.begin()
    service.add(Rule())
    picky.refusal = NotOurs("another firewall is at work")
    answer = refused(service)
    assert (answer.refusal, answer.rows) == (Denied, ())


def test_a_reference_may_point_where_it_makes_sense_only() -> None:
    ip, chain = Target(IP_INTERFACE, ("eth0",)), Target(CHAIN, ("+1",))
    assert only(IP_INTERFACE)(ip) == Pointer(IP_INTERFACE, ("eth0",))
    assert only(IP_INTERFACE)(None) is None
    with pytest.raises(InvalidValue, match=r"IP\.Interface"):
        only(IP_INTERFACE)(chain)
    assert target_of(pointer_of(ip)) == ip
