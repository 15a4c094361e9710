"""Who gateway and device say they are in DHCP's option 125."""

import pytest

from backends.association import DEVICE, GATEWAY, Named, named_in


def option(*parts: tuple[int, bytes], enterprise: int = 3561) -> bytes:
    body = b"".join(bytes([tag, len(value)]) + value for tag, value in parts)
    return enterprise.to_bytes(4, "big") + bytes([len(body)]) + body


SAID = option((4, b"00d09e"), (5, b"S\xc3\xa9rie 1"), (6, b"Box"))


def test_a_gateway_is_named_by_its_own_sub_options() -> None:
    assert named_in(SAID, GATEWAY) == Named("00D09E", "Série 1", "Box")
    assert named_in(SAID, DEVICE) is None
    assert named_in(option((1, b"00D09E"), (2, b"7")), DEVICE, "02:00:00:00:00:01") == Named(
        "00D09E", "7", "", "02:00:00:00:00:01"
    )


def test_what_others_say_in_the_same_option_is_passed_over() -> None:
    assert named_in(option((4, b"AAAAAA"), (5, b"x"), enterprise=9) + SAID, GATEWAY) == Named(
        "00D09E", "Série 1", "Box"
    )


@pytest.mark.parametrize(
    "bad", [b"", b"\0", SAID[:-1], SAID[:7], option((4, b"00D09")), option((4, b"00D09E")),
            option((4, b"../etc"), (5, b"x")), b"\0\0\x0d\xe9\xff\x04\xff"],
)  # fmt: skip
def test_what_names_nobody_is_nobody(bad: bytes) -> None:
    assert named_in(bad, GATEWAY) is None
