"""What is wanted of router advertisements is what the program reads."""

from dataclasses import replace

import pytest

from backends.desired_state import Pointer, Record, Refused, Wanted
from backends.lan.advertising import advertised_links, check_advertised
from backends.lan.records import Advertised, AdvertisedOption, Advertising

LAN = Pointer("Device.IP.Interface.{i}.", ("lan",))
ROW = Advertised(enable=True, interface=LAN, adv_managed_flag=True, adv_preferred_router_flag="High")


def wanted(**records: Record) -> Wanted:
    made = Wanted().with_record("", Advertising(enable=True))
    for key, record in records.items():
        made = made.with_record(key, record)
    return made


def links(made: Wanted) -> dict[str, dict[str, object]]:
    return advertised_links(made, lambda pointer: "br0" if pointer == LAN else None)


def test_a_row_that_is_in_force_is_told_with_its_options() -> None:
    on, off = AdvertisedOption(parent="a", enable=True, tag=9, value="01"), AdvertisedOption(parent="a", tag=8)
    told = links(wanted(a=ROW, o=on, p=off))["br0"]
    assert (told["flags"], told["options"], told["lifetime"]) == (0x88, [[9, "01"]], 1800)


def test_what_is_not_in_force_is_not_told() -> None:
    assert links(wanted(a=replace(ROW, enable=False))) == {}
    assert links(wanted(a=replace(ROW, interface=None))) == {}
    assert links(Wanted().with_record("a", ROW)) == {}


@pytest.mark.parametrize(
    ("field", "records"),
    [
        ("interface", {"A": ROW, "a": ROW}),
        ("min_rtr_adv_interval", {"a": replace(ROW, min_rtr_adv_interval=451)}),
        ("adv_default_lifetime", {"a": replace(ROW, adv_default_lifetime=599)}),
        ("adv_default_lifetime", {"a": replace(ROW, adv_default_lifetime=9001)}),
        ("dnssl", {"a": replace(ROW, dnssl=("x" * 64,))}),
        ("dnssl", {"a": replace(ROW, dnssl=("x..y",))}),
        ("rdnss", {"a": replace(ROW, rdnss=("192.0.2.1",))}),
        ("rdnss", {"a": replace(ROW, rdnss=("fe80::1%eth0",))}),
        ("tag", {"p": ROW, "a": AdvertisedOption(parent="p", tag=5)}),
        ("tag", {"p": ROW, "A": AdvertisedOption(parent="p", tag=9), "a": AdvertisedOption(parent="p", tag=9)}),
        ("value", {"p": ROW, "a": AdvertisedOption(parent="p", tag=9, value="00" * 1001)}),
    ],
)
def test_what_the_standard_forbids_is_refused(field: str, records: dict[str, Record]) -> None:
    with pytest.raises(Refused) as refused:
        check_advertised(wanted(**records))
    assert (refused.value.key, field in refused.value.fields) == ("a", True)
