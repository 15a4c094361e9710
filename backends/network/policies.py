"""Routes for packets of one policy: each policy has a table of its own, and a rule by the packets' mark. Pure."""

from typing import Final

from backends.marks import FORWARDING_POLICY
from backends.netlink_types import Rule
from backends.network.plan import Ident

FIRST_TABLE: Final = 13000
"""The table of policy 0, and the priority of its rule: before the main table's 32766, after the local one's 0."""
MOST_POLICY: Final = FORWARDING_POLICY.most


def table_of(policy: int | None) -> tuple[str, ...]:
    """What a route's identity ends with: its policy's table, nothing for the main one."""
    return () if policy is None or policy < 0 else (str(FIRST_TABLE + policy),)


def rule_ident(route: Ident) -> Ident | None:
    """The rule that leads packets to the table of a route; None for a route of the main table."""
    return ("rule", route[1], str(int(route[7]) - FIRST_TABLE)) if len(route) > 7 else None


def rule_of(ident: Ident) -> Rule:
    """The rule as the kernel has it."""
    policy = int(ident[2])
    return Rule(
        family=int(ident[1]),
        priority=FIRST_TABLE + policy,
        table=FIRST_TABLE + policy,
        mark=FORWARDING_POLICY.holding(policy),
        mask=FORWARDING_POLICY.mask,
    )


def ident_of(rule: Rule) -> Ident | None:
    """The inverse of ``rule_of``; None for a rule that is not of this kind."""
    policy = rule.table - FIRST_TABLE
    ident = ("rule", str(rule.family), str(policy))
    return ident if 0 <= policy <= MOST_POLICY and rule_of(ident) == rule else None
