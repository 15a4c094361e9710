"""Lease times and options as people write them."""

import pytest

from backends.openwrt.dhcp_values import DhcpOption, item_of, lease_seconds, lease_text, option_of

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12h", 43_200), ("30m", 1800), ("7d", 604_800), ("2w", 1_209_600), ("600", 600), ("90s", 90), ("infinite", -1),
     ("", 43_200), ("soon", 43_200), ("-5", 43_200)],
)  # fmt: skip
def test_lease_times(text: str, seconds: int) -> None:
    assert lease_seconds(text) == seconds
    assert lease_seconds(lease_text(seconds)) == seconds


@pytest.mark.parametrize(
    ("item", "tag", "value"),
    [
        ("6,192.0.2.1,192.0.2.2", 6, "c0000201c0000202"),
        ("option:dns-server,192.0.2.1", 6, "c0000201"),
        ("3,0.0.0.0", 3, "00000000"),
        ('66,"a b"', 66, "612062"),
        (r'67,"a\"b"', 67, "612262"),
        ("15,lan.example", 15, b"lan.example".hex()),
        ("43,01:02:ff", 43, "0102ff"),
        ("43,7", 43, "07"),
        ("119,lan.example", 119, "036c616e076578616d706c6500"),
        ("58,600", 58, "00000258"),
    ],
)
def test_options_are_understood_and_said_again(item: str, tag: int, value: str) -> None:
    found = option_of(item)
    assert found == DhcpOption(tag, value)
    assert option_of(item_of(DhcpOption(tag, value))) == found


@pytest.mark.parametrize(
    "item",
    ["", "6", "6,", "6,nobody", "tag:phones,66,x", "option6:23,[::1]", "option:nothing,1", "43,hello", "43,300",
     "999,1", "0,1", "255,1", "51,600", "66,é", "option:dns-server,::1"],
)  # fmt: skip
def test_what_is_no_row_is_left_alone(item: str) -> None:
    assert option_of(item) is None
