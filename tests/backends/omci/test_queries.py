"""What is asked of an ONU that answers as real ones do: in parts, with results, busy, and with less than was asked."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from backends.omci import queries
from backends.omci.codecs import Hdlc
from backends.omci.exchange import Exchange
from backends.omci.link import Line
from backends.omci.mib import Held
from backends.omci.queries import BUSY_TRIES, NoEntity, Queries, Refused
from tests.backends.omci.pty_onu import PtyOnu, onu

ONU_G = {1: b"GPON", 2: b"V0.01".ljust(14, b"\0"), 3: b"GPON\xab\xcd\x12\x34", 4: b"\0", 6: b"\1", 7: b"\0", 8: b"\0"}
SIZES = {1: 4, 2: 14, 3: 8, 4: 1, 6: 1, 7: 1, 8: 1, 9: 1, 10: 24, 11: 12, 12: 1, 13: 2}


class Small:
    """An ONU of ONU-G, a remote-debug table, and what a test makes of it. It answers by the standard's tables alone."""

    def __init__(self) -> None:
        self.busy = 0
        self.result = 9  # what it says where attributes are missing
        self.asked: list[bytes] = []
        self.reply = bytes(range(70))
        self.claimed = 0  # how many commands it says that an upload, or all alarms, would take; 0: as many as it has

    def answers(self, far: PtyOnu, frame: bytes) -> list[bytes]:
        self.asked.append(frame)
        body = self.contents(frame[2] & 0x1F, int.from_bytes(frame[4:6]), frame[8:])
        return [far.framed(frame[:2] + bytes([frame[2] & 0x1F | 0x20]) + frame[3:8] + body.ljust(32, b"\0"))]

    def contents(self, message: int, class_id: int, asked: bytes) -> bytes:
        if self.busy:
            self.busy -= 1
            return b"\x06"
        mask, sequence = int.from_bytes(asked[:2]), int.from_bytes(asked[2:4])
        match message, class_id:
            case 9 | 28, 256:
                return self.get(mask)
            case 9, 158:
                return b"\0\x20\0" + len(self.reply).to_bytes(4)
            case 26, 158:
                return b"\0\x20\0" + self.reply[29 * sequence :][:29]
            case 9, 500:
                return b"\0" + mask.to_bytes(2) + b"\xbe\xef"
            case 13, 2:
                return (self.claimed or 3).to_bytes(2)
            case 14, 2:
                return [
                    b"\x01\0\0\0\x80\0GPON",
                    b"\x01\0\0\0\x20\0" + ONU_G[3],
                    b"\0\x02\0\0\x80\0\x2a",
                    b"",
                ][mask]
            case 11, 2:
                return (self.claimed or 2).to_bytes(2)
            case 12, 2:
                return [b"\x01\x07\x80\x01\x20", b"\0\x0b\x01\x01\x80", b""][mask]
        return b"\x04"

    def get(self, mask: int) -> bytes:
        """As many of the attributes as fit 25 octets; some say 9 for what they lack, some 3 for what did not fit."""
        values, told, lacking = b"", 0, 0
        for index in range(1, 17):
            bit = 0x10000 >> index
            if not mask & bit:
                continue
            if index not in ONU_G:
                lacking |= bit
            elif len(values) + len(ONU_G[index]) <= 25:
                values, told = values + ONU_G[index], told | bit
        if told == mask:
            return b"\0" + mask.to_bytes(2) + values
        unsupported = lacking if self.result == 9 else 0
        return bytes([self.result]) + told.to_bytes(2) + values.ljust(25, b"\0") + unsupported.to_bytes(2)


@contextmanager
def asking(small: Small) -> Iterator[Queries]:
    with onu(lambda frame: small.answers(far, frame)) as far:
        line = Line(far.device)
        try:
            yield Queries(Exchange(line, Hdlc()), pause=lambda _: None)
        finally:
            line.close()


def masks(small: Small) -> list[int]:
    return [int.from_bytes(frame[8:10]) for frame in small.asked]


def test_attributes_are_asked_for_in_parts_that_fit() -> None:
    small = Small()
    with asking(small) as queries:
        assert queries.get(256, 0, 0xE000).octets == {1: ONU_G[1], 2: ONU_G[2], 3: ONU_G[3]}
    assert masks(small) == [0xC000, 0x2000]


def test_what_the_onu_does_not_have_is_told_and_not_asked_again() -> None:
    small = Small()
    with asking(small) as queries:
        got = queries.get(256, 0)
    assert got.octets == {index: octets for index, octets in ONU_G.items() if index != 5}
    assert got.refused == 0x00F8  # survival time, logical identifier and password, credentials, options


def test_an_onu_that_answers_parameter_error_with_what_fits_is_asked_for_the_rest_alone() -> None:
    small = Small()
    small.result = 3
    with asking(small) as queries:
        got = queries.get(256, 0, 0x8380)  # the last of these it does not have
    assert (got.octets, got.refused) == ({1: ONU_G[1], 7: b"\0", 8: b"\0"}, 0x0080)
    assert masks(small) == [0x8380, 0x0080]


def test_the_running_interval_is_asked_for_by_a_message_of_its_own() -> None:
    small = Small()
    with asking(small) as queries:
        assert queries.get(256, 0, 0x8000, is_current=True).octets == {1: b"GPON"}
    assert small.asked[0][2] == 0x5C


@pytest.mark.parametrize("size", [0, 1, 29, 30, 70])
def test_a_table_is_read_to_its_end(size: int) -> None:
    small = Small()
    small.reply = bytes(range(size))
    with asking(small) as queries:
        assert queries.get(158, 0, 0x2000).octets == {3: bytes(range(size))}
    assert [frame[2] & 0x1F for frame in small.asked] == [9] + [26] * -(-size // 29)


def test_a_table_of_absurd_size_is_not_read() -> None:
    small = Small()
    small.reply = bytes(70_000)
    with asking(small) as queries, pytest.raises(Refused, match="70000 octets"):
        queries.get(158, 0, 0x2000)
    assert len(small.asked) == 1


def test_attributes_of_a_class_that_is_not_known_are_asked_for_one_by_one_and_stay_octets() -> None:
    small = Small()
    with asking(small) as queries:
        got = queries.get(500, 0, 0xC000)
        with pytest.raises(NoEntity, match="class 500 is not known here"):
            queries.get(500, 0)
    assert {index: octets[:2] for index, octets in got.octets.items()} == {1: b"\xbe\xef", 2: b"\xbe\xef"}
    assert masks(small) == [0x8000, 0x4000]


def test_a_class_that_the_onu_does_not_have_is_said() -> None:
    with asking(Small()) as queries, pytest.raises(NoEntity, match=r"no BbfTr069ManagementServer \(340\) 3585"):
        queries.get(340, 3585)


def test_a_busy_onu_is_asked_again_and_one_that_stays_busy_refuses() -> None:
    small = Small()
    small.busy = BUSY_TRIES - 1
    with asking(small) as queries:
        assert queries.get(256, 0, 0x8000).octets == {1: b"GPON"}
        small.busy = BUSY_TRIES
        with pytest.raises(Refused, match="result 6") as refused:
            queries.get(256, 0, 0x8000)
    assert refused.value.result == 6


def test_an_upload_is_put_together() -> None:
    small = Small()
    with asking(small) as queries:
        mib = queries.upload()
    assert mib.entities == {(256, 0): Held({1: b"GPON", 3: ONU_G[3]}), (2, 0): Held({1: b"\x2a"})}
    assert [frame[2] for frame in small.asked] == [0x4D, 0x4E, 0x4E, 0x4E]


def test_all_alarms_come_with_their_entities() -> None:
    with asking(Small()) as queries:
        assert queries.alarms() == {
            (263, 0x8001): b"\x20" + bytes(27),
            (11, 0x0101): b"\x80" + bytes(27),
        }


def test_an_onu_that_claims_more_than_it_has_is_asked_to_its_end_only() -> None:
    small = Small()
    small.claimed = 0xFFFF
    with asking(small) as queries:
        assert len(queries.alarms()) == 2
        assert len(queries.upload().entities) == 2
    assert [frame[2] for frame in small.asked] == [0x4B, *[0x4C] * 3, 0x4D, *[0x4E] * 4]


def test_of_an_upload_without_end_only_so_many_entities_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MOST_ENTITIES", 1)
    small = Small()
    small.claimed = 0xFFFF
    with asking(small) as asked:
        assert len(asked.upload().entities) == 1
    assert len(small.asked) < 5


def test_of_alarms_without_end_only_so_many_are_asked_for_and_others_have_their_turn_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Endless(Small):
        def contents(self, message: int, class_id: int, asked: bytes) -> bytes:
            return b"\x01\x07" + asked[:2] + b"\x20" if message == 12 else super().contents(message, class_id, asked)

    monkeypatch.setattr("backends.omci.queries.MOST_ALARMS", 20)
    small, turns = Endless(), []
    small.claimed = 0xFFFF
    with asking(small) as queries:
        assert len(queries.alarms(lambda: turns.append(len(small.asked)))) == 20
    assert turns == list(range(2, 22))
