"""What is learned by listening to an OLT and an ONU: nothing before the ONU has confirmed it."""

from typing import Any

import pytest

from backends.omci.acs_chain import AcsNamed, NoneNamed, follow
from backends.omci.frames import Action, Frame, NotAFrame
from backends.omci.messages import contents
from backends.omci.mirror import MOST_QUESTIONS, Mirror
from backends.omci.queries import NoEntity

URL = b"https://acs.example/cwmp"
SERVER = (340, 0x0E01)


def asked(tci: int, action: Action, key: tuple[int, int], **fields: int | bytes) -> Frame:
    return Frame(tci, action, *key, contents(action, fields), asks=True)


def answered(tci: int, action: Action, key: tuple[int, int], **fields: int | bytes) -> Frame:
    return Frame(tci, action, *key, contents(action, {"result": 0, **fields}, answers=True), answers=True)


class Talk:
    """OLT and ONU, and who listens."""

    def __init__(self) -> None:
        self.mirror = Mirror()
        self._tci = 0x8000

    def says(self, action: Action, key: tuple[int, int], *, result: int | None = 0, **fields: Any) -> set[Any]:
        """A command and its answer (None: none comes); the entities that are known otherwise now."""
        self._tci += 1
        assert self.mirror.hear(asked(self._tci, action, key, **fields)) == set()
        if result is None:
            return set()
        return self.mirror.hear(answered(self._tci, action, key, result=result))

    def provision(self) -> None:
        self.says(Action.CREATE, (157, 1), values=b"")
        self.says(Action.SET, (157, 1), mask=0xC000, values=b"\1" + URL.ljust(25, b"\0"))
        self.says(Action.CREATE, (137, 0x8000), values=b"\xff\xff\0\1")
        self.says(Action.SET, SERVER, mask=0xE000, values=b"\0\x80\0\x20\x64")

    @property
    def acs(self) -> AcsNamed | NoneNamed:
        return follow(self.mirror.get, SERVER[1])


def test_the_acs_that_an_olt_provisions_is_known_by_listening() -> None:
    talk = Talk()
    talk.provision()
    assert isinstance(talk.acs, AcsNamed)
    assert (talk.acs.url, talk.acs.tag.vlan if talk.acs.tag else None) == (URL.decode(), 100)


@pytest.mark.parametrize("result", [None, 1, 3, 6, 9])
def test_what_the_onu_did_not_confirm_is_not_so(result: int | None) -> None:
    talk = Talk()
    assert talk.says(Action.SET, SERVER, result=result, mask=0x8000, values=b"\0") == set()
    assert talk.mirror.entities == {}


def test_an_answer_to_what_was_not_heard_says_nothing() -> None:
    mirror = Mirror()
    mirror.hear(asked(1, Action.SET, SERVER, mask=0x8000, values=b"\0"))
    assert mirror.hear(answered(2, Action.SET, SERVER)) == set()
    assert mirror.hear(answered(1, Action.DELETE, SERVER)) == set()
    assert mirror.hear(answered(1, Action.SET, SERVER)) == {SERVER}


def test_a_reset_takes_what_the_olt_had_made_and_locks_the_management_server() -> None:
    talk = Talk()
    talk.says(Action.SET, (11, 0x0101), mask=0x0800, values=b"\1")
    talk.provision()
    assert talk.says(Action.MIB_RESET, (2, 0)) == {SERVER, (137, 0x8000), (157, 1)}
    assert talk.acs == NoneNamed("the management server is locked")
    assert talk.mirror.entities[11, 0x0101] == {5: b"\1"}


def test_what_is_deleted_is_gone_and_what_is_made_anew_has_nothing_of_before() -> None:
    talk = Talk()
    talk.provision()
    assert talk.says(Action.DELETE, (137, 0x8000)) == {(137, 0x8000)}
    assert talk.acs == NoneNamed("the ONU has no 137 32768")
    talk.says(Action.CREATE, (157, 1), values=b"")
    assert talk.mirror.entities[157, 1] == {}
    with pytest.raises(NoEntity):
        talk.mirror.get(137, 0x8000, 0xC000)


def test_answers_to_gets_and_uploads_are_learned_and_what_is_missing_is_forgotten() -> None:
    mirror = Mirror()
    assert mirror.hear(answered(1, Action.GET, (263, 1), mask=0x0040, values=b"\xd5\x6a")) == {(263, 1)}
    assert mirror.hear(answered(1, Action.GET, (263, 1), mask=0x0040, values=b"\xd5\x6a")) == set()
    told = bytes.fromhex("0107800100400407").ljust(32, b"\0")
    assert mirror.hear(answered(2, Action.GET_CURRENT, (312, 1), mask=0x2000, values=b"\0\0\0\7")) == {(312, 1)}
    assert mirror.running == {(312, 1): {3: b"\0\0\0\7"}}
    assert mirror.hear(Frame(2, Action.MIB_UPLOAD_NEXT, 2, 0, told, answers=True)) == {(263, 0x8001)}
    assert mirror.get(263, 0x8001, 0x0060).octets == {10: b"\4\7"}
    assert mirror.get(263, 0x8001, 0x0060).refused == 0x0020
    assert mirror.hear(answered(3, Action.GET, (263, 1), result=5, mask=0)) == {(263, 1)}
    assert mirror.hear(answered(3, Action.GET, (263, 1), result=3, mask=0)) == set()


def test_what_ran_of_a_history_is_forgotten_when_the_interval_has_ended() -> None:
    mirror = Mirror()
    for end in (5, 5, 6):
        mirror.hear(answered(1, Action.GET, (312, 1), mask=0x8000, values=bytes([end])))
        before = dict(mirror.running)
        mirror.hear(answered(2, Action.GET_CURRENT, (312, 1), mask=0x2000, values=b"\0\0\0\7"))
    assert before == {}


def test_notifications_are_learned() -> None:
    mirror = Mirror()
    bits = b"\x20".ljust(28, b"\0")
    assert mirror.hear(Frame(0, Action.AVC, *SERVER, contents(Action.AVC, {"mask": 0x8000, "values": b"\0"}))) == {
        SERVER
    }
    alarm = Frame(0, Action.ALARM, 263, 1, contents(Action.ALARM, {"bitmap": bits, "sequence": 1}))
    assert [mirror.hear(alarm), mirror.hear(alarm)] == [{(263, 1)}, set()]
    told = (263).to_bytes(2) + (1).to_bytes(2) + bytes(28)
    assert mirror.hear(Frame(1, Action.GET_ALL_ALARMS_NEXT, 2, 0, told, answers=True)) == {(263, 1)}


def test_the_first_word_about_alarms_is_news_also_when_there_are_none() -> None:
    mirror = Mirror()
    none = Frame(0, Action.ALARM, 263, 1, contents(Action.ALARM, {"bitmap": bytes(28), "sequence": 1}))
    assert [mirror.hear(none), mirror.hear(none)] == [{(263, 1)}, set()]


def test_where_the_line_was_interrupted_what_was_asked_before_is_not_answered_after() -> None:
    talk = Talk()
    talk.provision()
    before = dict(talk.mirror.entities)
    talk.mirror.hear(asked(1, Action.SET, SERVER, mask=0x8000, values=b"\1"))
    talk.mirror.interrupted()
    assert talk.mirror.hear(answered(1, Action.SET, SERVER)) == set()
    assert talk.mirror.entities == before
    assert talk.mirror.instances(340) == [0x0E01]


def test_commands_without_answers_are_not_kept_for_ever() -> None:
    mirror = Mirror()
    for tci in range(1, MOST_QUESTIONS + 2):
        mirror.hear(asked(tci, Action.SET, SERVER, mask=0x8000, values=b"\0"))
    assert mirror.hear(answered(1, Action.SET, SERVER)) == set()
    assert mirror.hear(answered(2, Action.SET, SERVER)) == {SERVER}


def test_what_is_no_message_is_refused() -> None:
    with pytest.raises(NotAFrame):
        Mirror().hear(Frame(1, 5, 2, 0, bytes(32), asks=True))
