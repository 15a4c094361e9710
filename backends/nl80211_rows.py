"""nl80211's messages as radios, links, stations, surveys and neighbours. Pure: attributes in, our own words out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from backends.generic_netlink import Answer, Attributes, attributes, each, signed, unsigned
from backends.wireless_types import (
    BANDS,
    WIDTHS,
    Band,
    Channel,
    Neighbour,
    Radio,
    Rate,
    Survey,
    WifiStation,
    WirelessLink,
    channel_number,
)

# enum nl80211_attrs
WIPHY, WIPHY_NAME, IFINDEX, IFNAME, IFTYPE, MAC = 1, 2, 3, 4, 5, 6
STA_INFO, WIPHY_BANDS, SUPPORTED_IFTYPES, REG_ALPHA2, WIPHY_FREQ = 21, 22, 32, 33, 38
BSS, SSID, RETRY_SHORT, RETRY_LONG, FRAGMENTATION, RTS = 47, 52, 61, 62, 63, 64
SURVEY_INFO, POWER_LEVEL, COMBINATIONS, AP_UAPSD, FEATURES = 84, 98, 120, 130, 143
CHANNEL_WIDTH, CENTER_FREQ, MAX_AP_STATIONS = 159, 160, 202
OFF: Final = 0xFFFFFFFF
AP: Final = 3
ASSOCIATED: Final = 1
MODES: Final = {1: "adhoc", 2: "station", 3: "ap", 6: "monitor", 7: "mesh", 8: "p2p-client", 9: "p2p-go"}
FEATURE_SAE: Final = 1 << 5


def placed(radio: Radio, key: str, everywhere: str) -> Radio:
    """The same radio under a key; ``everywhere``: the country by whose rules one goes that has none of its own."""
    return replace(radio, key=key, country=radio.country or everywhere)


# --- radios


def radios(answers: Iterable[Answer]) -> list[Radio]:
    """The radios of a split dump: what is told of one comes in pieces, lists in it piece by piece as well."""
    pieces: dict[int, list[Attributes]] = {}
    for answer in answers:
        index = unsigned(answer.attributes.get(WIPHY))
        if index is not None:
            pieces.setdefault(index, []).append(answer.attributes)
    return [_radio(index, told) for index, told in sorted(pieces.items())]


def _radio(index: int, pieces: list[Attributes]) -> Radio:
    told: dict[int, bytes] = {}
    for piece in pieces:
        told.update(piece)
    bands = [band for piece in pieces for band in each(piece.get(WIPHY_BANDS, b""))]
    combinations = [one for piece in pieces for _, one in each(piece.get(COMBINATIONS, b""))]
    points, channels = _most(combinations)
    return Radio(
        index=index,
        name=_text(told.get(WIPHY_NAME)),
        key="",
        bands=tuple(_bands(bands)),
        modes=frozenset(kind for kind, _ in each(told.get(SUPPORTED_IFTYPES, b""))),
        most_access_points=points,
        most_channels=channels,
        most_stations=unsigned(told.get(MAX_AP_STATIONS)),
        retry_short=unsigned(told.get(RETRY_SHORT)) or 0,
        retry_long=unsigned(told.get(RETRY_LONG)) or 0,
        fragmentation=_limit(told.get(FRAGMENTATION)),
        rts=_limit(told.get(RTS)),
        has_uapsd=AP_UAPSD in told,
        has_sae=bool((unsigned(told.get(FEATURES)) or 0) & FEATURE_SAE),
        country=country([Answer(0, told)]),
    )


def _limit(content: bytes | None) -> int | None:
    value = unsigned(content)
    return None if value == OFF else value


def _most(combinations: Iterable[bytes]) -> tuple[int, int]:
    """How many access points a radio can be at once, and on how many channels; one where it tells nothing."""
    points, channels = 1, 1
    for one in combinations:
        told = attributes(one)
        channels = max(channels, unsigned(told.get(4)) or 1)
        for _, limit in each(told.get(1, b"")):
            parts = attributes(limit)
            if AP in (kind for kind, _ in each(parts.get(2, b""))):
                points = max(points, min(unsigned(parts.get(1)) or 1, unsigned(told.get(2)) or 1))
    return points, channels


def _bands(pieces: Iterable[tuple[int, bytes]]) -> Iterator[Band]:
    by_band: dict[int, list[bytes]] = {}
    for kind, content in pieces:
        if kind in BANDS:
            by_band.setdefault(kind, []).append(content)
    for kind, contents in sorted(by_band.items()):
        told: dict[int, bytes] = {}
        for content in contents:
            told.update(attributes(content))
        channels = [one for content in contents for _, one in each(attributes(content).get(1, b""))]
        rates = [unsigned(attributes(rate).get(1)) or 0 for _, rate in each(told.get(2, b""))]
        he = _of_access_points(told.get(9, b""))
        yield Band(
            name=BANDS[kind],
            channels=tuple(_channels(channels)),
            rates=tuple(rate / 10 for rate in rates),
            ht=unsigned(told.get(4)),
            ht_mcs=told.get(3, b""),
            vht=unsigned(told.get(8)),
            vht_mcs=told.get(7, b""),
            he_phy=he.get(3, b""),
            he_mcs=he.get(4, b""),
            eht=9 in he,
        )


def _of_access_points(content: bytes) -> Mapping[int, bytes]:
    """The HE and EHT capabilities of the kind of interface "ap"."""
    for _, entry in each(content):
        told = attributes(entry)
        if AP in (kind for kind, _ in each(told.get(1, b""))):
            return told
    return {}


def _channels(contents: Iterable[bytes]) -> Iterator[Channel]:
    seen = set()
    for content in contents:
        told = attributes(content)
        frequency = unsigned(told.get(1)) or 0
        if frequency in seen or not channel_number(frequency):
            continue
        seen.add(frequency)
        yield Channel(
            number=channel_number(frequency),
            frequency=frequency,
            disabled=2 in told,
            no_ir=3 in told,
            radar=5 in told,
            power=(unsigned(told.get(6)) or 0) / 100,
            no_ht40_minus=9 in told,
            no_ht40_plus=10 in told,
            no_80=11 in told,
            no_160=12 in told,
        )


def country(answers: Iterable[Answer]) -> str:
    """Two letters; "" for the rules of the whole world ("00") and for rules of no country ("98", "99")."""
    for answer in answers:
        letters = _text(answer.attributes.get(REG_ALPHA2))
        return letters if letters.isalpha() else ""
    return ""


# --- links, stations, surveys


def links(answers: Iterable[Answer]) -> list[WirelessLink]:
    """The wireless links that are network interfaces (a P2P device is none), by index."""
    found = []
    for answer in answers:
        told = answer.attributes
        index, name = unsigned(told.get(IFINDEX)), _text(told.get(IFNAME))
        if index is None or not name:
            continue
        kind = unsigned(told.get(CHANNEL_WIDTH))
        power = signed(told.get(POWER_LEVEL))
        found.append(
            WirelessLink(
                name=name,
                index=index,
                radio=unsigned(told.get(WIPHY)) or 0,
                mode=MODES.get(unsigned(told.get(IFTYPE)) or 0, "other"),
                mac=_mac(told.get(MAC)),
                ssid=told.get(SSID),
                frequency=unsigned(told.get(WIPHY_FREQ)),
                width=WIDTHS.get(kind) if kind is not None else None,
                width_kind=kind or 0,
                center=unsigned(told.get(CENTER_FREQ)),
                power=None if power is None else power / 100,
            )
        )
    return sorted(found, key=lambda link: link.index)


def stations(link: str, answers: Iterable[Answer]) -> Iterator[WifiStation]:
    """Who is associated with a link."""
    for answer in answers:
        told = answer.attributes
        info = attributes(told.get(STA_INFO, b""))
        mask, flags = _flags(info.get(17))
        yield WifiStation(
            mac=_mac(told.get(MAC)),
            link=link,
            signal=signed(info.get(7)),
            signal_average=signed(info.get(13)),
            tx=_rate(info.get(8, b"")),
            rx=_rate(info.get(14, b"")),
            rx_bytes=unsigned(info.get(23)) or unsigned(info.get(2)) or 0,
            tx_bytes=unsigned(info.get(24)) or unsigned(info.get(3)) or 0,
            rx_packets=unsigned(info.get(9)) or 0,
            tx_packets=unsigned(info.get(10)) or 0,
            tx_retries=unsigned(info.get(11)) or 0,
            tx_failed=unsigned(info.get(12)) or 0,
            rx_dropped=unsigned(info.get(28)) or 0,
            connected=unsigned(info.get(16)),
            inactive=unsigned(info.get(1)),
            authorized=bool(mask & flags & 1 << 1),
            wmm=bool(mask & flags & 1 << 3),
            authenticated=bool(mask & flags & 1 << 5),
            associated=bool(mask & flags & 1 << 7),
        )


def survey(answers: Iterable[Answer]) -> Survey | None:
    """What was measured on the channel in use."""
    for answer in answers:
        info = attributes(answer.attributes.get(SURVEY_INFO, b""))
        if 3 in info:
            return Survey(
                frequency=unsigned(info.get(1)) or 0,
                noise=signed(info.get(2)),
                active=unsigned(info.get(4)),
                busy=unsigned(info.get(5)),
                receiving=unsigned(info.get(7)),
                sending=unsigned(info.get(8)),
            )
    return None


def neighbours(link: str, answers: Iterable[Answer]) -> Iterator[Neighbour]:
    """What a scan has heard."""
    for answer in answers:
        told = attributes(answer.attributes.get(BSS, b""))
        signal = signed(told.get(7))
        yield Neighbour(
            bssid=_mac(told.get(1)),
            frequency=unsigned(told.get(2)) or 0,
            signal=None if signal is None else signal / 100,
            beacon_interval=unsigned(told.get(4)) or 0,
            capability=unsigned(told.get(5)) or 0,
            elements=tuple(_elements(told.get(6) or told.get(11) or b"")),
            link=link,
            is_joined=unsigned(told.get(9)) == ASSOCIATED,
        )


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Information elements: a number, a length, so many bytes (802.11-2020 9.4.2.1)."""
    at = 0
    while at + 2 <= len(content) and at + 2 + content[at + 1] <= len(content):
        yield content[at], content[at + 2 : at + 2 + content[at + 1]]
        at += 2 + content[at + 1]


def _rate(content: bytes) -> Rate:
    told = attributes(content)
    tenths = unsigned(told.get(5)) or unsigned(told.get(1)) or 0  # units of 100 kbit/s
    kinds = {"be": 19, "ax": 13, "ac": 6, "n": 2}
    standard = next((name for name, kind in kinds.items() if kind in told), "")
    widths = {18: 320, 10: 160, 9: 160, 8: 80, 3: 40}
    return Rate(
        kbps=tenths * 100,
        standard=standard,
        mcs=unsigned(told.get(kinds.get(standard, 0))),
        width=next((width for flag, width in widths.items() if flag in told), 20),
        short_gi=4 in told,
    )


def _flags(content: bytes | None) -> tuple[int, int]:
    """struct nl80211_sta_flag_update: which flags are told, and which of those are set."""
    if content is None or len(content) < 8:
        return 0, 0
    return unsigned(content[:4]) or 0, unsigned(content[4:8]) or 0


def _text(content: bytes | None) -> str:
    return (content or b"").rstrip(b"\0").decode("utf-8", "replace")


def _mac(content: bytes | None) -> str:
    return ":".join(f"{octet:02x}" for octet in content or b"")
