"""DNS questions and answers as octets."""

import random
import struct
from contextlib import suppress

import pytest

from agent.runtime.dns_messages import AAAA, CNAME, HEAD, A, Answer, NotAnAnswer, answer, question

ASKED = question("acs.example.net", A, 0x1234)
HERE = b"\xc0\x0c"  # a pointer to the question's name


def record(owner: bytes, kind: int, content: bytes, group: int = 1) -> bytes:
    return owner + struct.pack("!HHIH", kind, group, 60, len(content)) + content


def reply(*records: bytes, asked: bytes = ASKED, flags: int = 0x8180, number: int = 0x1234) -> bytes:
    return HEAD.pack(number, flags, 1, len(records), 0, 0) + asked[HEAD.size :] + b"".join(records)


def name(text: str) -> bytes:
    return b"".join(bytes([len(one)]) + one.encode() for one in text.split(".")) + b"\0"


def test_a_question_is_as_rfc_1035_writes_it() -> None:
    assert question("acs.example", AAAA, 7) == bytes.fromhex(
        "00070100000100000000000003616373076578616d706c6500001c0001"
    )
    assert question("acs.example.", A, 7) == question("acs.example", A, 7)


@pytest.mark.parametrize("host", ["", ".", "a..b", "a" * 64, ".".join(["a" * 60] * 5)])
def test_what_is_no_name_is_not_asked_for(host: str) -> None:
    with pytest.raises(UnicodeError):
        question(host, A, 1)


def test_addresses_of_the_name_are_found_each_once() -> None:
    one, two = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])
    records = [record(HERE, A, each) for each in (one, two, one)]
    assert answer(reply(*records), ASKED) == Answer(0, ("192.0.2.1", "192.0.2.2"))


def test_an_alias_is_followed_and_a_stranger_s_address_is_not_taken() -> None:
    records = [
        record(HERE, CNAME, name("real.example.net")),
        record(name("REAL.example.net"), A, bytes([192, 0, 2, 9])),
        record(name("evil.example.net"), A, bytes([192, 0, 2, 66])),
    ]
    assert answer(reply(*records), ASKED).addresses == ("192.0.2.9",)


def test_aliases_in_a_circle_end() -> None:
    records = [record(HERE, CNAME, name("b.example")), record(name("b.example"), CNAME, name("acs.example.net"))]
    assert answer(reply(*records), ASKED) == Answer(0)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (reply(flags=0x8183), Answer(3)),
        (reply(flags=0x8185), Answer(5)),
        (reply(flags=0x8380), Answer(0, is_truncated=True)),
        (reply(), Answer(0)),
        (reply(record(HERE, A, bytes([192, 0, 2, 1]), group=3)), Answer(0)),
    ],
)
def test_an_answer_without_addresses_says_why(message: bytes, expected: Answer) -> None:
    assert answer(message, ASKED) == expected


@pytest.mark.parametrize(
    "message",
    [
        b"",
        reply(number=0x1235),
        reply(flags=0x0180),
        reply(asked=question("other.example.net", A, 0x1234)),
        reply(asked=question("acs.example.net", AAAA, 0x1234)),
        reply(record(HERE, A, bytes([192, 0, 2]))),
        reply(record(HERE, A, bytes(4)))[:-1],
        reply(record(b"\xc0\xff", A, bytes(4))),
        reply(record(b"\x80\x01", A, bytes(4))),
    ],
)
def test_what_answers_another_question_or_is_malformed_is_no_answer(message: bytes) -> None:
    with pytest.raises(NotAnAnswer):
        answer(message, ASKED)


def test_mutated_answers_are_answers_or_none() -> None:
    chance = random.Random(1)
    whole = reply(record(HERE, CNAME, name("real.example.net")), record(name("real.example.net"), A, bytes(4)))
    for _ in range(20_000):
        mutated = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            mutated[chance.randrange(len(mutated))] = chance.randrange(256)
        with suppress(NotAnAnswer):
            assert len(answer(bytes(mutated[: chance.randint(0, len(mutated))]), ASKED).addresses) <= 2


def test_who_answers_for_a_zone_of_its_own_says_so() -> None:
    own, others = (answer(reply(record(HERE, A, bytes(4)), flags=flags), ASKED) for flags in (0x8580, 0x8180))
    assert (own.is_authoritative, others.is_authoritative) == (True, False)
