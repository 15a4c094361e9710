"""Services that are installed in any of the ways there were, and the URLs by which they are asked."""

import json
import os
from pathlib import Path

import pytest

from backends.openwrt.ddns.places import OLDER, Place, Provider, Services, at, place_of

pytestmark = pytest.mark.slow

URL = "http://[USERNAME]:[PASSWORD]@dyn.example/nic?h=[DOMAIN]&u=http://x@y"


@pytest.mark.parametrize(
    ("url", "place"),
    [
        (URL, Place("HTTP", "dyn.example", 0)),
        ("https://dyn.example:8443/", Place("HTTPS", "dyn.example", 8443)),
        ("HTTPS://dyn.example:443", Place("HTTPS", "dyn.example", 0)),
        ("http://[2001:db8::1]:81/x", Place("HTTP", "2001:db8::1", 81)),
        ("update_x.sh", None),
        ("ftp://dyn.example/", None),
        ("", None),
    ],
)
def test_where_a_url_leads(url: str, place: Place | None) -> None:
    assert place_of(url) == place


def test_a_url_leads_elsewhere_and_keeps_everything_else() -> None:
    assert at(URL, "", 0) == URL
    assert at(URL, "other.example", 0) == URL.replace("dyn.example", "other.example")
    assert at(URL, "", 8080) == URL.replace("dyn.example", "dyn.example:8080")
    assert at("https://dyn.example:8443/x", "b.example", 0) == "https://b.example/x"
    assert at("https://dyn.example:8443/x", "", 0) == "https://dyn.example:8443/x"
    assert at("update_x.sh", "b.example", 1) == "update_x.sh"


def test_a_person_s_own_services_come_first_and_are_seen_as_they_come(tmp_path: Path) -> None:
    services = Services(tmp_path)
    assert services.names() == ()
    assert not services.has_tls()
    for folder, name, url in (
        ("default", "b", URL),
        ("default", "a", "update_a.sh"),
        ("custom", "b", "https://b.example/"),
    ):
        path = tmp_path / "usr/share/ddns" / folder
        path.mkdir(parents=True, exist_ok=True)
        (path / f"{name}.json").write_text(json.dumps({"ipv4": {"url": url}}))
    os.utime(tmp_path / "usr/share/ddns/custom", (1, 1))
    assert services.names() == ("b", "a")
    assert services.provider("b", ipv6=False) == Provider(url="https://b.example/")
    assert services.provider("a", ipv6=False) == Provider(script="update_a.sh")
    assert services.provider("a", ipv6=True) is None
    assert services.provider("../../etc/passwd", ipv6=False) is None


def test_the_lists_of_older_releases_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / OLDER
    path.parent.mkdir(parents=True)
    path.write_text(f'# services\n"dyndns.org"\t\t"{URL}"\t"good|nochg"\n"no-ip.com"\t"update_no-ip_com.sh"\nbroken\n')
    (tmp_path / f"{OLDER}_ipv6").write_text('"dyndns.org" "https://six.example/"\n')
    services = Services(tmp_path)
    assert services.names() == ("dyndns.org", "no-ip.com")
    assert services.provider("dyndns.org", ipv6=False) == Provider(url=URL)
    assert services.provider("dyndns.org", ipv6=True) == Provider(url="https://six.example/")


@pytest.mark.parametrize("text", ["", "[]", '{"ipv4": []}', '{"ipv4": {"url": 7}}', "[" * 100_000])
def test_a_file_that_says_nothing_is_no_way_to_ask(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "usr/share/ddns/default"
    folder.mkdir(parents=True)
    (folder / "a.json").write_text(text)
    (tmp_path / "usr/bin").mkdir()
    (tmp_path / "usr/bin/curl").touch()
    services = Services(tmp_path)
    assert services.provider("a", ipv6=False) is None
    assert services.has_tls()
