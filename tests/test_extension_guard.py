"""A vendor's object that fails while it is read does so alone: the rest answers, and it is tried again later."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from agent.extension_guard import SECONDS, BrokenExtension, guarded
from agent.model.data_model import Caller, DataModel
from agent.model.errors import Denied, ModelError
from agent.model.object import Object, Parameter
from agent.model.own_values import OwnValues
from tests.fakes.documents import Documents
from tests.schemas import shipped_schema

WHOLE = Object("Device.UserInterface.", lambda: [()], lambda _: (), [Parameter("CurrentLanguage", lambda _: "en")])


class Vendor:
    """An object of a vendor's, and the time."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.mistake: BaseException | None = None

    def get(self, _: object) -> str:
        self.fail()
        return "there"

    def rows(self) -> Iterable[tuple[()]]:
        self.fail()
        return [()]

    def fail(self) -> None:
        if self.mistake is not None:
            raise self.mistake

    def model(self, rows: Callable[[], Iterable[Any]] | None = None) -> DataModel:
        parameters = [Parameter("HostName", self.get)]
        declared = Object("Device.DeviceInfo.", rows or (lambda: [()]), lambda _: (), parameters)
        both = [WHOLE, guarded(declared, "vendor.py", lambda: self.now)]
        return DataModel(shipped_schema(), both, OwnValues({}, {}), [], Documents(), clock=lambda: 0.0)


def read(model: DataModel) -> set[str]:
    return {one.path for one in model.get(["Device."], Caller.ACS)}


BOTH = {"Device.UserInterface.CurrentLanguage", "Device.DeviceInfo.HostName"}


@pytest.mark.parametrize("mistake", [ValueError("no fan"), OSError("gone"), SystemExit(3)])
@pytest.mark.parametrize("where", ["get", "rows"])
def test_the_rest_answers_and_the_log_names_the_file(
    caplog: pytest.LogCaptureFixture, mistake: BaseException, where: str
) -> None:
    caplog.set_level(logging.WARNING)
    vendor = Vendor()
    model = vendor.model(vendor.rows if where == "rows" else None)
    assert read(model) == BOTH
    vendor.mistake = mistake
    assert read(model) == {"Device.UserInterface.CurrentLanguage"}
    assert "vendor.py" in caplog.text
    vendor.mistake = None
    vendor.now += SECONDS - 1
    assert read(model) == {"Device.UserInterface.CurrentLanguage"}
    vendor.now += 2
    assert read(model) == BOTH


def test_a_setter_that_ends_the_process_does_not() -> None:
    def leave(_row: object, _value: str) -> None:
        raise SystemExit(3)

    declared = Object("Device.DeviceInfo.", lambda: [()], lambda _: (), [Parameter("HostName", lambda _: "", leave)])
    kept = guarded(declared, "vendor.py").parameters[0].set
    assert kept is not None
    with pytest.raises(BrokenExtension, match="SystemExit"):
        kept((), "x")


@pytest.mark.parametrize("meant", [Denied("Device.DeviceInfo.HostName", "not now"), TimeoutError("late")])
def test_what_the_model_understands_passes_and_leaves_nothing_out(meant: Exception) -> None:
    def refuse(_row: object) -> str:
        raise meant

    declared = Object("Device.DeviceInfo.", lambda: [()], lambda _: (), [Parameter("HostName", refuse)])
    kept = guarded(declared, "vendor.py")
    with pytest.raises((ModelError, TimeoutError)):
        kept.parameters[0].get(())
    assert list(kept.rows()) == [()]
