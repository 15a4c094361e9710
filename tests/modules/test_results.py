"""What the ACS is told, and of what it wants to hear."""

from dataclasses import replace

import pytest

from agent.cwmp.messages import UNKNOWN_TIME
from agent.modules.orders import INSTALL, UPDATE, Asked, Order, Result
from agent.modules.results import Policy, autonomous, complete

GOOD = Result(INSTALL, "u", "1.0", "Installed", True, "D.1", ("E.1", "E.2"), 0.0, None)
BAD = replace(GOOD, code=9018, text="it ends too early", state="Failed")


def test_a_result_says_all_that_the_schema_wants() -> None:
    request = complete(Order(1, "key", (Asked(INSTALL),), ((GOOD,),)))
    [one] = request.results
    assert request.command_key == "key"
    assert (one.deployment_unit_ref, one.execution_unit_ref_list, one.resolved) == ("D.1", "E.1,E.2", True)
    assert one.complete_time == UNKNOWN_TIME
    assert one.start_time.isoformat() == "1970-01-01T00:00:00+00:00"
    assert (one.fault.fault_code, one.fault.fault_string) == (0, "")


def test_a_fault_has_the_standards_words_and_the_reason() -> None:
    [one] = complete(Order(1, "", (Asked(INSTALL),), ((BAD,),))).results
    assert one.fault.fault_string == "File transfer failure: file corrupted: it ends too early"


def test_what_nobody_asked_for_says_what_was_done() -> None:
    assert [one.operation_performed for one in autonomous([GOOD, replace(GOOD, kind=UPDATE)]).results] == [
        INSTALL,
        UPDATE,
    ]


@pytest.mark.parametrize(
    ("policy", "result", "wanted"),
    [
        (Policy(), GOOD, False),
        (Policy(True), GOOD, False),  # no kind of operation is named
        (Policy(True, frozenset({INSTALL})), GOOD, True),
        (Policy(True, frozenset({UPDATE})), GOOD, False),
        (Policy(True, frozenset({INSTALL}), "Failure"), GOOD, False),
        (Policy(True, frozenset({INSTALL}), "Success"), BAD, False),
        (Policy(True, frozenset({INSTALL}), "Both"), BAD, False),  # an empty filter of codes lets no failure through
        (Policy(True, frozenset({INSTALL}), "Both", frozenset({9018})), BAD, True),
        (Policy(True, frozenset({INSTALL}), "Failure", frozenset({9017})), BAD, False),
        (Policy(False, frozenset({INSTALL}), "Both", frozenset({9018})), BAD, False),
    ],
)
def test_the_policy_decides_what_is_told(policy: Policy, result: Result, wanted: bool) -> None:
    assert policy.wants(result) is wanted


def test_the_policy_is_read_from_the_agents_own_values() -> None:
    own = {"Enable": True, "OperationTypeFilter": ["Install"], "ResultTypeFilter": "Both", "FaultCodeFilter": ["9018"]}
    policy = Policy.of(lambda name: own[name.rpartition(".")[2]])
    assert policy == Policy(True, frozenset({"Install"}), "Both", frozenset({9018}))
