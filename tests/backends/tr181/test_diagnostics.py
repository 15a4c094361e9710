"""DiagnosticsState, settings and results as an ACS sees them."""

import json

import pytest

from agent.model.data_model import Caller
from backends.diagnostics.failures import DiagnosticFailed
from backends.tr181.diagnostics import Test as Diagnostic
from backends.tr181.diagnostics_ip import TRACE
from backends.tr181.diagnostics_throughput import DOWNLOADED
from tests.backends.tr181.diagnosed import FAILING, HOST, IP, STATE, WAITING, Diagnosed


def complete(device: Diagnosed, **result: object) -> None:
    asked = device.tables.requested()
    assert asked is not None
    assert device.tables.ended(*asked, "Complete", result, "")


def with_saved_result(test: Diagnostic, result: str) -> Diagnosed:
    device = Diagnosed(tests=(test,))
    device.tables.restore({"records": {"Run": {test.name: {"state": "Complete", "result": result}}}})
    return device


def test_settings_and_request_in_one_set_are_a_request_in_whichever_order() -> None:
    for values in ({STATE: "Requested", HOST: "h"}, {HOST: "i", STATE: "Requested"}):
        device = Diagnosed()
        device.set(values)
        assert (device.get(STATE), device.tables.requested()) == ("Requested", ("Waiting", 1))


def test_what_cannot_be_run_is_refused_with_the_request() -> None:
    device = Diagnosed()
    assert device.refused({STATE: "Requested"}) == {STATE: "InvalidValue"}
    assert device.refused({STATE: "Requested", HOST: "", f"{WAITING}DSCP": "1"}) == {HOST: "InvalidValue"}
    assert (device.get(STATE), device.tables.requested()) == ("None", None)


@pytest.mark.parametrize("word", ["Complete", "None", "Error_Internal", "nonsense"])
def test_only_requested_and_canceled_may_be_written(word: str) -> None:
    assert Diagnosed().refused({STATE: word}) == {STATE: "InvalidValue"}


def test_results_are_read_when_it_is_complete_and_stay_over_a_restart() -> None:
    device = Diagnosed()
    device.set({HOST: "h", STATE: "Requested"})
    complete(device, ip_address_used="192.0.2.1", success_count=2)
    device.model.save()
    again = device.restarted()
    read = [again.get(f"{WAITING}{name}") for name in ("DiagnosticsState", "IPAddressUsed", "SuccessCount", "Host")]
    assert read == ["Complete", "192.0.2.1", "2", "h"]


@pytest.mark.parametrize(
    "result",
    [
        "{nonsense",
        "[1,2]",
        '"secret"',
        '{"test_bytes_received":"secret"}',
        '{"test_bytes_received":true}',
        '{"ip_address_used":null}',
        '{"rom_time":"yesterday"}',
        '{"rom_time":5}',
        '{"rom_time":"2026-01-01"}',
        '{"connections":[5,null]}',
        '{"connections":{"1":{}}}',
        '{"connections":[{"rom_time":7}]}',
    ],
)
def test_a_damaged_saved_result_is_none_and_is_told_once(caplog: pytest.LogCaptureFixture, result: str) -> None:
    device = with_saved_result(DOWNLOADED, result)
    for _ in range(2):
        assert device.tables.told()[DOWNLOADED.name] == {"state": "Complete", "text": "", "result": None}
        assert device.get(f"{DOWNLOADED.path}TestBytesReceived") == "0"
        assert device.get(f"{DOWNLOADED.path}ROMTime") == "0001-01-01T00:00:00Z"
        assert device.get(f"{DOWNLOADED.path}PerConnectionResultNumberOfEntries") == "0"
    assert caplog.messages == ["the saved result of DownloadDiagnostics is damaged, and counts as none"]


@pytest.mark.parametrize("times", ["[[1]]", '"1"', "[null]", "5"])
def test_a_damaged_list_in_a_row_of_a_saved_result_makes_it_none(times: str) -> None:
    assert not with_saved_result(TRACE, f'{{"hops":[{{}},{{"rt_times":{times}}}]}}').tables.result_of("TraceRoute")


def test_a_saved_result_whose_rows_and_times_are_whole_is_told() -> None:
    downloaded = {"rom_time": "2026-01-01T00:00:00.000001+00:00", "eom_time": None, "connections": [{}]}
    device = with_saved_result(DOWNLOADED, json.dumps(downloaded))
    assert device.tables.told()[DOWNLOADED.name]["result"] == downloaded
    assert device.get(f"{DOWNLOADED.path}ROMTime") == "2026-01-01T00:00:00.000001Z"
    device = with_saved_result(TRACE, '{"hops":[{"host":"h","rt_times":[1,2]},{}]}')
    assert device.get(f"{TRACE.path}RouteHops.1.RTTimes") == "1,2"


def test_a_changed_setting_makes_the_state_none_and_the_same_value_does_not() -> None:
    device = Diagnosed()
    device.set({HOST: "h", STATE: "Requested"})
    complete(device, success_count=2)
    device.set({HOST: "h"})
    assert device.get(STATE) == "Complete"
    device.set({HOST: "other"})
    assert (device.get(STATE), device.get(f"{WAITING}SuccessCount")) == ("None", "2")


def test_a_change_or_a_cancel_takes_the_request_back() -> None:
    device = Diagnosed()
    for change in ({HOST: "other"}, {STATE: "Canceled"}):
        device.set({HOST: "h", STATE: "Requested"})
        asked = device.tables.requested()
        assert asked is not None
        device.set(change)
        assert (device.get(STATE), device.tables.requested()) == ("None", None)
        assert not device.tables.ended(*asked, "Complete", {}, "")
        assert device.get(STATE) == "None"


def test_a_cancel_without_a_run_leaves_the_results() -> None:
    device = Diagnosed()
    device.set({HOST: "h", STATE: "Requested"})
    complete(device)
    device.set({STATE: "Canceled"})
    assert device.get(STATE) == "Complete"


def test_a_new_request_is_another_one_and_forgets_the_results() -> None:
    device = Diagnosed()
    device.set({HOST: "h", STATE: "Requested"})
    complete(device, success_count=2)
    device.set({STATE: "Requested"})
    assert (device.tables.requested(), device.get(f"{WAITING}SuccessCount")) == (("Waiting", 2), "0")
    device.set({STATE: "Requested"})
    assert not device.tables.is_requested("Waiting", 2)
    assert device.tables.requested() == ("Waiting", 3)


def test_the_one_asked_for_first_is_first() -> None:
    device = Diagnosed()
    device.set({f"{FAILING}Host": "h", f"{FAILING}DiagnosticsState": "Requested"})
    device.set({HOST: "h", STATE: "Requested"})
    assert device.tables.requested() == ("Failing", 1)


def test_a_transaction_that_is_refused_requests_nothing() -> None:
    device = Diagnosed()
    assert device.refused({HOST: "h", STATE: "Requested", f"{WAITING}DSCP": "64"}) == {f"{WAITING}DSCP": "InvalidValue"}
    assert (device.tables.requested(), device.get(HOST)) == (None, "")


def test_what_came_of_it_while_another_change_is_staged_is_not_lost() -> None:
    device = Diagnosed()
    device.set({HOST: "h", STATE: "Requested"})
    transaction = device.model.transaction(Caller.ACS)
    transaction.set(f"{FAILING}Host", "elsewhere")
    complete(device, success_count=1)
    transaction.commit()
    assert (device.get(STATE), device.get(f"{FAILING}Host")) == ("Complete", "elsewhere")


def test_it_is_given_its_settings_in_force_and_the_link_of_its_interface() -> None:
    device = Diagnosed()
    device.set({HOST: "h", f"{WAITING}NumberOfRepetitions": "4", f"{WAITING}Interface": "Device.IP.Interface.1"})
    settings, link = device.tables.request("Waiting")
    assert (settings.host, settings.number_of_repetitions, link) == ("h", 4, "eth0")
    device.links.clear()
    with pytest.raises(DiagnosticFailed, match="not there"):
        device.tables.request("Waiting")


@pytest.mark.parametrize("path", ["Device.IP.", "Device."])
def test_an_interface_is_a_row(path: str) -> None:
    device = Diagnosed()
    assert device.refused({f"{WAITING}Interface": path}) == {f"{WAITING}Interface": "InvalidValue"}
    device.set({f"{WAITING}Interface": "Device.IP.Interface.1"})
    device.set({f"{WAITING}Interface": ""})
    assert device.get(f"{WAITING}Interface") == ""


def test_a_person_s_run_stands_on_the_factory_s_settings_only() -> None:
    device = Diagnosed()
    device.set({HOST: "acs.example", f"{WAITING}DSCP": "7"})
    settings, link = device.tables.request("Waiting", {"Host": "mine", "NumberOfRepetitions": 9}, "eth1")
    assert (settings.host, settings.dscp, link) == ("mine", 0, "eth1")
    with pytest.raises(DiagnosticFailed, match="Host is not set"):
        device.tables.request("Waiting", {})


def test_the_inputs_of_people_are_those_of_tr181_and_some_of_our_own() -> None:
    inputs = Diagnosed().tables.inputs_of("Waiting")
    assert inputs["NumberOfRepetitions"] == (f"{WAITING}NumberOfRepetitions", 3)
    assert inputs["quickly"] == ("", False)


def test_a_factory_reset_forgets_settings_and_results() -> None:
    device = Diagnosed()
    device.set({HOST: "h", STATE: "Requested"})
    complete(device)
    device.model.forget_everything()
    assert (device.get(STATE), device.get(HOST)) == ("None", "")


def test_a_device_without_them_has_no_such_objects() -> None:
    assert not any(name.endswith("Supported") for name in Diagnosed().tree(f"{IP}"))
