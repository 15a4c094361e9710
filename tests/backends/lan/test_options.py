"""Each option's bytes are said in the form that dnsmasq wants for it, or refused."""

import pytest

from backends.lan.options import Unsayable, option_text


@pytest.mark.parametrize(
    ("family", "tag", "value", "text"),
    [
        (4, 43, b"\x01\x02", "43,01:02"),
        (4, 19, b"\x01", "19,1b"),
        (4, 6, bytes([192, 0, 2, 1, 192, 0, 2, 2]), "6,192.0.2.1,192.0.2.2"),
        (4, 66, b'tftp "x"', '66,"tftp \\"x\\""'),
        (4, 119, b"\x03foo\x03bar\0\x01a\0", "119,foo.bar,a"),
        (4, 58, b"\0\0\0\x3c", "58,60"),
        (6, 23, bytes.fromhex("20010db8000000000000000000000001"), "option6:23,[2001:db8::1]"),
        (6, 17, b"\0\0\x0d\xe9", "option6:17,00:00:0d:e9"),
        (6, 24, b"\x03lan\0", "option6:24,lan"),
    ],
)
def test_an_option_is_said_in_its_own_form(family: int, tag: int, value: bytes, text: str) -> None:
    assert option_text(family, tag, value) == text


@pytest.mark.parametrize(
    ("family", "tag", "value"),
    [
        (4, 53, b"\x05"),
        (4, 54, b"\xc0\0\x02\x01"),
        (4, 43, b""),
        (4, 43, b"a" * 256),
        (4, 6, b"abc"),
        (4, 66, b"a\nport=53"),
        (4, 66, "日本".encode()),
        (4, 119, b"\x03foo"),
        (4, 119, b"\x03foo\xc0\x00"),
        (4, 119, b"\0"),
        (4, 119, b"\x03f,o\0"),
        (4, 58, b"\0\0\x3c"),
        (4, 58, b"\xff\xff\xff\xff"),
        (6, 3, b"abcd"),
        (6, 23, b"\0" * 15),
        (6, 16, b"ab"),
    ],
)
def test_what_dnsmasq_cannot_be_told_is_refused(family: int, tag: int, value: bytes) -> None:
    with pytest.raises(Unsayable):
        option_text(family, tag, value)
