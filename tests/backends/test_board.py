"""What a board is, out of what OpenWrt's images say."""

import json
from pathlib import Path
from typing import Any

import pytest

from backends.board import Board, board
from backends.sysfs import Machine
from backends.system import Release, identity

RELEASE = Release("OpenWrt", "24.10.0", "OpenWrt 24.10.0", "r28427-6df0e3d02a")


def put(root: Path, path: str, content: Any) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content))


def test_a_board_is_what_the_image_says(tmp_path: Path) -> None:
    put(tmp_path, "tmp/sysinfo/model", "TP-Link Archer C7 v2\n")
    put(tmp_path, "tmp/sysinfo/board_name", "tplink,archer-c7-v2\n")
    put(tmp_path, "etc/board.json", {"system": {"label_macaddr": "14:cc:20:ab:cd:ef"}, "network": {}})
    put(tmp_path, "etc/device_info", "DEVICE_MANUFACTURER='OpenWrt'\nDEVICE_PRODUCT='Generic'\nDEVICE_REVISION='v0'\n")
    found = board(tmp_path)
    assert found == Board("tplink,archer-c7-v2", "TP-Link Archer C7 v2", mac="14CC20ABCDEF")
    told = identity(Machine(), RELEASE, [], "", found)
    assert (told.manufacturer, told.model_name, told.product_class) == (
        "TP-Link", "TP-Link Archer C7 v2", "TP-Link-Archer-C7-v2",
    )  # fmt: skip
    assert (told.oui, told.serial_number, told.hardware_version) == ("14CC20", "14CC20ABCDEF", "tplink,archer-c7-v2")
    assert told.software_version == "24.10.0 r28427-6df0e3d02a"


def test_a_vendor_s_words_count_more(tmp_path: Path) -> None:
    put(tmp_path, "tmp/sysinfo/model", "Reference Board\n")
    put(
        tmp_path,
        "etc/device_info",
        "DEVICE_MANUFACTURER='Acme Inc.'\nDEVICE_PRODUCT=\"AC-1\"\nDEVICE_REVISION='B2'\nx'\n",
    )
    told = identity(Machine("Reference", "Reference Board"), RELEASE, [], "", board(tmp_path))
    assert (told.manufacturer, told.model_name, told.hardware_version) == ("Acme Inc.", "AC-1", "B2")


@pytest.mark.parametrize(
    ("told", "mac"),
    [
        ({"network": {"wan": {"macaddr": "02-00-00-00-00-01"}, "lan": {"macaddr": "020000000002"}}}, "020000000001"),
        ({"network": {"wan": {"macaddr": 7}, "lan": {"macaddr": "02:00:00:00:00:02"}}}, "020000000002"),
        ({"network": [], "system": "x"}, ""),
        ([1], ""),
        ("{", ""),
    ],
)
def test_a_port_s_address_stands_for_a_label_s(tmp_path: Path, told: Any, mac: str) -> None:
    put(tmp_path, "etc/board.json", told)
    assert board(tmp_path).mac == mac


def test_the_board_s_document_stands_for_what_is_not_in_memory(tmp_path: Path) -> None:
    put(tmp_path, "etc/board.json", {"model": {"id": "acme,one", "name": "Acme One"}})
    assert board(tmp_path) == Board("acme,one", "Acme One")


def test_another_system_says_nothing(tmp_path: Path) -> None:
    assert board(tmp_path) == Board()
