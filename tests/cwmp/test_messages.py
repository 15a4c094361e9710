"""What holds of every message, by the table of all."""

from dataclasses import is_dataclass

import pytest

from agent.cwmp import messages as m
from tests.shorthand import SAMPLES


def test_every_request_has_its_response_and_every_response_its_request() -> None:
    assert {f"{name}Response" for name in m.METHODS} == set(m.RESPONSES)


def test_what_is_only_read_is_no_method() -> None:
    assert not {"UnknownRequest", "InvalidRequest", "NotUnderstood", "Request", "Nothing"} & set(m.METHODS)


def test_there_is_a_sample_of_every_message() -> None:
    assert {type(sample) for sample in SAMPLES} == {*m.METHODS.values(), *m.RESPONSES.values(), m.Fault}


@pytest.mark.parametrize("kind", [*m.METHODS.values(), *m.RESPONSES.values()], ids=lambda kind: kind.__name__)
def test_a_message_is_a_frozen_dataclass_with_slots(kind: type[m.Message]) -> None:
    assert is_dataclass(kind)
    assert kind.__dataclass_params__.frozen
    assert "__dict__" not in dir(kind)


@pytest.mark.parametrize("request_kind", m.METHODS.values(), ids=lambda kind: kind.__name__)
def test_a_response_is_as_old_as_its_request(request_kind: type[m.Request]) -> None:
    assert m.RESPONSES[request_kind.__name__ + "Response"].since == request_kind.since


def test_response_to_names_the_class_of_the_answer() -> None:
    assert m.response_to(m.Reboot("x")) is m.RebootResponse
    with pytest.raises(KeyError):
        m.response_to(m.UnknownRequest("X_Dance"))


def test_name_of_is_the_name_on_the_wire_also_of_what_could_not_be_read() -> None:
    assert m.name_of(m.Reboot()) == "Reboot"
    assert m.name_of(m.Fault(9002)) == "Fault"
    assert m.name_of(m.UnknownRequest("X_Dance")) == "X_Dance"
    assert m.name_of(m.InvalidRequest("AddObject", "AddObject lacks ObjectName")) == "AddObject"
    assert m.name_of(m.NotUnderstood("Reboot", "Transaction")) == "Reboot"


def test_the_warnings_of_an_envelope_do_not_make_it_another() -> None:
    assert m.Envelope(m.Reboot(), warnings=("odd",)) == m.Envelope(m.Reboot())
