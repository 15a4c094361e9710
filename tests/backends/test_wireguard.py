"""WireGuard's generic netlink: what is sent for what differs, and what is read."""

import ipaddress
import struct

import pytest

from backends.generic_netlink import Answer, attribute, attributes, each, number
from backends.wireguard import (
    GET_DEVICE,
    LISTEN_PORT,
    PEER_ALLOWED,
    PEER_ENDPOINT,
    PEER_FLAGS,
    PEER_KEEPALIVE,
    PEER_PUBLIC_KEY,
    PEERS,
    PRIVATE_KEY,
    PUBLIC_KEY,
    REMOVE,
    Device,
    Peer,
    WireGuard,
    _allowed,
    _socket_address,
    key_of,
    words_of,
)
from tests.fakes.generic import RecordedFamily

OWN, PUBLIC, FIRST, SECOND = (bytes([one]) * 32 for one in (1, 2, 3, 4))
NET = ipaddress.ip_network("10.0.0.0/8")
NET6 = ipaddress.ip_network("2001:db8::/64")


def peer(key: bytes, *networks: ipaddress.IPv4Network | ipaddress.IPv6Network, content: bytes = b"") -> bytes:
    allowed = b"".join(attribute(0, _allowed(network), nested=True) for network in networks)
    return attribute(
        0, attribute(PEER_PUBLIC_KEY, key) + content + attribute(PEER_ALLOWED, allowed, nested=True), nested=True
    )


def family(*peers: bytes) -> RecordedFamily:
    """A link with the key OWN at port 4500; each peer is in a message of its own, as where there are many."""
    first = {PRIVATE_KEY: OWN, PUBLIC_KEY: PUBLIC, LISTEN_PORT: struct.pack("=H", 4500)}
    rest = [Answer(0, {PEERS: one}) for one in peers]
    return RecordedFamily({GET_DEVICE: [Answer(0, first), *rest]})


def sent(made: RecordedFamily) -> list[dict[int, bytes]]:
    return [attributes(content) for command, content in made.asked if command != GET_DEVICE]


def test_a_peer_goes_on_in_the_next_message() -> None:
    endpoint = attribute(PEER_ENDPOINT, _socket_address("2001:db8::7", 51820))
    told = WireGuard(family(peer(FIRST, NET, content=endpoint), peer(FIRST, NET6))).told("wg-1")
    assert (told.public_key, told.listen_port) == (PUBLIC, 4500)
    assert told.peers[FIRST].allowed == {NET, NET6}
    assert told.peers[FIRST].endpoint == ("2001:db8::7", 51820)
    assert told.private_key == bytes(32), "it is read to be compared only"
    assert OWN.hex() not in repr(told)


def test_what_holds_already_is_not_sent() -> None:
    made = family(peer(FIRST, NET))
    assert not WireGuard(made).bring_to("wg-1", Device(OWN, peers={FIRST: Peer(allowed=frozenset({NET}))}))
    assert sent(made) == []


def test_only_what_differs_is_sent() -> None:
    made = family(peer(FIRST, NET), peer(SECOND))
    wanted = Device(OWN, listen_port=4501, peers={FIRST: Peer(allowed=frozenset({NET}), keepalive=25)})
    assert WireGuard(made).bring_to("wg-1", wanted)
    port, gone, kept = sent(made)
    assert (LISTEN_PORT in port, PRIVATE_KEY in port) == (True, False)
    [(_, removed)] = each(gone[PEERS])
    assert attributes(removed) == {PEER_PUBLIC_KEY: SECOND, PEER_FLAGS: number(0, REMOVE)[4:]}
    [(_, changed)] = each(kept[PEERS])
    assert set(attributes(changed)) == {PEER_PUBLIC_KEY, PEER_KEEPALIVE}


def test_a_peer_that_moved_is_left_where_it_is_until_another_endpoint_is_wanted() -> None:
    moved = attribute(PEER_ENDPOINT, _socket_address("198.51.100.9", 9))
    made = family(peer(FIRST, content=moved))
    service = WireGuard(made)
    assert not service.bring_to("wg-1", Device(OWN, peers={FIRST: Peer(endpoint=("192.0.2.1", 1))}))
    assert service.bring_to("wg-1", Device(OWN, peers={FIRST: Peer(endpoint=("192.0.2.2", 1))}))


def test_another_key_cuts_what_goes_through() -> None:
    service = WireGuard(family(peer(FIRST)))
    assert not service.differs("wg-1", Device(OWN, peers={FIRST: Peer(keepalive=9), SECOND: Peer()}))
    assert service.differs("wg-1", Device(SECOND, peers={FIRST: Peer()}))
    assert service.differs("wg-1", Device(OWN))


def test_a_key_is_32_bytes_and_a_wrong_one_is_not_told() -> None:
    assert key_of(words_of(OWN)) == OWN
    assert words_of(bytes(32)) == ""
    for text in ("", "secret", words_of(OWN)[:-4], words_of(OWN) + "\n", "\u0661" * 44):
        with pytest.raises(ValueError, match=r"^a key is 32 bytes in base64$"):
            key_of(text)


def test_a_link_that_cannot_be_read_is_an_empty_one() -> None:
    assert WireGuard(RecordedFamily({})).told("wg-1") == Device()
