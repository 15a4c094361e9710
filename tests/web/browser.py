"""A real Chromium over the page of a real agent, with the lab ACS beside them; everything on loopback."""

import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from agent.cli import client
from agent.lab.acs import LabAcs
from agent.lab.gate import Auth
from tests.bench.extension import made
from tests.bench.stage import start
from tests.waiting import PATIENCE, until

PASSWORD = "correct horse"
ACS_USER, ACS_PASSWORD = "page", "page-password"
MARKUP = "<script>window.taken=1</script><img src=x onerror=window.taken=1>"
SIZES = {"desktop": (1280, 800, False), "phone": (390, 844, True)}
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--hide-scrollbars",
)
# What a page complains about, kept from its first line on.
LISTENER = """
window.complaints = [];
addEventListener("securitypolicyviolation", (e) => complaints.push(`CSP ${e.violatedDirective} ${e.blockedURI}`));
addEventListener("error", (e) => complaints.push(`error ${e.message}`));
addEventListener("unhandledrejection", (e) => complaints.push(`rejection ${e.reason}`));
"""
# A vendor's own file: networks that are called as an attacker would call them.
HOSTILE = f"""
from agent.model.object import Object, Parameter


def objects(mechanisms):
    return [
        Object(
            "Device.WiFi.SSID.{{i}}.",
            rows=lambda: range(1),
            keys=lambda row: (str(row),),
            parameters=[Parameter("SSID", lambda row: "<script>1</script>"), Parameter("Name", lambda row: {MARKUP!r})],
        )
    ]
"""

Found = TypeVar("Found")


@dataclass(slots=True)
class House:
    """An agent without an ACS, an ACS that nobody has told it of, and a browser."""

    acs: LabAcs
    agent: "subprocess.Popen[bytes]"
    directory: Path
    page: "Page"
    seen: dict[str, Any] = field(default_factory=dict)
    """What the fixtures saw on their way."""

    def ask(self, verb: str, **arguments: Any) -> dict[str, Any]:
        """The agent's control socket."""
        options = type("Options", (), {"socket": str(self.directory / "state" / "control.sock"), "config": None})()
        return client.ask(options, verb, **arguments)

    def stop(self) -> None:
        """End the agent."""
        self.agent.terminate()
        self.agent.wait(PATIENCE)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.agent = start(self.directory / "agent.toml", self.directory / "state")
        until(self._answers, "the agent does not answer")

    def _answers(self) -> bool:
        try:
            return bool(self.ask("page_where")["urls"])
        except client.Failure:
            return False


@contextmanager
def house(more: str = "") -> Iterator[House]:
    """Build it up and take it down; ``more`` settings."""
    with (
        TemporaryDirectory(prefix="cpe-agent-page-") as name,
        made() as extension,
        LabAcs(auth=Auth("digest", ACS_USER, ACS_PASSWORD)) as acs,
        page(f"http://127.0.0.1:{(port := free_port())}") as browser,
    ):
        (extension / "hostile.py").write_text(HOSTILE)
        directory = Path(name)
        settings = directory / "agent.toml"
        settings.write_text(
            f'[connection_request]\nport = 0\n[web]\nport = {port}\ninterfaces = ["lo"]\n'
            f'[discovery]\nenable = false\n[extensions]\ndirectory = "{extension}"\n'
            f'[trace]\ndirectory = "{directory / "traces"}"\n[log]\nlevel = "debug"\n{more}'
        )
        settings.chmod(0o600)
        live = House(acs, start(settings, directory / "state"), directory, browser)
        try:
            until(live._answers, "the agent does not answer")
            yield live
        finally:
            live.stop()


def free_port() -> int:
    """A TCP port that nobody has: the page is to come back where it was when the agent is started again."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Page:
    """What a person, or a screen reader, does with the page."""

    def __init__(self, driver: Any, url: str) -> None:
        self.driver = driver
        self.url = url
        self.command("Page.addScriptToEvaluateOnNewDocument", source=LISTENER)

    def command(self, name: str, **arguments: Any) -> Any:
        """A command of the browser's own."""
        return self.driver.execute_cdp_cmd(name, arguments)

    def look(self, theme: str, size: str) -> None:
        """As a system with this theme, on a screen of this size."""
        width, height, is_mobile = SIZES[size]
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=is_mobile
        )
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])

    def load(self, route: str = "") -> None:
        """Anew, as somebody who types the address."""
        self.driver.get("about:blank")
        self.driver.get(f"{self.url}/{route}")
        self.settled()

    def go(self, route: str) -> None:
        """To another page, without loading anew."""
        self.run(
            "document.querySelector('.page').dataset.left = '';"
            "if (location.hash === arguments[0]) dispatchEvent(new Event('hashchange'));"
            "else location.hash = arguments[0]",
            route,
        )
        until(lambda: self.run("return !document.querySelector('[data-left]')"), f"{route} is not shown")
        self.settled()

    def settled(self) -> None:
        """Until nothing is being loaded any more."""
        until(
            lambda: self.run(
                "return location.protocol === 'about:' || Boolean(document.querySelector('h1'))"
                " && !document.querySelector('.loading, [aria-busy]')"
            ),
            "the page goes on loading",
        )

    def run(self, script: str, *arguments: Any) -> Any:
        """JavaScript in the page."""
        return self.driver.execute_script(script, *arguments)

    def all(self, selector: str) -> list[Any]:
        """Elements."""
        return list(self.driver.find_elements("css selector", selector))

    def one(self, selector: str) -> Any:
        """An element, waited for."""
        return until(lambda: next(iter(self.all(selector)), None), f"there is no {selector}")

    def text(self, selector: str = "main") -> str:
        """What can be read there."""
        return str(self.one(selector).text)

    def title(self) -> str:
        """The heading."""
        return self.text("h1")

    def shows(self, words: str, selector: str = "body", seconds: float = PATIENCE) -> None:
        """Wait until it can be read."""

        def found() -> bool:
            return words in str(self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector))

        until(found, f"{words!r} is not shown", seconds)

    def press(self, text: str) -> None:
        """A button or a link, by its text."""

        script = (
            "const text = (each) => each.innerText.replace(/\\s+/g, ' ').trim();"
            "const one = [...document.querySelectorAll('button, a')]"
            ".find((each) => text(each) === arguments[0] && !each.disabled);"
            "one?.focus(); one?.click(); return Boolean(one)"
        )
        until(lambda: self.run(script, text), f"there is no {text}")

    def fill(self, values: Mapping[str, str]) -> None:
        """Fields, by their labels."""
        from selenium.common.exceptions import StaleElementReferenceException

        def fill(label: str, value: str) -> bool:
            try:
                self.run("arguments[0].select()", box := self.labelled(label))
                box.send_keys(value)
            except StaleElementReferenceException:  # the page was drawn anew in between
                return False
            return True

        for label, value in values.items():
            until(lambda label=label, value=value: fill(label, value), f"{label} cannot be filled")  # type: ignore[misc]

    def labelled(self, label: str) -> Any:
        """The field with a label."""
        script = "return [...document.querySelectorAll('label')].find((one) => one.innerText === arguments[0])?.control"
        return until(lambda: self.run(script, label), f"there is no field {label}")

    def keys(self, *keys: str) -> None:
        """Where the focus is."""
        self.run("return document.activeElement").send_keys(*keys)

    def log_in(self, password: str = PASSWORD) -> None:
        """At the log-in."""
        self.shows("Log in", "h1")
        self.fill({"Password": password})
        self.press("Log in")

    def complaints(self) -> list[str]:
        """What the browser found fault with since it was last asked; refusals of the API are no faults."""
        told = [line["message"] for line in self.driver.get_log("browser") if line["level"] in ("SEVERE", "WARNING")]
        heard = self.run("return (window.complaints ?? []).splice(0)")
        return [one for one in told if "Failed to load resource" not in one] + list(heard)

    def barriers(self) -> list[str]:
        """What axe finds that keeps people out: serious and critical violations."""
        from axe_core_python.base import AXE_SCRIPT

        if not self.run("return 'axe' in window"):
            self.run(AXE_SCRIPT)
        found = self.driver.execute_async_script(
            "const tell = arguments[0]; axe.run({ resultTypes: ['violations'] }).then((all) => tell(all.violations"
            ".filter((one) => ['serious', 'critical'].includes(one.impact))"
            ".map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ').slice(0, 500)}`)))"
        )
        return list(found)


@contextmanager
def page(url: str) -> Iterator[Page]:
    """A browser of its own, with nothing kept from before."""
    from selenium import webdriver

    with TemporaryDirectory(prefix="cpe-agent-chromium-") as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for each in (*ARGUMENTS, f"--user-data-dir={profile}"):
            options.add_argument(each)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = webdriver.ChromeService("/usr/bin/chromedriver")
        driver = webdriver.Chrome(options=options, service=service)
        try:
            yield Page(driver, url)
        finally:
            driver.quit()
