"""nl80211's messages in our own words, from attributes as a kernel sends them."""

import struct

from backends import nl80211_rows as rows
from backends.generic_netlink import Answer, attribute, attributes, number, text
from backends.nl80211 import TOPICS, scanned, topics
from backends.wireless_types import channel_number


def answer(content: bytes, command: int = 0) -> Answer:
    return Answer(command, attributes(content))


def frequency(mhz: int, *flags: int) -> bytes:
    return attribute(1, number(1, mhz) + b"".join(attribute(flag) for flag in flags) + number(6, 2000))


def test_a_radio_comes_in_pieces_and_is_put_together() -> None:
    low, more = frequency(2412), frequency(2467, 3)
    pieces = [
        number(1, 0) + text(2, "phy0"),
        number(1, 0) + attribute(22, attribute(0, attribute(1, low) + attribute(2, attribute(0, number(1, 10))))),
        number(1, 0) + attribute(22, attribute(0, attribute(1, low + more))),
        number(1, 1) + text(2, "phy1"),
        number(1, 0) + number(63, 0xFFFFFFFF) + number(64, 500) + attribute(33, b"DE\0"),
    ]
    first, second = rows.radios(answer(piece) for piece in pieces)
    assert (first.name, second.name, first.fragmentation, first.rts) == ("phy0", "phy1", None, 500)
    [band] = first.bands
    assert [(one.number, one.usable, one.power) for one in band.channels] == [(1, True, 20.0), (12, False, 20.0)]
    assert (band.rates, first.country) == ((1.0,), "DE")
    assert (second.bands, second.most_access_points) == ((), 1)


def test_how_many_access_points_a_radio_can_be_is_the_best_of_its_combinations() -> None:
    limit = attribute(1, number(1, 8) + attribute(2, attribute(3) + attribute(2)))
    combination = attribute(1, attribute(1, limit) + number(2, 4) + number(4, 2))
    [radio] = rows.radios([answer(number(1, 0) + attribute(120, combination))])
    assert (radio.most_access_points, radio.most_channels) == (4, 2)


def test_a_station_s_counters_rates_and_flags() -> None:
    rate = attribute(8, number(5, 1300) + attribute(2, b"\x0f") + attribute(3) + attribute(4))
    flags = attribute(17, struct.pack("=II", 1 << 1 | 1 << 5 | 1 << 7, 1 << 1 | 1 << 7))
    info = attribute(7, struct.pack("=b", -30)) + rate + attribute(23, struct.pack("=Q", 2**40)) + number(16, 5) + flags
    [station] = rows.stations("wlan0", [answer(attribute(6, bytes.fromhex("020000000100")) + attribute(21, info))])
    assert (station.mac, station.signal, station.rx_bytes, station.connected) == ("02:00:00:00:01:00", -30, 2**40, 5)
    assert (station.tx.kbps, station.tx.standard, station.tx.mcs, station.tx.width) == (130_000, "n", 15, 40)
    assert (station.authorized, station.authenticated, station.associated) == (True, False, True)
    assert station.rx.kbps == 0


def test_a_link_without_a_name_is_no_interface_and_a_survey_is_of_the_channel_in_use() -> None:
    assert rows.links([answer(number(1, 0) + number(3, 7))]) == []
    [link] = rows.links([answer(number(1, 0) + number(3, 7) + text(4, "wlan0") + number(5, 3) + number(159, 3))])
    assert (link.mode, link.width, link.frequency) == ("ap", 80, None)
    idle, busy = attribute(84, number(1, 2412)), attribute(84, number(1, 2437) + attribute(2, b"\xa4") + attribute(3))
    found = rows.survey([answer(idle), answer(busy)])
    assert found is not None
    assert (found.frequency, found.noise) == (2437, -92)
    assert rows.survey([answer(idle)]) is None


def test_elements_of_a_beacon_that_are_cut_short_are_left_out() -> None:
    beacon = attribute(1, bytes(6)) + number(2, 2412) + attribute(6, b"\0\3abc\1\2\x82")
    [found] = rows.neighbours("wlan0", [answer(attribute(47, beacon))])
    assert found.elements == ((0, b"abc"),)
    assert (found.element(0), found.element(1), found.signal) == (b"abc", None, None)


def test_a_country_is_two_letters_or_the_whole_world() -> None:
    told = {"DE": "DE", "00": "", "99": "", "": ""}
    assert {letters: rows.country([answer(text(33, letters))]) for letters in told} == told


def test_news_are_topics_and_lost_news_are_all_of_them() -> None:
    assert topics([Answer(19, {}), Answer(88, {}), Answer(60, {})]) == {"station", "radio"}
    assert topics(None) == set(TOPICS.values())
    assert scanned([answer(number(3, 7), 34), answer(number(3, 8), 33)]) == {7}
    assert scanned(None) == frozenset()


def test_channels_have_the_numbers_of_the_standard() -> None:
    numbers = {2412: 1, 2472: 13, 2484: 14, 5180: 36, 5825: 165, 5955: 1, 7115: 233, 5935: 2, 4920: 184, 900: 0}
    assert {mhz: channel_number(mhz) for mhz in numbers} == numbers
