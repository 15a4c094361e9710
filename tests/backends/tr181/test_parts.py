"""Services that this machine has are built over each other, applied at start, and follow what changes."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from backends.desired_state import Desired, Record, Wanted
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Machine, Part, lacking
from backends.tr181.service import TableService
from tests.backends.conftest import Bench


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool(Record):
    name: str = ""


class Counting:
    def __init__(self) -> None:
        self.applied: list[list[str]] = []

    def check(self, wanted: Wanted) -> None:
        pass

    def cuts(self, wanted: Wanted) -> bool:
        return False

    def apply(self, wanted: Wanted) -> bool:
        self.applied.append([pool.name for pool in wanted.of(Pool).values()])
        return True


def mechanisms(memory: Bench) -> Mechanisms:
    nothing: Any = None
    return Mechanisms(memory.netlink, nothing, memory.procfs, nothing, nothing, nothing, nothing, links=nothing)


def watch(tell: Callable[[frozenset[str]], None], stop: threading.Event) -> None:
    tell(frozenset({"lease"}))


def test_a_service_is_left_out_where_the_machine_does_not_have_it(memory: Bench) -> None:
    machine = Machine(mechanisms(memory), [lambda _: None])
    assert (machine.parts, machine.backends, machine.watches, machine.chores, machine.forget) == ([], [], {}, [], [])


def test_a_later_service_is_given_what_an_earlier_one_provides(memory: Bench) -> None:
    machine = Machine(
        mechanisms(memory),
        [
            lambda _: Part("first", {"may_change_system": True}),
            lambda given: Part("second", {}, watch=watch) if given.may_change_system else None,
        ],
    )
    assert [part.name for part in machine.parts] == ["first", "second"]
    assert machine.mechanisms.may_change_system
    assert machine.watches == {"second": watch}


def test_the_log_of_a_service_names_rows_as_the_data_model_does(memory: Bench) -> None:
    service = TableService("pools", (Pool,), Counting(), {Pool: "Device.Pool.{i}."})
    given = replace(mechanisms(memory), path_of=lambda target: f"Device.Pool.{target.keys[0][1:]}.")
    Machine(given, [lambda _: Part("pools", {}, backend=service)])
    assert service.known_as(Pool, service.add(Pool())) == "Device.Pool.1."


def test_services_are_applied_at_start_and_again_after_what_they_follow(memory: Bench) -> None:
    lan, wifi = Counting(), Counting()
    first = Desired("lan", (Pool,), lan)
    machine = Machine(
        mechanisms(memory),
        [
            lambda _: Part("lan", {}, first),
            lambda _: Part("wifi", {}, Desired("wifi", (Pool,), wifi), follows=frozenset({"station"})),
        ],
    )
    first.restore({"next": 2, "records": {"Pool": {"+1": {"name": "home"}}}})
    machine.apply_at_start()
    assert (lan.applied, wifi.applied) == ([["home"]], [[]])
    machine.changed(frozenset({"link"}))
    assert (len(lan.applied), len(wifi.applied)) == (2, 1)
    machine.changed(frozenset({"everything"}))
    assert (len(lan.applied), len(wifi.applied)) == (3, 2)


class Broken(Counting):
    def apply(self, wanted: Wanted) -> bool:
        raise TypeError("a saved record of another shape")


def test_a_service_that_cannot_be_applied_keeps_no_other_from_it(
    memory: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    lan = Counting()
    builders = [
        lambda _: Part("broken", {}, Desired("broken", (Pool,), Broken())),
        lambda _: Part("lan", {}, Desired("lan", (Pool,), lan)),
    ]
    machine = Machine(mechanisms(memory), builders)
    machine.apply_at_start()
    assert lan.applied == [[]]
    assert "broken could not be brought to what is configured" in caplog.text
    machine.changed(frozenset({"link"}))
    assert lan.applied == [[], []]
    assert "broken could not follow a change of the system" in caplog.text


def test_what_guards_the_links_is_there_before_they_are_raised_and_services_come_after_them(
    memory: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    made: list[str] = []

    class Noting(Counting):
        def apply(self, wanted: Wanted) -> bool:
            made.append("service")
            return super().apply(wanted)

    def broken() -> None:
        made.append("links")
        raise OSError("no such device")

    machine = Machine(
        mechanisms(memory),
        [lambda _: Part("firewall", {}, Desired("firewall", (Pool,), Noting()), guard=lambda: made.append("guard"))],
    )
    machine.apply_at_start(broken)
    assert made == ["guard", "links", "service"]
    assert "what was configured could not be applied as a whole" in caplog.text


def test_every_change_of_the_system_is_looked_at_and_may_make_news(memory: Bench) -> None:
    seen: list[frozenset[str]] = []

    def look(topics: frozenset[str]) -> frozenset[str]:
        seen.append(topics)
        return frozenset({"fault"})

    machine = Machine(mechanisms(memory), [lambda _: Part("faults", {}, look=look), lambda _: Part("quiet", {})])
    assert machine.look(frozenset({"link"})) == {"fault"}
    assert seen == [{"link"}]


def test_a_service_that_is_not_there_may_say_why_beside_what_others_said(memory: Bench) -> None:
    reasons = {"Device.QoS.": "no sqm", "Device.UPnP.": "no miniupnpd"}
    machine = Machine(
        mechanisms(memory),
        [lambda given, path=path, why=why: lacking(given, path, why) for path, why in reasons.items()],  # type: ignore[misc]
    )
    assert machine.mechanisms.lacks == reasons
    assert machine.backends == []
