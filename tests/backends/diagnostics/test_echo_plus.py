"""The numbers of UDP Echo Plus, as TR-143 lays them out."""

from backends.diagnostics.echo_plus import SIZE, EchoPlus, answered, read


def test_six_numbers_of_32_bits_in_network_order() -> None:
    packet = EchoPlus(1, 2, 3, 4, 5, 6)
    assert packet.packed() == bytes.fromhex("000000010000000200000003000000040000000500000006")
    assert read(packet.packed() + b"more") == packet
    assert read(packet.packed()[:-1]) is None


def test_the_responder_fills_in_its_own_and_leaves_the_others_and_the_rest() -> None:
    asked = EchoPlus(sequence=7, iteration=9).packed() + b"filler"
    said = answered(asked, 3, 2**40 + 5, 2**40 + 6, 1)
    assert read(said) == EchoPlus(7, 3, 5, 6, 1, 9)  # of times the lower 32 bits count
    assert said[SIZE:] == b"filler"


def test_what_is_too_short_is_a_plain_echo() -> None:
    assert answered(b"short", 1, 1, 1, 1) == b"short"
