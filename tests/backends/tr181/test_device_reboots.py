"""Reboots as an ACS sees them."""

from dataclasses import replace
from pathlib import Path

from agent.model.own_values import OwnValues
from backends.reboots import REMOTE, Reboots
from backends.tr181.device_reboots import OWN_VALUES, REBOOTS, device_reboots, reboot_record
from tests.backends.small_device import SmallDevice
from tests.backends.whole_device import device_in_memory


class Device(SmallDevice):
    def __init__(self, root: Path) -> None:
        whole, _ = device_in_memory(root)
        own = OwnValues(OWN_VALUES, {})
        basic = replace(whole.mechanisms, own=own, state_directory=root / "state")
        part = reboot_record(basic)
        self.record: Reboots = part.provides["reboots"]
        super().__init__(device_reboots(replace(basic, **part.provides)), own)


def test_each_reboot_is_a_row_with_its_cause(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.record.going_down(REMOTE, "asked for by the ACS")
    device.record.started("2.0", was_clean=True, is_update=True)
    told = device.tree(f"{REBOOTS}Reboot.1.")
    assert (told["Cause"], told["Reason"], told["FirmwareUpdated"]) == (REMOTE, "asked for by the ACS", "true")
    assert told["TimeStamp"].startswith("20")
    counts = device.tree(REBOOTS)
    assert (counts[f"{'BootCount'}"], counts["WatchdogBootCount"], counts["RebootNumberOfEntries"]) == ("1", "0", "1")


def test_the_acs_says_how_many_are_kept(tmp_path: Path) -> None:
    device = Device(tmp_path)
    assert device.get(f"{REBOOTS}MaxRebootEntries") == "-1"
    for _ in range(3):
        device.record.started("2.0", was_clean=True)
    device.set({f"{REBOOTS}MaxRebootEntries": "2"})
    assert device.get(f"{REBOOTS}RebootNumberOfEntries") == "2"
    device.set({f"{REBOOTS}MaxRebootEntries": "0"})
    assert device.get(f"{REBOOTS}RebootNumberOfEntries") == "0"
    assert device.refused({f"{REBOOTS}MaxRebootEntries": "-2"}) == {f"{REBOOTS}MaxRebootEntries": "InvalidValue"}
