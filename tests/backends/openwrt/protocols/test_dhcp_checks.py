"""What of DHCP clients' options cannot be is refused by the field that says it."""

import pytest

from backends.desired_state import NotOurs, Refused, Wanted
from backends.dhcp_client.records import Client4, Client6, RequestedOption4, SentOption4, SentOption6
from backends.openwrt.protocols.dhcp_checks import check_asked, check_finding_of_the_server, check_sent

TEXT = b"dslforum.org".hex()


@pytest.mark.parametrize(
    ("record", "fields"),
    [
        (SentOption4(enable=True, tag=82, value="00"), {"tag", "enable"}),
        (SentOption4(enable=True, tag=255, value="00"), {"tag", "enable"}),
        (SentOption4(enable=True, tag=60, value=""), {"value", "enable"}),
        (SentOption4(enable=True, tag=60, value="0aff"), {"value", "enable"}),
        (SentOption4(enable=True, tag=61, value="01"), {"value", "enable"}),
        (SentOption4(enable=True, tag=12, value=b"a..b".hex()), {"value", "enable"}),
        (SentOption4(enable=True, tag=77, value="00" * 256), {"value", "enable"}),
        (SentOption6(enable=True, tag=1, value="00"), {"tag", "enable"}),
        (SentOption6(enable=True, tag=15, value="0003612062"), {"value", "enable"}),
        (SentOption6(enable=True, tag=65536, value="00"), {"tag", "enable"}),
    ],
)
def test_what_cannot_be_sent(record: SentOption4 | SentOption6, fields: set[str]) -> None:
    with pytest.raises(Refused) as refused:
        check_sent(type(record), "a", record, Wanted())
    assert refused.value.fields == fields


def test_what_is_off_or_can_be_sent_is_not_refused() -> None:
    for record in (
        SentOption4(tag=82),
        SentOption4(enable=True, tag=60, value=TEXT),
        SentOption6(enable=True, value="00"),
    ):
        check_sent(type(record), "a", record, Wanted())


def test_nothing_is_said_twice() -> None:
    one = SentOption4(parent="c", enable=True, tag=60, value=TEXT)
    with pytest.raises(Refused, match="sent already"):
        check_sent(SentOption4, "a", one, Wanted(1, {SentOption4: {"a": one, "b": one}}))
    asked = RequestedOption4(parent="c", enable=True, tag=42)
    with pytest.raises(Refused, match="asked for already"):
        check_asked("a", asked, Wanted(1, {RequestedOption4: {"a": asked, "b": asked}}))
    with pytest.raises(Refused, match="not one to ask for"):
        check_asked("a", RequestedOption4(tag=53), Wanted())


@pytest.mark.parametrize(("key", "is_kept"), [("wan_43", True), ("cpe_12345678", False)])
def test_what_others_ask_for_to_find_the_server_stays(key: str, is_kept: bool) -> None:
    client = {"wan": Client4()}
    before = Wanted(1, {Client4: client, RequestedOption4: {key: RequestedOption4(parent="wan", enable=True)}})
    if is_kept:
        with pytest.raises(NotOurs, match="names the management server"):
            check_finding_of_the_server(before, Wanted(1, {Client4: client}))
    else:
        check_finding_of_the_server(before, Wanted(1, {Client4: client}))
    check_finding_of_the_server(before, Wanted())


def test_option_17_stays_asked_for_as_well() -> None:
    before = Wanted(1, {Client6: {"wan6": Client6(requested_options=(17,))}})
    with pytest.raises(NotOurs):
        check_finding_of_the_server(before, Wanted(1, {Client6: {"wan6": Client6(requested_options=(24,))}}))
    with pytest.raises(Refused, match="option 1 is not"):
        check_finding_of_the_server(before, Wanted(1, {Client6: {"wan6": Client6(requested_options=(17, 1))}}))
