"""Which URLs can be tested with."""

import pytest

from backends.diagnostics.throughput import download
from tests.backends.diagnostics.speed_asked import asked, state_of


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1/", "file:///etc/passwd", "http://", "http://127.0.0.1:99999/", "http://h/a b", "http://u:p@h/",
     "http://h/\r\nX: y", "ftp://", "http://h:0/", ""],
)  # fmt: skip
def test_what_is_no_url_of_a_test_is_not_tried(url: str) -> None:
    assert state_of(download(), asked(url)) == "Error_Other"
