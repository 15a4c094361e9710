"""The page's owner: who has the one-time code sets the password, once and in time."""

import errno
import os
from typing import Any

import pytest

from agent.runtime.page_access import CODE_SECONDS, PageAccess


class Device:
    def __init__(self, kept: Any = None) -> None:
        self.now = 0.0
        self.kept = kept
        self.refused: list[tuple[str, str]] = []
        self.ended = 0
        self.holds_from = 0
        self.problem = ""
        self.is_full = False
        self.letters = iter("ABCDEFGHJK" * 100)
        self.access = PageAccess(
            lambda: self.kept,
            self.write,
            lambda letters: next(self.letters),
            lambda: (["http://192.168.1.1:8080/"], self.problem),
            lambda source, text: self.refused.append((source, text)),
            self.end,
            lambda: {"serial_number": "1"},
            lambda: self.now,
        )

    def write(self, document: Any) -> None:
        if self.is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.kept = document

    def end(self, generation: int) -> None:
        self.ended += 1
        self.holds_from = generation

    def keep(self, password: Any) -> dict[str, Any]:
        return self.ask("page_keep", password=password, generation=self.ask("page_secret")["generation"])

    def ask(self, verb: str, **arguments: Any) -> dict[str, Any]:
        return self.access.table[verb](arguments)


def test_a_code_is_shown_once_and_used_up() -> None:
    device = Device()
    told = device.ask("page_code")
    assert (told["code"], told["urls"], told["seconds"]) == ("ABCDE-FGHJK", ["http://192.168.1.1:8080/"], 900.0)
    assert "ABCDE" not in str(device.ask("page_state"))
    assert device.ask("page_try_code", code="abcde fghjk", source="192.168.1.9")["right"]
    assert device.ask("page_try_code", code="ABCDE-FGHJK")["error"]["code"] == "wrong_code"


def test_a_code_ends_after_fifteen_minutes() -> None:
    device = Device()
    device.ask("page_code")
    device.now = CODE_SECONDS
    assert not device.ask("page_state")["has_code"]
    assert "too old" in device.ask("page_try_code", code="ABCDEFGHJK")["error"]["message"]


def test_wrong_tries_are_told_and_do_not_use_up_the_owners_code() -> None:
    device = Device()
    device.ask("page_code")
    for _ in range(5):
        assert device.ask("page_try_code", code="WRONG", source="192.168.1.9")["error"]["code"] == "wrong_code"
    assert device.ask("page_try_code", code="ABCDEFGHJK")["right"]
    assert device.refused == [("192.168.1.9", "first visit of the page refused: wrong one-time code")] * 5


@pytest.mark.parametrize("code", ["", None, 1, "\udcff", "A" * 10_000])
def test_whatever_is_tried_is_wrong(code: Any) -> None:
    device = Device()
    assert device.ask("page_try_code", code=code)["error"]["code"] == "wrong_code"  # not even without a code
    device.ask("page_code")
    assert device.ask("page_try_code", code=code)["error"]["code"] == "wrong_code"


def test_a_new_code_takes_the_place_of_the_old_one() -> None:
    device = Device()
    device.ask("page_code")
    device.letters = iter("2345678923")
    device.ask("page_code")
    assert "error" in device.ask("page_try_code", code="ABCDEFGHJK")
    assert device.ask("page_try_code", code="23456-78923")["right"]


def test_a_password_is_kept_as_the_page_made_it_and_ends_other_log_ins() -> None:
    device = Device()
    assert device.keep("scrypt:16384:a:b")["kept"]
    assert device.kept == {"version": 1, "password": "scrypt:16384:a:b"}
    assert device.ended == 1
    again = Device(device.kept)
    assert again.ask("page_state")["has_password"]
    assert again.ask("page_secret")["password"] == "scrypt:16384:a:b"
    assert again.ask("page_code")["error"]["code"] == "has_password"


@pytest.mark.parametrize("password", ["correct horse", "", None, "scrypt:" + "x" * 300])
def test_a_password_as_people_write_it_is_never_kept(password: Any) -> None:
    device = Device()
    assert "error" in device.keep(password)
    assert device.kept is None


def test_forgetting_and_factory_reset_make_the_next_visit_the_first() -> None:
    device = Device({"version": 1, "password": "scrypt:16384:a:b"})
    assert device.ask("page_forget") == {"forgotten": True}
    assert device.kept is None
    assert device.ended == 1
    device.keep("scrypt:16384:a:b")
    device.access.forget()
    assert not device.ask("page_state")["has_password"]


def test_where_nothing_can_be_written_down_the_password_of_before_holds_and_that_is_said() -> None:
    device = Device({"version": 1, "password": "scrypt:16384:a:b"})
    before = device.ask("page_secret")
    device.is_full = True
    for told in (device.keep("scrypt:16384:c:d"), device.ask("page_forget")):
        assert told["error"]["code"] == "not_saved"
        assert "No space left on device" in told["error"]["message"]
        assert "doctor" in told["error"]["next"]
    assert device.ask("page_secret") == before
    assert device.ended == 0
    device.is_full = False
    assert device.keep("scrypt:16384:c:d")["kept"]
    assert device.ended == 1


def test_a_code_is_not_used_up_by_a_password_that_could_not_be_written_down() -> None:
    device = Device()
    device.ask("page_code")
    assert device.ask("page_try_code", code="ABCDEFGHJK")["right"]
    device.is_full = True
    assert "error" in device.keep("scrypt:16384:a:b")
    device.is_full = False
    assert device.ask("page_try_code", code="ABCDEFGHJK")["right"]
    assert device.keep("scrypt:16384:a:b")["kept"]
    assert "error" in device.ask("page_try_code", code="ABCDEFGHJK")


def test_without_a_page_there_is_no_code() -> None:
    device = Device()
    device.problem = "the page is switched off"
    assert device.ask("page_code")["error"]["message"] == "the page is switched off"


def test_a_refused_log_in_is_noted() -> None:
    device = Device()
    device.ask("page_refused", source="192.168.1.9", text="log-in to the page refused: wrong password")
    assert device.refused == [("192.168.1.9", "log-in to the page refused: wrong password")]


@pytest.mark.parametrize("meanwhile", ["another password", "forgotten", "factory reset"])
def test_a_password_replaces_only_the_one_that_was_looked_at(meanwhile: str) -> None:
    device = Device()
    device.ask("page_code")
    tried = device.ask("page_try_code", code="ABCDEFGHJK")
    match meanwhile:
        case "another password":
            device.keep("scrypt:16384:a:b")
        case "forgotten":
            device.ask("page_forget")
        case _:
            device.access.forget()
    kept = device.kept
    late = device.ask("page_keep", password="scrypt:16384:late:one", generation=tried["generation"])
    assert late["error"]["code"] == "changed_meanwhile"
    assert device.kept == kept
    assert "error" in device.ask("page_keep", password="scrypt:16384:no:number")
    assert device.holds_from == device.ask("page_secret")["generation"]
