"""What an ACS does to dynamic DNS, in the words of /etc/config/ddns before and after."""

from pathlib import Path

import pytest

from backends.desired_state import Wanted
from backends.dynamic_dns.records import Client, Hostname, Server
from backends.openwrt.ddns.document import carriers_of
from tests.backends.openwrt.ddns.device import BASE, DELIVERED, DdnsRouter

pytestmark = pytest.mark.slow

FIRST = f"{BASE}Client.1."


def added(router: DdnsRouter) -> str:
    """What stands behind what was delivered."""
    assert router.ddns.startswith(DELIVERED)
    return router.ddns.removeprefix(DELIVERED)


def test_a_person_s_section_is_edited_in_place(tmp_path: Path) -> None:
    router = DdnsRouter(tmp_path)
    router.set(
        {
            f"{FIRST}Enable": "1",
            f"{FIRST}Password": "it's new",
            f"{FIRST}Hostname.1.Name": "home.example.net",
            f"{BASE}Server.1.Protocol": "HTTPS",
            f"{BASE}Server.1.CheckInterval": "900",
        }
    )
    changed = DELIVERED.replace("yourhost.example.com", "home.example.net").replace(
        "option password 'your_password'", "option password 'it'\\''s new'"
    )
    begin, end = changed.split("\toption use_api_check '0'\n")
    own = "\toption use_https '1'\n\toption check_interval '15'\n\toption check_unit 'minutes'\n\toption enabled '1'\n"
    assert router.ddns == f"{begin}\toption use_api_check '0'\n{own}{end}"
    assert router.again().get(f"{FIRST}Hostname.1.Name") == "home.example.net"


def test_a_custom_url_leads_elsewhere_and_keeps_its_path(tmp_path: Path) -> None:
    router = DdnsRouter(tmp_path)
    router.set({f"{BASE}Server.2.ServerAddress": "dyn.example.net", f"{BASE}Server.2.ServerPort": "8080"})
    assert "@dyn.example.net:8080/nic/update?hostname=[DOMAIN]&myip=[IP]'" in router.ddns
    assert "# by hand" in router.ddns
    router.set({f"{BASE}Server.2.ServiceName": "dyndns.org", f"{BASE}Server.2.ServerPort": "0"})
    assert "http://[USERNAME]:[PASSWORD]@dyn.example.net/v3/update" in router.ddns
    assert "option cpe_service 'dyndns.org'" in router.ddns
    router.set({f"{BASE}Server.2.ServerAddress": ""})
    assert "update_url" not in router.ddns
    assert router.ddns.count("option service_name 'dyndns.org'") == 2


def test_a_name_in_the_form_of_its_service_stays_in_it(tmp_path: Path) -> None:
    router = DdnsRouter(tmp_path)
    router.set({f"{BASE}Client.2.Hostname.1.Name": "vpn.example.org"})
    assert "option lookup_host 'vpn.example.org'\n\toption domain 'vpn@example.org'" in router.ddns
    router.set({f"{BASE}Client.2.Hostname.1.Name": "vpn.example.com"})
    assert "option lookup_host 'vpn.example.com'\n\toption domain 'vpn.example.com'" in router.ddns


def test_one_name_of_one_client_of_one_server_is_one_section(tmp_path: Path) -> None:
    router = DdnsRouter(tmp_path)
    router.client(router.server(), "a.example.org")
    [text] = added(router).strip().split("\n\n")
    assert text.startswith("config service 'cpe_")
    told = {
        "service_name": "dyndns.org", "cpe_name": "test", "lookup_host": "a.example.org", "domain": "a.example.org",
        "username": "user", "password": "geheim", "interface": "wan", "ip_network": "wan", "enabled": "1",
    }  # fmt: skip
    for option, value in told.items():
        assert f"\toption {option} '{value}'\n" in f"{text}\n"


def test_several_names_are_sections_of_one_client_s(tmp_path: Path) -> None:
    router = DdnsRouter(tmp_path)
    path = router.client(router.server(), "a.example.org", "b.example.org")
    kinds = [one.split()[1] for one in added(router).strip().split("\n\n")]
    assert sorted(kinds) == ["cpe_client", "cpe_server", "service", "service"]
    router.set({f"{path}Password": "other", f"{path}Hostname.2.Enable": "0"})
    assert added(router).count("option password 'other'") == 3
    assert added(router).count("option cpe_off 'hostname'") == 1
    assert [router.get(f"{path}Hostname.{number}.Enable") for number in (1, 2)] == ["true", "false"]
    router.delete(f"{path}Hostname.1.")
    [text] = added(router).strip().split("\n\n")
    assert "lookup_host 'b.example.org'" in text
    assert router.again().get(f"{path}Hostname.2.Name") == "b.example.org"


def test_a_further_name_is_published_as_the_first_one_is(tmp_path: Path) -> None:
    router = DdnsRouter(tmp_path)
    assert router.get(f"{BASE}Server.2.ServerAddress") == "my.provider.example"
    router.add(f"{BASE}Client.2.Hostname.", Name="mail.example.org", Enable="1")
    new = router.ddns.rpartition("config service")[2]
    for option in ("use_ipv6 '1'", "cacert 'IGNORE'", "enabled '1'", "update_url 'http://"):
        assert f"option {option}" in new
    assert router.get(f"{BASE}Client.2.HostnameNumberOfEntries") == "2"
    assert router.get(f"{BASE}Server.2.ServerAddress") == "my.provider.example"


def test_rows_that_are_left_behind_are_kept(tmp_path: Path) -> None:
    router = DdnsRouter(tmp_path)
    router.delete(f"{FIRST}Hostname.1.")
    assert "config service 'myddns_ipv4'" not in router.ddns
    assert (router.get(f"{FIRST}Username"), router.get(f"{FIRST}Status")) == ("your_username", "Disabled")
    router.delete(FIRST)
    assert router.get(f"{BASE}Server.1.ServiceName") == "dyndns.org"
    router.delete(f"{BASE}Server.1.")
    assert "cpe_" not in router.ddns
    assert "dyndns.org" not in router.ddns


def test_a_server_that_goes_leaves_its_client_without_one(tmp_path: Path) -> None:
    router = DdnsRouter(tmp_path)
    server = router.server()
    path = router.client(server, "a.example.org")
    router.delete(f"{server}.")
    assert (router.get(f"{path}Server"), router.get(f"{path}Status")) == ("", "Error_Misconfigured")
    assert "option enabled '0'" in added(router)
    again = router.server(Name="again")
    router.set({f"{path}Server": again})
    assert router.get(f"{path}Status") == "Connecting"
    assert "option enabled '1'" in added(router)


def test_what_lacks_something_waits_for_it(tmp_path: Path) -> None:
    router = DdnsRouter(tmp_path)
    path = router.client(router.server(), "a.example.org", Password="")
    assert "option enabled '0'" in added(router)
    assert "option cpe_off 'incomplete'" in added(router)
    assert (router.get(f"{path}Enable"), router.get(f"{path}Status")) == ("true", "Error_Misconfigured")
    router.set({f"{path}Password": "geheim"})
    assert "option enabled '1'" in added(router)
    assert "cpe_off" not in added(router)


def test_what_a_person_switched_on_is_switched_off_again_whatever_was_kept_of_it(tmp_path: Path) -> None:
    router = DdnsRouter(tmp_path)
    router.set({f"{FIRST}Enable": "1", f"{FIRST}Hostname.1.Enable": "0"})
    assert "option cpe_off 'hostname'" in router.ddns
    by_hand = "option use_api_check '0'\n\toption enabled '1'"
    router.write("ddns", router.ddns.replace("option use_api_check '0'", by_hand))
    assert (router.get(f"{FIRST}Enable"), router.get(f"{FIRST}Hostname.1.Enable")) == ("true", "true")
    router.set({f"{FIRST}Enable": "0"})
    assert (router.get(f"{FIRST}Enable"), router.get(f"{FIRST}Hostname.1.Enable")) == ("false", "true")
    router.set({f"{FIRST}Enable": "1"})
    assert "cpe_off" not in router.ddns


def test_who_carries_whom() -> None:
    names = {"n1": Hostname(parent="c1"), "n2": Hostname(parent="c2"), "n3": Hostname(parent="c2")}
    clients = {"c1": Client(server="s1"), "c2": Client(server="s2"), "c3": Client(server="s1")}
    servers = {"s1": Server(), "s2": Server()}
    found = carriers_of(Wanted(1, {Hostname: names, Client: clients, Server: servers}))
    assert (found.clients, found.servers) == ({"c1": "n1"}, {})
    del clients["c3"]
    assert carriers_of(Wanted(1, {Hostname: names, Client: clients, Server: servers})).servers == {"s1": "n1"}


OLDER = """
config ddns 'global'
	option ddns_dateformat '%F %R'
	option upd_privateip '0'
	option ddns_loglines '250'

config service 'myddns_ipv4'
	option interface 'wan'
	option ip_source 'network'
	option ip_network 'wan'
	option enabled '0'
	option lookup_host 'yourhost.example.com'
	option service_name 'dyndns.com'
	option domain 'yourhost.example.com'
	option username 'your_username'
	option password 'your_password'
"""
BY_PAGE = """
config service 'home'
	option service_name 'cloudflare.com-v4'
	option use_ipv6 '0'
	option enabled '1'
	option lookup_host 'home.example.org'
	option domain 'home@example.org'
	option username 'Bearer'
	option password 'token-1'
	option ip_source 'web'
	option ip_url 'http://checkip.example.net'
	option interface 'wan'
	option use_syslog '2'
	option check_interval '1'
	option check_unit 'hours'
	option force_unit 'days'
	option force_interval '3'
	option retry_unit 'seconds'
	option retry_max_count '0'
	option use_https '1'
	option cacert '/etc/ssl/certs'
	list allowed 'x'
"""
BY_INTERFACE = BY_PAGE.replace("ip_source 'web'", "ip_source 'interface'").replace(
    "ip_url 'http://checkip.example.net'", "ip_interface 'wan'"
)


@pytest.mark.parametrize(
    "text", [DELIVERED, OLDER, BY_PAGE, BY_INTERFACE, BY_PAGE + BY_PAGE.replace("'home'", "'work'")]
)
def test_whatever_is_delivered_or_made_on_a_page_is_edited_by_the_line(tmp_path: Path, text: str) -> None:
    router = DdnsRouter(tmp_path, text)
    rows = [f"{BASE}{name.partition('.Enable')[0]}." for name in router.tree(BASE) if name.endswith(".Enable")]
    router.set({f"{row}Enable": router.get(f"{row}Enable") for row in rows})
    assert router.ddns == text, "nothing was changed"
    for row in rows:
        was = router.get(f"{row}Enable")
        router.set({f"{row}Enable": "0" if was == "true" else "1"})
        assert router.get(f"{row}Enable") != was
    router.set({f"{FIRST}Password": "new-1"})
    lost = [line for line in text.splitlines() if line not in router.ddns.splitlines()]
    lost = [line for line in lost if line != "config service"]  # one that is edited gets a name
    assert all("password" in line or "enabled" in line for line in lost), lost
    router.set({f"{FIRST}Interface": router.interface("br-lan")})
    assert router.again().get(f"{FIRST}Interface") == router.interface("br-lan")
