"""Secrets are masked wherever people read (hardening T12)."""

import io
import logging
import time
from collections.abc import Callable
from html import escape, unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.runtime.redactor import MASK, RedactingFilter, Redactor

CANARY = "canary-5up3r"


def struct(path: str, value: str) -> str:
    return (
        f'<ParameterValueStruct><Name>{path}</Name><Value xsi:type="xsd:string">{value}</Value></ParameterValueStruct>'
    )


XML = [
    struct("Device.ManagementServer.Password", CANARY),
    struct("Device.ManagementServer.ConnectionRequestPassword", CANARY),
    struct("Device.WiFi.AccessPoint.1.Security.KeyPassphrase", CANARY),
    struct("Device.WiFi.AccessPoint.1.Security.PreSharedKey", CANARY),
    struct("Device.WiFi.AccessPoint.1.Security.SAEPassphrase", CANARY),
    struct("Device.X_VENDOR.Odd", CANARY),
    f"<cwmp:Download><URL>http://u:{CANARY}@files/</URL><Username>me</Username><Password>{CANARY}</Password>",
    f"<URL>http://files/f?a=1&amp;b={CANARY}</URL>",
    f"<URL> http://files/f?sig='{CANARY}'&amp;\"{CANARY}\"\n</URL>",
    f"<URL>http&#58;//files/f&#63;sig={CANARY}</URL>",
    f"<URL>http://files/f?a=&quot;{CANARY}&#38;{CANARY}</URL>",
    f"<URL><![CDATA[http://files/f?a=<{CANARY}>]]></URL>",
    f"<URL>http://u:&lt;{CANARY}@files/</URL>",
    struct("Device.IP.Diagnostics.DownloadDiagnostics.DownloadURL", f"http://files/f?sig={CANARY}"),
    f"<ns1:Password xsi:type='xsd:string'>{CANARY}</ns1:Password >",
    f"<Password><![CDATA[{CANARY}<x>]]></Password>",
    f"<Password>\n {CANARY}\n</Password>",
    f"<Password>{CANARY}",
    f"<a:ParameterValueStruct><a:Value>{CANARY}</a:Value><a:Name>Device.Users.User.1.Password</a:Name></a:ParameterValueStruct>",
    f"<Name><![CDATA[Device.X.Password]]></Name><Value>{CANARY}</Value>",
    f"<Name>Device.X.Password</Name><Value>{CANARY}",
    f"<Name>\tDevice.X.Password\n</Name>\n<Value/><Other/><Value>{CANARY}</Value>",
    struct("Device.ManagementServer.Pass&#119;ord", CANARY),
    struct("Device.ManagementServer.Pass&#x77;ord", CANARY),
    struct("Device.ManagementServer.Pass<!-- x -->word", CANARY),
    struct("Device.ManagementServer.<b>Password</b>", CANARY),
    struct("device.managementserver.PASSWORD.", CANARY),
    struct("Device.ManagementServer.Password", CANARY).replace("Value", "value"),
    struct("Device.ManagementServer.Password", CANARY).replace("Value", "VALUE").replace("Name", "NAME"),
    struct("Device.ManagementServer.Password", CANARY).replace("Value", "Vlaue"),
    struct("Device.ManagementServer.Password", CANARY).replace("Name>", "Nmae>"),
    struct("Device.ManagementServer.Password", f"<b>{CANARY}</b>"),
    struct("Device.ManagementServer.Password", CANARY).replace(" xsi:type=", ' odd=">" xsi:type='),
    f"<!DOCTYPE x [<!ENTITY n 'Device.X.Password'>]><a><Name>&n;</Name><Value>{CANARY}</Value></a>",
    f"<a><Name>&unknown;</Name><Value>{CANARY}</Value></a>",
    f"<a><Odd>{CANARY}</Odd><![CDATA[{CANARY}]]><!-- {CANARY} --><Odd at='{CANARY}'/><b></a>",
]


@pytest.mark.parametrize("xml", [*XML, *(f"<E>{xml}</E>" for xml in XML)])
def test_no_secret_stays_in_an_envelope(xml: str) -> None:
    masked = Redactor(lambda path: path == "Device.X_VENDOR.Odd").xml(xml)
    assert CANARY not in masked
    assert MASK in masked


def test_everything_else_in_an_envelope_stays() -> None:
    plain = struct("Device.DeviceInfo.SerialNumber", "123") + "<Password></Password><Password/>"
    plain += struct("Device.ManagementServer.URL", "http://acs:7547/") + struct("Device.X.Password", "")
    plain += "<L><string>Device.X.Password</string><string>Device.X.Enable</string></L>"
    plain += "<S><Name>Device.X.Password</Name><Notification>2</Notification><Writable>1</Writable></S>"
    plain += "<S><ParameterName>Device.X.Password</ParameterName><FaultCode>9007</FaultCode></S>"
    assert Redactor().xml(f"<?xml version='1.0' encoding='UTF-16'?>\n<E é='>'>{plain}</E>").endswith(f"{plain}</E>")
    mixed = struct("Device.X.Password", CANARY) + struct("Device.X.Enable", "é")
    expected = struct("Device.X.Password", MASK) + struct("Device.X.Enable", "é")
    assert Redactor().xml(f"<E>{mixed}</E>") == f"<E>{expected}</E>"


def test_of_what_is_not_well_formed_tags_and_paths_stay() -> None:
    broken = '<E xmlns="urn:x"><Name>Device.X.Enable</Name>\n<Value xsi:type="xsd:string" x="1">7</Value><b></E>'
    shown = (
        f'<E xmlns="urn:x"><Name>Device.X.Enable</Name>\n<Value xsi:type="xsd:string" x={MASK}>{MASK}</Value><b></E>'
    )
    assert Redactor().xml(broken) == shown
    for page in ("<!doctype html><p>502 Bad Gateway<br>", "<HTML><body>503</HTML>", "Internal error"):
        assert Redactor().xml(page) == page


TEXTS = [
    f"Authorization: Basic {CANARY}",
    f'authorization: Digest username="u", response="{CANARY}", nc=1',
    f"{{'Authorization': 'Digest a=\"b\", response=\"{CANARY}\"', 'Host': 'x'}}",
    f"Set-Cookie: session={CANARY}; Path=/",
    f"Cookie: a={CANARY}",
    f"GET https://user:{CANARY}@host/path",
    f"GET https://{CANARY}@host/path",
    f"password={CANARY}&x=1",
    f"Device.ManagementServer.Password={CANARY}",
    f'{{"ConnectionRequestPassword": "{CANARY} with blanks"}}',
    f"AcsEndpoint(url='x', password='{CANARY}')",
    f"KeyPassphrase: {CANARY}",
    f"PASSWORD = '{CANARY}'",
    f"http://acs/?token={CANARY}",
    f"http://files/f?sig={CANARY}",
    f"http://files/f?{CANARY}",
    f"http://files/f?a=1&b={CANARY}&c={CANARY}#x",
    f"https://u:{CANARY}@files:8443/f?sig='{CANARY}'&x={CANARY} was refused",
    f"https://u:it's{CANARY}@files/",
    f"ftp://u:p&{CANARY}@files/f",
]


@pytest.mark.parametrize("text", TEXTS)
def test_no_secret_stays_in_a_line(text: str) -> None:
    assert CANARY not in Redactor().text(text)


def test_of_a_url_its_place_and_the_names_of_its_query_stay() -> None:
    shown = Redactor().text(
        '{"url": "https://me@h:1/f.bin?id=7&amp;sig=x&y", "size": 1} (http://h/?q) "http://h/", a@b?'
    )
    assert shown == (
        f'{{"url": "https://{MASK}@h:1/f.bin?id={MASK}&amp;sig={MASK}&{MASK}", "size": 1}} '
        f'(http://h/?{MASK} "http://h/", a@b?'
    )
    xml = '<E xmlns="urn:a"><URL x="http://h/f?a=b"/><URL>http://h/f?a=b&amp;c=d</URL><Size>3</Size></E>'
    assert Redactor().xml(xml) == xml.replace("=b", f"={MASK}").replace("=d", f"={MASK}")


@pytest.mark.parametrize(
    "text",
    [
        "connection request from 192.0.2.1 refused",
        "the ACS does not accept the user name and password",
        "no password set",
    ],
)
def test_plain_words_stay(text: str) -> None:
    assert Redactor().text(text) == text


def test_a_known_secret_is_masked_wherever_it_stands() -> None:
    redactor = Redactor(known=lambda: ["", "abc", CANARY, CANARY + "-longer"])
    assert redactor.text(f"x{CANARY}-longery abc {CANARY}") == f"x{MASK}y abc {MASK}"
    harmless = redactor.xml(struct("Device.Harmless", f"it is {CANARY}"))
    assert CANARY not in harmless
    assert "it is" in harmless


def test_log_lines_and_tracebacks_leave_masked() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactingFilter(Redactor(known=lambda: [CANARY])))
    logger = logging.getLogger("canary")
    logger.addHandler(handler)
    logger.propagate = False
    logger.warning("password=%s for %s", "hunter2", "acs")
    try:
        raise ValueError(f"could not use {CANARY}")
    except ValueError:
        logger.exception("Authorization: Basic %s", "aHVudGVyMg==")
    written = stream.getvalue()
    assert "could not use ******" in written
    assert "for acs" in written
    for secret in (CANARY, "hunter2", "aHVudGVyMg=="):
        assert secret not in written


@given(st.text(max_size=300))
def test_any_text_is_taken(text: str) -> None:
    Redactor().xml(text)
    Redactor().xml(f"<Name>{text}</Name><Value>{text}")


@pytest.mark.slow
@pytest.mark.parametrize("piece", ["<Name>", "<Value>", "<a", "a.a:", "http://", "password", "<xpassword>", "cookie"])
def test_hostile_text_costs_no_time(piece: str) -> None:
    began = time.monotonic()
    Redactor(known=lambda: ["secret-word"]).xml(piece * (1_000_000 // len(piece)))
    assert time.monotonic() - began < 15


@pytest.mark.parametrize(
    "name",
    [
        " " * 1100 + "Device.ManagementServer.Password",
        "Device.ManagementServer.Password\u200b",
        "Device.Mana\u200bgementServer.Pass\u00adword",
        "x" * 2000,
    ],
)
def test_a_name_that_is_dressed_up_hides_nothing(name: str) -> None:
    xml = f"<P><ParameterValueStruct><Name>{name}</Name><Value>{CANARY}</Value></ParameterValueStruct></P>"
    assert CANARY not in Redactor().xml(xml)
    assert Redactor().is_secret(name.strip()) or len(name) == 2000


ESCAPED = ['qq"C4nA&x', r"bs\C4nB1", "amp&C4nary<pw"]
XML_FORMS: list[Callable[[str], str]] = [
    escape,
    lambda secret: escape(secret, quote=False),
    lambda secret: escape(f"Invalid parameter value: {secret!a} is no unsignedInt", quote=False),
    lambda secret: "".join(f"&#{ord(letter)};" for letter in secret),
    lambda secret: f"&#x{ord(secret[0]):X};{escape(secret[1:])}",
    lambda secret: f"<![CDATA[{secret}]]>",
    lambda secret: f"{escape(secret[:5], quote=False)}<![CDATA[{secret[5:]}]]>",
]


@pytest.mark.parametrize("form", XML_FORMS)
@pytest.mark.parametrize("secret", ESCAPED)
def test_a_known_secret_is_masked_in_any_parameter_however_xml_has_it(secret: str, form: Callable[[str], str]) -> None:
    xml = f"<E>{struct('Device.ManagementServer.PeriodicInformInterval', form(secret))}<FaultCode>9007</FaultCode></E>"
    masked = Redactor(known=lambda: [secret]).xml(xml)
    assert "C4n" not in unescape(masked)
    assert MASK in masked
    assert "PeriodicInformInterval" in masked
    assert "<FaultCode>9007</FaultCode>" in masked
