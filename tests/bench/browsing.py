"""How soon a person sees something: first paint of the page, and the first rows of a tree of 5,000 parameters."""

import statistics
from pathlib import Path
from typing import NamedTuple

from tests.web.browser import PASSWORD, Page, house

TIMES = 5


class Browsing(NamedTuple):
    """Each the median of some visits."""

    paint_ms: float
    rows_ms: float


def is_possible() -> bool:
    """Whether this machine has the browser."""
    return all(Path("/usr/bin", name).exists() for name in ("chromium", "chromedriver"))


def browsing() -> Browsing:
    """Measured on loopback, by the browser's own clock."""
    with house() as live:
        page = live.page
        page.look("light", "desktop")
        page.load()
        fields = {"New password": PASSWORD, "The same password again": PASSWORD}
        page.fill({"One-time code": live.ask("page_code")["code"], **fields})
        page.press("Set the password")
        page.shows("Status", "h1")
        paints = [_paint(page) for _ in range(TIMES)]
        rows = [_rows(page) for _ in range(TIMES)]
    return Browsing(statistics.median(paints), statistics.median(rows))


def _paint(page: Page) -> float:
    """From the navigation's start to the first content on the screen, nothing kept from before."""
    page.command("Network.enable")
    page.command("Network.clearBrowserCache")
    page.load("#/status")
    script = "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    for _ in range(100):
        if found := page.run(script):
            return float(found)
    raise LookupError("the browser tells of no paint")


def _rows(page: Page) -> float:
    """From opening a table of 1,000 rows with five parameters each to its first rows."""
    page.go("#/model/Device.X_BENCH_Rows.")
    page.one(".leaf.chosen")
    page.settled()
    return float(
        page.driver.execute_async_script("""
            const tell = arguments[0];
            const table = [...document.querySelectorAll(".leaf.object")].find((one) => one.innerText.trim() === "Row");
            const begun = performance.now();
            const look = () => document.querySelector('[role=treeitem][aria-setsize="1000"]')
                ? requestAnimationFrame(() => tell(performance.now() - begun)) : setTimeout(look, 1);
            table.click();
            look();
        """)
    )


if __name__ == "__main__":
    print(browsing())
