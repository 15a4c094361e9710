import re

import pytest

from agent.transfers.failures import RULES, Cause, TransferFailed

IN_TRANSFER_COMPLETE = {9001, 9002, *range(9010, 9013), *range(9014, 9021)}


def test_every_cause_has_its_codes_and_its_clause() -> None:
    assert set(RULES) == set(Cause)
    assert all(re.match(r"A\.\d", rule.clause) for rule in RULES.values())


def test_a_transfer_complete_names_only_the_codes_that_its_schema_knows() -> None:
    assert {code for rule in RULES.values() for code in (rule.download, rule.upload)} <= IN_TRANSFER_COMPLETE


def test_every_code_of_a_file_transfer_has_a_cause() -> None:
    named = {code for rule in RULES.values() for code in (rule.download, rule.upload, rule.answer)}
    assert set(range(9010, 9021)) <= named


def test_an_upload_never_fails_with_what_is_said_of_downloads() -> None:
    assert {rule.upload for rule in RULES.values()} == {9001, 9002, 9011, 9012}


@pytest.mark.parametrize(
    ("cause", "code", "answer"),
    [
        (Cause.NO_ROOM, 9010, 9004),
        (Cause.PROTOCOL, 9010, 9013),
        (Cause.ARGUMENTS, 9010, 9003),
        (Cause.DENIED, 9001, 9001),
    ],
)
def test_the_answer_to_a_request_may_say_more_than_a_transfer_complete(cause: Cause, code: int, answer: int) -> None:
    failed = TransferFailed(cause, "text")
    assert (failed.code, failed.answer_code, failed.text, str(failed)) == (code, answer, "text", "text")


def test_only_what_time_may_mend_is_tried_again() -> None:
    again = {cause for cause in Cause if TransferFailed(cause, "").may_resume}
    assert again == {Cause.INTERNAL, Cause.NOT_READY, Cause.NO_CONTACT, Cause.INCOMPLETE}


def test_a_failed_upload_has_its_own_code() -> None:
    failed = TransferFailed(Cause.NO_CONTACT, "")
    failed.is_upload = True
    assert failed.code == 9011
