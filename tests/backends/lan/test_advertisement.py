"""An advertisement's bytes are RFC 4861's."""

from backends.lan.advertisement import Advertisement, Prefix, domain_names, message, option

MAC = bytes.fromhex("02005e100001")
NETWORK = bytes.fromhex("20010db800010000") + bytes(7) + b"\x09"


def test_a_plain_one_is_its_header_and_the_own_address() -> None:
    told = message(Advertisement(lifetime=1800, hop_limit=64), MAC, [])
    assert told.hex() == "86000000" + "40" + "00" + "0708" + "00" * 8 + "0101" + "02005e100001"
    assert len(message(Advertisement(), b"", [])) == 16


def test_a_prefix_is_without_its_host_part_and_autonomous_when_it_can_be() -> None:
    (whole, longer) = (message(Advertisement(), b"", [Prefix(NETWORK, n, 10, 20)])[16:] for n in (64, 80))
    assert whole.hex() == "0304" + "40" + "c0" + "00000014" + "0000000a" + "00000000" + "20010db80001" + "00" * 10
    assert longer[3] == 0x80


def test_an_option_is_filled_up_to_eight_bytes() -> None:
    assert option(253, b"") == b"\xfd\x01" + bytes(6)
    assert option(253, b"1234567") == b"\xfd\x021234567" + bytes(7)


def test_names_are_labels() -> None:
    assert domain_names(["a.lan.", "b"]) == b"\x01a\x03lan\0\x01b\0"
