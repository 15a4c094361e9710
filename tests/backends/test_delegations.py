"""What a delegated prefix is known by."""

from backends.delegations import Delegation


def test_a_delegation_is_known_by_its_link_and_place_whichever_prefix_it_is() -> None:
    before, after = Delegation("wan0", 1, "2001:db8:100::/56"), Delegation("wan0", 1, "2001:db8:200::/56", 5, 6)
    assert before.key == after.key == "wan0 delegated 1"
    assert Delegation("wan0", 2, "2001:db8:100::/56").key != before.key
    assert Delegation("wan1", 1, "2001:db8:100::/56").key != before.key
