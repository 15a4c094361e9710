"""The page as the daemon holds it."""

from agent.web.start import RunningPage
from tests.web.conftest import Site


def test_it_says_where_it_is_served(site: Site) -> None:
    assert site.page.interfaces() == ["lo"]
    assert site.page.problems() == {}
    assert site.page.port == site.port


def test_it_can_be_stopped_twice() -> None:
    page = RunningPage("/nowhere/control.sock", 0)
    page.stop()
    page.stop()
    assert page.interfaces() == []
