"""NSLookupDiagnostics: its settings and its rows."""

from backends.diagnostics.name_lookup import LookupRequest
from backends.diagnostics.sockets import Way
from tests.backends.tr181.test_diagnostic_tests import AllDiagnostics

LOOKUP = "Device.DNS.Diagnostics.NSLookupDiagnostics."


def test_a_look_up_is_given_what_was_set_and_is_made_once_at_least() -> None:
    device = AllDiagnostics()
    device.set({f"{LOOKUP}HostName": "h", f"{LOOKUP}DNSServer": "192.0.2.53", f"{LOOKUP}NumberOfRepetitions": "0"})
    assert device.tables.request("NSLookupDiagnostics") == LookupRequest("h", "192.0.2.53", Way(), 5000, 1)
    assert device.refused({f"{LOOKUP}HostName": "", f"{LOOKUP}DiagnosticsState": "Requested"}) == {
        f"{LOOKUP}HostName": "InvalidValue"
    }


def test_no_more_repetitions_are_asked_for_than_can_be_kept() -> None:
    values = {"HostName": "h", "NumberOfRepetitions": "101", "DiagnosticsState": "Requested"}
    refused = AllDiagnostics().refused({f"{LOOKUP}{name}": value for name, value in values.items()})
    assert refused == {f"{LOOKUP}NumberOfRepetitions": "InvalidValue"}


def test_a_look_up_that_would_hold_the_others_up_for_long_is_refused() -> None:
    for wrong in ({"Timeout": "4294967295"}, {"Timeout": "60000", "NumberOfRepetitions": "61"}):
        values = {"HostName": "h", **wrong, "DiagnosticsState": "Requested"}
        refused = AllDiagnostics().refused({f"{LOOKUP}{name}": value for name, value in values.items()})
        assert set(refused) <= {f"{LOOKUP}{name}" for name in wrong}
        assert refused


def test_only_what_the_acs_asks_for_is_kept_from_the_home() -> None:
    device = AllDiagnostics()
    device.tables.provided["refusal"] = lambda: lambda address, _port: f"not {address}"
    device.set({f"{LOOKUP}HostName": "h", f"{LOOKUP}DNSServer": "192.168.8.77"})
    assert device.tables.request("NSLookupDiagnostics").refusal("192.168.8.77", 53) == "not 192.168.8.77"
    by_person = device.tables.request("NSLookupDiagnostics", {"HostName": "h", "DNSServer": "192.168.8.77"})
    assert by_person.refusal("192.168.8.77", 53) == ""


def test_each_repetition_is_a_row() -> None:
    device = AllDiagnostics()
    device.set({f"{LOOKUP}HostName": "h", f"{LOOKUP}DiagnosticsState": "Requested"})
    asked = device.tables.requested()
    assert asked is not None
    one = {
        "status": "Success",
        "answer_type": "Authoritative",
        "host_name_returned": "h.example",
        "ip_addresses": ["192.0.2.1", "2001:db8::1"],
        "dns_server_ip": "192.0.2.53",
        "response_time": 3,
        "microseconds": 2900,
        "why": "",
    }
    device.tables.ended(*asked, "Complete", {"success_count": 1, "results": [one]}, "")
    assert device.tree(f"{LOOKUP}Result.1.") == {
        "Status": "Success",
        "AnswerType": "Authoritative",
        "HostNameReturned": "h.example",
        "IPAddresses": "192.0.2.1,2001:db8::1",
        "DNSServerIP": "192.0.2.53",
        "ResponseTime": "3",
    }
