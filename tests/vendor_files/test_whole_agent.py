"""A configuration goes to a file server and comes back, over a real agent, as an ACS orders it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bench.stage import Stage, stage
from tests.transfers.file_server import File, FileServer
from tests.vendor_files.test_service import with_change

pytestmark = pytest.mark.slow

CODE = "Device.DeviceInfo.ProvisioningCode"
INTERVAL = "Device.ManagementServer.PeriodicInformInterval"


@pytest.fixture(scope="module")
def live() -> Iterator[Stage]:
    with stage(more="[transfers]\nlaboratory = true\n") as made:
        yield made


@pytest.fixture(scope="module")
def server() -> Iterator[FileServer]:
    with FileServer() as made:
        yield made


def transfer(live: Stage, method: str, key: str, file_type: str, url: str) -> tuple[int, str]:
    """Order it, and wait for TransferComplete: its fault."""
    live.done(method, command_key=key, file_type=file_type, url=url)
    told = live.acs.wait_for_transfer(key)
    return told.fault_code, str(told.content.get("fault_struct", {}).get("fault_string", ""))


def values(live: Stage, *paths: str) -> list[str]:
    found: Any = live.done("GetParameterValues", names=list(paths)).result
    return [one["value"] for one in found["parameters"]]


def test_a_configuration_goes_away_and_comes_back_and_what_cannot_be_changes_nothing(
    live: Stage, server: FileServer
) -> None:
    live.done("SetParameterValues", parameters={CODE: "first", INTERVAL: 7200}, parameter_key="p1")
    assert transfer(live, "Upload", "u1", "1 Vendor Configuration File", server.url("/up/c.json")) == (0, "")
    content = server.uploads["/up/c.json"]
    assert json.loads(content)["about"]["system"] == "linux"
    live.done("SetParameterValues", parameters={CODE: "later", INTERVAL: 3600}, parameter_key="p2")

    said = json.loads(content)
    said["backends"]["own"]["ManagementServer.PeriodicInformInterval"]["value"] = "often"
    server.files["/bad.json"] = File(with_change(json.dumps(said).encode()))
    code, text = transfer(live, "Download", "d1", "3 Vendor Configuration File", server.url("/bad.json"))
    assert code == 9018, text
    server.files["/cut.json"] = File(content[: len(content) // 2])
    assert transfer(live, "Download", "d2", "3 Vendor Configuration File", server.url("/cut.json"))[0] == 9018
    assert values(live, CODE, INTERVAL) == ["later", "3600"]

    server.files["/c.json"] = File(content)
    assert transfer(live, "Download", "d3", "3 Vendor Configuration File", server.url("/c.json")) == (0, "")
    key = "Device.ManagementServer.ParameterKey"
    assert values(live, CODE, INTERVAL, key) == ["first", "7200", "p2"]


def test_the_log_says_what_has_happened_and_tone_files_are_refused(live: Stage, server: FileServer) -> None:
    assert transfer(live, "Upload", "u2", "2 Vendor Log File", server.url("/up/log")) == (0, "")
    events = [json.loads(line) for line in server.uploads["/up/log"].splitlines()]
    assert any(one["kind"] == "configured" and one["fields"]["caller"] == "acs" for one in events)
    assert any(one["kind"] == "transfer" for one in events)
    number = [
        one["path"].split(".")[-2]
        for one in values_of(live, "Device.DeviceInfo.VendorLogFile.")
        if one["path"].endswith(".Name") and one["value"].endswith("history.jsonl")
    ]
    assert transfer(live, "Upload", "u3", f"4 Vendor Log File {number[0]}", server.url("/up/log4")) == (0, "")
    assert server.uploads["/up/log4"].startswith(server.uploads["/up/log"][:100])
    rpc = live.acs.queue(
        live.device, "Download", {"command_key": "t", "file_type": "4 Tone File", "url": server.url("/t")}
    )
    live.inform()
    live.acs.wait(rpc)
    assert rpc.state != "done"
    assert "9001" in json.dumps(rpc.result)


def values_of(live: Stage, path: str) -> list[dict[str, Any]]:
    found: Any = live.done("GetParameterValues", names=[path]).result
    return list(found["parameters"])
