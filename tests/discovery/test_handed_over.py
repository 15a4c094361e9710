"""What each client hands over, as real ones wrote it, is the same offer; what is no such thing is refused."""

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.discovery.handed_over import (
    CLIENTS,
    MOST_NAMES,
    MOST_TEXT,
    Handed,
    NotUsable,
    family_of,
    name_servers,
    octets,
    read,
    routers,
)
from agent.discovery.offer import Neighbour, Offer, Source

TRANSCRIPTS = Path(__file__).parents[3] / "shared/facts/dhcp"

OPTION43 = "011c687474703a2f2f6163732e6578616d706c652e6e65743a373534372f020670726f762d4103023330040432353030"
OPTION125 = "00000de9300b1c687474703a2f2f6163732e6578616d706c652e6e65743a373534372f0c0670726f762d410d0233300e0432353030"
OPTION17 = (
    "00000de90001001c687474703a2f2f6163732e6578616d706c652e6e65743a37353437"
    "2f0002000670726f762d410003000233300004000432353030"
)
WHOLE: dict[str, Any] = {
    "url": "http://acs.example.net:7547/",
    "provisioning_code": "prov-A",
    "retry_minimum_wait": 30,
    "retry_multiplier": 2500,
}


def colons(digits: str) -> str:
    """As dhclient writes it: without leading zeros."""
    return ":".join(f"{octet:x}" for octet in bytes.fromhex(digits))


def offer(client: str, family: int = 4, **but: Any) -> Offer:
    return Offer(Source.DHCPV4 if family == 4 else Source.DHCPV6, client, "c0", **{**WHOLE, **but})


def event(client: str, reason: str, **environment: str) -> dict[str, Any]:
    link = {} if client == "networkmanager" else {"interface": "c0"}
    return {"client": client, "reason": reason, "environment": {**link, **environment}}


SAMPLES = [
    event("udhcpc", "bound", opt43=OPTION43),
    event("udhcpc", "renew", opt125=OPTION125),
    event("udhcpc", "bound", opt43="06016f", opt125=OPTION125 + "00"),
    event("odhcp6c", "bound", OPTION_17=OPTION17),
    event("odhcp6c", "ra-updated", OPTION_17=OPTION17),
    event("dhclient", "BOUND", new_vendor_encapsulated_options=colons(OPTION43)),
    event("dhclient", "REBOOT", new_vivso=colons(OPTION125)),
    event("dhclient", "RENEW", new_unknown_125=colons(OPTION125)),
    event("dhclient", "BOUND6", new_dhcp6_vendor_opts=colons(OPTION17)),
    event("dhclient", "REBIND6", new_vsio_unknown_3561=colons(OPTION17[8:])),
    event("dhcpcd", "BOUND", new_vendor_encapsulated_options=OPTION43 + "ff"),
    event("dhcpcd", "RENEW", new_vivso=OPTION125, new_vivso_enterprise_number="3561"),
    event("dhcpcd", "BOUND6", new_dhcp6_vivso=OPTION17),
    event("networkd", "lease", VENDOR_SPECIFIC=OPTION43),
    event("networkmanager", "up", DEVICE_IP_IFACE="c0", DHCP4_VENDOR_ENCAPSULATED_OPTIONS=colons(OPTION43)),
    event("dhcpinform", "answered", option43=OPTION43, option125=OPTION125),
]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: f"{one['client']}-{one['reason']}")
def test_every_client_hands_over_the_same_offer(sample: dict[str, Any]) -> None:
    handed = read(sample)
    six = sample["reason"].endswith("6") or sample["client"] == "odhcp6c"
    expected = offer(sample["client"], 6 if six else 4)
    assert handed._replace(offer=None) == Handed("c0", sample["client"], 6 if six else 4, True, None)
    assert handed.offer is not None
    assert handed.offer._replace(refused=()) == expected


def test_what_dhcpcd_took_out_itself_is_put_together_again() -> None:
    taken = {"acs_url": WHOLE["url"], "prov_code": "prov-A", "retry_min": "30", "retry_mult": "2500"}
    assert read(event("dhcpcd", "BOUND", **{f"new_tr069_{name}": text for name, text in taken.items()})).offer == offer(
        "dhcpcd"
    )
    six = event("dhcpcd", "BOUND6", **{f"new_dhcp6_tr069_{name}": text for name, text in taken.items()})
    assert read(six).offer == offer("dhcpcd", 6)
    assert read(event("dhcpcd", "BOUND", new_tr069_acs_url="x" * 300)).offer == Offer(
        Source.DHCPV4, "dhcpcd", "c0", refused=("too long a text",)
    )


def test_a_url_and_nothing_else_is_handed_over_as_it_stands_or_as_a_number() -> None:
    alone = Offer(Source.DHCPV4, "dhclient", "c0", WHOLE["url"])
    text = WHOLE["url"]
    escaped = text + "\\$1\\'"
    assert read(event("dhclient", "BOUND", new_vendor_encapsulated_options=escaped)).offer == alone._replace(
        url=text + "$1'"
    )
    for form in (text, colons(text.encode().hex()), text.encode().hex()):
        assert read(event("dhclient", "BOUND", new_vendor_encapsulated_options=form)).offer == alone


def test_the_option_that_names_its_enterprise_counts_where_two_say_the_same() -> None:
    other = "0113" + b"http://other.example".hex()[:38]
    handed = read(event("udhcpc", "bound", opt43=other, opt125=OPTION125))
    assert handed.offer == offer("udhcpc")
    gateway = "00000de9" + "0d" + "0406" + b"00AABB".hex() + "0503" + b"G-1".hex()
    handed = read(event("udhcpc", "bound", opt43=OPTION43, opt125=gateway))
    assert handed.offer == offer("udhcpc", neighbour=Neighbour("00AABB", "G-1"))


@pytest.mark.parametrize(
    ("client", "reason", "family"),
    [("udhcpc", "deconfig", 4), ("odhcp6c", "stopped", 6), ("dhclient", "EXPIRE", 4), ("dhclient", "RELEASE6", 6),
     ("dhcpcd", "NAK", 4), ("dhcpcd", "STOP6", 6), ("networkd", "ended", 4), ("dhcpinform", "unanswered", 4)],
)  # fmt: skip
def test_a_lease_that_ended_offers_nothing_whatever_its_options_say(client: str, reason: str, family: int) -> None:
    environment = dict.fromkeys(CLIENTS[client].variables - {"interface"}, OPTION43)
    handed = read(event(client, reason, **environment))
    assert family_of(client, reason) == family
    assert (handed.family, handed.is_bound, handed.offer) == (family, False, None)


def test_a_lease_without_the_options_is_a_lease() -> None:
    assert read(event("udhcpc", "bound")) == Handed("c0", "udhcpc", 4, True, None)
    up = event("networkmanager", "up", DEVICE_IFACE="c0", DEVICE_IP_IFACE="ppp0")
    assert read(up) == Handed("ppp0", "networkmanager", 4, True, None)


def test_an_option_that_cannot_be_read_is_an_offer_of_nothing_that_says_why() -> None:
    refused = read(event("udhcpc", "bound", opt43="zz", opt125="xyz")).offer
    assert refused is not None
    assert refused.refused == ("option 125 is no hexadecimal number", "option 43 is no hexadecimal number")


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"client": "pump", "reason": "BOUND", "environment": {}},
        {"client": ["udhcpc"], "reason": "bound", "environment": {}},
        {"client": "udhcpc", "reason": 1, "environment": {}},
        {"client": "udhcpc", "reason": "bound", "environment": []},
        {"client": "udhcpc", "reason": "bound", "environment": {"interface": 1}},
        {"client": "udhcpc", "reason": "bound", "environment": {}},
        event("udhcpc", "bound", interface="../../x"),
        event("udhcpc", "bound", interface="a" * 16),
        event("udhcpc", "bound", interface="a b"),
        event("dhcpcd", "CARRIER"),
        event("dhclient", "MEDIUM"),
        event("udhcpc", "bound", opt43="0" * MOST_TEXT),
        event("udhcpc", "bound", **{f"x{number}": "" for number in range(MOST_NAMES)}),
    ],
)
def test_what_is_no_event_of_a_lease_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(NotUsable):
        read(wrong)


@pytest.mark.parametrize("text", ["1:2:", "123", "0x12", "1:100", "-1:2", "g", "1 2", "０１"])
def test_what_is_no_hexadecimal_is_none(text: str) -> None:
    assert octets(text) is None
    assert octets("1:1c:0:FF") == octets("011c00ff") == b"\1\x1c\0\xff"
    assert octets("") == b""


@given(st.sampled_from(sorted(CLIENTS)), st.data())
def test_whatever_a_variable_holds_an_event_is_read_or_refused(client: str, data: st.DataObject) -> None:
    words = CLIENTS[client]
    reason = data.draw(st.sampled_from(sorted(words.bound4 | words.bound6 | words.ended4 | words.ended6)))
    texts = st.one_of(
        st.text(max_size=40), st.binary(max_size=60).map(bytes.hex), st.sampled_from([OPTION43, OPTION17])
    )
    environment = data.draw(st.dictionaries(st.sampled_from(sorted(words.variables)), texts))
    told = {"client": client, "reason": reason, "environment": environment}
    if any(environment.get(name) for name in words.interfaces):
        with suppress(NotUsable):  # a link of that name cannot be
            assert read(told).client == client
    else:
        with pytest.raises(NotUsable, match="no interface"):
            read(told)


# -- transcripts of the real programs, where they lie beside the project ---------------------------------------------

BLOCK = re.compile(r"^=== (?:hook: \S+|dispatcher) argv: (.*)\n((?:\w+=.*\n)*)", re.MULTILINE)


def transcript(name: str) -> str:
    file = TRANSCRIPTS / name
    if not file.is_file():
        pytest.skip(f"{file} is no part of the project")
    return file.read_text()


def assignments(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if re.match(r"\w+=", line))


def hooked(name: str, client: str) -> list[Handed]:
    """Every event of a transcript that tells of a lease."""
    found = []
    for argv, text in BLOCK.findall(transcript(name)):
        environment = assignments(text)
        words = argv.split()
        if client == "odhcp6c":
            environment["interface"] = words[0]
        known = {name: value for name, value in environment.items() if name in CLIENTS[client].variables}
        reason = environment.get("reason") or (words[-1] if words else "")
        try:
            found.append(read({"client": client, "reason": reason, "environment": known}))
        except NotUsable:
            continue
    return found


@pytest.mark.parametrize(
    ("name", "client", "family"),
    [("udhcpc.txt", "udhcpc", 4), ("odhcp6c.txt", "odhcp6c", 6), ("dhclient.txt", "dhclient", 4),
     ("dhclient6.txt", "dhclient", 6)],
)  # fmt: skip
def test_the_transcript_of_a_hook_ends_with_the_offer(name: str, client: str, family: int) -> None:
    handed = hooked(name, client)
    offered = [one for one in handed if one.offer]
    assert offered
    assert set(offered) == {Handed("c0", client, family, True, offer(client, family))}
    assert not handed[0].is_bound


def test_the_transcript_of_dhcpcd_has_a_lease_whose_options_it_dropped() -> None:
    assert hooked("dhcpcd.txt", "dhcpcd") == [Handed("c0", "dhcpcd", family, True, None) for family in (4, 6)]


def test_the_transcripts_of_dhcpcd_with_vendor_options_are_offers() -> None:
    variants = transcript("dhcpcd-vendor-variants.txt").split("## dhcpcd variant ")[1:]
    texts = [assignments(variant.partition("-- hook vars:")[2]) for variant in variants]
    for text in texts:
        known = {name: value for name, value in text.items() if name in CLIENTS["dhcpcd"].variables}
        assert read(event("dhcpcd", "BOUND", **known)).offer == offer("dhcpcd")
    for text in texts[2:]:
        assert read(event("dhcpcd", "BOUND6", new_dhcp6_vivso=text["new_dhcp6_vivso"])).offer == offer("dhcpcd", 6)


def test_the_transcript_of_networkd_has_option_43_in_its_lease_file() -> None:
    lease = transcript("systemd-networkd.txt").partition("--- /run/systemd/netif/leases/2\n")[2].partition("---")[0]
    assert read(event("networkd", "lease", VENDOR_SPECIFIC=assignments(lease)["VENDOR_SPECIFIC"])).offer == offer(
        "networkd"
    )


def test_the_transcript_of_networkmanager_has_a_lease_that_hides_the_options() -> None:
    handed = hooked("networkmanager.txt", "networkmanager")
    assert Handed("c0", "networkmanager", 4, True, None) in handed
    assert not any(each.offer for each in handed)


def test_the_transcript_of_a_dhcpinform_is_an_offer() -> None:
    told = dict(re.findall(r"^from \S+ opt (\d+) (\w+)$", transcript("dhcpinform-python.txt"), re.MULTILINE))
    assert read(event("dhcpinform", "answered", option43=told["43"], option125=told["125"])).offer == offer(
        "dhcpinform"
    )


SERVERS = [
    (
        event("udhcpc", "bound", dns="192.0.2.53 192.0.2.54", router="192.0.2.1"),
        ("192.0.2.53", "192.0.2.54"),
        "192.0.2.1",
    ),
    (event("dhclient", "BOUND6", new_dhcp6_name_servers="2001:db8::53"), ("2001:db8::53",), ""),
    (
        event("dhcpcd", "BOUND", new_domain_name_servers="192.0.2.53", new_routers="192.0.2.1"),
        ("192.0.2.53",),
        "192.0.2.1",
    ),
    (event("networkd", "lease", DNS="192.0.2.53 192.0.2.53", ROUTER="192.0.2.1"), ("192.0.2.53",), "192.0.2.1"),
    (event("odhcp6c", "bound", RDNSS="2001:db8::53 fe80::1;$(reboot)"), ("2001:db8::53",), ""),
]


@pytest.mark.parametrize(("told", "servers", "router"), SERVERS)
def test_whom_to_ask_for_names_and_by_which_gateway_is_handed_over_too(
    told: dict[str, Any], servers: tuple[str, ...], router: str
) -> None:
    assert name_servers(told) == servers
    assert routers(told) == ((router,) if router else ())
