"""Which images are installed: one, or the two of RAUC or of a Raspberry Pi's tryboot."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from backends.errors import TimedOut
from backends.firmware import Firmware, Image, Told

RAUC: dict[str, Any] = {
    "compatible": "gateway",
    "booted": "A",
    "boot_primary": "rootfs.1",
    "slots": [
        {"rootfs.0": {"class": "rootfs", "bootname": "A", "state": "booted", "boot_status": "good",
                      "slot_status": {"bundle": {"version": "1.0", "description": "old words"}}}},
        {"rootfs.1": {"class": "rootfs", "bootname": "B", "state": "inactive", "boot_status": "good",
                      "slot_status": {"bundle": {"version": "2.0", "description": "Gateway 2"}}}},
        {"data.0": {"class": "data", "bootname": None, "state": "active"}},
    ],
}  # fmt: skip


class Box:
    """A machine made of files, with what rauc would say."""

    def __init__(self, root: Path, rauc: str | None = None) -> None:
        self.root = root
        self.rauc = rauc
        self.asked = 0
        self.firmware = Firmware(root, "Example 1.2", "1.2", self.start)

    def start(self, arguments: Sequence[str], given: str = "", seconds: float = 0.0) -> str:
        assert arguments[0] == "rauc"
        assert seconds <= 2
        self.asked += 1
        if self.rauc is None:
            raise TimedOut("rauc")
        return self.rauc

    def put(self, path: str, content: bytes) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def test_a_machine_with_one_image_runs_it(tmp_path: Path) -> None:
    box = Box(tmp_path)
    assert box.firmware.images() == (Image("running", "Example 1.2", "1.2", is_active=True, is_next=True),)
    assert box.asked == 0


def test_rauc_s_slots_are_images_and_what_runs_has_the_version_of_the_system(tmp_path: Path) -> None:
    box = Box(tmp_path, json.dumps(RAUC))
    box.put("etc/rauc/system.conf", b"[system]\n")
    assert list(box.firmware.images()) == [
        Image("rootfs.0", "Example 1.2", "1.2", is_active=True, is_next=False),
        Image("rootfs.1", "Gateway 2", "2.0", is_active=False, is_next=True),
    ]
    box.firmware.images()
    assert box.asked == 1, "it is asked once, not once per value"
    box.firmware.forget()
    box.firmware.images()
    assert box.asked == 2


def test_a_slot_that_does_not_boot_or_holds_nothing_cannot_be_used(tmp_path: Path) -> None:
    told = json.loads(json.dumps(RAUC))
    told["slots"][1]["rootfs.1"]["boot_status"] = "bad"
    box = Box(tmp_path, json.dumps(told))
    box.put("etc/rauc/system.conf", b"")
    assert [one.is_usable for one in box.firmware.images()] == [True, False]


def test_a_slot_that_rauc_takes_for_good_is_none_to_start_while_it_is_written(tmp_path: Path) -> None:
    box = Box(tmp_path, json.dumps(RAUC))
    box.put("etc/rauc/system.conf", b"")
    box.firmware.told = lambda: Told("DownloadFailed")
    assert [one.is_usable for one in box.firmware.images()] == [True, True]
    box.firmware.told = lambda: Told("Validating", is_lost=True)
    assert [one.is_usable for one in box.firmware.images()] == [True, False]


@pytest.mark.parametrize("rauc", [None, "", "[]", "{}", '{"slots": 7}', '{"slots": [{"a": 1}]}', '{"slots": []}'])
def test_a_rauc_that_says_nothing_of_use_leaves_the_running_image(tmp_path: Path, rauc: str | None) -> None:
    box = Box(tmp_path, rauc)
    box.put("etc/rauc/system.conf", b"")
    assert [one.key for one in box.firmware.images()] == ["running"]


def test_tryboot_s_partitions_are_images(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.put(
        "boot/firmware/autoboot.txt",
        b"[all]\ntryboot_a_b=1\nboot_partition=2\n[tryboot]\nboot_partition=3\n",
    )
    box.put("proc/device-tree/chosen/bootloader/partition", b"\0\0\0\3")
    assert list(box.firmware.images()) == [
        Image("partition 2", "boot partition 2", "", is_active=False, is_next=True),
        Image("partition 3", "Example 1.2", "1.2", is_active=True, is_next=False),
    ]


@pytest.mark.parametrize(
    "text", [b"", b"[all]\nboot_partition=2\n", b"[all]\nboot_partition=5\n[tryboot]\nboot_partition=6\n"]
)
def test_a_pi_without_two_of_them_has_one_image(tmp_path: Path, text: bytes) -> None:
    box = Box(tmp_path)
    box.put("boot/autoboot.txt", text)
    box.put("proc/device-tree/chosen/bootloader/partition", b"\0\0\0\2")
    assert [one.key for one in box.firmware.images()] == ["running"]
