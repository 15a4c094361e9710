"""One operation each: what it does, what it stops meanwhile, what it leaves alone."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from agent.cwmp import messages
from agent.modules.orders import MOST_TRIES
from agent.modules.uuids import uuid_of
from agent.modules.work import swept
from agent.runtime.actions import Begin
from tests.backends.modules.making import archive, ipk
from tests.modules.gateway import Gateway, install, uninstall, update

UNIT = [{"name": "main", "arguments": ["bin/greet"], "privileged": True}]
ONE = "11111111-1111-1111-1111-111111111111"
TWO = "22222222-2222-2222-2222-222222222222"


def served(gateway: Gateway, file: str, /, **told: object) -> None:
    archive(gateway.served / file, **{"units": UNIT, **told})  # type: ignore[arg-type]


def running(gateway: Gateway) -> list[str]:
    gateway.modules.forget()
    return [unit.key for unit in gateway.modules.units() if gateway.modules.status(unit) == "Active"]


def test_a_module_without_a_uuid_is_given_one_by_vendor_and_name(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    served(gateway, "one")
    assert gateway.done(install("one")) == [(0, "Installed", "1.0")]
    [one] = gateway.modules.deployed.values()
    assert one.uuid == uuid_of("example.com", "greeter")
    assert one.url.endswith("/one")
    gateway.done(uninstall(one.uuid))


def test_units_start_with_the_module_run_on_after_an_update_and_end_with_it(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    served(gateway, "one")
    served(gateway, "two", version="2.0")
    gateway.done(install("one", ONE))
    assert running(gateway) == ["archives/greeter/main"]
    [before] = [gateway.modules.running(unit) for unit in gateway.modules.units()]
    assert gateway.done(update("two", ONE)) == [(0, "Installed", "2.0")]
    [after] = [gateway.modules.running(unit) for unit in gateway.modules.units()]
    assert before is not None
    assert after is not None
    assert before.processes != after.processes
    [unit] = gateway.modules.units()
    gateway.modules.stop(unit)
    served(gateway, "three", version="3.0")
    gateway.done(update("three", ONE))
    assert running(gateway) == []  # what did not run is not started
    assert gateway.done(uninstall(ONE)) == [(0, "Uninstalled", "3.0")]
    assert gateway.modules.units() == []


def test_an_update_that_fails_leaves_the_old_version_running(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    served(gateway, "one")
    served(gateway, "two", version="2.0", content={"data.txt": b"something else"})
    gateway.done(install("one", ONE))
    assert gateway.done(update("two", ONE)) == [(9018, "Installed", "1.0")]
    assert running(gateway) == ["archives/greeter/main"]
    gateway.done(uninstall(ONE))


BROKEN = {"having": {"bin/greet": b"#!/bin/sh\nexit 3\n"}}


def test_an_update_whose_program_ends_at_once_is_rolled_back_and_says_how_it_ended(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    served(gateway, "one")
    served(gateway, "two", version="2.0", **BROKEN)
    gateway.done(install("one", ONE))
    try:
        assert gateway.done(update("two", ONE)) == [(9029, "Installed", "1.0")]
        assert running(gateway) == ["archives/greeter/main"]
        [unit] = gateway.modules.units()
        assert gateway.modules.fault(unit) == ("NoFault", "")
        told = "2.0 does not run, 1.0 is back: main: greeter.main ended at once (exit status 3)"
        assert gateway.noted[-1] == f"update of greeter failed with 9029: {told}"
    finally:
        gateway.done(uninstall(ONE))


SECOND = {"having": {"bin/greet": b"#!/bin/sh\nexec sleep 602\n"}}


def killed_in(gateway: Gateway, moment: str, operation: messages.Operation) -> Gateway:
    """Begin an order and kill who does it; the agent that starts next."""
    gateway.order(operation)
    [begun] = gateway.engine.act(gateway.now, in_session=False)
    assert isinstance(begun, Begin)
    child = os.fork()
    if not child:

        def killed(*started: Any) -> Any:
            gateway.modules.resume(*started, is_new=False) if started and moment == "trial" else None
            os.kill(os.getpid(), signal.SIGKILL)

        place = {"unpacking": gateway.archives, "uninstall": gateway.archives, "trial": gateway.modules}[moment]
        name = {"unpacking": "install", "uninstall": "uninstall", "trial": "try_out"}[moment]
        setattr(place, name, killed)
        begun.job(lambda _: None)
        os._exit(0)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    return gateway.again()


def what_runs(gateway: Gateway) -> list[str]:
    """The commands of every process of every unit."""
    gateway.modules.forget()
    found = [gateway.modules.running(unit) for unit in gateway.modules.units()]
    processes = [process for one in found if one is not None for process in one.processes]
    return [Path(f"/proc/{one}/cmdline").read_text().replace("\0", " ").strip() for one in processes]


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["unpacking", "trial"])
@pytest.mark.parametrize(("second", "comes"), [
    (SECOND, (0, "2.0", "sleep 602")), (BROKEN, (9029, "1.0", "sleep 600")),
])  # fmt: skip
def test_an_update_that_a_kill_broke_off_has_its_trial_all_the_same(
    tmp_path: Path, moment: str, second: dict[str, Any], comes: tuple[int, str, str]
) -> None:
    gateway = Gateway(tmp_path)
    served(gateway, "one")
    served(gateway, "two", version="2.0", **second)
    gateway.done(install("one", ONE))
    again = killed_in(gateway, moment, update("two", ONE))
    try:
        again.settle()
        [told] = again.results()
        assert (told.fault.fault_code, told.version, *what_runs(again)) == comes
    finally:
        again.done(uninstall(ONE))


@pytest.mark.parametrize("moment", ["uninstall", "trial"])
def test_what_ran_runs_again_where_an_order_that_kills_broke_off_is_given_up(tmp_path: Path, moment: str) -> None:
    gateway = Gateway(tmp_path)
    served(gateway, "one")
    served(gateway, "two", version="2.0", **SECOND)
    gateway.done(install("one", ONE))
    killed_in(gateway, moment, uninstall(ONE) if moment == "uninstall" else update("two", ONE))
    known = json.loads(gateway.store.texts["modules"])
    known["orders"][0]["tries"] = MOST_TRIES
    gateway.store.texts["modules"] = json.dumps(known)
    again = gateway.again()
    try:
        again.settle()
        assert [one.fault.fault_code for one in again.results()] == [9001]
        assert what_runs(again) == ["sleep 600"]
    finally:
        again.done(uninstall(ONE))


def test_an_update_of_what_did_not_run_is_no_trial_of_its_programs(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    served(gateway, "one", units=[{**UNIT[0], "auto_start": False}])
    served(gateway, "two", version="2.0", **BROKEN)
    gateway.done(install("one", ONE))
    assert gateway.done(update("two", ONE)) == [(0, "Installed", "2.0")]


def test_an_update_that_lacks_what_it_requires_stays_for_that_to_come(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    served(gateway, "one")
    served(gateway, "two", version="2.0", requires=["parrot"])
    gateway.done(install("one", ONE))
    assert gateway.done(update("two", ONE)) == [(0, "Installed", "2.0")]
    [unit] = gateway.modules.units()
    assert gateway.modules.fault(unit)[0] == "DependencyFailure"


def test_a_new_module_whose_program_ends_at_once_stays_and_the_history_says_so(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    served(gateway, "one", **BROKEN)
    assert gateway.done(install("one", ONE)) == [(0, "Installed", "1.0")]
    but = "main does not run: greeter.main ended at once (exit status 3)"
    assert gateway.noted == [f"install of greeter: 1.0 is installed, but {but}"]


def test_why_an_update_is_none_is_said_in_words(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    served(gateway, "one", units=[])
    served(gateway, "evil", units=[], vendor="evil.com", version="2.0")
    gateway.done(install("one", ONE))
    assert gateway.done(update("one", ONE), update("evil", ONE)) == [
        (9032, "Installed", "1.0"), (9025, "Installed", "1.0"),
    ]  # fmt: skip
    assert gateway.noted[-2:] == [
        "update of greeter failed with 9032: 1.0 is installed already",
        "update of greeter failed with 9025: it is greeter of evil.com, not greeter of example.com",
    ]


def test_an_update_of_everything_has_a_result_for_each_module(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    for name in ("greeter", "parrot"):
        served(gateway, name, name=name, units=[])
        gateway.done(install(name))
    served(gateway, "greeter", version="2.0", units=[])
    assert sorted(gateway.done(update())) == [(0, "Installed", "2.0"), (9032, "Installed", "1.0")]


def test_an_update_finds_the_module_by_its_url(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    served(gateway, "one", units=[])
    gateway.done(install("one", ONE))
    served(gateway, "one", version="2.0", units=[])
    assert gateway.done(update("one")) == [(0, "Installed", "2.0")]


def test_each_file_goes_to_the_environment_that_knows_it_and_signatures_beside_are_fetched(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    served(gateway, "one", units=[])
    ipk(gateway.served / "two")
    assert gateway.done(install("one", ONE), install("two", TWO)) == [(0, "Installed", "1.0")] * 2
    assert {one.environment for one in gateway.modules.deployed.values()} == {"archives", "opkg"}
    assert "two.sig" in gateway.fetched


def test_a_signature_that_is_missing_or_wrong_is_told_with_what_to_do(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    ipk(gateway.served / "one")
    signature = gateway.served / "one.sig"

    def refused() -> tuple[int, str]:
        gateway.order(install("one", ONE))
        gateway.settle()
        [result] = gateway.results()
        return result.fault.fault_code, result.fault.fault_string

    right = signature.read_bytes()
    signature.unlink()
    code, text = refused()
    assert (code, "one.sig beside it on the server" in text) == (9016, True)
    signature.write_bytes(b"somebody else")
    code, text = refused()
    assert (code, "is not trusted" in text) == (9018, True)
    signature.write_bytes(right)
    assert refused() == (0, "")


def test_the_same_module_may_be_in_two_environments_and_is_removed_from_the_named_one(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    served(gateway, "one", units=[])
    ipk(gateway.served / "two")
    gateway.done(install("one", ONE), install("two", ONE))
    gateway.done(uninstall(ONE, env="Device.SoftwareModules.ExecEnv.2"))
    assert [one.environment for one in gateway.modules.deployed.values()] == ["archives"]


def test_what_was_fetched_for_orders_that_are_over_is_removed(tmp_path: Path) -> None:
    for name in ("1.0.abc", "1.0.abc.part", "12.0.def", "2.0.ghi.sig"):
        (tmp_path / name).touch()
    swept(tmp_path, ["12.", "2."])
    assert sorted(one.name for one in tmp_path.iterdir()) == ["12.0.def", "2.0.ghi.sig"]
    swept(tmp_path / "nowhere", [])
