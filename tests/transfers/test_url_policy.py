from ipaddress import ip_network

import pytest

from agent.transfers.failures import Cause, TransferFailed
from agent.transfers.url_policy import LONGEST, Place, UrlPolicy


def refused(policy: UrlPolicy, url: str) -> Cause:
    with pytest.raises(TransferFailed) as failed:
        policy.check(url)
    return failed.value.cause


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://files.example/a?b=c", Place("http", "files.example", 80, "/a?b=c")),
        ("HTTPS://Files.Example.:8443", Place("https", "files.example", 8443, "/")),
        ("http://[2001:db8::1]:8080/a#part", Place("http", "2001:db8::1", 8080, "/a")),
        ("http://10.1.2.3/a", Place("http", "10.1.2.3", 80, "/a")),
    ],
)
def test_a_url_leads_to_a_place(url: str, place: Place) -> None:
    assert UrlPolicy().check(url) == place


@pytest.mark.parametrize("url", ["http://files.example/a?b", "https://files.example:1/", "http://[2001:db8::1]:8080/a"])
def test_the_url_of_a_place_is_what_it_came_from(url: str) -> None:
    assert UrlPolicy().check(url).url == url


@pytest.mark.parametrize("url", ["ftp://files.example/a", "file:///etc/passwd", "tftp://h/a", "javascript:x"])
def test_a_protocol_that_is_not_allowed_is_said_to_be_that(url: str) -> None:
    assert refused(UrlPolicy(), url) is Cause.PROTOCOL


def test_ftp_is_allowed_where_it_is_set() -> None:
    assert UrlPolicy(schemes=("ftp",)).check("ftp://files.example/a/b").port == 21


@pytest.mark.parametrize(
    "url",
    [
        "http://user:secret@files.example/",
        "http://files.example/a b",
        "http://files.example/\r\nHost: other",
        "http://files.example:0/",
        "http://files.example:99999/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[fe80::1%25eth0]/",
        "http:///a",
        "",
        "a",
        "//files.example/a",
        "http://[::1/",
        "http://files.example/" + "a" * 2048,
        "http://ﬁles.example/",
    ],
)
def test_what_is_no_url_is_refused_and_never_repeated(url: str) -> None:
    with pytest.raises(TransferFailed) as failed:
        UrlPolicy(laboratory=True).check(url)
    assert failed.value.cause is Cause.ARGUMENTS
    assert failed.value.answer_code == 9003
    assert "secret" not in failed.value.text


NEAR = ["127.0.0.1", "127.9.9.9", "169.254.169.254", "0.1.2.3", "::1", "fe80::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"]


@pytest.mark.parametrize("host", [*NEAR, "localhost", "localhost.localdomain", "a.localhost"])
def test_this_machine_and_its_link_are_no_file_server_but_in_a_laboratory(host: str) -> None:
    url = f"http://[{host}]/" if ":" in host else f"http://{host}/"
    assert refused(UrlPolicy(), url) is Cause.DENIED
    assert UrlPolicy(laboratory=True).check(url).host == host


@pytest.mark.parametrize("host", ["224.0.0.1", "239.1.2.3", "[ff02::1]", "[::ffff:224.0.0.1]"])
def test_a_group_cannot_be_joined(host: str) -> None:
    assert refused(UrlPolicy(laboratory=True), f"http://{host}/") is Cause.MULTICAST


@pytest.mark.parametrize("address", [*NEAR, "0.0.0.0", "::"])
def test_a_name_that_leads_to_this_machine_is_refused_by_its_address(address: str) -> None:
    with pytest.raises(TransferFailed) as failed:
        UrlPolicy().check_address(address)
    assert failed.value.code == 9001
    UrlPolicy(laboratory=True).check_address(address)


def test_our_own_address_is_this_machine_whatever_it_is() -> None:
    UrlPolicy().check_address("192.0.2.1", own="192.0.2.2")
    with pytest.raises(TransferFailed):
        UrlPolicy().check_address("192.0.2.1", own="192.0.2.1")
    with pytest.raises(TransferFailed):
        UrlPolicy().check_address("::ffff:192.0.2.1", own="192.0.2.1")


HOMES = (ip_network("192.168.8.0/24"), ip_network("2001:db8:8::/64"))


@pytest.mark.parametrize(
    "host", ["192.168.8.77", "192.168.8.1", "2001:db8:8::77", "::ffff:192.168.8.77", "64:ff9b::c0a8:84d"]
)
def test_the_home_is_no_file_server_but_in_a_laboratory(host: str) -> None:
    """Neither as a URL's host, nor as what a name or a redirect leads to."""
    url, policy = f"http://[{host}]/" if ":" in host else f"http://{host}/", UrlPolicy(homes=HOMES)
    assert refused(policy, url) is Cause.DENIED
    for ask in (
        lambda: policy.check_redirect(policy.check("http://files.example/"), url),
        lambda: policy.check_address(host, "203.0.113.9"),
    ):
        with pytest.raises(TransferFailed, match="in the home") as failed:
            ask()
        assert failed.value.code == 9001
    UrlPolicy(laboratory=True, homes=HOMES).check_address(host)


@pytest.mark.parametrize("address", ["192.168.9.1", "10.0.0.7", "172.16.0.1", "2001:db8:9::1"])
def test_a_private_address_elsewhere_is_a_file_servers_like_any(address: str) -> None:
    UrlPolicy(homes=HOMES).check_address(address, own="10.0.0.5")


@pytest.mark.parametrize("host", ["files.example", "a.cdn.example", "192.0.2.7", "[2001:db8:0::7]"])
def test_only_the_hosts_that_are_named_are_file_servers(host: str) -> None:
    policy = UrlPolicy(hosts=("Files.Example", "*.cdn.example", "192.0.2.7", "2001:db8::7"))
    assert policy.check(f"http://{host}/")
    for other in ("cdn.example", "afiles.example", "files.example.org", "192.0.2.70"):
        assert refused(policy, f"http://{other}/") is Cause.DENIED


def test_a_redirect_never_leads_from_https_to_where_others_read_nor_to_ftp() -> None:
    policy = UrlPolicy(schemes=("http", "https", "ftp"))
    secure, plain = policy.check("https://files.example/"), policy.check("http://files.example/")
    assert policy.check_redirect(plain, "https://files.example/b").is_tls
    for before, url, cause in [
        (secure, "http://files.example/", Cause.DENIED),
        (plain, "ftp://files.example/", Cause.NO_ACCESS),
        (plain, "http://127.0.0.1/", Cause.DENIED),
    ]:
        with pytest.raises(TransferFailed) as failed:
            policy.check_redirect(before, url)
        assert failed.value.cause is cause


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (f"http://files.example/{'x' * LONGEST}", "the URL cannot"),
        ("file:///etc/passwd", "there is no way to move files by 'file'"),
        ("ftp://files.example/", "ftp is not allowed here"),
    ],
)
def test_a_redirect_that_cannot_be_used_is_told_as_one_of_the_server(url: str, why: str) -> None:
    policy = UrlPolicy()
    with pytest.raises(TransferFailed, match=f"the file server redirects elsewhere: {why}") as failed:
        policy.check_redirect(policy.check("http://files.example/"), url)
    assert failed.value.cause is Cause.NO_ACCESS


@pytest.mark.parametrize("address", ["224.0.0.1", "ff02::1", "::ffff:239.1.1.1"])
def test_a_name_that_leads_to_a_group_is_refused_by_its_address(address: str) -> None:
    with pytest.raises(TransferFailed) as failed:
        UrlPolicy(laboratory=True).check_address(address)
    assert failed.value.code == 9014
