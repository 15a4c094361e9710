"""What may be shown of an ACS."""

import pytest

from agent.runtime.endpoint import AcsEndpoint, shown_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:hunter2@acs:7547/a?token=hunter2#hunter2", "https://acs:7547/a"),
        ("http://[::1]:80/", "http://[::1]:80/"),
        ("http://[::1", "an invalid URL"),
        ("", ""),
    ],
)
def test_a_url_is_shown_without_what_may_be_secret(url: str, shown: str) -> None:
    assert shown_url(url) == shown


def test_an_endpoint_shows_no_secret() -> None:
    assert repr(AcsEndpoint("https://u:hunter2@acs/", "name", "hunter2")) == "AcsEndpoint('https://acs/')"
