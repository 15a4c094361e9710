"""Upgrades of the real agent by the lab ACS, into a laboratory's two banks."""

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from agent.cli import client
from agent.lab.records import Told
from tests.backends.signing import Signer, sealed_image
from tests.durability.stand import Stand, Tracer, watched_paths
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.slow

SIGNER = Signer()
INFO = "Device.DeviceInfo."
BOOT = f"{INFO}BootFirmwareImage"
SETTINGS = """[transfers]
laboratory = true
[discovery]
enable = false
[firmware]
installer = "laboratory"
directory = "{lab}"
public_keys = "{keys}"
allow_downgrade = true
"""
CONTENT = bytes(range(256)) * 512


class World:
    """The stand, with images on the ACS's file server."""

    def __init__(self, directory: Path) -> None:
        self.served, self.lab = directory / "served", directory / "lab"
        self.served.mkdir()
        self.lab.mkdir()
        (self.lab / "bank-1").write_bytes(CONTENT)
        keys = SIGNER.trusted_in(directory / "keys")
        self.stand = Stand(directory, more=SETTINGS.format(lab=self.lab, keys=keys), data=self.served)
        self.agent = self.stand.first_contact()
        quick = {"Device.ManagementServer.CWMPRetryMinimumWaitInterval": {"value": "1", "type": "unsignedInt"}}
        self.stand.done(self.agent, "SetParameterValues", parameters=quick)
        self.tags = count(1)

    def publish(self, content: bytes = CONTENT, signer: Signer = SIGNER, version: str = "2.0") -> dict[str, Any]:
        """A Download of an image that is there now."""
        image = sealed_image(self.served / "image", content, signer, version, boards=())
        key = f"key-{next(self.tags)}"
        return {
            "url": "/files/image", "file_type": "1 Firmware Upgrade Image", "command_key": key,
            "file_size": image.stat().st_size,
        }  # fmt: skip

    def upgrade(self, **more: Any) -> Told:
        """Download it; what the ACS was told in the end."""
        arguments = self.publish(**more)
        self.stand.rpc(self.agent, "Download", **arguments)
        return self.told(arguments["command_key"])

    def survives(self, call: str, number: int) -> None:
        """Kill at that call of an upgrade, start again, judge."""
        arguments = self.publish(version=f"4.{number}")
        key = arguments["command_key"]
        rpc = self.stand.queue("Download", **arguments)
        paths = [*watched_paths(self.stand.state), "-P", str(self.lab)]
        with Tracer(self.agent, self.stand.state, f"{call}:signal=SIGKILL:when={number}", paths=paths):
            with suppress(client.Failure, OSError):
                self.stand.session(self.agent)
            until(lambda: not self.agent.is_alive or any(one.command_key == key for one in self.stand.acs.told))
        if not self.agent.is_alive:
            starts = self.stand.state / "starts.json"
            counted = json.loads(starts.read_text())
            starts.write_text(json.dumps({**counted, "unclean": counted["unclean"][-1:]}))
            self.agent = self.stand.start()
        if not rpc.is_finished:
            self.stand.session(self.agent)
        if rpc.state == "done":
            assert self.told(key).fault_code == 0, (call, number)
        if not (self.lab / "boot.json").exists():
            return
        boot = json.loads((self.lab / "boot.json").read_text())
        assert boot["running"] == boot["good"], (call, number)
        assert (self.lab / f"bank-{boot['good']}").read_bytes() == CONTENT
        assert [one.command_key for one in self.stand.acs.told].count(key) <= 2, (call, number)
        assert self.stand.unusable() == []

    def told(self, key: str) -> Told:
        def found() -> Told | None:
            told = [one for one in self.stand.acs.told if one.method == "TransferComplete" and one.command_key == key]
            return told[0] if told else None

        told = until(found, lambda: "\n".join(self.stand.log_lines()[-30:]))
        until(lambda: self.stand.acs.sessions[-1].state == "ended")
        return told

    def values(self, *paths: str) -> dict[str, str]:
        def found() -> dict[str, str]:
            with suppress(client.Failure, OSError):
                return self.agent.values(*paths)
            return {}

        return until(found)

    def image(self, number: int) -> dict[str, str]:
        path = f"{INFO}FirmwareImage.{number}."
        return {name.removeprefix(path): value for name, value in self.values(path).items()}

    def last_reboot(self) -> dict[str, str]:
        record = self.values(f"{INFO}X_CPEAGENT_Reboots.")
        last = max(int(name.split(".")[4]) for name in record if ".Reboot." in name)
        row = f"{INFO}X_CPEAGENT_Reboots.Reboot.{last}."
        return {name.removeprefix(row): value for name, value in record.items() if name.startswith(row)}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made: list[World] = []
    try:
        made.append(World(tmp_path_factory.mktemp("firmware")))
        yield made[0]
    finally:
        for one in made:
            print(*one.stand.log_lines()[-60:], sep="\n")
            one.stand.__exit__(None, None, None)


def test_an_image_is_downloaded_started_and_told_as_good_after_the_session_that_proves_it(world: World) -> None:
    sessions = world.stand.acs.sessions[-1].number
    told = world.upgrade()
    assert told.fault_code == 0
    assert (world.lab / "bank-2").read_bytes() == CONTENT
    boot_record = json.loads((world.lab / "boot.json").read_text())
    assert boot_record == {"running": "2", "good": "2", "tried": "", "labels": {"2": ["Acme 2.0", "2.0"]}}
    codes = [one.events for one in world.stand.acs.informs if one.session > sessions]
    boot = next(place for place, events in enumerate(codes) if "1 BOOT" in events)
    assert "7 TRANSFER COMPLETE" not in codes[boot], "a session proves the image before it is told as good"
    assert {"7 TRANSFER COMPLETE", "M Download"} <= set(codes[-1])
    assert [world.image(number)["Status"] for number in (1, 2)] == ["Available", "Active"]
    assert world.image(2)["Version"] == "2.0" != world.image(1)["Version"]
    last = world.last_reboot()
    assert (last["FirmwareUpdated"], last["Cause"]) == ("true", "RemoteReboot")


def test_one_that_is_refused_or_not_there_changes_nothing_and_the_former_can_be_started(world: World) -> None:
    before, former = (world.lab / "boot.json").read_bytes(), world.image(1)
    told = world.upgrade(signer=Signer("thief"))
    assert told.fault_code == 9019
    missing = world.publish() | {"url": "/files/nothing"}
    world.stand.rpc(world.agent, "Download", **missing)
    assert world.told(missing["command_key"]).fault_code == 9016
    assert (world.lab / "boot.json").read_bytes() == before
    assert (former["Status"], former["Available"], bool(former["Version"])) == ("Available", "true", True)
    assert world.image(1) == former
    world.stand.done(world.agent, "SetParameterValues", parameters={BOOT: f"{INFO}FirmwareImage.1"})
    boots = len(world.stand.informs_with("1 BOOT"))
    world.stand.rpc(world.agent, "Reboot")
    until(lambda: len(world.stand.informs_with("1 BOOT")) > boots)
    world.stand.acs.wait_for_session_end(timeout=PATIENCE)
    assert world.values(f"{INFO}ActiveFirmwareImage") == {f"{INFO}ActiveFirmwareImage": f"{INFO}FirmwareImage.1"}
    assert (world.image(2)["Status"], world.image(2)["Version"]) == ("Available", "2.0")


def test_one_that_does_not_come_up_is_told_by_the_former(world: World) -> None:
    (world.lab / "broken").write_bytes(b"BROKEN")
    told = world.upgrade(content=b"BROKEN" + CONTENT, version="3.0")
    assert told.fault_code == 9010
    assert "former image" in str(told.content)
    failed = world.image(2)
    assert (failed["Status"], failed["Version"]) == ("ActivationFailed", "3.0")
    assert failed["BootFailureLog"] == "the machine came up with the former image"
    assert world.last_reboot()["FirmwareUpdated"] == "false"


def test_a_scheduled_image_whose_window_is_over_is_started_by_no_reboot_before_the_next(world: World) -> None:
    arguments = world.publish(version="3.5")
    windows = [{"start": 2, "end": 6}, {"start": 16, "end": 90}]
    active = f"{INFO}ActiveFirmwareImage"
    former = world.values(active)
    paths = [part for name in ("firmware.json", ".firmware.new") for part in ("-P", str(world.stand.state / name))]
    with Tracer(world.agent, world.stand.state, "rename:signal=SIGKILL:when=3", paths=paths):  # to be "installed"
        world.stand.done(world.agent, "ScheduleDownload", **arguments, time_windows=windows)
        asked = time.monotonic()
        until(lambda: not world.agent.is_alive)
    time.sleep(max(0.0, asked + 6 - time.monotonic()))
    world.agent = world.stand.start()
    boots = len(world.stand.informs_with("1 BOOT"))
    world.stand.rpc(world.agent, "Reboot")
    until(lambda: len(world.stand.informs_with("1 BOOT")) > boots)
    world.stand.acs.wait_for_session_end(timeout=PATIENCE)
    assert world.values(active) == former
    assert world.told(arguments["command_key"]).fault_code == 0
    assert world.values(active) != former
    assert [one.command_key for one in world.stand.acs.told].count(arguments["command_key"]) == 1


def test_a_kill_at_write_points_of_an_upgrade_leaves_one_good_image_and_one_verdict(world: World) -> None:
    for call, number in (("rename", 1), ("rename", 9), ("fsync", 14), ("rename", 27)):
        world.survives(call, number)
