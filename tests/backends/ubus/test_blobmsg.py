"""Values as bytes: as libubox writes them, back as they were, and whatever else comes is refused in bounded room."""

import math
import random
import struct
import tracemalloc
from typing import Any

import pytest

from backends.ubus import blobmsg
from backends.ubus.blobmsg import Kind, Malformed, NotWritable, Number, decode, encode

VALUES = {
    "id": "cpe",
    "data": {"t": {"s": "hi", "l": [1, None], "b": True}, "n": -2, "big": 2**40, "d": 0.5},
}
AS_LIBUBOX_WRITES_THEM = bytes.fromhex(
    "830000100002696400000000637065008200007800046461746100008200003c000174008300000b00017300686900008100001c00016c00"
    "8500000c000000000000000180000008000000008700000900016200010000008500000c00016e00fffffffe840000140003626967000000"
    "000001000000000088000010000164003fe0000000000000"
)  # what `ubus send` wrote for them


def test_values_are_written_as_libubox_writes_them() -> None:
    assert encode(VALUES) == AS_LIBUBOX_WRITES_THEM
    assert decode(AS_LIBUBOX_WRITES_THEM) == VALUES


@pytest.mark.parametrize(
    "value",
    [None, True, False, 0, -1, 2**31 - 1, -(2**31), 2**31, 2**63 - 1, -(2**63), 1.5, math.inf, "", "ä€😀", "x" * 70_000,
     [], {}, [[]], [{}], {"": {}}, [None, [True, ["a", 2, 0.5]]], {"a": {"a": {"a": "a"}}}],
)  # fmt: skip
def test_a_value_comes_back_as_it_went(value: Any) -> None:
    content = encode({"value": value, "after": 1})
    assert len(content) % 4 == 0
    back = decode(content)
    assert back == {"value": value, "after": 1}
    assert type(back["value"]) is type(value)


@pytest.mark.parametrize("length", range(9))
def test_every_length_of_names_and_texts_is_padded(length: int) -> None:
    values = {"n" * length: "t" * length, "m": [0, "t" * length]}
    assert decode(encode(values)) == values


@pytest.mark.parametrize(
    ("number", "read"),
    [
        (Number(Kind.INT8, 5), 5),
        (Number(Kind.INT8, 1), True),
        (Number(Kind.INT8, 255), -1),
        (Number(Kind.INT16, -2), -2),
        (Number(Kind.INT16, 65_535), -1),
        (Number(Kind.INT32, 2**32 - 1), -1),
        (Number(Kind.INT64, 2**64 - 1), -1),
    ],
)
def test_a_number_may_have_a_chosen_width_and_is_read_with_its_sign(number: Number, read: int) -> None:
    assert decode(encode({"n": number})) == {"n": read}


@pytest.mark.parametrize(
    "value",
    [2**63, -(2**63) - 1, Number(Kind.INT8, 256), Number(Kind.INT16, -(2**15) - 1), "a\0b", b"bytes", object(), {1: 2},
     {"a\0": 1}, {"x" * 70_000: 1}, "x" * 2**20, ["x" * 2**19, "x" * 2**19], {"a": [set()]}],
)  # fmt: skip
def test_what_has_no_form_is_refused(value: Any) -> None:
    with pytest.raises(NotWritable):
        encode({"value": value})


def test_depth_is_bounded_both_ways() -> None:
    deep: Any = 1
    for _ in range(blobmsg.DEEPEST - 1):
        deep = [deep]
    assert decode(encode({"deep": deep})) == {"deep": deep}
    with pytest.raises(NotWritable):
        encode({"deep": [deep]})
    content = b""
    for _ in range(1_000):
        content = struct.pack(">I", 0x81000000 | 8 + len(content)) + b"\0\0\0\0" + content
    with pytest.raises(Malformed):
        decode(content)


def test_a_self_containing_list_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(NotWritable):
        encode({"endless": endless})


def test_of_several_values_of_one_name_the_first_counts() -> None:
    assert decode(encode({"a": 1}) + encode({"a": 2})) == {"a": 1}


def test_a_text_ends_at_its_first_zero_byte_and_need_not_be_utf_8() -> None:
    def text(content: bytes) -> bytes:
        return struct.pack(">I", 0x83000000 | 8 + len(content)) + b"\0\x01a\0" + content + bytes(-len(content) % 4)

    assert decode(text(b"one\0two\0")) == {"a": "one"}
    assert decode(text(b"\xff\xfe\0")) == {"a": "��"}


@pytest.mark.parametrize(
    "content",
    [
        b"\x83",
        b"\0\0\0\0",
        b"\x83\0\0\3",
        bytes.fromhex("83ffffff") + b"\0\1a\0a\0\0\0",
        bytes.fromhex("83000005") + b"\0\0\0\0",
        bytes.fromhex("8300000a") + b"\0\1a\0aa\0\0",
        bytes.fromhex("83000008") + b"\0\1a\0",
        bytes.fromhex("8300000a") + b"\0\1aaa\0\0\0",
        bytes.fromhex("8300000a") + b"\xff\xffa\0a\0\0\0",
        bytes.fromhex("0300000c") + b"\0\1a\0a\0\0\0",
        bytes.fromhex("8500000a") + b"\0\1a\0\0\1\0\0",
        bytes.fromhex("8700000a") + b"\0\1a\0\0\1\0\0",
        bytes.fromhex("8800000c") + b"\0\1a\0\0\1\0\0",
        bytes.fromhex("8900000c") + b"\0\1a\0\0\0\0\0",
        bytes.fromhex("ff00000c") + b"\0\1a\0\0\0\0\0",
        bytes.fromhex("8200000c") + b"\0\1a\0\0\0\0\3",
    ],
)
def test_what_is_cut_or_false_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed):
        decode(content)


@pytest.mark.slow
def test_a_million_values_in_one_message_are_refused_before_they_are_kept() -> None:
    nothing = bytes.fromhex("00000004") * (2**20 // 4 - 3)
    content = struct.pack(">I", 0x81000000 | 8 + len(nothing)) + b"\0\1a\0" + nothing
    tracemalloc.start()
    with pytest.raises(Malformed, match="65536"):
        decode(content)
    assert tracemalloc.get_traced_memory()[1] < 4_000_000
    tracemalloc.stop()


def test_whatever_bytes_come_nothing_but_a_refusal_comes_of_them() -> None:
    chance = random.Random(7)
    whole, refused = 0, 0
    for _ in range(5_000):
        content = bytearray(AS_LIBUBOX_WRITES_THEM)
        for _ in range(chance.randrange(1, 4)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        if chance.random() < 0.3:
            del content[chance.randrange(len(content)) :]
        try:
            encode(decode(bytes(content)))
            whole += 1
        except Malformed:
            refused += 1
    assert min(whole, refused) > 500
