"""How transfers look on a terminal."""

from pathlib import Path
from typing import Any

import pytest

from agent.cli.main import run
from agent.cli.transfers import bar, duration, lines, size
from agent.runtime.control import ControlServer

ONE: dict[str, Any] = {
    "id": "3", "direction": "download", "file_type": "1 Firmware Upgrade Image", "command_key": "tonight",
    "url": "https://files.example/image", "state": "waiting", "done": None, "total": None, "rate": None,
    "seconds": 3700, "tries": 0, "needs_confirmation": False, "message": "", "fault": None,
}  # fmt: skip


def shown(**more: Any) -> str:
    return "\n".join(lines({"transfers": [ONE | more], "requests": []}))


def test_what_waits_says_for_how_long() -> None:
    assert shown() == (
        "3  download  1 Firmware Upgrade Image  tonight  https://files.example/image\n   waits, 1 h 1 min to go"
    )
    assert "(try 3)" in shown(tries=2)
    assert shown(seconds=0, behind="2").endswith("waits behind 2")


def test_what_moves_has_a_bar_and_a_rate() -> None:
    text = shown(state="moving", done=5_000_000, total=20_000_000, rate=1_250_000)
    assert "[#######.....................]  25%  5.0 MB of 20.0 MB  1.2 MB/s" in text


def test_consent_and_faults_are_said() -> None:
    assert "waits for your consent: Now?; cpe-agent transfers --confirm 3" in shown(
        needs_confirmation=True, message="Now?"
    )
    assert "9016 it is not there" in shown(state="ended", fault={"code": 9016, "text": "it is not there"})


def test_nothing_is_said_as_well_and_wishes_are() -> None:
    assert list(lines({"transfers": [], "requests": []})) == ["no file is fetched or sent"]
    assert "asked for a download: 1 F" in "".join(lines({"transfers": [], "requests": ["1 F"]}))


def watched(socket: Path, *answers: dict[str, Any]) -> int:
    """``transfers -w --fetch URL`` with an agent that answers these, one after the other."""
    following = iter(answers)
    server = ControlServer(socket, lambda _verb, _arguments, answer: answer({"requests": [], **next(following)}))
    server.start()
    try:
        return run(["transfers", "-w", "--fetch", "https://files.example/x"])
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("code", "text", "status", "line"),
    [(9016, "404", 1, "3  9016 404"), (0, "", 0, "3  is done"), (0, "cancelled", 1, "3  cancelled")],
)
def test_who_watches_hears_how_it_ended(
    socket: Path, capsys: pytest.CaptureFixture[str], code: int, text: str, status: int, line: str
) -> None:
    earlier = {"id": "2", "code": 9015, "text": "no contact"}
    ended = {"id": "3", "code": code, "text": text}
    begun = {"transfers": [ONE], "over": [earlier]}
    assert watched(socket, begun, {"transfers": [], "over": [earlier, ended]}) == status
    assert capsys.readouterr().out.splitlines()[2:] == [line]


def test_who_fetches_a_file_waits_for_that_alone_and_off_a_terminal_hears_what_is_new(
    socket: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = ONE | {"id": "2", "seconds": 500}
    looks = [{"transfers": [other | {"seconds": 500 - look}, ONE], "over": []} for look in range(2)]
    assert watched(socket, *looks, {"transfers": [other], "over": [{"id": "3", "code": 9016, "text": "404"}]}) == 1
    assert [line[:3].strip() for line in capsys.readouterr().out.splitlines()] == ["2", "", "3", "", "3", "2", ""]


def test_a_failure_of_another_transfer_is_not_that_of_the_file_that_is_fetched(socket: Path) -> None:
    failed = {"id": "2", "code": 9016, "text": "404"}
    done = {"id": "3", "code": 0, "text": ""}
    assert watched(
        socket,
        {"transfers": [ONE | {"id": "2"}, ONE], "over": []},
        {"transfers": [ONE], "over": [failed]},
        {"transfers": [], "over": [failed, done]},
    ) == 0  # fmt: skip


@pytest.mark.parametrize(
    ("done", "total", "text"), [(0, None, "0 B"), (0, 10, "0%"), (10, 10, "100%"), (11, 10, "100%")]
)
def test_a_bar_knows_its_ends(done: int, total: int | None, text: str) -> None:
    assert text in bar(done, total)


def test_sizes_and_times_are_for_people() -> None:
    assert [size(999), size(1000), size(2.5e9), size(3e15)] == ["999 B", "1.0 kB", "2.5 GB", "3000.0 TB"]
    assert [duration(5), duration(65), duration(90_000)] == ["5 s", "1 min 5 s", "1 d 1 h"]
