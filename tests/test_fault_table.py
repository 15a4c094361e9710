"""Every fault code that the CPE may name, and the tests which bring each of them about: the one table."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

HERE = Path(__file__).parent
RPC, HTTP, MODULE = "cwmp/test_rpc.py", "transfers/test_http_move.py", "modules/test_faults.py"
TABLED = "test_each_cause_has_its_code"
"""Its rows name the code and what brings it about."""

PRODUCED: Final[Mapping[int, tuple[tuple[str, str], ...]]] = {
    9000: ((RPC, "test_what_is_not_served_is_9000"), ("transcripts/not_served.txt", "")),
    9001: (("transfers/test_mover.py", "test_what_the_policy_forbids_is_not_even_begun"), (MODULE, TABLED)),
    9002: (
        ("transfers/test_disk.py", "test_a_disk_that_is_read_only_is_9002"),
        (RPC, "test_a_mechanism_that_does_not_answer_is_9002_without_details"),
    ),
    9003: ((RPC, "test_a_request_that_could_not_be_read_is_9003"), (MODULE, TABLED)),
    9004: (
        (RPC, "test_the_seventeenth_transfer_is_one_too_many"),
        ("transfers/test_failures.py", "test_the_answer_to_a_request_may_say_more_than_a_transfer_complete"),
    ),
    9005: ((RPC, "test_one_wrong_name_refuses_the_whole_reading"),),
    9006: ((RPC, "test_a_wrong_type_is_9006_and_a_missing_one_is_not"),),
    9007: ((RPC, "test_a_refused_set_names_every_bad_parameter_and_changes_nothing"),),
    9008: ((RPC, "test_a_refused_set_names_every_bad_parameter_and_changes_nothing"),),
    9009: ((RPC, "test_attributes_that_cannot_be_had_are_refused_as_a_whole"),),
    9010: (
        (HTTP, "test_a_server_in_trouble_is_asked_again_and_then_9010"),
        ("runtime/test_transfers.py", "test_no_room_is_told_before_anything_is_fetched"),
        ("firmware/test_whole_agent.py", "test_one_that_does_not_come_up_is_told_by_the_former"),
    ),
    9011: (
        (HTTP, "test_uploads_fail_with_9011"),
        ("runtime/test_transfers.py", "test_what_cannot_be_sent_is_9011"),
    ),
    9012: (
        (HTTP, "test_a_log_in_that_is_refused_is_9012"),
        (HTTP, "test_a_server_that_cannot_prove_who_it_is_is_9012"),
        ("transfers/test_ftp_move.py", "test_a_wrong_password_is_9012_for_both_ways_and_is_not_repeated"),
        (MODULE, TABLED),
    ),
    9013: (("transcripts/download_refused.txt", ""), (MODULE, TABLED)),
    9014: (("transfers/test_mover.py", "test_what_the_policy_forbids_is_not_even_begun"),),
    9015: (
        (HTTP, "test_a_server_that_is_not_there_is_9015"),
        (HTTP, "test_a_name_that_nobody_knows_is_9015"),
        ("transfers/test_ftp_move.py", "test_a_server_that_says_nothing_is_9015"),
        (MODULE, TABLED),
    ),
    9016: (
        (HTTP, "test_a_file_that_is_not_given_is_9016"),
        ("modules/test_work.py", "test_a_signature_that_is_missing_or_wrong_is_told_with_what_to_do"),
        (MODULE, TABLED),
    ),
    9017: ((HTTP, "test_a_file_that_ends_too_soon_is_not_taken"), (MODULE, TABLED)),
    9018: (
        (HTTP, "test_a_file_of_another_size_than_the_acs_says_is_9018_at_once"),
        ("firmware/test_upgrade.py", "test_a_bit_flip_in_any_block_and_any_truncation_change_nothing"),
        (MODULE, TABLED),
    ),
    9019: (
        ("firmware/test_upgrade.py", "test_an_image_that_is_not_for_this_device_changes_nothing"),
        (
            "firmware/test_whole_agent.py",
            "test_one_that_is_refused_or_not_there_changes_nothing_and_the_former_can_be_started",
        ),
    ),
    9020: (
        ("runtime/test_transfers.py", "test_windows_that_find_nobody_idle_are_9020"),
        ("transcripts/schedule_download.txt", ""),
    ),
    9021: (("transcripts/cancel_transfer.txt", ""),),
    **dict.fromkeys(range(9022, 9033), ((MODULE, TABLED),)),
}


def test_every_code_of_the_specification_is_in_the_table() -> None:
    assert set(PRODUCED) == set(range(9000, 9033))  # TR-069, A.5.1


@pytest.mark.parametrize("code", PRODUCED)
def test_what_brings_a_code_about_is_there_and_names_it(code: int) -> None:
    for file, test in PRODUCED[code]:
        text = (HERE / file).read_text()
        if test:
            assert re.search(rf"^def {test}\(", text, re.MULTILINE), f"{file} has no {test}"
        if test == TABLED or not test:
            assert str(code) in text, f"{file} does not name {code}"
