"""Plays tests/transcripts/*.txt: conversations between the CPE and an ACS, on a small device with a real data model.

A line is a word and its fields, set apart by two spaces or more; an indented line goes on with the one above; ``#``
begins a comment. A line is either something that comes upon the CPE …

    … = Device.Ethernet.            from here on, "…" at the start of a name stands for this
    WHEN  2 PERIODIC                an event occurs ("M Download(key)": with its command key)
    WHEN  TransferComplete  key     a request of the CPE's own waits for the ACS (also: GetRPCMethods)
    WHEN  …Status=Down              the system changes by itself, and the watched parameters are looked at
    WHEN  60 s pass                 the clocks go on; what was scheduled comes due
    WHEN  files are moved           the transfers that are due are made ("files fail 9016": they fail with that code)
    WHEN  a person fetches  URL     a transfer that the ACS did not ask for ("fetches in vain": it fails)
    WHEN  the device wants  TYPE    the ACS is to start a download of that file type
    WHEN  the line breaks           the session under way fails; the next one is a retry
    WHEN  the agent restarts        everything but the documents is lost (also: the system reboots)
    WHEN  changes cut the line      from here on they wait for the session's end (Status 1)
    ACS   InformResponse  hold      the ACS answers; "hold" is HoldRequests; "-" is an empty answer
    ACS   SetParameterValues  …Enable=0  …Name=x as int  key K

… or what has to follow from it, in this order and nothing besides:

    SAVE                            something durable reached the medium; only then the CPE answers
    CPE   Inform  2 PERIODIC        what the CPE sends; "-" is an empty POST. Only the parameters named are compared
    CPE   Fault 9003  …Status=9008  one field for each SetParameterValuesFault
    CPE   GetParameterValuesResponse  …Enable=true  …
                                    a last field "…": and more that is not compared
    QUIET                           nothing that is queued asks for a session
    END                             the session has ended well ("FAILED  words": it broke, for this reason)

A session begins where the transcript has the CPE's Inform. Every message goes over the wire form both ways, in CWMP 1.4
and with an ACS that speaks 1.0, unless the transcript begins with "# since 1.2"; every envelope of the CPE is held
against the published XSDs.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.cwmp import messages as m
from agent.cwmp.event_queue import BOOT, VALUE_CHANGE, Event
from agent.cwmp.outbox import Outbox
from agent.cwmp.retry import Retries
from agent.cwmp.session import Finished, Post, Session, SessionFailed, Waiting
from agent.cwmp.soap import parse, render
from agent.transfers.file_types import Outcome, Taken
from agent.transfers.orders import FileOrder
from tests.cwmp.small_device import ACS, SmallDevice, checked
from tests.fakes.transfers import BACKUP, FIRMWARE
from tests.shorthand import VALIDATOR

TRANSCRIPTS = sorted((Path(__file__).parent.parent / "transcripts").glob("*.txt"))
NOT_COMPARED = "…"


def is_new(file: Path) -> bool:
    """Whether it has methods that CWMP 1.0 has not."""
    return file.read_text().startswith("# since 1.2")


WORD = re.compile(r"(?P<name>\S+?)=(?P<value>.*?)(?: as (?P<type>\w+))?")


@pytest.mark.parametrize(
    ("file", "version"),
    [(file, version) for file in TRANSCRIPTS for version in ("1.4", "1.0") if version == "1.4" or not is_new(file)],
    ids=lambda value: value if isinstance(value, str) else value.stem,
)
def test_the_conversation_goes_as_it_is_written(file: Path, version: str) -> None:
    player = Player(version)
    for number, fields in lines(file.read_text()):
        try:
            player.play(fields)
        except AssertionError as wrong:
            pytest.fail(f"{file.name}:{number}: {'  '.join(fields)}\n{wrong}", pytrace=False)
    player.nothing_else()


def test_there_are_transcripts_and_the_xsds_to_hold_them_against() -> None:
    assert len(TRANSCRIPTS) > 10
    if not VALIDATOR.exists():
        pytest.skip(f"the transcripts were not held against the XSDs: {VALIDATOR} is missing")


def lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The logical lines with the number of their first physical one."""
    collected: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line[0] == " ":
            first, so_far = collected.pop()
            collected.append((first, f"{so_far}  {line.strip()}"))
        else:
            collected.append((number, line.rstrip()))
    for number, line in collected:
        yield number, re.split(r" {2,}", line)


class Player:
    """Does what a transcript says to the device, and holds what follows against it."""

    def __init__(self, version: str) -> None:
        self.device = SmallDevice()
        self.device.events.acs_is(ACS)
        self.device.events.informed(self.device.events.for_inform())
        self.device.read(["Device."])
        self.device.save()
        self.version = version
        self.prefix = "Device."
        self.following: list[list[str]] = []
        self.requests: list[m.Request] = []
        self.retries = Retries()
        self.session: Session | None = None
        self.outbox = Outbox([self.device.transfer_requests], self.device.events)
        self.told: tuple[Event, ...] = ()
        self.outstanding_id: str | None = None
        self.saves = self.device.documents.saves

    def play(self, fields: list[str]) -> None:
        match fields:
            case [text] if text.startswith("… = "):
                self.prefix = text.removeprefix("… = ")
            case ["WHEN", *what]:
                self.nothing_else()
                self.happens(*what)
                self.notice_saves()
            case ["ACS", *what]:
                self.nothing_else()
                self.receives(what)
            case ["QUIET"]:
                self.nothing_else()
                is_due = self.device.events.opens_session(self.device.notifications.is_active, self.outbox.put_off)
                assert not is_due, "a session is due"
            case ["CPE", "Inform", *_] if self.session is None:
                self.nothing_else()
                self.begins()
                self.follows(fields)
            case _:
                self.follows(fields)

    def nothing_else(self) -> None:
        assert self.following == [], "what follows first: " + " | ".join("  ".join(line) for line in self.following)

    # -- what comes upon the CPE --------------------------------------------------------------------------------------

    def happens(self, what: str, argument: str = "") -> None:
        device = self.device
        if what == "TransferComplete":
            device.events.occurred("M Download", argument)
            self.requests.append(m.TransferComplete(argument, m.FaultStruct()))
            device.save()
        elif what == "GetRPCMethods":
            self.requests.append(m.GetRPCMethods())
        elif what == "the line breaks":
            self.breaks("the line broke")
        elif what in ("the agent restarts", "the system reboots"):
            self.device, self.retries = device.restarted(booted=what == "the system reboots"), Retries()
            self.outbox = Outbox([self.device.transfer_requests], self.device.events)
            self.session = None
            if what == "the system reboots":
                self.device.events.occurred(BOOT)
            self.device.save()
        elif what == "changes cut the line":
            device.system.cuts_path = True
        elif found := re.fullmatch(r"files (?:are moved|fail ([0-9]+))", what):
            self.moves(Outcome(int(found[1] or 0), "because" if found[1] else ""))
        elif what in ("a person fetches", "a person fetches in vain", "the device wants"):
            self.wants(what, argument)
        elif found := re.fullmatch(r"([0-9]+) s pass", what):
            self.time_passes(float(found[1]))
        elif found := WORD.fullmatch(what):
            device.becomes(self.full(found["name"]), found["value"])
            if changes := device.notifications.check(device.read):
                device.events.occurred(VALUE_CHANGE, paths=changes.paths)
            device.save()
        else:
            code, _, key = what.rstrip(")").partition("(")
            device.events.occurred(code, key)
            device.save()

    def time_passes(self, seconds: float) -> None:
        device = self.device
        device.now += seconds
        for key in device.scheduled.pop_due(device.now, device.wall):
            device.events.occurred("M ScheduleInform", key)
        device.save()

    def wants(self, what: str, argument: str) -> None:
        queue, wall = self.device.transfers, self.device.wall
        if what == "the device wants":
            queue.ask_for(argument)
        else:
            order = FileOrder(argument, "", "", FIRMWARE, 9, "", False, "")
            queue.happened(order, Outcome(9016 if "vain" in what else 0), wall - 9, wall)
        self.device.save()

    def moves(self, outcome: Outcome) -> None:
        queue, device = self.device.transfers, self.device
        while one := queue.look(device.now, device.wall):
            queue.begins(one, device.wall)
            device.save()
            if outcome.code:
                queue.has_failed(one.id, outcome, device.now, device.wall)
            else:
                queue.was_taken(one.id, Taken(), device.wall)
            device.save()
        device.save()

    def begins(self) -> None:
        device = self.device
        self.told = device.events.for_inform(retrying=self.retries.is_retrying)
        self.outbox.begin(self.told)
        self.session = session = Session(
            device.inform(self.retries.count),
            device.ask,
            lambda: self.outbox.next_request(session.version) or (self.requests.pop(0) if self.requests else None),
            self.is_answered,
        )
        self.sends(self.session.start())

    def receives(self, what: list[str]) -> None:
        assert self.session is not None, "there is no session"
        try:
            turn = self.session.receive(self.envelope(what))
        except SessionFailed as failure:
            return self.breaks(str(failure))
        self.device.save()
        self.notice_saves()
        return self.sends(turn)

    def is_answered(self, request: m.Request, response: m.Response | m.Fault) -> None:
        if isinstance(response, m.InformResponse):
            self.device.events.informed(self.told)
        elif isinstance(request, m.TransferComplete) and isinstance(response, m.Response):
            self.device.events.answered("TransferCompleteResponse", request.command_key)
        self.outbox.answered(request, response, self.device.now)

    def breaks(self, reason: str) -> None:
        assert self.session is not None, "there is no session"
        if not self.session.informed:
            self.device.events.failed(self.told)
        self.retries.failed(5, 2000, 0.5)
        self.session = None
        self.device.save()
        self.notice_saves()
        self.following.append(["FAILED", reason])

    def sends(self, turn: Post | Waiting | Finished) -> None:
        if isinstance(turn, Finished):
            self.session = None
            self.retries.succeeded()
            self.device.notifications.follow(self.device.model.notified(), self.device.read)
            self.device.save()
            self.notice_saves()
            self.following.append(["END"])
            return
        assert isinstance(turn, Post)
        if turn.envelope is None:
            self.following.append(["CPE", "-"])
            return
        sent = parse(checked(turn.envelope))
        self.outstanding_id = sent.id
        self.following.append(["CPE", *told(sent.message)])

    def notice_saves(self) -> None:
        if self.device.documents.saves != self.saves:
            self.saves = self.device.documents.saves
            self.following.append(["SAVE"])

    # -- what has to follow -------------------------------------------------------------------------------------------

    def follows(self, expected: list[str]) -> None:
        assert self.following, "nothing follows here"
        actual = self.following.pop(0)
        wanted = [self.full(field) for field in expected]
        shown = "  ".join(actual)
        if wanted[0] == "FAILED":
            assert actual[0] == "FAILED", f"it goes: {shown}"
            assert wanted[1] in actual[1], f"it goes: {shown}"
        elif wanted[:2] == ["CPE", "Inform"]:
            assert [field for field in actual if "=" not in field] == [f for f in wanted if "=" not in f], (
                f"it goes: {shown}"
            )
            assert [field for field in wanted if field not in actual] == [], f"it goes: {shown}"
        elif expected[-1] == NOT_COMPARED:
            assert actual[: len(wanted) - 1] == wanted[:-1], f"it goes: {shown}"
        else:
            assert actual == wanted, f"it goes: {shown}"

    # -- words --------------------------------------------------------------------------------------------------------

    def full(self, text: str) -> str:
        return self.prefix + text[1:] if text.startswith("…") else text

    def envelope(self, what: list[str]) -> m.Envelope | None:
        """What the ACS sends, by way of the wire."""
        if what == ["-"]:
            return None
        hold = what[-1] == "hold"
        message = said(what[0], [self.full(field) for field in what[1 : len(what) - hold]])
        number = "acs 1" if isinstance(message, m.Request) else self.outstanding_id
        if isinstance(message, m.UnknownRequest):
            return m.Envelope(message, id=number, hold_requests=hold, version="1.2")
        return parse(render(m.Envelope(message, id=number, hold_requests=hold, version=self.version)))


def said(name: str, fields: list[str]) -> m.Message:
    """A message of the ACS's from its fields."""
    keys = [field.removeprefix("key ") for field in fields if field.startswith("key ")]
    words = ["" if field == '""' else field for field in fields if not field.startswith("key ")]
    key = keys[0] if keys else ""
    if name.startswith("Fault "):
        return m.Fault(int(name.removeprefix("Fault ")), "")

    def of(what: str, default: str) -> str:
        return next((word.removeprefix(f"{what} ") for word in words if word.startswith(f"{what} ")), default)

    late = int(of("after", "0 s").removesuffix(" s"))
    makers: dict[str, Callable[[], m.Message]] = {
        "InformResponse": m.InformResponse,
        "TransferCompleteResponse": m.TransferCompleteResponse,
        "GetRPCMethodsResponse": lambda: m.GetRPCMethodsResponse(words),
        "GetRPCMethods": m.GetRPCMethods,
        "GetParameterValues": lambda: m.GetParameterValues(words),
        "GetParameterNames": lambda: m.GetParameterNames(words[0], words[1] == "next level"),
        "GetParameterAttributes": lambda: m.GetParameterAttributes(words),
        "SetParameterValues": lambda: m.SetParameterValues([value(word) for word in words], key),
        "SetParameterAttributes": lambda: m.SetParameterAttributes([attribute(word) for word in words]),
        "AddObject": lambda: m.AddObject(words[0], key),
        "DeleteObject": lambda: m.DeleteObject(words[0], key),
        "Reboot": lambda: m.Reboot(key),
        "FactoryReset": m.FactoryReset,
        "ScheduleInform": lambda: m.ScheduleInform(int(words[0].removesuffix(" s")), key),
        "Download": lambda: m.Download(
            command_key=key, file_type=of("type", FIRMWARE), url=words[0], delay_seconds=late
        ),
        "Upload": lambda: m.Upload(command_key=key, file_type=of("type", BACKUP), url=words[0], delay_seconds=late),
        "ScheduleDownload": lambda: m.ScheduleDownload(
            command_key=key, file_type=FIRMWARE, url=words[0], time_window_list=[window(one) for one in words[1:]]
        ),
        "CancelTransfer": lambda: m.CancelTransfer(key),
        "GetQueuedTransfers": m.GetQueuedTransfers,
        "GetAllQueuedTransfers": m.GetAllQueuedTransfers,
        "AutonomousTransferCompleteResponse": m.AutonomousTransferCompleteResponse,
        "RequestDownloadResponse": m.RequestDownloadResponse,
    }
    return makers[name]() if name in makers else m.UnknownRequest(name)


def window(word: str) -> m.TimeWindowStruct:
    """Such as "60-120 s 2 Immediately retries 1"."""
    found = re.fullmatch(r"(\d+)-(\d+) s (.*?)(?: retries (-?\d+))?", word)
    assert found, f"no window: {word}"
    return m.TimeWindowStruct(int(found[1]), int(found[2]), found[3], "", int(found[4] or 0))


def value(word: str) -> m.ParameterValueStruct:
    found = WORD.fullmatch(word)
    assert found, f"no value: {word}"
    return m.ParameterValueStruct(found["name"], found["value"], found["type"])


def attribute(word: str) -> m.SetParameterAttributesStruct:
    found = WORD.fullmatch(word)
    assert found, f"no attribute: {word}"
    if found["value"].isdigit():
        return m.SetParameterAttributesStruct(found["name"], True, int(found["value"]))
    return m.SetParameterAttributesStruct(
        found["name"], False, 0, True, [] if found["value"] == "-" else ["Subscriber"]
    )


def told(message: m.Message) -> list[str]:
    """A message of the CPE's as fields."""
    name = m.name_of(message)
    match message:
        case m.Inform(event=events, retry_count=count, parameter_list=values):
            codes = [e.event_code + (f"({e.command_key})" if e.event_code.startswith("M ") else "") for e in events]
            return [name, *codes, *([f"retry {count}"] if count else []), *(f"{v.name}={v.value}" for v in values)]
        case m.Fault(code=code, parameter_faults=rows):
            return [f"Fault {code}", *(f"{row.name}={row.code}" for row in rows)]
        case m.GetParameterValuesResponse(parameter_list=values):
            return [name, *(f"{v.name}={v.value}" for v in values)]
        case m.GetParameterNamesResponse(parameter_list=names):
            return [name, *(one.name + (" (w)" if one.writable else "") for one in names)]
        case m.GetParameterAttributesResponse(parameter_list=attributes):
            return [name, *(f"{a.name}={a.notification}{'' if a.access_list else ' -'}" for a in attributes)]
        case m.SetParameterValuesResponse(status=status) | m.DeleteObjectResponse(status=status):
            return [name, f"status {status}"]
        case m.AddObjectResponse(instance_number=number, status=status):
            return [name, str(number), f"status {status}"]
        case m.GetRPCMethodsResponse(method_list=methods):
            return [name, *methods]
        case _:
            return [name, *told_of_transfers(message)]


def told_of_transfers(message: m.Message) -> list[str]:
    match message:
        case (
            m.TransferComplete(command_key=about, fault_struct=fault)
            | m.AutonomousTransferComplete(transfer_url=about, fault_struct=fault)
        ):
            return [about or '""', *([str(fault.fault_code)] if fault.fault_code else [])]
        case m.RequestDownload(file_type=kind):
            return [kind]
        case m.DownloadResponse(status=status) | m.UploadResponse(status=status):
            return [f"status {status}"]
        case m.GetQueuedTransfersResponse(transfer_list=transfers):
            return [f"{one.command_key}={one.state}" for one in transfers]
        case m.GetAllQueuedTransfersResponse(transfer_list=every):
            return [f"{one.command_key}={one.state} {one.file_type}" for one in every]
        case _:
            return []
