"""Messages piece by piece, and what is none."""

import struct
import tracemalloc

import pytest

from backends.ubus.blobmsg import Malformed, NotWritable, attribute, encode
from backends.ubus.messages import Attribute, Incoming, Message, NotTheProtocol, Type, number, switch, text, written

SENT_BY_UBUS = bytes.fromhex("0005000100000001000000180300000800000001040000097365") + b"nd\0\0\0\0"


def message() -> bytes:
    parts = number(Attribute.OBJECT, 2**32 - 1), text(Attribute.METHOD, "changed"), switch(Attribute.ACTIVE, True)
    return written(Type.INVOKE, 7, 9, *parts, attribute(Attribute.DATA, encode({"a": 1})))


def check(one: Message) -> None:
    assert (one.type, one.sequence, one.peer, one.problem) == (Type.INVOKE, 7, 9, "")
    assert one.number(Attribute.OBJECT) == 2**32 - 1
    assert one.text(Attribute.METHOD) == "changed"
    assert one.switch(Attribute.ACTIVE) is True
    assert one.values() == {"a": 1}


def test_what_the_tool_sends_is_read() -> None:
    (one,) = Incoming().feed(SENT_BY_UBUS)
    assert (one.type, one.sequence, one.peer) == (Type.INVOKE, 1, 1)
    assert one.number(Attribute.OBJECT) == 1
    assert one.text(Attribute.METHOD) == "send"


@pytest.mark.parametrize("step", [1, 2, 3, 5, 11, 1000])
def test_messages_are_read_however_they_are_cut(step: int) -> None:
    sent, incoming = message() * 3, Incoming()
    found = [one for at in range(0, len(sent), step) for one in incoming.feed(sent[at : at + step])]
    assert len(found) == 3
    for one in found:
        check(one)


def test_what_is_absent_or_of_another_kind_reads_as_absent() -> None:
    one = Message(Type.DATA, 1, 1, {Attribute.OBJECT: b"\1", Attribute.METHOD: b"abc", Attribute.ACTIVE: b""})
    assert one.number(Attribute.OBJECT) is one.number(Attribute.STATUS) is None
    assert one.text(Attribute.METHOD) == one.text(Attribute.PATH) == ""
    assert one.switch(Attribute.ACTIVE) is one.switch(Attribute.NO_REPLY) is None
    assert one.values() == {}


def test_attributes_that_cannot_be_read_concern_their_message_only() -> None:
    false = written(Type.DATA, 1, 1, number(Attribute.OBJECT, 5), b"\7\0\0\xff")
    first, second = Incoming().feed(false + message())
    assert first.problem
    assert first.number(Attribute.OBJECT) == 5
    with pytest.raises(Malformed):
        first.values()
    check(second)


@pytest.mark.parametrize(
    "head",
    [
        struct.pack(">BBHII", 1, 2, 0, 0, 4),
        struct.pack(">BBHII", 0, 2, 0, 0, 3),
        struct.pack(">BBHII", 0, 2, 0, 0, 0),
        struct.pack(">BBHII", 0, 2, 0, 0, 2**20 + 1),
        b"HTTP/1.1 200 OK",
    ],
)
def test_after_what_is_no_message_nothing_is_understood(head: bytes) -> None:
    with pytest.raises(NotTheProtocol):
        list(Incoming().feed(head))


def test_a_message_that_never_ends_takes_no_more_than_its_length() -> None:
    incoming = Incoming()
    tracemalloc.start()
    list(incoming.feed(struct.pack(">BBHII", 0, 2, 0, 0, 2**20)))
    for _ in range(15):
        assert list(incoming.feed(bytes(2**16))) == []
    assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
    tracemalloc.stop()


def test_what_the_bus_would_not_take_is_not_written() -> None:
    with pytest.raises(NotWritable):
        written(Type.INVOKE, 1, 1, bytes(2**20))
    with pytest.raises(NotWritable):
        text(Attribute.PATH, "a\0b")
