"""Transfers as the core makes them: between sessions, one at a time, stopped when late, told once, whatever dies."""

import threading
from pathlib import Path

import pytest

from agent.cwmp import messages as m
from agent.runtime import actions as do
from agent.runtime import events as on
from agent.runtime import transfers
from agent.runtime.transfers import (
    FILE,
    GOES_DOWN,
    HOLDS_SESSIONS,
    MOST_REBOOTS,
    SWEEP,
    UNSAVED,
    Moved,
    Mover,
    Stopped,
    Transfers,
    _Progress,
)
from agent.transfers.failures import Cause, TransferFailed
from agent.transfers.file_types import FileTypes, Outcome, Taken
from agent.transfers.orders import FileOrder, Readable
from agent.transfers.queue import FIRST_PAUSE, State
from backends.errors import MechanismError
from tests.fakes.transfers import BACKUP, CONFIGURATION, FIRMWARE, Depot
from tests.firmware.machine import Device
from tests.runtime.conversation import Talk, begun

URL = "http://files.example/image"


def download(key: str = "key", **more: object) -> m.Download:
    return m.Download(command_key=key, file_type=FIRMWARE, url=URL, **more)  # type: ignore[arg-type]


def asked_for(*requests: m.Request) -> Talk:
    """A device whose ACS has just asked these, in a session that is over."""
    talk = begun()
    talk.pass_on(on.ConnectionRequested())
    for answer in talk.ends(*requests):
        assert isinstance(answer, m.Response), answer
    return talk


def is_told(talk: Talk, *answers: m.Response | m.Fault) -> list[m.Request]:
    """The session that tells of what has ended, up to its end: our requests in it."""
    assert talk.in_session
    talk.says(m.InformResponse())
    sent = list[m.Request]()
    given = list(answers)
    while isinstance(request := talk.last_posted(), m.Request):
        sent.append(request)
        answer = given.pop(0) if given else m.response_to(request)()
        number = talk.core.session_number
        assert number is not None
        posted = [action.envelope for action in talk.done if isinstance(action, do.Post)][-1]
        assert posted is not None
        talk.pass_on(on.AcsReplied(number, m.Envelope(answer, id=posted.id, version="1.2")))
    talk.says(None)
    assert not talk.in_session
    return sent


def complete(talk: Talk) -> m.TransferComplete:
    """The one TransferComplete that is told now."""
    [sent] = is_told(talk)
    assert isinstance(sent, m.TransferComplete)
    return sent


def state(talk: Talk) -> State:
    [one] = talk.delivery.transfers.all
    return one.state


# -- the way of a file -------------------------------------------------------------------------------------------------


def test_a_file_is_fetched_after_the_session_put_in_force_and_told_in_the_next() -> None:
    talk = begun()
    talk.pass_on(on.ConnectionRequested())
    talk.says(m.InformResponse())
    talk.says(download())
    assert talk.jobs == [], "not amid the session that asked for it"
    talk.says(None)
    talk.works()

    assert talk.depot.firmware.taken == [b"new firmware"]
    assert talk.told == ["7 TRANSFER COMPLETE", "M Download"]
    sent = complete(talk)
    assert (sent.command_key, sent.fault_struct.fault_code) == ("key", 0)
    assert sent.start_time.year == sent.complete_time.year == 2026
    assert talk.delivery.transfers.all == ()
    assert list(talk.depot.directory.iterdir()) == []


def test_who_takes_a_file_hears_whether_a_person_wanted_it() -> None:
    talk = asked_for(download())
    order = FileOrder(URL, "", "", FIRMWARE, 0, "", is_upload=False, command_key="")
    talk.delivery.transfers.add(order, "", talk.now, None)
    talk.works()
    complete(talk)
    talk.works()
    assert talk.depot.firmware.of_persons == [False, True]


def test_what_is_sent_comes_from_its_source() -> None:
    talk = asked_for(m.Upload(command_key="up", file_type=BACKUP, url=URL))
    talk.works()
    assert complete(talk).command_key == "up"
    assert talk.depot.courier.moved == [URL]


def test_everything_is_saved_before_it_is_begun() -> None:
    talk = begun()
    talk.pass_on(on.ConnectionRequested())
    talk.says(m.InformResponse())
    talk.says(download())
    assert '"state": "waiting"' in talk.documents.texts["delivery"]
    talk.says(None)
    assert '"state": "moving"' in talk.documents.texts["delivery"]
    [job] = talk.jobs
    talk.jobs.clear()
    job.job(lambda told: talk.pass_on(on.Told(job.name, told)))
    assert '"state": "taking"' in talk.documents.texts["delivery"]


def test_while_the_system_cannot_say_who_may_be_asked_a_file_waits() -> None:
    queue = begun().delivery.transfers
    order = FileOrder(URL, "", "", FIRMWARE, 0, "", False, "key")
    queue.add(order, "Download", 0.0, 1.8e9)

    def silent() -> Mover:
        raise MechanismError("the kernel's answer cannot be read")

    transfers, now = Transfers(queue, silent), on.Moment(1.0, 1.8e9)
    transfers.act(now, in_session=False)  # what earlier ones have left is swept up first
    transfers.heard(Stopped(SWEEP.id), now)
    with pytest.raises(MechanismError):
        transfers.act(now, in_session=False)
    assert [one.state for one in queue.all] == [State.WAITING]


def test_one_is_moved_at_a_time() -> None:
    talk = asked_for(download("one"), download("two"))
    assert len(talk.jobs) == 1
    talk.works()
    assert talk.depot.courier.moved == [URL, URL]
    assert [one.command_key for one in is_told(talk) if isinstance(one, m.TransferComplete)] == ["one"]
    talk.works()
    assert [one.command_key for one in is_told(talk) if isinstance(one, m.TransferComplete)] == ["two"]


def test_a_file_is_put_in_force_between_sessions_only() -> None:
    talk = asked_for(download())
    talk.pass_on(on.ConnectionRequested())
    assert talk.in_session, "it may be moved beside sessions"
    talk.works()
    assert state(talk) is State.ARRIVED
    talk.ends()
    assert state(talk) is State.TAKING
    talk.pass_on(on.ConnectionRequested())
    assert not talk.in_session, "it waits, but not for ever"
    talk.let_pass(HOLDS_SESSIONS + 1)
    assert talk.in_session


def test_a_reboot_waits_until_the_file_is_in_force() -> None:
    talk = asked_for(download())
    talk.pass_on(on.ConnectionRequested())
    [moving] = talk.jobs
    talk.jobs.clear()
    moving.job(lambda told: talk.pass_on(on.Told(moving.name, told)))
    talk.done.clear()
    talk.ends(m.Reboot("now"))
    assert talk.wanted(do.Reboot) == [do.Reboot()], "nothing is put in force yet"

    held = asked_for(download())
    [moving] = held.jobs
    held.jobs.clear()
    moving.job(lambda told: held.pass_on(on.Told(moving.name, told)))
    assert state(held) is State.TAKING
    held.person("set", values={"Device.ManagementServer.DelayReboot": "0"})
    held.let_pass(5)
    assert held.wanted(do.Reboot) == []
    held.works()
    held.let_pass(1)
    assert held.wanted(do.Reboot) == [do.Reboot()] or held.in_session


# -- what goes wrong ---------------------------------------------------------------------------------------------------


def test_what_breaks_off_is_gone_on_with() -> None:
    talk = begun()
    talk.depot.courier.failures = [
        TransferFailed(Cause.INCOMPLETE, "it broke off"),
        TransferFailed(Cause.NO_CONTACT, "-"),
    ]
    talk.pass_on(on.ConnectionRequested())
    talk.ends(download())
    talk.works()
    assert state(talk) is State.WAITING
    talk.let_pass(FIRST_PAUSE)
    talk.works()
    talk.let_pass(FIRST_PAUSE * 2)
    talk.works()
    assert complete(talk).fault_struct.fault_code == 0
    assert len(talk.depot.courier.moved) == 3


@pytest.mark.parametrize(
    ("cause", "code"), [(Cause.NO_ACCESS, 9016), (Cause.NOT_AUTHENTICATED, 9012), (Cause.NO_ROOM, 9010)]
)
def test_what_cannot_be_fetched_is_told_by_its_cause(cause: Cause, code: int) -> None:
    talk = begun()
    talk.depot.courier.failures = [TransferFailed(cause, "it cannot be had")]
    talk.pass_on(on.ConnectionRequested())
    talk.ends(download())
    talk.works()
    sent = complete(talk)
    assert (sent.fault_struct.fault_code, sent.fault_struct.fault_string) == (code, "it cannot be had")
    assert sent.complete_time == m.UNKNOWN_TIME


def test_what_cannot_be_sent_is_9011() -> None:
    talk = begun()
    talk.depot.courier.failures = [TransferFailed(Cause.NO_ACCESS, "no")]
    talk.pass_on(on.ConnectionRequested())
    talk.ends(m.Upload(file_type=BACKUP, url=URL))
    talk.works()
    assert complete(talk).fault_struct.fault_code == 9011


def test_what_cannot_be_opened_to_be_sent_is_9011_here_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_not_there(_order: object) -> Readable:
        raise TransferFailed(Cause.NO_ACCESS, "it is not there")

    talk = begun()
    monkeypatch.setattr(talk.depot.cupboard, "open", is_not_there)
    talk.pass_on(on.ConnectionRequested())
    talk.ends(m.Upload(file_type=BACKUP, url=URL))
    talk.works()
    assert [how.code for _, how in talk.delivery.transfers.verdicts] == [9011]
    assert complete(talk).fault_struct.fault_code == 9011


def test_a_file_that_cannot_be_taken_is_told_and_goes() -> None:
    talk = begun()
    talk.depot.firmware.fails = TransferFailed(Cause.NOT_GENUINE, "nobody has signed it")
    talk.pass_on(on.ConnectionRequested())
    talk.ends(download())
    talk.works()
    assert complete(talk).fault_struct.fault_code == 9019
    assert list(talk.depot.directory.iterdir()) == []


def test_no_room_is_told_before_anything_is_fetched() -> None:
    talk = begun()
    talk.depot.firmware.has_no_room = True
    talk.pass_on(on.ConnectionRequested())
    talk.ends(download(file_size=10**12))
    talk.works()
    assert complete(talk).fault_struct.fault_code == 9010
    assert talk.depot.courier.moved == []


def test_nothing_is_begun_that_cannot_be_saved() -> None:
    talk = asked_for(download(delay_seconds=30))
    talk.documents.is_full = True
    talk.let_pass(31)
    assert talk.jobs == []
    talk.documents.is_full = False
    talk.let_pass(UNSAVED - 5)
    assert talk.jobs == []
    talk.let_pass(10)
    talk.works()
    assert complete(talk).fault_struct.fault_code == 0
    assert talk.depot.courier.moved == [URL]


def test_a_file_is_not_put_in_force_while_nothing_can_be_saved() -> None:
    talk = asked_for(download())
    talk.documents.is_full = True
    talk.works()
    assert talk.depot.firmware.taken == []
    talk.documents.is_full = False
    talk.let_pass(UNSAVED + 1)
    talk.works()
    assert complete(talk).fault_struct.fault_code == 0


def test_a_surprise_is_told_in_brief() -> None:
    talk = begun()
    talk.depot.configuration.breaks = True
    talk.pass_on(on.ConnectionRequested())
    talk.ends(m.Download(command_key="key", file_type=CONFIGURATION, url=URL))
    with pytest.raises(RuntimeError):
        talk.works()
    talk.pass_on(on.Told("transfers", _broke()))
    assert complete(talk).fault_struct.fault_code == 9002


def _broke() -> object:
    from agent.runtime.operations import Broke

    return Broke()


# -- windows, cancelling -----------------------------------------------------------------------------------------------


def schedule(*windows: m.TimeWindowStruct) -> m.ScheduleDownload:
    return m.ScheduleDownload(command_key="tonight", file_type=FIRMWARE, url=URL, time_window_list=windows)


def test_a_window_wakes_the_core_and_ends_what_is_late() -> None:
    talk = asked_for(
        schedule(
            m.TimeWindowStruct(100, 200, "2 Immediately", "", 0), m.TimeWindowStruct(300, 400, "2 Immediately", "", 0)
        )
    )
    talk.let_pass(99)
    assert talk.jobs == []
    talk.let_pass(2)
    assert len(talk.jobs) == 1
    talk.depot.courier.waits = lambda: talk.let_pass(150)
    talk.works()
    assert state(talk) is State.WAITING
    talk.depot.courier.waits = lambda: None
    talk.let_pass(100)
    talk.works()
    assert complete(talk).fault_struct.fault_code == 0
    assert len(talk.depot.courier.moved) == 2


def test_one_without_a_window_gives_way_to_a_window_that_opens_and_is_gone_on_with() -> None:
    talk = asked_for(
        download("stalled"),
        m.ScheduleDownload(command_key="window", file_type=FIRMWARE, url=f"{URL}2",
                           time_window_list=[m.TimeWindowStruct(10, 22, "2 Immediately", "", 0)]),
    )  # fmt: skip
    stalls = [11.0]
    talk.depot.courier.waits = lambda: talk.let_pass(stalls.pop() if stalls else 0)
    left = talk.depot.directory / f"{FILE}1.part"
    left.write_bytes(b"half")
    talk.works()
    assert complete(talk).command_key == "window"
    assert left.exists()
    talk.works()
    assert complete(talk).command_key == "stalled"
    assert talk.depot.courier.moved == [URL, f"{URL}2", URL]


def test_windows_that_find_nobody_idle_are_9020() -> None:
    talk = begun()
    talk.delivery.transfers.is_idle = lambda: False
    talk.pass_on(on.ConnectionRequested())
    talk.ends(schedule(m.TimeWindowStruct(0, 100, "3 When Idle", "", -1)))
    talk.let_pass(101)
    assert talk.depot.courier.moved == []
    assert complete(talk).fault_struct.fault_code == 9020


def test_what_is_cancelled_while_it_is_moved_stops_and_leaves_nothing() -> None:
    talk = asked_for(download("one"), download("two"))
    talk.pass_on(on.ConnectionRequested())
    talk.says(m.InformResponse())
    talk.says(m.CancelTransfer("one"))
    assert isinstance(talk.last_posted(), m.CancelTransferResponse)
    talk.says(None)
    left = talk.depot.directory / f"{FILE}1.part"
    left.write_bytes(b"half")
    other = talk.depot.directory / "somebody's"
    other.write_bytes(b"")
    talk.works()
    assert talk.depot.courier.moved == [URL, URL]
    assert complete(talk).command_key == "two"
    assert not left.exists()
    assert other.exists()


def test_what_is_cancelled_while_it_waits_to_be_gone_on_with_leaves_nothing() -> None:
    talk = asked_for(download("one"))
    talk.depot.courier.failures = [TransferFailed(Cause.INCOMPLETE, "it broke off")]
    talk.works()
    left = talk.depot.directory / f"{FILE}1.part"
    left.write_bytes(b"half")
    talk.pass_on(on.ConnectionRequested())
    talk.ends(m.CancelTransfer("one"))
    talk.works()
    assert not left.exists()


# -- crashes and reboots -----------------------------------------------------------------------------------------------


def test_a_crash_amid_it_begins_it_again() -> None:
    talk = asked_for(download()).restarted()
    talk.works()
    assert complete(talk).fault_struct.fault_code == 0


def test_a_crash_while_the_file_is_put_in_force_does_that_again() -> None:
    talk = asked_for(download())
    [moving] = talk.jobs
    talk.jobs.clear()
    moving.job(lambda told: talk.pass_on(on.Told(moving.name, told)))
    assert state(talk) is State.TAKING
    talk = talk.restarted()
    talk.works()
    assert talk.depot.firmware.taken == [b"new firmware"]
    assert len(talk.depot.courier.moved) == 1
    assert complete(talk).fault_struct.fault_code == 0


def test_a_file_that_was_damaged_by_the_crash_is_fetched_again() -> None:
    talk = asked_for(download())
    [moving] = talk.jobs
    talk.jobs.clear()
    moving.job(lambda told: talk.pass_on(on.Told(moving.name, told)))
    Path(talk.depot.directory / f"{FILE}1").write_bytes(b"new firmwar")
    talk = talk.restarted()
    talk.works()
    talk.let_pass(FIRST_PAUSE)
    talk.works()
    assert talk.depot.firmware.taken == [b"new firmware"]
    assert complete(talk).fault_struct.fault_code == 0


def test_an_image_is_told_of_after_the_reboot_by_its_own_word() -> None:
    talk = begun()
    talk.depot.firmware.says = Taken(needs_reboot=True, awaits="firmware")
    talk.pass_on(on.ConnectionRequested())
    talk.ends(download())
    talk.works()
    assert talk.wanted(do.Reboot) == [do.Reboot()]
    assert not talk.in_session

    talk = talk.restarted(booted=True)
    assert talk.told == ["1 BOOT"]
    talk.ends()
    assert state(talk) is State.AWAITING
    talk.depot.verdict = Outcome()
    talk.let_pass(3)
    assert talk.told == ["7 TRANSFER COMPLETE", "M Download"]
    assert complete(talk).fault_struct.fault_code == 0


def test_an_image_that_has_proved_itself_by_then_is_told_with_the_boot() -> None:
    talk = begun()
    talk.depot.firmware.says = Taken(needs_reboot=True, awaits="firmware")
    talk.pass_on(on.ConnectionRequested())
    talk.ends(download())
    talk.works()
    talk.depot.verdict = Outcome(9018, "the old image came back")
    talk = talk.restarted(booted=True)
    assert talk.told == ["1 BOOT", "7 TRANSFER COMPLETE", "M Download"]
    assert complete(talk).fault_struct.fault_code == 9018


class Machine(Depot):
    """Images end up on a real one's banks; ``images`` are what the server has, one after the other."""

    def __init__(self, device: Device, *versions: str) -> None:
        super().__init__()
        self.device = device
        self.images = [device.received(version).path.read_bytes() for version in versions]
        self.courier.waits = self._serve

    def _serve(self) -> None:
        self.courier.content = self.images.pop(0)

    def register(self, types: FileTypes) -> None:
        super().register(types)
        types.register_download(FIRMWARE, self.device.upgrade)
        types.register_awaited("firmware", lambda order: self.device.upgrade.outcome(order))

    def comes_up(self, talk: Talk) -> Talk:
        """With the image that waits, which a session proves."""
        self.device.restart()
        self.device.begin()
        talk = talk.restarted(booted=True)
        talk.works()  # what is left is swept away
        talk.ends()
        self.device.upgrade.session_finished()  # as the workers say it: after the core has gone on
        return talk


def test_two_images_asked_for_in_one_session_are_told_of_each_by_its_own_verdict(tmp_path: Path) -> None:
    machine = Machine(Device(tmp_path), "22.0", "23.0")
    talk = Talk(depot=machine)
    talk.ends(download("a"), download("b"))
    talk.works()
    talk = machine.comes_up(talk)
    assert len(talk.jobs) == 1, "the second one is begun before anybody has asked what became of the first"
    talk.works()
    first = complete(talk)
    talk.works()
    talk = machine.comes_up(talk)
    talk.let_pass(3)
    second = complete(talk)
    codes = [(one.command_key, one.fault_struct.fault_code) for one in (first, second)]
    assert codes == [("a", 0), ("b", 0)]


def test_one_that_fails_right_after_another_has_proved_itself_leaves_that_its_verdict(tmp_path: Path) -> None:
    machine = Machine(Device(tmp_path), "22.0", "23.0")
    talk = Talk(depot=machine)
    talk.ends(download("a"), download("b"))
    talk.works()
    talk = machine.comes_up(talk)
    queue = talk.delivery.transfers
    queue.ended = lambda one: machine.device.upgrade.transfer_ended(one.id, one.outcome.code, one.outcome.text)
    machine.courier.failures = [TransferFailed(Cause.NO_ACCESS, "it is not there")]
    talk.works()
    talk.let_pass(3)
    assert [(one.order.command_key, one.outcome.code) for one in queue.all] == [("a", 0), ("b", 9016)]


def test_the_file_of_an_image_goes_as_soon_as_it_has_proved_itself() -> None:
    talk = begun()
    talk.depot.firmware.says = Taken(needs_reboot=True, awaits="firmware")
    talk.pass_on(on.ConnectionRequested())
    talk.ends(download())
    talk.works()
    talk = talk.restarted(booted=True)
    talk.ends()
    talk.works()
    assert [path.name for path in talk.depot.directory.iterdir()] == [f"{FILE}1"]
    talk.depot.verdict = Outcome()
    talk.let_pass(3)
    assert state(talk) is State.ENDED
    talk.works()
    assert list(talk.depot.directory.iterdir()) == []


def test_what_a_person_cancels_while_it_is_moved_stops_and_the_acs_is_told() -> None:
    talk = asked_for(download())
    talk.delivery.transfers.cancel_one("1")
    talk.pass_on(None)
    talk.works()
    sent = complete(talk)
    assert (sent.fault_struct.fault_code, sent.fault_struct.fault_string) == (9001, "cancelled on the device")
    assert talk.depot.firmware.taken == []
    assert talk.delivery.transfers.all == ()


def test_a_system_that_stays_up_is_asked_again_and_then_told_of() -> None:
    talk = begun()
    talk.person("set", values={"Device.ManagementServer.PeriodicInformEnable": "0"})
    talk.depot.firmware.says = Taken(needs_reboot=True)
    talk.pass_on(on.ConnectionRequested())
    talk.ends(download())
    talk.works()
    talk.let_pass(GOES_DOWN * MOST_REBOOTS + 10)
    assert len(talk.wanted(do.Reboot)) == MOST_REBOOTS
    assert complete(talk).fault_struct.fault_code == 9002


def test_another_acs_gets_its_own_file_though_one_of_the_former_s_is_being_moved() -> None:
    talk = asked_for(download("former"))
    assert len(talk.jobs) == 1
    talk.person("set", values={"Device.ManagementServer.URL": "http://other.example/"})
    assert talk.told == ["0 BOOTSTRAP"]
    assert talk.delivery.transfers.all == ()
    talk.ends(download("its own"))
    talk.works()
    assert complete(talk).command_key == "its own"
    assert talk.depot.firmware.taken == [b"new firmware"]


def test_another_acs_hears_nothing_of_it() -> None:
    talk = asked_for(download())
    talk.works()
    talk.breaks()
    talk.person("set", values={"Device.ManagementServer.URL": "http://other.example/"})
    assert "0 BOOTSTRAP" in talk.told
    assert "7 TRANSFER COMPLETE" not in talk.told
    assert talk.delivery.transfers.all == ()


def test_a_factory_reset_forgets_what_waits() -> None:
    talk = asked_for(download(delay_seconds=60), m.FactoryReset())
    assert talk.wanted(do.FactoryReset) == [do.FactoryReset()]
    assert talk.delivery.transfers.all == ()


def test_an_acs_that_refuses_makes_no_storm() -> None:
    talk = asked_for(download())
    talk.works()
    is_told(talk, m.Fault(8002, "no"))
    informs = len(talk.informs)
    talk.let_pass(59)
    assert len(talk.informs) == informs
    talk.let_pass(2)
    assert complete(talk).command_key == "key"


def test_what_came_before_a_stall_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told, stop = list[object](), threading.Event()
    progress = _Progress("1", told.append, stop)
    progress(0, 100)
    progress(50, 100)
    assert (progress.is_stopped(), len(told)) == (False, 1)
    monkeypatch.setattr(transfers, "TELLS", 0.0)
    stop.set()
    assert progress.is_stopped()
    assert progress.is_stopped()
    assert [one.done for one in told if isinstance(one, Moved)] == [0, 50]


def test_how_far_it_is_is_told_now_and_then() -> None:
    told = list[object]()
    progress = _Progress("1", told.append, threading.Event())
    for done in range(10**9, 10**9 + 1000):  # so much was there before it was gone on with
        progress(done, 10**9 + 1000)
    assert told == [Moved("1", 10**9, 10**9 + 1000, 0.0)], "the size is known before anything comes"
    progress(10**9 + 1000, 10**9 + 1000)
    assert isinstance(told[1], Moved)
    assert told[1].done == told[1].total == 10**9 + 1000
    assert 0 < told[1].rate <= 1_000_000
