"""What a ddclient is told: nothing that anybody writes becomes a line or an option of its own."""

import pytest

from backends.dynamic_dns.configuration import (
    PROVIDERS,
    Unsayable,
    account,
    check_client,
    check_server,
    is_name,
    missing,
    protocols,
    quoted,
    render,
    services,
)
from backends.dynamic_dns.records import Client, Server

SERVER = Server(enable=True, service="dyndns2", address="dyn.example.org", port=8080, protocol="HTTP")
CLIENT = Client(enable=True, username="me", password="secret")


def test_the_file_of_a_client() -> None:
    assert render(SERVER, CLIENT, ["a.b", "c.d"], "eth0", has_tls=True).splitlines() == [
        "daemon=300", "syslog=no", "ssl=no", "use=if", "if=eth0", "protocol=dyndns2", "server=dyn.example.org:8080",
        "min-error-interval=300", "login='\\m\\e'", "password='secret'", "a.b,c.d",
    ]  # fmt: skip


def test_what_is_not_said_is_the_services_own() -> None:
    text = render(Server(service="duckdns", check_interval=0), Client(password="token"), ["a.b"], "eth0", has_tls=True)
    assert {"daemon=86400", "ssl=yes", "server=www.duckdns.org"} <= set(text.splitlines())
    assert "login" not in text
    assert "ssl=no" in render(Server(service="dyndns2"), CLIENT, ["a.b"], "eth0", has_tls=False)
    assert "daemon=60\n" in render(Server(service="dyndns2", check_interval=1), CLIENT, ["a.b"], "eth0", has_tls=True)


def test_without_tls_only_what_is_plain_is_offered() -> None:
    assert services(has_tls=True) == list(PROVIDERS)
    assert services(has_tls=False) == ["dyndns2"]
    assert protocols("dyndns2", has_tls=True) == ["HTTP", "HTTPS"]
    assert protocols("noip", has_tls=True) == ["HTTPS"]
    assert protocols("", has_tls=True) == []


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("service", {"service": "nsupdate"}),
        ("service", {"service": "cloudflare"}),
        ("address", {"address": "localhost"}),
        ("address", {"address": "a.b/c"}),
        ("address", {"address": "a.b\nx=y"}),
        ("address", {"address": "::1"}),
        ("protocol", {"service": "noip", "protocol": "HTTP"}),
        ("protocol", {"protocol": "HTTP"}),
    ],
)
def test_a_server_that_cannot_be_asked_is_refused(field: str, values: dict[str, str]) -> None:
    with pytest.raises(Unsayable) as refused:
        check_server(Server(**values), has_tls=True)  # type: ignore[arg-type]
    assert refused.value.field == field


@pytest.mark.parametrize("text", ["a b", "a\nb", "a\rb", "\x00", "\t", "x\x7f"])
@pytest.mark.parametrize("field", ["username", "password"])
def test_an_account_with_blanks_is_refused(field: str, text: str) -> None:
    with pytest.raises(Unsayable) as refused:
        check_client(Client(**{field: text}), "")  # type: ignore[arg-type]
    assert refused.value.field == field


def test_what_would_begin_a_comment_or_another_question_is_refused() -> None:
    check_client(Client(username="a", password="#&?"), "dyndns2")
    for client, service in ((Client(username="a#b"), ""), (Client(password="a&b=c"), "duckdns")):
        with pytest.raises(Unsayable):
            check_client(client, service)


def test_names_have_a_dot_and_nothing_but_names_in_them() -> None:
    assert all(map(is_name, ("a.b", "a-b.c_d.example", "192.0.2.1", "_x.y")))
    assert not any(map(is_name, ("", "a", "a.b.", ".a.b", "-a.b", "a.b-", "a..b", "a,b.c", "a.b\n", "x." * 130 + "x")))
    assert not is_name(f"{'x' * 64}.y")


def test_no_word_in_quotes_is_recognized() -> None:
    assert quoted("password=x'\\") == "'\\p\\a\\s\\s\\w\\o\\r\\d\\=\\x\\'\\\\'"


def test_what_is_missing_keeps_a_client_from_running() -> None:
    assert not missing(SERVER, CLIENT, ["a.b"])
    assert missing(None, CLIENT, ["a.b"])
    assert missing(Server(enable=True), CLIENT, ["a.b"])
    assert missing(SERVER, CLIENT, [])
    assert missing(SERVER, Client(username="me"), ["a.b"])
    assert missing(SERVER, Client(password="x"), ["a.b"])
    assert not missing(Server(enable=True, service="duckdns"), Client(password="x"), ["a.b"])


def test_another_password_is_the_same_account() -> None:
    assert account(SERVER, CLIENT) == account(SERVER, Client(username="me", password="other"))
    assert account(SERVER, CLIENT) != account(SERVER, Client(username="you"))
