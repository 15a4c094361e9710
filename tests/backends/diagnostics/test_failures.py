"""Why a diagnostic did not come to its end."""

from backends.diagnostics.failures import DiagnosticFailed


def test_it_has_a_state_a_sentence_and_perhaps_a_result() -> None:
    failure = DiagnosticFailed("Error_Other", "it did not work", (1, 2))
    assert (failure.state, failure.text, str(failure), failure.result) == (
        "Error_Other",
        "it did not work",
        "it did not work",
        (1, 2),
    )
