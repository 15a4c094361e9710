"""What each request does and how it is refused: codes, rows, limits, and what is saved before the answer."""

import logging
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.cwmp import messages as m
from agent.cwmp import rpc
from agent.cwmp.event_queue import BOOTSTRAP, LONGEST_KEY, MOST_AWAITING_REBOOT
from agent.cwmp.management_server import acs_identity
from agent.cwmp.rpc import METHODS, Clocks, Rpc
from agent.model.data_model import Caller
from agent.model.errors import Denied, ModelError
from tests.cwmp.small_device import SmallDevice, checked, schema

PORT = "Device.Ethernet.Interface.1."
KEY = "Device.ManagementServer.ParameterKey"
LONG = "k" * (LONGEST_KEY + 1)


@pytest.fixture
def device() -> SmallDevice:
    return SmallDevice()


def refusal(answer: m.Message) -> int:
    assert isinstance(answer, m.Fault), answer
    checked(m.Envelope(answer, id="1"))
    return answer.code


def rows(answer: m.Message) -> list[tuple[str, int]]:
    assert refusal(answer) == 9003
    assert isinstance(answer, m.Fault)
    return [(row.name, row.code) for row in answer.parameter_faults]


def spv(*values: tuple[str, str], key: str = "") -> m.SetParameterValues:
    return m.SetParameterValues(tuple(m.ParameterValueStruct(name, value) for name, value in values), key)


def spa(path: str, level: int | None = None, access: Sequence[str] | None = None) -> m.SetParameterAttributes:
    return m.SetParameterAttributes(
        (m.SetParameterAttributesStruct(path, level is not None, level or 0, access is not None, access or ()),)
    )


# --- the table -------------------------------------------------------------------------------------------------------


def test_get_rpc_methods_lists_what_is_served_and_nothing_else(device: SmallDevice) -> None:
    answer = device.ask(m.GetRPCMethods())
    assert isinstance(answer, m.GetRPCMethodsResponse)
    assert list(answer.method_list) == [
        "GetRPCMethods",
        "SetParameterValues",
        "GetParameterValues",
        "GetParameterNames",
        "SetParameterAttributes",
        "GetParameterAttributes",
        "AddObject",
        "DeleteObject",
        "Reboot",
        "FactoryReset",
        "ScheduleInform",
        "Download",
        "Upload",
        "ScheduleDownload",
        "CancelTransfer",
        "GetQueuedTransfers",
        "GetAllQueuedTransfers",
    ]
    assert list(without_files(device).names) == list(answer.method_list)[:11]
    assert Units().rpc(device).names[-1] == "ChangeDUState"


def without_files(device: SmallDevice) -> Rpc:
    """The RPCs of a device that moves no files and has no software modules."""
    return Rpc(device.model, device.events, device.scheduled, device.notifications, device.save)


class Units:
    """Notes what is to become of software modules."""

    def __init__(self) -> None:
        self.told: list[tuple[int, str]] = []
        self.refuses: ModelError | None = None

    def rpc(self, device: SmallDevice) -> Rpc:
        return Rpc(device.model, device.events, device.scheduled, device.notifications, device.save, units=self)

    def change(self, operations: Sequence[m.Operation], command_key: str, clocks: Clocks) -> None:
        if self.refuses:
            raise self.refuses
        self.told.append((len(operations), command_key))


SAMPLE = {
    m.Download: m.Download(file_type="1 Firmware Upgrade Image", url="http://files.example/x"),
    m.Upload: m.Upload(file_type="1 Vendor Configuration File", url="http://files.example/x"),
    m.CancelTransfer: m.CancelTransfer("key"),
    m.ScheduleDownload: m.ScheduleDownload(file_type="2 Web Content", url="http://x.example/", time_window_list=()),
    m.ChangeDUState: m.ChangeDUState(()),
    m.GetQueuedTransfers: m.GetQueuedTransfers(),
    m.GetAllQueuedTransfers: m.GetAllQueuedTransfers(),
    m.InformResponse: m.InformResponse(),
    m.UnknownRequest: m.UnknownRequest("SetVouchers"),
}


@pytest.mark.parametrize("request_", SAMPLE.values(), ids=lambda request: m.name_of(request))
def test_what_is_not_served_is_9000(device: SmallDevice, request_: m.Request) -> None:
    assert refusal(without_files(device).answer(request_, Clocks(device.now, device.wall))) == 9000


def test_what_is_to_become_of_modules_is_handed_on_and_bounded(device: SmallDevice) -> None:
    units, clocks = Units(), Clocks(device.now, device.wall)
    answer = units.rpc(device).answer
    change = m.ChangeDUState((m.UninstallOpStruct("uuid"),), "key")

    assert answer(change, clocks) == m.ChangeDUStateResponse()
    assert units.told == [(1, "key")]
    assert refusal(answer(m.ChangeDUState((), "key"), clocks)) == 9004
    assert refusal(answer(m.ChangeDUState(change.operations * 17), clocks)) == 9004
    assert refusal(answer(m.ChangeDUState(change.operations, "k" * 33), clocks)) == 9001
    units.refuses = Denied("", "not today")
    assert refusal(answer(change, clocks)) == 9001
    assert units.told == [(1, "key")]


def test_a_transfer_that_cannot_be_saved_is_not_queued(device: SmallDevice) -> None:
    device.documents.is_full = True
    assert refusal(device.ask(SAMPLE[m.Download])) == 9004
    device.documents.is_full = False
    assert device.transfers.all == ()

    device.ask(replace(SAMPLE[m.Download], command_key="key"))
    device.documents.is_full = True
    assert refusal(device.ask(m.CancelTransfer("key"))) == 9002
    assert len(device.transfers) == 1


def test_the_seventeenth_transfer_is_one_too_many(device: SmallDevice) -> None:
    answers = [device.ask(SAMPLE[m.Download]) for _ in range(17)]
    assert answers[:16] == [m.DownloadResponse(1)] * 16
    assert refusal(answers[16]) == 9004
    assert device.ask(m.GetQueuedTransfers()) == m.GetQueuedTransfersResponse([m.QueuedTransferStruct("", 1)] * 16)


def test_a_request_that_could_not_be_read_is_9003(device: SmallDevice) -> None:
    assert refusal(device.ask(m.InvalidRequest("Reboot", "CommandKey twice"))) == 9003


@pytest.mark.parametrize("method", ["Download", "Upload", "ScheduleDownload", "ChangeDUState", "Kicked"])
def test_whether_a_method_is_served_is_judged_before_its_arguments(device: SmallDevice, method: str) -> None:
    request = m.InvalidRequest(method, f"{method} lacks CommandKey")
    assert refusal(without_files(device).answer(request, Clocks(device.now, device.wall))) == 9000


def test_a_code_that_a_method_may_not_use_is_told_as_the_nearest_that_it_may() -> None:
    told = {
        (kind.__name__, code): method.permitted(m.Fault(code, "why")).code
        for kind, method in METHODS.items()
        for code in range(9000, 9010)
    }
    assert all(code in METHODS[getattr(m, name)].codes for (name, _), code in told.items())
    assert told["Reboot", 9004] == 9002
    assert told["AddObject", 9007] == 9003
    assert told["AddObject", 9008] == 9001
    assert told["SetParameterAttributes", 9009] == 9009


# --- reading ---------------------------------------------------------------------------------------------------------


def test_values_come_with_their_types_and_each_asked_path_once(device: SmallDevice) -> None:
    answer = device.ask(m.GetParameterValues((PORT + "Enable", PORT + "MaxBitRate", PORT + "Enable")))
    assert isinstance(answer, m.GetParameterValuesResponse)
    assert [(v.name, v.value, v.type) for v in answer.parameter_list] == [
        (PORT + "Enable", "true", "boolean"),
        (PORT + "MaxBitRate", "1000", "int"),
    ]


@pytest.mark.parametrize(
    "paths",
    [
        ("", "Device."),
        ("Device.", PORT, ""),
        (PORT + "Enable", "Device.Ethernet.Interface.*.Enable", "Device."),
        ("Device.Ethernet.Interface.*.", PORT, ""),
    ],
)
def test_overlapping_paths_answer_each_parameter_once(device: SmallDevice, paths: tuple[str, ...]) -> None:
    for question in (m.GetParameterValues, m.GetParameterAttributes):
        answer, whole = device.ask(question(paths)), device.ask(question(("",)))
        assert isinstance(answer, (m.GetParameterValuesResponse, m.GetParameterAttributesResponse))
        assert isinstance(whole, type(answer))
        names = [one.name for one in answer.parameter_list]
        assert len(names) == len(set(names))
        assert set(names) == {one.name for one in whole.parameter_list}


def test_one_wrong_name_refuses_the_whole_reading(device: SmallDevice) -> None:
    for wrong in ("Device.Nothing", "Device.Ethernet.Interface.9.Enable", "device.", "Device", "Device..", "../etc"):
        assert refusal(device.ask(m.GetParameterValues((PORT + "Enable", wrong)))) == 9005
        assert refusal(device.ask(m.GetParameterAttributes((wrong,)))) == 9005
        assert refusal(device.ask(m.GetParameterNames(wrong, False))) == 9005


def test_next_level_of_a_parameter_is_9003(device: SmallDevice) -> None:
    assert refusal(device.ask(m.GetParameterNames(PORT + "Enable", True))) == 9003
    answer = device.ask(m.GetParameterNames(PORT + "Enable", False))
    assert answer == m.GetParameterNamesResponse((m.ParameterInfoStruct(PORT + "Enable", True),))


def test_an_answer_beyond_the_limits_is_9004(device: SmallDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(device.ask(m.GetParameterValues(("",))), m.GetParameterValuesResponse)
    monkeypatch.setattr(rpc, "MOST_ANSWERED", 20)
    assert refusal(device.ask(m.GetParameterValues(("",)))) == 9004
    assert refusal(device.ask(m.GetParameterAttributes(("Device.",)))) == 9004
    monkeypatch.undo()
    monkeypatch.setattr(rpc, "LARGEST_ANSWER", 100)
    assert refusal(device.ask(m.GetParameterValues(("Device.DeviceInfo.",)))) == 9004


def test_overlapping_partial_paths_are_cut_off_before_they_pile_up(
    device: SmallDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rpc, "MOST_ANSWERED", 500)
    read: list[str] = []
    get = device.model.get

    def counted(paths: Sequence[str], caller: Caller) -> list[object]:
        read.extend(paths)
        return [*get(("Device.",), caller)] * len(paths)

    monkeypatch.setattr(device.model, "get", counted)
    paths = tuple(f"Device.Ethernet.Interface.{n}." for n in range(1, 500))
    assert refusal(device.ask(m.GetParameterValues(paths))) == 9004
    assert len(read) <= 48


def test_a_mechanism_that_does_not_answer_is_9002_without_details(device: SmallDevice) -> None:
    device.system.is_silent = True
    answer = device.ask(m.GetParameterValues(("Device.DeviceInfo.ModelNumber",)))
    assert refusal(answer) == 9002
    assert "secret0" not in str(answer)


def test_a_surprise_is_logged_in_full_and_told_in_brief(
    device: SmallDevice, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> list[object]:
        raise ZeroDivisionError("the inner secret")

    monkeypatch.setattr(device.model, "names", broken)
    with caplog.at_level(logging.ERROR):
        answer = device.ask(m.GetParameterNames("", False))
    assert answer == m.Fault(9002, "Internal error")
    assert "the inner secret" in caplog.text


# --- setting ---------------------------------------------------------------------------------------------------------


def test_a_set_changes_all_and_keeps_the_key(device: SmallDevice) -> None:
    answer = device.ask(spv((PORT + "Enable", "0"), (PORT + "MaxBitRate", "100"), key="k1"))
    assert answer == m.SetParameterValuesResponse(0)
    assert [device.get(PORT + "Enable"), device.get(PORT + "MaxBitRate"), device.get(KEY)] == ["false", "100", "k1"]
    assert device.restarted().get(KEY) == "k1"


def test_a_refused_set_names_every_bad_parameter_and_changes_nothing(device: SmallDevice) -> None:
    device.ask(spv(key="before"))
    answer = device.ask(
        spv(
            (PORT + "Enable", "0"),
            (PORT + "Status", "Down"),
            (PORT + "MaxBitRate", "fast"),
            (PORT + "Nothing", "1"),
            (PORT, "1"),
            ("Device.Ethernet.Interface.*.Enable", "0"),
            key="after",
        )
    )
    assert rows(answer) == [
        (PORT + "Status", 9008),
        (PORT + "MaxBitRate", 9007),
        (PORT + "Nothing", 9005),
        (PORT, 9005),
        ("Device.Ethernet.Interface.*.Enable", 9005),
    ]
    assert [device.get(PORT + "Enable"), device.get(KEY)] == ["true", "before"]


def test_a_parameter_without_a_name_is_a_row_like_any_other(device: SmallDevice) -> None:
    assert rows(device.ask(spv(("", "1")))) == [("", 9005)]
    assert rows(device.ask(spv((PORT + "Enable", "0"), ("", "1")))) == [("", 9005)]
    assert rows(device.ask(spv((PORT + "Status", "Down"), ("", "1")))) == [(PORT + "Status", 9008), ("", 9005)]
    assert device.get(PORT + "Enable") == "true"


@pytest.mark.slow
def test_5000_refusals_are_a_row_each_and_one_line_of_the_log(
    device: SmallDevice, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = [(f"{PORT}Nothing{number}", "1") for number in range(5000)]
    begun = time.monotonic()
    with caplog.at_level(logging.INFO):
        assert rows(device.ask(spv(*wanted))) == [(name, 9005) for name, _ in wanted]
    assert time.monotonic() - begun < 20
    assert caplog.text.endswith("; and 4984 more\n")
    assert len(caplog.text) < 3000


def test_a_wrong_type_is_9006_and_a_missing_one_is_not(device: SmallDevice) -> None:
    wrong = m.SetParameterValues((m.ParameterValueStruct(PORT + "Enable", "0", "unsignedInt"),))
    assert rows(device.ask(wrong)) == [(PORT + "Enable", 9006)]
    assert device.ask(spv((PORT + "Enable", "0"))) == m.SetParameterValuesResponse(0)


def test_a_name_twice_is_9003_without_rows(device: SmallDevice) -> None:
    assert rows(device.ask(spv((PORT + "Enable", "0"), (PORT + "Enable", "1")))) == []
    assert rows(device.ask(spv((PORT + "Enable", "0"), ("Device.Ethernet.Interface.[cpe-1].Enable", "1")))) == []
    assert device.ask(spv((PORT + "Enable", "0"))) == m.SetParameterValuesResponse(0)


def test_a_name_twice_beside_bad_parameters_leaves_each_of_them_its_row(device: SmallDevice) -> None:
    bad = [(PORT + "Status", "Up"), (PORT + "Nothing", "1"), (PORT + "Enable", "perhaps")]
    twice = [("Device.DeviceInfo.ProvisioningCode", "1"), ("Device.DeviceInfo.ProvisioningCode", "2")]

    for order in ([*twice, *bad], [*bad, *twice], [bad[0], twice[0], bad[1], twice[1], bad[2]]):
        answer = device.ask(spv(*order))
        assert rows(answer) == [(PORT + "Status", 9008), (PORT + "Nothing", 9005), (PORT + "Enable", 9007)]
        assert refusal(answer) == 9003
        assert isinstance(answer, m.Fault)
        assert answer.string.endswith("Device.DeviceInfo.ProvisioningCode: set twice in one request")


def test_a_key_that_is_too_long_is_9003_and_nothing_is_done(device: SmallDevice) -> None:
    requests = (
        spv((PORT + "Enable", "0"), key=LONG),
        m.AddObject("Device.IP.Interface.", LONG),
        m.DeleteObject("Device.IP.Interface.1.", LONG),
        m.Reboot(LONG),
        m.ScheduleInform(60, LONG),
    )
    device.read(["Device."])
    saves = device.documents.saves
    assert [refusal(device.ask(request)) for request in requests] == [9003] * 5
    assert (device.documents.saves, len(device.events), device.get(PORT + "Enable")) == (saves, 0, "true")


def test_a_system_that_cannot_make_the_change_is_named_and_everything_is_as_before(device: SmallDevice) -> None:
    device.system.breaks_down = True
    assert rows(device.ask(spv((PORT + "Enable", "0"), key="after"))) == [(PORT + "Enable", 9002)]
    assert [device.get(PORT + "Enable"), device.get(KEY)] == ["true", ""]
    answer = device.ask(m.AddObject("Device.IP.Interface.", "after"))
    assert (refusal(answer), getattr(answer, "parameter_faults", None)) == (9002, ())


def test_what_cannot_be_saved_is_not_done_and_says_why(device: SmallDevice) -> None:
    device.save()
    device.documents.is_full = True
    requests = (
        spv((PORT + "Enable", "0")),
        m.AddObject("Device.IP.Interface."),
        spa(PORT + "Enable", 2),
        m.FactoryReset(),
        m.ScheduleInform(60, "key"),
    )
    answers = [device.ask(request) for request in requests]
    assert [refusal(answer) for answer in answers] == [9004, 9004, 9004, 9002, 9002]
    for answer in answers:
        assert isinstance(answer, m.Fault)
        assert answer.string.endswith("it could not be saved: No space left on device")
    assert (device.get(PORT + "Enable"), len(device.events), len(device.scheduled)) == ("true", 0, 0)


def test_a_reboot_that_cannot_be_saved_may_be_the_cure_and_is_obeyed(
    device: SmallDevice, caplog: pytest.LogCaptureFixture
) -> None:
    device.documents.is_full = True
    assert device.ask(m.Reboot("key")) == m.RebootResponse()
    assert device.events.awaits_reboot
    assert "No space left on device" in caplog.text


def test_a_change_that_would_cut_the_session_waits_for_its_end(device: SmallDevice) -> None:
    device.system.cuts_path = True
    assert device.ask(spv((PORT + "Enable", "0"), key="k1")) == m.SetParameterValuesResponse(1)
    assert device.ask(spv((PORT + "Enable", "1"), key="k2")) == m.SetParameterValuesResponse(1)
    assert device.model.awaits_application


def test_another_acs_url_is_first_contact_and_saved_before_the_answer(device: SmallDevice) -> None:
    device.events.acs_is("https://acs.example/cwmp")
    device.events.informed(device.events.for_inform())
    device.ask(spv(("Device.ManagementServer.URL", "https://acs.example/cwmp")))
    assert len(device.events) == 0
    device.ask(spv(("Device.ManagementServer.URL", "https://other.example/")))
    assert [event.code for event in device.restarted().events.pending] == [BOOTSTRAP]


def test_a_change_stands_though_what_follows_from_it_cannot_be_saved(
    device: SmallDevice, caplog: pytest.LogCaptureFixture
) -> None:
    device.documents.refused = "cwmp"
    answer = device.ask(spv(("Device.ManagementServer.URL", "https://other.example/")))
    assert answer == m.SetParameterValuesResponse(0)
    assert "could not be saved" in caplog.text
    after = device.restarted()
    assert after.events.acs_is(acs_identity(after.own))


def test_objects_are_added_disabled_under_numbers_that_are_not_reused(device: SmallDevice) -> None:
    first = device.ask(m.AddObject("Device.IP.Interface.", "k1"))
    assert first == m.AddObjectResponse(2, 0)
    assert [device.get("Device.IP.Interface.2.Enable"), device.get(KEY)] == ["false", "k1"]
    assert device.ask(m.DeleteObject("Device.IP.Interface.2.", "k2")) == m.DeleteObjectResponse(0)
    assert device.get(KEY) == "k2"
    assert device.ask(m.AddObject("Device.IP.Interface.")) == m.AddObjectResponse(3, 0)
    named = device.ask(m.AddObject("Device.IP.Interface.[guest]."))
    assert named == m.AddObjectResponse(4, 0)
    assert device.get("Device.IP.Interface.[guest].Enable") == "false"


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (m.AddObject("Device.Nothing."), 9005),
        (m.AddObject("Device.IP.Interface"), 9005),
        (m.AddObject("Device.IP.Interface.1."), 9005),
        (m.AddObject("Device.IP.Interface.*."), 9005),
        (m.AddObject(""), 9005),
        (m.AddObject("Device.Ethernet.Interface."), 9001),
        (m.AddObject("Device.IP.Interface.[cpe-1]."), 9003),
        (m.DeleteObject("Device.IP.Interface."), 9005),
        (m.DeleteObject("Device.IP.Interface.9."), 9005),
        (m.DeleteObject("Device.IP.Interface.1"), 9005),
        (m.DeleteObject("Device.Ethernet.Interface.1."), 9001),
    ],
)
def test_an_object_that_cannot_be_added_or_deleted_is_refused_without_rows(
    device: SmallDevice, request_: m.Request, code: int
) -> None:
    answer = device.ask(request_)
    assert (refusal(answer), getattr(answer, "parameter_faults", None)) == (code, ())
    assert device.ask(spv((PORT + "Enable", "0"))) == m.SetParameterValuesResponse(0)


def test_a_refusal_under_another_code_has_its_reason_once(device: SmallDevice) -> None:
    [answer] = [device.ask(m.AddObject("Device.IP.Interface.[cpe-1]."))]
    assert isinstance(answer, m.Fault)
    assert answer.string.startswith("Invalid arguments: ")
    assert "Invalid parameter value" not in answer.string


# --- attributes ------------------------------------------------------------------------------------------------------


def attributes(device: SmallDevice, path: str) -> list[tuple[str, int, tuple[str, ...]]]:
    answer = device.ask(m.GetParameterAttributes((path,)))
    assert isinstance(answer, m.GetParameterAttributesResponse)
    return [(one.name, one.notification, tuple(one.access_list)) for one in answer.parameter_list]


def test_attributes_are_set_each_by_its_own_flag_and_survive_a_restart(device: SmallDevice) -> None:
    assert attributes(device, PORT + "Status") == [(PORT + "Status", 0, ("Subscriber",))]
    device.ask(spa(PORT + "Status", level=1))
    device.ask(spa(PORT + "Status", access=()))
    device.ask(spa(PORT + "Status"))
    assert attributes(device.restarted(), PORT + "Status") == [(PORT + "Status", 1, ())]


def test_a_partial_path_sets_the_attributes_of_all_below_it(device: SmallDevice) -> None:
    assert device.ask(spa(PORT, level=1)) == m.SetParameterAttributesResponse()
    assert {level for _, level, _ in attributes(device, PORT)} == {1}
    assert {level for _, level, _ in attributes(device, "Device.Ethernet.Interface.2.")} == {0}


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (spa("Device.Nothing", 1), 9005),
        (spa("Device.Ethernet.Interface.*.Status", 1), 9005),
        (spa(PORT + "Status", 3), 9009),
        (spa(PORT + "Status", 6), 9009),
        (spa(PORT + "Status", 7), 9003),
        (spa(PORT + "Status", -1), 9003),
        (spa(PORT + "Status", access=("Anybody",)), 9003),
        (spa("Device.DeviceInfo.UpTime", 2), 9009),
    ],
)
def test_attributes_that_cannot_be_had_are_refused_as_a_whole(
    device: SmallDevice, request_: m.SetParameterAttributes, code: int
) -> None:
    good = spa(PORT + "Status", 2).parameter_list
    assert refusal(device.ask(m.SetParameterAttributes((*good, *request_.parameter_list)))) == code
    assert attributes(device, PORT + "Status") == [(PORT + "Status", 0, ("Subscriber",))]


def test_a_parameter_is_watched_from_the_answer_on_and_what_the_acs_sets_is_no_news(device: SmallDevice) -> None:
    device.ask(spa(PORT, level=1))
    device.ask(spv((PORT + "MaxBitRate", "100")))
    assert not device.notifications.check(device.read)
    device.system.records["port"][0]["status"] = "Down"
    assert device.notifications.check(device.read).passive == (PORT + "Status",)


# --- for later -------------------------------------------------------------------------------------------------------


def test_reboot_and_factory_reset_wait_for_the_end_of_the_session_and_are_remembered(device: SmallDevice) -> None:
    assert device.ask(m.Reboot("one")) == m.RebootResponse()
    after = device.restarted()
    assert (after.events.awaits_reboot, after.events.awaits_factory_reset) == (True, False)
    assert device.ask(m.FactoryReset()) == m.FactoryResetResponse()
    assert device.restarted().events.awaits_factory_reset
    assert device.events.for_inform() == ()


def test_more_reboots_than_anybody_needs_are_refused_and_the_rest_stands(device: SmallDevice) -> None:
    answers = [device.ask(m.Reboot(str(number))) for number in range(MOST_AWAITING_REBOOT + 1)]
    assert refusal(answers[-1]) == 9002
    assert len(device.restarted().events) == MOST_AWAITING_REBOOT


def test_a_scheduled_inform_survives_a_restart(device: SmallDevice) -> None:
    assert device.ask(m.ScheduleInform(60, "key")) == m.ScheduleInformResponse()
    after = device.restarted()
    assert after.scheduled.pop_due(device.now + 59, device.wall + 59) == ()
    assert after.scheduled.pop_due(device.now + 60, device.wall + 60) == ("key",)


def test_a_delay_of_nothing_is_9003_and_too_many_are_refused(device: SmallDevice) -> None:
    assert refusal(device.ask(m.ScheduleInform(0, "key"))) == 9003
    answers = [device.ask(m.ScheduleInform(60, str(number))) for number in range(65)]
    assert refusal(answers[-1]) == 9002
    assert len(device.scheduled) == 64


# --- whatever is asked -----------------------------------------------------------------------------------------------

ODD = (
    "Alias",
    "LowerLayers",
    "URL",
    "ParameterName",
    "EventList",
    "1",
    "2",
    "0",
    "*",
    "[cpe-1]",
    "[new]",
    "[]",
    "",
    " ",
)
names = st.one_of(
    st.lists(
        st.sampled_from(
            [
                "Device",
                "Ethernet",
                "IP",
                "ManagementServer",
                "InformParameter",
                "Interface",
                "IPv4Address",
                "Enable",
                *ODD,
            ]
        ),
        max_size=7,
    ).map(".".join),
    st.sampled_from([PORT + "Enable", "Device.IP.Interface.", "Device.IP.Interface.1.", "Device.DeviceInfo.", ""]),
    st.text(max_size=20),
)
texts = st.one_of(st.sampled_from(["0", "1", "true", "", "Device.Ethernet.Interface.1"]), st.text(max_size=40))
values = st.builds(
    m.ParameterValueStruct, names, texts, st.sampled_from([None, "string", "boolean", "unsignedInt", "dateTime", "x"])
)
keys = st.text(max_size=40)
requests = st.one_of(
    st.builds(m.GetParameterValues, st.lists(names, max_size=4)),
    st.builds(m.GetParameterNames, names, st.booleans()),
    st.builds(m.GetParameterAttributes, st.lists(names, max_size=4)),
    st.builds(m.SetParameterValues, st.lists(values, max_size=4), keys),
    st.builds(m.AddObject, names, keys),
    st.builds(m.DeleteObject, names, keys),
    st.builds(m.Reboot, keys),
    st.builds(m.ScheduleInform, st.integers(0, 2**32 - 1), keys),
    st.builds(
        m.SetParameterAttributes,
        st.lists(
            st.builds(
                m.SetParameterAttributesStruct,
                names,
                st.booleans(),
                st.integers(-1, 8),
                st.booleans(),
                st.lists(st.sampled_from(["Subscriber", "", "X"]), max_size=2),
            ),
            max_size=4,
        ),
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(requests, max_size=8))
def test_whatever_is_asked_there_is_an_answer_and_a_refusal_has_a_code_of_its_method(asked: list[m.Request]) -> None:
    """Nothing here can fail for the system's sake: 9002 would be a surprise of ours."""
    device = SmallDevice()
    for request in asked:
        before = device.model.get(("Device.",), Caller.ACS)
        answer = device.ask(request)
        checked(m.Envelope(answer, id="1"))
        if isinstance(answer, m.Fault):
            assert answer.code in METHODS[type(request)].codes - {9002}
            assert device.model.get(("Device.",), Caller.ACS) == before
        else:
            assert isinstance(answer, m.response_to(request))


def test_every_parameter_of_the_data_model_is_declared_with_a_type_that_the_xsds_know() -> None:
    kinds = {entry.wire_type for entry in schema().parameters.values()}
    samples = {
        "boolean": "1",
        "dateTime": "2026-03-01T12:00:00Z",
        "string": "x",
        "base64Binary": "AAEC",
        "hexBinary": "0A",
    }
    values = tuple(m.ParameterValueStruct("Device.A", samples.get(kind, "1"), kind) for kind in sorted(kinds))
    assert kinds >= {"string", "boolean", "unsignedInt", "dateTime"}
    checked(m.Envelope(m.GetParameterValuesResponse(values), id="1"))
