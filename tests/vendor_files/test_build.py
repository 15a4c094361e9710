"""The configuration file of a device is built from the daemon's parts when it is first asked for."""

import json
from pathlib import Path
from typing import Any

from agent.vendor_files.build import Given, VendorConfiguration
from agent.vendor_files.device_values import STAY
from tests.model.device import Device


def test_the_file_says_what_it_is_of_and_its_version_changes_with_what_is_configured(tmp_path: Path) -> None:
    device, shapes = Device(), list[Any]()
    built = VendorConfiguration(
        Given(
            lambda: device.model,
            tmp_path,
            lambda name: name.endswith("Password"),
            lambda document, where: shapes.append((sorted(document), where)),
            lambda: ("sealed", ""),
            lambda: {"serial_number": "1", "address": "192.0.2.1", "agent": "x"},
            "linux",
            lambda: 1_800_000_000.0,
            lambda: None,
        )
    )
    assert built.version() == ("", None)
    (tmp_path / "model.json").write_text("{}")
    version, saved = built.version()
    assert (len(version), saved is not None) == (12, True)
    assert built.version() == (version, saved)
    (tmp_path / "model.json").write_text('{"changed": 1}')
    assert built.version()[0] != version
    device.change({"Device.ManagementServer.Password": "x"})
    said = json.loads(built.file().content())
    assert said["about"]["made"] == "2027-01-15T08:00:00Z"
    assert (said["about"]["system"], said["about"]["serial_number"]) == ("linux", "1")
    assert "address" not in said["about"]
    assert built.file() is built.file()
    from agent.model.data_model import Caller

    built.file().restore(built.file().content(), Caller.LOCAL)
    assert shapes == [
        (["attributes", "backends", "instances", "transaction", "unconfirmed", "version"], "file"),
    ]


def test_what_has_become_of_the_device_is_not_its_configuration() -> None:
    assert "ManagementServer.ParameterKey" in STAY
