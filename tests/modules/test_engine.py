"""Orders one after the other: durable, told once, resumed after a crash, and what others change."""

import json
from pathlib import Path

import pytest

from agent.cwmp.event_queue import EventQueue
from agent.model.errors import NoRoomToSave, ResourcesExceeded
from agent.modules.engine import MOST_ORDERS
from agent.modules.results import Policy
from agent.runtime.operations import Broke
from backends.desired_state import Wanted
from backends.modules.inventory import UnitSetting
from tests.backends.modules.making import archive, ipk
from tests.modules.gateway import URL, Gateway, install, uninstall, update

TWO = "22222222-2222-2222-2222-222222222222"
ONE = "11111111-1111-1111-1111-111111111111"
ALL = Policy(True, frozenset({"Install", "Update", "Uninstall"}))


def served(gateway: Gateway, file: str, /, **told: object) -> None:
    archive(gateway.served / file, **{"units": [], **told})  # type: ignore[arg-type]


def codes(events: EventQueue) -> list[tuple[str, str]]:
    return [(event.code, event.command_key) for event in events.pending]


def test_an_order_is_done_after_the_session_and_told_with_its_key(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.settle()
    served(gateway, "one")
    gateway.order(install("one", ONE), uninstall("nobody"), key="mine")
    assert not gateway.step(in_session=True)
    assert gateway.engine.waiting() == []
    gateway.settle()
    assert codes(gateway.events) == [("11 DU STATE CHANGE COMPLETE", ""), ("M ChangeDUState", "mine")]
    [waiting] = gateway.engine.waiting()
    assert waiting.event == "11 DU STATE CHANGE COMPLETE"
    first, second = gateway.results()
    assert (first.uuid, first.deployment_unit_ref) == (ONE, f"Device.SoftwareModules.DeploymentUnit.archives:{ONE}")
    assert (first.start_time.year, second.fault.fault_code) == (2023, 9022)
    assert gateway.engine.waiting() == []
    assert gateway.noted[-2] == "install of greeter: 1.0 is installed"


def test_what_became_of_an_order_is_in_the_log_and_the_history_without_secrets(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    gateway = Gateway(tmp_path)
    gateway.settle()
    served(gateway, "one")
    gateway.order(install("one", ONE), install("absent?token=hunter2"), uninstall(TWO), key="mine")
    gateway.settle()
    assert gateway.noted == [
        "install of greeter: 1.0 is installed",
        f"install of {URL}absent failed with 9016: 404",
        f"uninstall of {TWO} failed with 9028: no deployment unit that is installed is this one",
    ]
    lines = [(one.levelname, one.getMessage()) for one in caplog.records if one.name == "agent.modules.engine"]
    assert lines == [*zip(["INFO", "WARNING", "WARNING"], gateway.noted, strict=True)]
    assert [one.get("url") for one in gateway.fields] == [f"{URL}one", f"{URL}absent", None]
    first = {"operation": "Install", "code": 0, "uuid": ONE, "name": "greeter", "version": "1.0", "command_key": "mine"}
    assert gateway.fields[0] == {**first, "url": f"{URL}one"}
    assert "hunter2" not in caplog.text


def test_an_uninstall_still_names_what_was_there(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    served(gateway, "one", units=[{"name": "main", "arguments": ["bin/greet"], "auto_start": False}])
    gateway.done(install("one", ONE))
    gateway.order(uninstall(ONE))
    gateway.settle()
    [one] = gateway.results()
    assert one.deployment_unit_ref.endswith(ONE)
    assert one.execution_unit_ref_list == "Device.SoftwareModules.ExecutionUnit.archives/greeter/main"


def test_an_order_that_cannot_be_saved_is_refused_and_not_done(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.settle()
    gateway.store.is_full = True
    with pytest.raises(NoRoomToSave, match="No space left"):
        gateway.order(uninstall(ONE), install("one"))
    gateway.store.is_full = False
    gateway.settle()
    assert gateway.fetched == []


def test_an_order_that_only_uninstalls_is_done_on_a_full_disk_too(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    served(gateway, "one")
    gateway.done(install("one", ONE))
    gateway.store.is_full = True
    assert gateway.done(uninstall(ONE)) == [(0, "Uninstalled", "1.0")]
    assert not [*(tmp_path / "archives").glob("greeter*")]


def test_only_so_many_orders_wait(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    for _ in range(MOST_ORDERS):
        gateway.order(install("one"))
    with pytest.raises(ResourcesExceeded):
        gateway.order(install("one"))


def test_passwords_are_kept_as_long_as_they_are_needed(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    operation = install("absent").__class__(URL + "absent", None, "me", "hunter2")
    gateway.order(operation)
    assert gateway.engine.secrets() == ["hunter2"]
    assert "hunter2" not in json.dumps(gateway.engine.picture())
    gateway.settle()
    assert gateway.engine.secrets() == []
    assert "hunter2" not in gateway.store.texts["modules"]


@pytest.mark.parametrize("crash", ["before", "after the fetch", "after the change"])
def test_an_operation_that_a_crash_broke_off_is_done_once_more_and_told_once(tmp_path: Path, crash: str) -> None:
    gateway = Gateway(tmp_path)
    gateway.settle()
    served(gateway, "one")
    gateway.order(install("one", ONE), update("two", ONE), key="k")
    served(gateway, "two", version="2.0")
    [action] = gateway.engine.act(gateway.now, False)
    if crash != "before":
        if crash == "after the fetch":
            gateway.archives.install = None  # type: ignore[assignment, method-assign]
        try:
            action.job(lambda _: None)  # type: ignore[union-attr] # it dies before it has told
        except TypeError:
            assert crash == "after the fetch"
    again = gateway.again()
    (again.served / "one").unlink() if crash != "before" else None
    again.settle()
    assert [(one.fault.fault_code, one.version) for one in again.results()] == [(0, "1.0"), (0, "2.0")]
    assert again.fetched == (["one", "two"] if crash == "before" else ["two"])
    third = again.again()
    third.settle()
    assert third.engine.waiting() == []
    assert [one.version for one in third.modules.deployed.values()] == ["2.0"]


def test_an_uninstall_that_a_crash_broke_off_is_over_at_the_second_try(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    served(gateway, "one")
    gateway.done(install("one", ONE))
    gateway.order(uninstall(ONE))
    [action] = gateway.engine.act(gateway.now, False)
    action.job(lambda _: None)  # type: ignore[union-attr]
    again = gateway.again()
    again.settle()
    assert [one.fault.fault_code for one in again.results()] == [0]


def test_the_event_of_an_order_that_is_over_is_raised_again_when_a_crash_lost_it(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.order(install("absent"), key="k")
    gateway.settle()
    assert ("M ChangeDUState", "k") in codes(gateway.again().events)


def test_an_operation_that_brings_the_agent_down_each_time_is_given_up(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    served(gateway, "one")
    gateway.order(install("one", ONE))
    for _ in range(4):
        gateway = gateway.again()
        gateway.step()  # what was left by the last run
        gateway.engine.act(gateway.now, False)
    gateway = gateway.again()
    gateway.settle()
    [one] = gateway.results()
    assert (one.fault.fault_code, one.current_state) == (9001, "Failed")


def test_a_job_that_ended_by_a_surprise_is_begun_again_after_a_pause(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.settle()
    served(gateway, "one")
    gateway.order(install("one", ONE))
    gateway.engine.act(gateway.now, False)
    gateway.engine.heard(Broke(), gateway.now)
    due = gateway.engine.due(gateway.now, False)
    assert due is not None
    assert due > gateway.now.monotonic
    assert gateway.engine.act(gateway.now, False) == ()


def test_what_others_install_update_and_remove_is_told_as_the_policy_wants(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.settle()
    gateway.policy = ALL
    package = ipk(tmp_path / "p.ipk")
    found = []
    for act in (
        lambda: gateway.packages.install(gateway.packages.inspect(package)),
        lambda: gateway.packages.install(gateway.packages.inspect(ipk(tmp_path / "q.ipk", Version="2.0"))),
        lambda: gateway.packages.uninstall("greeter"),
    ):
        act()
        gateway.now = type(gateway.now)(gateway.now.monotonic + 61, gateway.now.wall)
        gateway.settle()
        assert codes(gateway.events) == [("12 AUTONOMOUS DU STATE CHANGE COMPLETE", "")]
        assert gateway.noted[-1].endswith(", by somebody here")
        [one] = gateway.results()
        found.append((one.operation_performed, one.version, one.current_state))
    assert found == [
        ("Install", "1.0", "Installed"),
        ("Update", "2.0", "Installed"),
        ("Uninstall", "2.0", "Uninstalled"),
    ]


def test_what_cannot_be_known_has_not_been_uninstalled_by_anybody(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.policy = ALL
    served(gateway, "one")
    ipk(gateway.served / "two", Package="parrot")
    assert gateway.done(install("one", ONE), install("two", TWO)) == [(0, "Installed", "1.0")] * 2
    documents = [tmp_path / "archives/installed.json", tmp_path / "root/usr/lib/opkg/status"]
    whole = [one.rename(tmp_path / one.name) for one in documents]
    documents[0].write_text("{")
    documents[1].mkdir()
    noted = len(gateway.noted)
    for now in (gateway, gateway.again()):
        now.now = type(now.now)(now.now.monotonic + 61, now.now.wall)
        now.settle()
        assert {one.uuid for one in now.modules.deployed.values()} == {ONE, TWO}
        assert [now.modules.environment_status(name) for name in ("archives", "opkg")] == ["Error", "Error"]
        assert now.done(uninstall(ONE)) == [(9029, "Installed", "1.0")]
        assert now.done(update(uuid=TWO)) == [(9029, "Installed", "1.0")]
    assert not [one for one in gateway.noted[noted:] if "somebody" in one]
    documents[1].rmdir()
    for document, kept in zip(documents, whole, strict=True):
        kept.rename(document)
    now.now = type(now.now)(now.now.monotonic + 61, now.now.wall)
    now.settle()
    assert now.modules.environment_status("archives") == "Up"
    assert now.done(uninstall(ONE), uninstall(TWO)) == [(0, "Uninstalled", "1.0")] * 2
    assert ("12 AUTONOMOUS DU STATE CHANGE COMPLETE", "") not in codes(now.events)


def test_without_a_policy_nothing_of_that_is_told_but_it_is_known(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.settle()
    gateway.packages.install(gateway.packages.inspect(ipk(tmp_path / "p.ipk")))
    gateway.now = type(gateway.now)(gateway.now.monotonic + 61, None)
    gateway.settle()
    assert codes(gateway.events) == []
    assert [one.name for one in gateway.modules.deployed.values()] == ["greeter"]


def test_what_is_there_at_the_first_start_is_no_news(tmp_path: Path) -> None:
    first = Gateway(tmp_path)
    first.packages.install(first.packages.inspect(ipk(tmp_path / "p.ipk")))
    gateway = Gateway(tmp_path)
    gateway.policy = ALL
    gateway.settle()
    assert [one.name for one in gateway.modules.deployed.values()] == ["greeter"]
    assert codes(gateway.events) == []


def test_a_document_that_cannot_be_read_starts_anew(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.store.texts["modules"] = json.dumps({"orders": [{}], "told": [], "deployed": [], "next": 1})
    assert gateway.again().engine.waiting() == []


def test_of_a_damaged_document_what_can_be_used_stays_and_the_rest_is_kept_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = Gateway(tmp_path)
    served(gateway, "one")
    served(gateway, "two", name="parrot")
    gateway.done(install("one", ONE), install("two", TWO))
    gateway.policy = ALL
    gateway.packages.install(gateway.packages.inspect(ipk(tmp_path / "p.ipk", Package="by-hand")))
    gateway.now = type(gateway.now)(gateway.now.monotonic + 61, gateway.now.wall)
    gateway.settle()
    gateway.order(install("absent"), key="mine")
    gateway.settle()
    kept = json.loads(gateway.store.texts["modules"])
    highest = kept["next"] - 1
    kept["deployed"][0]["version"], kept["next"] = 5, "x"
    kept["orders"].append({})
    kept["told"] += [7, ["8", kept["told"][0][1]]]
    gateway.store.texts["modules"] = json.dumps(kept)
    again = gateway.again()
    again.policy = ALL
    again.settle()
    assert json.loads(again.store.texts["modules-unusable"]) == kept
    losses = [one for one in caplog.messages if one.endswith("kept as modules-unusable")]
    assert len(losses) == len(set(losses)) == 4
    assert {one.name: one.uuid == TWO for one in again.modules.deployed.values()} == {
        "greeter": False, "parrot": True, "by-hand": False,
    }  # fmt: skip
    assert not [one for one in again.noted if "somebody" in one]
    order, told = again.engine.waiting()
    assert (order.request.command_key, len(told.request.results)) == ("mine", 1)  # type: ignore[union-attr]
    again.order(uninstall(TWO))
    assert json.loads(again.store.texts["modules"])["orders"][-1]["number"] == highest + 1


def test_the_settings_orders_are_done_in_turn(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    served(
        gateway, "one", units=[{"name": "main", "arguments": ["bin/greet"], "auto_start": False, "privileged": True}]
    )
    gateway.done(install("one", ONE))
    [unit] = gateway.modules.units()
    for number, state in enumerate(("Active", "Idle"), 1):
        gateway.modules.apply(Wanted().with_record(unit.key, UnitSetting(requested=state, asked=number)))
        assert gateway.engine.due(gateway.now, True) == gateway.now.monotonic
        gateway.settle()
        assert gateway.modules.status(unit) == state


def test_a_factory_reset_forgets_what_was_ordered(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.order(install("one"))
    gateway.engine.forget()
    gateway.settle()
    assert gateway.fetched == []


def test_the_outbox_sends_the_request_and_knows_the_answer(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.order(install("absent"), key="k")
    gateway.settle()
    from agent.cwmp.messages import DUStateChangeCompleteResponse

    gateway.outbox.begin(gateway.events.pending)
    request = gateway.outbox.next_request("1.4")
    assert request is not None
    gateway.outbox.answered(request, DUStateChangeCompleteResponse(), 0.0)
    assert gateway.engine.waiting() == []
    assert codes(gateway.events) == []
