"""What ddns-scripts cannot make is refused by the parameter that says it; what they cannot read is, too."""

from pathlib import Path

import pytest

from agent.model.errors import Refusals
from backends.openwrt.ddns.mapping import SHORTEST_CHECK
from tests.backends.openwrt.ddns.device import BASE, DELIVERED, DdnsRouter

pytestmark = pytest.mark.slow

FIRST, SERVER = f"{BASE}Client.1.", f"{BASE}Server.1."


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (f"{SERVER}ServiceName", "nowhere.example"),
        (f"{SERVER}ServiceName", "../../../etc/passwd"),
        (f"{SERVER}ServerAddress", "nowhere"),
        (f"{SERVER}ServerAddress", "a.b/$(reboot)"),
        (f"{SERVER}CheckInterval", str(SHORTEST_CHECK - 1)),
        (f"{SERVER}CheckInterval", "0"),
        (f"{SERVER}RetryInterval", "0"),
        (f"{SERVER}MaxRetries", "0"),
        (f"{SERVER}Name", ""),
        (f"{FIRST}Username", "\u00e4rger"),
        (f"{FIRST}Password", "a\nb"),
        (f"{FIRST}Password", "a\\b"),
        (f"{FIRST}Hostname.1.Name", "x y"),
        (f"{FIRST}Hostname.1.Name", "x';reboot;'.example"),
        (f"{FIRST}Server", "Device.DynamicDNS.Client.1"),
    ],
)
def test_a_refusal_names_the_parameter_and_writes_nothing(tmp_path: Path, path: str, text: str) -> None:
    router = DdnsRouter(tmp_path)
    assert router.refused({path: text}) == {path: "InvalidValue"}
    assert router.ddns == DELIVERED
    assert router.told.calls == []


def test_a_service_that_a_script_asks_takes_no_words_of_a_shell_s(tmp_path: Path) -> None:
    router = DdnsRouter(tmp_path)
    router.set({f"{FIRST}Password": "it's; $(reboot)"})
    assert router.refused({f"{SERVER}ServiceName": "cloudflare.com-v4"})
    router.set({f"{FIRST}Password": "abc-123", f"{SERVER}ServiceName": "cloudflare.com-v4"})
    assert router.refused({f"{FIRST}Username": "`reboot`"}) == {f"{FIRST}Username": "InvalidValue"}
    assert router.refused({f"{SERVER}ServerAddress": "a.example"}) == {f"{SERVER}ServerAddress": "InvalidValue"}


def test_a_protocol_is_one_by_which_the_service_is_asked(tmp_path: Path) -> None:
    router = DdnsRouter(tmp_path)
    router.set({f"{SERVER}ServiceName": "duckdns.org"})
    assert router.get(f"{SERVER}SupportedProtocols") == "HTTPS"
    assert router.refused({f"{SERVER}Protocol": "HTTP"}) == {f"{SERVER}Protocol": "InvalidValue"}
    (tmp_path / "usr/bin/curl").unlink()
    assert router.refused({f"{SERVER}Protocol": "HTTPS"}) == {f"{SERVER}Protocol": "InvalidValue"}


def test_links_that_are_not_the_agent_s_are_not_published(tmp_path: Path) -> None:
    router = DdnsRouter(tmp_path, manage=("br-*",), may_change_system=False)
    wanted = {f"{FIRST}Enable": "1"}
    assert set(router.refused(wanted).values()) == {"Denied"}
    router.set({f"{FIRST}Interface": router.interface("br-lan"), **wanted})
    assert router.refused({f"{FIRST}Interface": ""}) == {f"{FIRST}Interface": "Denied"}


def test_an_interface_that_netifd_does_not_know_is_refused(tmp_path: Path) -> None:
    router = DdnsRouter(tmp_path)
    router.kernel.add_link("eth9", up=True)
    router.netlink.forget()
    path = {f"{FIRST}Interface": router.interface("eth9")}
    assert set(router.refused(path)) == set(path)


def test_a_person_s_own_configuration_is_not_judged(tmp_path: Path) -> None:
    text = DELIVERED.replace("option check_interval '30'", "option check_interval '1'").replace(
        "'dyndns.org'", "'gone.example'"
    )
    router = DdnsRouter(tmp_path, text)
    router.set({f"{FIRST}Username": "me", f"{BASE}Client.2.Username": "you"})
    assert router.get(f"{BASE}Server.2.CheckInterval") == "60"


HOSTILE = [
    "'\"`$(reboot)",
    "it's",
    "\\n${IFS}",
    "a" * 256,
    " ",
    "#; & |",
    "\u4f60\u597d",
    "\x00",
    "\x1b[2J",
    "x" * 10_000,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_comes_back_equal_or_is_refused(tmp_path: Path, text: str) -> None:
    router = DdnsRouter(tmp_path)
    for path in (f"{FIRST}Username", f"{SERVER}Name", f"{FIRST}Hostname.1.Name"):
        before, refused = router.ddns, list[str]()
        try:
            router.set({path: text})
        except Refusals as refusals:
            refused = [type(one).__name__ for one in refusals.refusals]
        assert refused in ([], ["InvalidValue"])
        if refused:
            assert router.ddns == before
        else:
            assert router.again().get(path) == text
