"""What the engine is given: files by the transfers' mover, references by number and alias, a picture for people."""

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from agent.cwmp.event_queue import EventQueue
from agent.cwmp.management_server import DEFAULTS
from agent.model.object import Target
from agent.model.own_values import OwnValues
from agent.modules.service import Around, ModuleService
from agent.runtime.endpoint import AcsEndpoint
from agent.transfers.failures import TransferFailed
from agent.transfers.mover import Way
from agent.transfers.url_policy import UrlPolicy
from backends.modules.inventory import Deployed, Modules
from backends.procfs import Procfs
from backends.tr181.mechanisms import Mechanisms
from tests.backends.modules.making import archive
from tests.backends.tr181.test_software_modules import ENVIRONMENT, ONE, Machine
from tests.fakes.documents import Documents
from tests.transfers.file_server import File, FileServer


class Bench:
    def __init__(self, place: Path, policy: UrlPolicy) -> None:
        self.machine = Machine(place)
        model = self.machine.device.model
        nothing: Any = None
        given = Mechanisms(
            nothing, nothing, Procfs(), nothing, nothing, nothing, OwnValues(DEFAULTS, {}), links=nothing,
            state_directory=place / "state",
            path_of=lambda target: model.instances.path_of(target.table, target.keys),
        )  # fmt: skip
        self.saves = 0

        def save() -> None:
            self.saves += 1
            raise OSError(28, "full")

        way = Way(AcsEndpoint(url="http://127.0.0.1:1/"))
        around = Around(given.own, EventQueue(), lambda: policy, lambda: way, lambda work: work(), lambda: 0.0,
                        model.peek, save)  # fmt: skip
        self.service = ModuleService(self.machine.modules, given, Documents(), around)

    @property
    def modules(self) -> Modules:
        return self.machine.modules


def test_environments_are_found_by_number_by_alias_and_without_the_root(tmp_path: Path) -> None:
    bench = Bench(tmp_path, UrlPolicy())
    find = bench.service._environment_at
    for reference in (
        ENVIRONMENT,
        ENVIRONMENT[:-1],
        ".SoftwareModules.ExecEnv.1.",
        "Device.SoftwareModules.ExecEnv.[cpe-1]",
    ):
        assert find(reference) == "archives", reference
    for reference in ("Device.SoftwareModules.ExecEnv.2", "Device.SoftwareModules.DeploymentUnit.1", "archives", "."):
        assert find(reference) is None, reference


def test_a_row_that_is_new_has_its_number_in_the_reference(tmp_path: Path) -> None:
    bench = Bench(tmp_path, UrlPolicy())
    new = Deployed("11111111-1111-1111-1111-111111111111", "archives", "greeter", "greeter", "v", "1")
    assert bench.service._reference("DeploymentUnit", ONE.key) == "Device.SoftwareModules.DeploymentUnit.1"
    bench.modules.deployed = {**bench.modules.deployed, new.key: new}
    assert bench.service._reference("DeploymentUnit", new.key) == "Device.SoftwareModules.DeploymentUnit.2"
    assert bench.saves >= 1
    assert bench.machine.device.model.instances.path_of(Target("x", ("y",)).table, ("y",)) == ""


def test_the_picture_has_everything_and_no_secret(tmp_path: Path) -> None:
    told = Bench(tmp_path, UrlPolicy()).service.table["modules"]({})
    assert [one["name"] for one in told["environments"]] == ["archives"]
    assert [(one["uuid"], one["path"]) for one in told["deployment_units"]] == [
        (ONE.uuid, "Device.SoftwareModules.DeploymentUnit.1")
    ]
    assert [(one["euid"], one["status"]) for one in told["execution_units"]] == [("archives/greeter/main", "Idle")]
    assert told["orders"] == []


def test_files_come_by_the_mover_within_its_rules(tmp_path: Path) -> None:
    with FileServer({"/one": File(archive(tmp_path / "one").read_bytes())}) as server:
        near = Bench(tmp_path, UrlPolicy(laboratory=True))
        to = tmp_path / "incoming/file"
        near.service._fetch(server.url("/one"), "", "", to)
        assert to.read_bytes() == (tmp_path / "one").read_bytes()
        with pytest.raises(TransferFailed):
            Bench(tmp_path, UrlPolicy()).service._fetch(server.url("/one"), "", "", tmp_path / "other")
    at_home = Bench(tmp_path, UrlPolicy(homes=(ip_network("192.168.8.0/24"),)))
    with pytest.raises(TransferFailed, match="in the home"):
        at_home.service._fetch("http://192.168.8.77/one", "", "", tmp_path / "other")
