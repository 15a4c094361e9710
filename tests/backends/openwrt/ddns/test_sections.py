"""What sections say of servers, clients and names, whoever has written them."""

from pathlib import Path

import pytest

from backends.dynamic_dns.records import Client, Hostname, Server
from backends.openwrt.ddns.places import Services
from backends.openwrt.ddns.sections import ENDLESS, DdnsSections
from backends.openwrt.interfaces import Interface
from backends.uci import FileUci, Places
from tests.backends.openwrt.ddns.device import DELIVERED, DdnsRouter

pytestmark = pytest.mark.slow


def sections(directory: Path, text: str) -> DdnsSections:
    """As they are read on a router whose wan is eth0, with no row for any link."""
    DdnsRouter(directory)
    places = Places.under(directory)
    (places.config / "ddns").write_text(text)
    return DdnsSections(
        FileUci(places).read("ddns"),
        {"wan": Interface("wan", "eth0")},
        lambda _: None,
        lambda _: None,
        Services(directory),
    )


def service(*options: str, kind: str = "service", name: str = "a") -> str:
    return f"config {kind} '{name}'\n" + "".join(f"\toption {one}\n" for one in options)


def test_a_section_of_a_person_s_is_a_row_of_each_table(tmp_path: Path) -> None:
    said = sections(tmp_path, DELIVERED).wanted
    assert said.of(Client)["myddns_ipv4_client"] == Client(
        enable=False, server="myddns_ipv4_server", username="your_username", password="your_password"
    )
    assert said.of(Server)["myddns_ipv4_server"] == Server(
        enable=True,
        name="myddns_ipv4",
        service="dyndns.org",
        check_interval=600,
        retry_interval=60,
        max_retries=ENDLESS,
    )
    assert said.of(Hostname)["myddns_ipv4"] == Hostname(
        parent="myddns_ipv4_client", enable=True, name="yourhost.example.com"
    )
    [custom] = (one for one in said.of(Server).values() if not one.service)
    assert (custom.address, custom.check_interval, custom.max_retries) == ("my.provider.example", 1800, 3)


@pytest.mark.parametrize(
    ("options", "protocol"),
    [
        (["service_name 'dyndns.org'"], ""),
        (["service_name 'dyndns.org'", "use_https '0'"], "HTTP"),
        (["service_name 'dyndns.org'", "use_https '1'"], "HTTPS"),
        (["service_name 'duckdns.org'", "use_https '0'"], ""),
    ],
)
def test_the_protocol_is_what_is_really_asked_by(tmp_path: Path, options: list[str], protocol: str) -> None:
    assert sections(tmp_path, service(*options)).wanted.of(Server)["a_server"].protocol == protocol


@pytest.mark.parametrize(
    ("options", "on"),
    [
        (["enabled '1'"], (True, True, True)),
        (["enabled '0'"], (True, False, True)),
        ([], (True, False, True)),
        (["enabled '0'", "cpe_off 'server hostname'"], (False, True, False)),
        (["enabled '0'", "cpe_off 'incomplete'"], (True, True, True)),
        (["enabled '1'", "cpe_off 'server client hostname'"], (True, True, True)),
    ],
)
def test_what_of_a_service_is_off_is_told_apart(tmp_path: Path, options: list[str], on: tuple[bool, ...]) -> None:
    said = sections(tmp_path, service(*options)).wanted
    assert (
        said.get(Server, "a_server").enable,
        said.get(Client, "a_client").enable,
        said.get(Hostname, "a").enable,
    ) == on


OWN = service("enabled '1'", "cpe_server 's'", "username 'u'", kind="cpe_client", name="c") + service(
    "enabled '1'", "service_name 'dyndns.org'", kind="cpe_server", name="s"
)


@pytest.mark.parametrize(
    ("options", "parent"),
    [
        (["enabled '1'", "service_name 'dyndns.org'", "username 'u'"], "c"),
        (["enabled '0'", "service_name 'dyndns.org'", "username 'u'"], "c"),
        (["enabled '1'", "service_name 'dyndns.org'", "username 'other'"], "a_client"),
        (["enabled '1'", "service_name 'duckdns.org'", "username 'u'"], "a_client"),
    ],
)
def test_a_name_that_a_person_gave_another_account_is_that_account_s(
    tmp_path: Path, options: list[str], parent: str
) -> None:
    said = sections(tmp_path, OWN + service(*options, "cpe_client 'c'")).wanted
    assert said.get(Hostname, "a").parent == parent
    assert said.get(Hostname, "a").enable == ("enabled '1'" in options)
    assert said.get(Client, "c").server == "s"


def test_one_that_a_person_switched_on_while_its_client_is_off_is_a_client_of_its_own(tmp_path: Path) -> None:
    text = OWN.replace("option enabled '1'", "option enabled '0'", 1)
    told = service("enabled '1'", "service_name 'dyndns.org'", "username 'u'", "cpe_client 'c'")
    said = sections(tmp_path, text + told).wanted
    assert said.get(Hostname, "a").parent == "a_client"
    assert said.get(Client, "a_client").enable


def test_a_copied_section_does_not_take_the_other_s_place(tmp_path: Path) -> None:
    two = [service("cpe_client 'x'", "cpe_server 'y'", f"username '{name}'", name=name) for name in ("a", "b")]
    said = sections(tmp_path, "\n".join(two)).wanted
    assert {key: one.username for key, one in said.of(Client).items()} == {"x": "a", "b_client": "b"}
    assert said.get(Client, "b_client").server == "y"


def test_a_server_that_has_gone_is_still_pointed_at(tmp_path: Path) -> None:
    said = sections(tmp_path, service("cpe_server '-gone'")).wanted
    assert said.get(Client, "a_client").server == "gone"
    assert said.of(Server) == {}


@pytest.mark.parametrize(
    "text", ["", "config ddns 'global'\n", "config service 'a'\n\toption check_interval 'often'\n"]
)
def test_what_says_nothing_is_no_trouble(tmp_path: Path, text: str) -> None:
    assert len(sections(tmp_path, text).wanted.of(Hostname)) == text.count("config service")
