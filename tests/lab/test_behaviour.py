"""Behaviours are named, typed and checked before anything is served."""

import pytest

from agent.lab.behaviour import Behaviour, parse_behaviour


def test_claims_and_values_are_read_from_text() -> None:
    chosen = parse_behaviour(["hold_requests", "chunked=0", "faulted-informs=2", "reply_delay=0.5", "use_version=1.4"])
    assert chosen == Behaviour(hold_requests=True, faulted_informs=2, reply_delay=0.5, use_version="1.4")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hold", "unknown behaviour 'hold'; known: hold_requests"),
        ("hold_requests=maybe", "hold_requests is true or false"),
        ("drops=many", "drops takes a int"),
        ("redirect_status=200", "redirect_status 200"),
        ("inform_fault=9000", "inform_fault 9000"),
        ("refuse_status=200", "refuse_status 200"),
        ("namespace_version=2.0", "namespace_version '2.0'"),
    ],
)
def test_what_is_not_allowed_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_behaviour([text])


def test_the_plainest_acs_is_the_default() -> None:
    assert parse_behaviour([]) == Behaviour()
