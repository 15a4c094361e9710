"""What of the data model survives a restart or a power cut at any point, and changes that wait to be confirmed."""

import json
import logging

import pytest

from agent.model.data_model import Caller
from agent.model.durable_state import DOCUMENT, JOURNAL, UNUSABLE
from agent.model.errors import Refusals
from tests.model.device import FIRST, IP, PORTS, Device, PowerCut

MTU = f"{IP}1.MaxMTUSize"
RATE = f"{PORTS}1.MaxBitRate"
KEY = "Device.ManagementServer.ParameterKey"


@pytest.fixture
def device() -> Device:
    return Device()


def test_what_was_put_off_is_done_once_all_of_a_change_is_made(device: Device) -> None:
    rates: list[str] = []
    device.model.settle = lambda: rates.append(device.get(RATE))
    device.change({MTU: "1400", RATE: "100"})
    assert rates == ["100"]


def test_a_change_is_taken_back_when_that_cannot_be_done_and_the_others_are_told_of_it(
    device: Device, caplog: pytest.LogCaptureFixture
) -> None:
    before, mtus = device.get(MTU), list[str]()

    def settle() -> None:
        mtus.append(device.get(MTU))
        raise RuntimeError("nobody can be told")

    device.model.settle = settle
    with pytest.raises(Refusals):
        device.change({MTU: "1400"})
    assert mtus == ["1400", before]
    assert "not everybody could be told of what was taken back" in caplog.text
    assert device.is_consistent()


# -- what survives ----------------------------------------------------------------------------------------------------


def test_everything_that_was_accepted_is_there_after_a_restart(device: Device) -> None:
    number = device.add(IP)
    device.change({MTU: "1400", f"{IP}{number}.Alias": "lan", "Device.DeviceInfo.ProvisioningCode": "A"}, key="K1")
    before = device.tree("")

    after = device.restarted()

    assert after.was_known
    assert after.tree("") == before
    assert after.get(KEY) == "K1"
    assert after.is_consistent()


def test_a_number_that_was_spent_stays_spent_over_a_restart(device: Device) -> None:
    number = device.add(IP)
    device.delete(f"{IP}{number}.")

    assert device.restarted().add(IP) == number + 1


def test_a_plain_reading_writes_nothing_the_second_time(device: Device) -> None:
    device.tree("")
    writes = device.documents.saves
    device.tree("")

    assert device.documents.saves == writes


def test_a_new_device_has_no_document(device: Device) -> None:
    assert not device.was_known
    assert device.documents.texts == {}


def test_a_part_of_the_document_that_cannot_be_used_starts_anew_and_the_rest_is_kept(
    device: Device, caplog: pytest.LogCaptureFixture
) -> None:
    device.change({"Device.DeviceInfo.ProvisioningCode": "A"}, key="K1")
    document = device.documents.read("model")
    document["instances"] = {IP: "nonsense"}
    device.documents.texts["model"] = json.dumps(document)

    with caplog.at_level(logging.ERROR):
        after = device.restarted()

    assert after.get("Device.DeviceInfo.ProvisioningCode") == "A"
    assert "instances" in caplog.text
    assert after.documents.read(UNUSABLE)["instances"] == {IP: "nonsense"}


def test_a_part_that_was_taken_over_and_could_never_be_saved_again_starts_anew(
    device: Device, caplog: pytest.LogCaptureFixture
) -> None:
    device.change({"Device.DeviceInfo.ProvisioningCode": "A"}, key="K1")
    document = device.documents.read("model")
    document["backends"]["network"] = ["nonsense"]
    device.documents.texts["model"] = json.dumps(document)

    after = device.restarted()

    assert "the saved state of network cannot be used" in caplog.text
    assert after.machine.made == FIRST
    after.change({"Device.DeviceInfo.ProvisioningCode": "B"}, key="K2")
    assert after.get("Device.DeviceInfo.ProvisioningCode") == "B"


def test_what_a_change_goes_back_to_starts_anew_where_it_cannot_be_used(waiting: Device) -> None:
    document = waiting.documents.read("model")
    document["unconfirmed"]["before"]["backends"]["network"] = ["nonsense"]
    waiting.documents.texts["model"] = json.dumps(document)
    after = waiting.restarted()
    after.model.revert()

    assert not after.model.awaits_confirmation
    assert (after.get(KEY), after.machine.made) == ("before", FIRST)


def test_the_journal_is_written_before_the_first_commit_and_gone_after_the_last(device: Device) -> None:
    seen: list[tuple[str, list[str]]] = []
    device.documents.before_write = lambda name: seen.append((name, list(device.steps)))

    device.change({MTU: "1400", RATE: "10"})

    [journal, document] = seen
    assert (journal[0], document[0]) == (JOURNAL, DOCUMENT)
    assert not any(step.endswith("commit") for step in journal[1])
    assert {"network commit", "ports commit"} <= set(document[1])
    assert "journal" not in device.documents.texts


@pytest.mark.parametrize("backend", ["network", "ports"])
@pytest.mark.parametrize("step", ["begin", "prepare", "commit", "half"])
@pytest.mark.parametrize("booted", [False, True])
def test_a_power_cut_within_a_change_leaves_nothing_of_it(backend: str, step: str, booted: bool) -> None:
    device = Device()
    device.change({MTU: "1300"}, key="before")
    getattr(device, backend).dies_at = step

    with pytest.raises(PowerCut):
        cut_off(device, {MTU: "1400", RATE: "10"}, key="after")
    after = device.restarted(booted=booted)

    assert (after.get(MTU), after.get(RATE), after.get(KEY)) == ("1300", "1000", "before")
    assert after.is_consistent()


@pytest.mark.parametrize("booted", [False, True])
def test_a_power_cut_between_the_document_and_the_journals_end_keeps_the_change(device: Device, booted: bool) -> None:
    device.documents.remove = dies  # type: ignore[method-assign]
    with pytest.raises(PowerCut):
        cut_off(device, {MTU: "1400", RATE: "10"}, key="after")
    del device.documents.remove  # type: ignore[method-assign]

    after = device.restarted(booted=booted)

    assert (after.get(MTU), after.get(RATE), after.get(KEY)) == ("1400", "10", "after")
    assert after.is_consistent()


def dies(_name: str) -> None:
    raise PowerCut


def cut_off(device: Device, values: dict[str, str], key: str) -> None:
    """As ``Device.change``, in a process that ends on the way: nothing tidies up."""
    change = device.model.transaction(Caller.ACS)
    change.set_own("ManagementServer.ParameterKey", key)
    for path, text in values.items():
        change.set(path, text)
    for backend in (device.network, device.ports):
        backend.rollback = lambda: None  # type: ignore[method-assign]
    change.commit()


def test_a_recovery_that_fails_does_not_keep_the_agent_from_starting(device: Device) -> None:
    device.documents.write("journal", {"transaction": 9, "boot": "boot 1", "undo": {"network": 17, "gone": {}}})

    after = device.restarted()

    assert after.get(MTU) == "1500"
    assert "journal" not in after.documents.texts


def test_factory_reset_takes_back_everything_and_keeps_nothing(device: Device) -> None:
    number = device.add(IP)
    device.change({MTU: "1400", f"{IP}{number}.Alias": "lan", RATE: "10"}, key="K")

    device.model.forget_everything()

    assert device.machine.made == FIRST
    assert device.get(KEY) == ""
    assert device.tree("") == Device().tree("")
    assert device.restarted().tree("") == Device().tree("")


def test_what_could_not_be_saved_is_saved_with_the_next_reading(device: Device) -> None:
    device.documents.is_full = True
    device.model.forget_everything()
    assert device.tree(IP)
    device.documents.is_full = False
    assert device.tree(IP)

    assert device.documents.read("model")["backends"]["network"] == FIRST["network"]


# -- changes that wait for the session's end --------------------------------------------------------------------------


def deferred(device: Device) -> None:
    device.network.cuts_path = True
    assert device.change({MTU: "1400", RATE: "10"}, key="after") == 1


def is_as_before(device: Device) -> bool:
    values = (device.get(MTU), device.get(RATE), device.get(KEY))
    return values == ("1500", "1000", "before") and device.machine.made == FIRST and device.is_consistent()


def is_changed(device: Device) -> bool:
    values = (device.get(MTU), device.get(RATE), device.get(KEY))
    return values == ("1400", "10", "after") and device.machine.made != FIRST and device.is_consistent()


@pytest.fixture
def waiting(device: Device) -> Device:
    device.change({"Device.DeviceInfo.ProvisioningCode": "x"}, key="before")
    deferred(device)
    return device


def test_a_change_that_cuts_the_path_reads_as_set_and_is_not_made(waiting: Device) -> None:
    assert (waiting.get(MTU), waiting.get(KEY)) == ("1400", "after")
    assert waiting.machine.made == FIRST
    assert waiting.model.awaits_application
    assert waiting.model.awaits_confirmation


def test_it_is_made_after_the_session_and_stays_when_confirmed(waiting: Device) -> None:
    assert waiting.model.apply_deferred()
    assert waiting.model.awaits_confirmation
    assert not waiting.model.awaits_application
    waiting.model.confirm()

    assert not waiting.model.awaits_confirmation
    assert is_changed(waiting)
    assert is_changed(waiting.restarted())
    assert not waiting.restarted().model.awaits_confirmation


def test_unconfirmed_it_is_taken_back_with_the_parameter_key(waiting: Device) -> None:
    waiting.model.apply_deferred()
    waiting.model.revert()

    assert is_as_before(waiting)
    assert waiting.model.was_taken_back
    assert is_as_before(waiting.restarted())


@pytest.mark.parametrize("backend", ["network", "ports"])
@pytest.mark.parametrize("step", ["prepare", "commit", "half"])
def test_when_it_cannot_be_made_all_is_as_before(waiting: Device, backend: str, step: str) -> None:
    getattr(waiting, backend).fails_at = {step}
    assert not waiting.model.apply_deferred()
    getattr(waiting, backend).fails_at = set()

    assert is_as_before(waiting)
    assert waiting.model.was_taken_back
    assert not waiting.model.awaits_confirmation


@pytest.mark.parametrize("why", ["begin", "write side"])
def test_when_it_cannot_even_begin_what_was_made_earlier_stays(device: Device, why: str) -> None:
    device.change({f"{PORTS}2.MaxBitRate": "7"})
    device.network.cuts_path = True
    assert device.change({MTU: "1400"}) == 1
    device.network.fails_at = {why}
    device.model.read_only_reason = "off" if why == "write side" else ""
    assert not device.model.apply_deferred()
    device.network.fails_at = set()

    assert device.get(f"{PORTS}2.MaxBitRate") == "7"
    assert device.is_consistent()


def test_several_changes_of_one_session_wait_and_come_back_together(waiting: Device) -> None:
    assert waiting.change({f"{PORTS}2.MaxBitRate": "10"}, key="later") == 1
    assert waiting.machine.made == FIRST
    assert waiting.model.apply_deferred()
    assert waiting.machine.made["ports"]["port"][1]["rate"] == 10

    waiting.model.revert()
    assert is_as_before(waiting)
    assert waiting.get(f"{PORTS}2.MaxBitRate") == "100"


def test_a_refused_change_of_the_same_session_leaves_what_waits(waiting: Device) -> None:
    waiting.ports.fails_at = {"prepare"}
    assert waiting.refused({f"{PORTS}2.MaxBitRate": "10"}) == {f"{PORTS}2.MaxBitRate": "Unavailable"}
    waiting.ports.fails_at = set()

    assert waiting.model.apply_deferred()
    assert is_changed(waiting)


def test_nothing_else_is_changed_until_the_change_is_confirmed(waiting: Device) -> None:
    waiting.model.apply_deferred()
    assert waiting.refused({f"{PORTS}2.MaxBitRate": "10"}) == {"": "Unavailable"}

    waiting.model.revert()
    assert is_as_before(waiting)


def test_a_change_that_cannot_be_kept_for_later_was_never_staged(device: Device) -> None:
    device.change({"Device.DeviceInfo.ProvisioningCode": "x"}, key="before")
    device.network.cuts_path = True
    device.documents.is_full = True
    assert device.refused({MTU: "1400", RATE: "10"}) == {"": "NoRoomToSave"}
    device.documents.is_full = False

    assert not device.model.awaits_confirmation
    assert is_as_before(device)
    assert is_as_before(device.restarted())


def test_a_full_disk_at_the_end_of_the_session_takes_the_change_back(waiting: Device) -> None:
    waiting.documents.is_full = True
    assert not waiting.model.apply_deferred()
    waiting.documents.is_full = False

    assert is_as_before(after_reading(waiting))


def test_a_full_disk_does_not_undo_a_confirmation(waiting: Device) -> None:
    waiting.model.apply_deferred()
    waiting.documents.is_full = True
    waiting.model.confirm()
    waiting.documents.is_full = False

    assert is_changed(after_reading(waiting))
    assert not waiting.restarted().model.awaits_confirmation


def after_reading(device: Device) -> Device:
    device.tree("")
    return device


@pytest.mark.parametrize("booted", [False, True])
def test_a_restart_before_it_was_made_makes_it_and_still_knows_the_way_back(waiting: Device, booted: bool) -> None:
    after = waiting.restarted(booted=booted)

    assert after.model.awaits_confirmation
    assert not after.model.awaits_application
    assert is_changed(after)
    after.model.revert()
    assert is_as_before(after)


@pytest.mark.parametrize("booted", [False, True])
def test_a_restart_before_the_confirmation_still_knows_the_way_back(waiting: Device, booted: bool) -> None:
    waiting.model.apply_deferred()
    after = waiting.restarted(booted=booted)

    assert after.model.awaits_confirmation
    assert is_changed(after)
    after.model.revert()
    assert is_as_before(after)


@pytest.mark.parametrize("booted", [False, True])
@pytest.mark.parametrize("backend", ["network", "ports"])
@pytest.mark.parametrize("step", ["prepare", "commit", "half"])
def test_a_power_cut_while_it_is_made_leaves_it_to_be_confirmed_or_taken_back(
    waiting: Device, backend: str, step: str, booted: bool
) -> None:
    getattr(waiting, backend).dies_at = step
    with pytest.raises(PowerCut):
        waiting.model.apply_deferred()

    after = waiting.restarted(booted=booted)
    assert is_changed(after)
    after.model.revert()
    assert is_as_before(after)
    assert is_as_before(after.restarted(booted=booted))


def test_that_a_change_was_taken_back_is_remembered_until_it_is_known(waiting: Device) -> None:
    waiting.model.apply_deferred()
    waiting.model.revert()

    after = waiting.restarted()
    assert after.model.was_taken_back
    after.model.taken_back_is_known()
    assert not after.restarted().model.was_taken_back


def test_a_number_given_in_a_change_that_was_taken_back_is_not_given_again(device: Device) -> None:
    device.add(IP)
    device.network.cuts_path = True
    number = device.add(IP)
    device.model.apply_deferred()
    device.model.revert()
    device.network.cuts_path = False

    assert device.add(IP) == number + 1


def test_with_the_write_side_off_what_waits_is_taken_back_untouched(waiting: Device) -> None:
    waiting.model.read_only_reason = "off"

    assert not waiting.model.apply_deferred()
    assert (waiting.get(MTU), waiting.get(KEY)) == ("1500", "before")
    assert waiting.machine.made == FIRST


def test_a_factory_reset_takes_an_unconfirmed_change_along(waiting: Device) -> None:
    waiting.model.apply_deferred()
    waiting.model.forget_everything()

    assert not waiting.model.awaits_confirmation
    waiting.model.revert()
    assert waiting.machine.made == FIRST
    assert waiting.get(KEY) == ""


def test_an_interface_keeps_its_number_when_a_change_is_taken_back(waiting: Device) -> None:
    before = waiting.tree("")
    waiting.model.apply_deferred()
    waiting.model.revert()

    assert waiting.tree("").keys() == before.keys()
    assert waiting.restarted().tree("").keys() == before.keys()


def test_saving_when_nothing_changed_writes_nothing(device: Device) -> None:
    device.model.save()
    saves = device.documents.saves
    device.model.save()
    assert device.documents.saves == saves
    device.change({f"{IP}1.MaxMTUSize": "1400"})
    assert device.documents.saves > saves
    changed = device.documents.saves
    device.model.save()
    assert device.documents.saves == changed
