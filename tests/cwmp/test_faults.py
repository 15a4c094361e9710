"""Errors of the model become the codes of the standard."""

import errno
import os

import pytest

from agent.cwmp import faults
from agent.cwmp.messages import Fault, ParameterFault
from agent.model import errors


def model_errors() -> list[type[errors.ModelError]]:
    return [kind for kind in errors.ModelError.__subclasses__() if kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", model_errors(), ids=lambda kind: kind.__name__)
def test_every_error_of_the_model_has_a_code(kind: type[errors.ModelError]) -> None:
    assert kind in faults.CODES


def test_every_code_has_its_words() -> None:
    assert set(faults.STRINGS) == {*range(9000, 9033), *range(8000, 8007)}
    assert set(faults.CODES.values()) <= set(faults.STRINGS)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.Denied("Device.A", "not managed"), 9001),
        (errors.Unavailable("Device.A", "no netlink"), 9002),
        (errors.InvalidArguments("", "twice the same"), 9003),
        (errors.ResourcesExceeded("Device.A.", "full"), 9004),
        (errors.UnknownPath("Device.A", ""), 9005),
        (errors.InvalidType("Device.A", ""), 9006),
        (errors.InvalidValue("Device.A", "1 to 3"), 9007),
        (errors.NotWritable("Device.A", ""), 9008),
        (errors.NotificationRejected("Device.A", ""), 9009),
    ],
)
def test_an_error_has_the_code_of_its_class(error: errors.ModelError, code: int) -> None:
    assert faults.fault_for(error).code == code


def test_a_kind_of_error_that_the_model_adds_has_the_code_of_the_one_above_it() -> None:
    class TooLong(errors.InvalidValue):
        pass

    assert faults.fault_for(TooLong("Device.A", "")).code == 9007


def test_the_reason_follows_the_words_of_the_standard() -> None:
    fault = faults.fault_for(errors.InvalidValue("Device.A", "70000 is above 65535"))
    assert fault.string == "Invalid parameter value: 70000 is above 65535"


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.EROFS, "Internal error: it could not be saved: Read-only file system"),
        (errno.ENOSPC, "Resources exceeded: it could not be saved: No space left on device"),
    ],
)
def test_what_could_not_be_saved_says_why_and_names_no_file(number: int, told: str) -> None:
    failure = OSError(number, os.strerror(number), "/var/lib/cpe-agent/model.json")
    assert faults.fault_for(errors.not_saved(failure)).string == told


def test_a_reason_without_end_is_cut() -> None:
    assert len(faults.fault_for(errors.InvalidValue("Device.A", "x" * 5000)).string) == 256


def test_all_refusals_of_a_transaction_are_one_9003_with_a_row_each() -> None:
    refusals = errors.Refusals((errors.UnknownPath("Device.A", ""), errors.NotWritable("Device.B", "it is read-only")))
    assert faults.fault_for(refusals) == Fault(
        9003,
        "Invalid arguments",
        (
            ParameterFault("Device.A", 9005, "Invalid parameter name"),
            ParameterFault("Device.B", 9008, "Attempt to set a non-writable parameter: it is read-only"),
        ),
    )


@pytest.mark.parametrize("error", [KeyError("secret"), OSError(5, "eth0 broke"), errors.Unavailable("A", "eth0 broke")])
def test_what_goes_wrong_inside_is_9002_without_details(error: Exception) -> None:
    assert faults.fault_for(error) == Fault(9002, "Internal error")


@pytest.mark.parametrize("code", range(9000, 9010))
def test_the_asker_is_blamed_for_the_arguments_only(code: int) -> None:
    assert faults.soap_code(code) == ("Client" if code in {9003, 9005, 9006, 9007, 9008} else "Server")


def test_a_vendor_code_has_words_too() -> None:
    assert faults.fault(9800, "the kettle is empty").string == "Vendor fault: the kettle is empty"


def test_a_reason_is_told_without_what_nobody_is_to_read() -> None:
    def masked(text: str) -> str:
        return text.replace("hunter2", "***")

    wrong = errors.InvalidValue("Device.hunter2", "'hunter2' is no unsignedInt")
    assert faults.fault_for(wrong, masked).string == "Invalid parameter value: '***' is no unsignedInt"
    (row,) = faults.fault_for(errors.Refusals((wrong,)), masked).parameter_faults
    assert (row.name, row.string) == ("Device.hunter2", "Invalid parameter value: '***' is no unsignedInt")
    whole = errors.Refusals((errors.InvalidArguments("", "hunter2 twice"),))
    assert faults.fault_for(whole, masked).string == "Invalid arguments: *** twice"
