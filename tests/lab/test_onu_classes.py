"""The lab's table of managed entities, compared with the agent's, which was compiled from another source."""

from agent.lab.onu_classes import kinds
from backends.omci.entities import entity


def test_it_has_the_same_attributes_of_the_same_sizes_as_the_agent_s() -> None:
    for number, kind in kinds().items():
        other = entity(number)
        assert other is not None
        for each in kind.attributes:
            its = other.attributes[each.index - 1]
            assert (each.size, each.is_table, each.bit) == (its.size, its.is_table, its.mask), (number, its.name)
            assert set(each.access) - {"A"} == set(its.access), (number, its.name)


def test_every_family_has_a_name_for_every_attribute() -> None:
    for kind in kinds().values():
        for each in kind.attributes:
            assert each.lantiq, kind
            assert each.realtek.isalnum(), each
            assert each.cortina.isalnum(), each
        assert len({each.realtek for each in kind.attributes}) == len(kind.attributes)


def test_what_the_olt_makes_is_what_can_be_deleted() -> None:
    for number, kind in kinds().items():
        other = entity(number)
        assert other is not None
        assert kind.by_olt == ("Delete" in other.actions), number
