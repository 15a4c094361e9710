"""What is asked of a look-up; who does it is tested in tests/diagnostics."""

from backends.diagnostics.name_lookup import Lookup, LookupRequest


def test_one_question_to_the_system_s_own_server_is_the_default() -> None:
    asked = LookupRequest("host.example")
    assert (asked.server, asked.repetitions, asked.timeout) == ("", 1, 5000)


def test_what_found_nothing_has_no_time() -> None:
    assert (Lookup("Error_Timeout").answer_type, Lookup("Error_Timeout").response_time) == ("None", 0)
