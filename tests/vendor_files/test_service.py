"""A configuration file is made, looked at and put in force; what cannot be is refused and changes nothing."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from agent.model.data_model import Caller
from agent.model.errors import InvalidArguments, ModelError, Refusals
from agent.vendor_files.device_values import STAY
from agent.vendor_files.document import _digest
from agent.vendor_files.service import ConfigurationFile, NotOpened, Surroundings, summed_up, told
from tests.model.device import IP, PORTS, Device

CODE = "Device.DeviceInfo.ProvisioningCode"
PASSWORD = "Device.ManagementServer.Password"


class Bench:
    """A device in memory and its configuration files; ``place`` is its state directory."""

    def __init__(self, place: Path, device: Device | None = None) -> None:
        place.mkdir(exist_ok=True)
        self.device = device or Device()
        self.device.tree("")
        self.left_alone: tuple[str, ...] = ()
        self.way, self.passphrase, self.system, self.changes = "sealed", "", "linux", 0
        self.files = ConfigurationFile(
            Surroundings(
                self.device.model,
                place,
                lambda name: name.lower().endswith("password"),
                self.check,
                lambda: (self.way, self.passphrase),
                lambda: {"system": self.system},
                STAY,
                self.changed,
                lambda: self.left_alone,
            )
        )

    def check(self, parts: Mapping[str, Any]) -> None:
        if "broken" in parts["backends"]:
            raise ValueError("broken")

    def changed(self) -> None:
        self.changes += 1

    def restored(self, content: bytes, **how: bool) -> dict[str, Any]:
        return told(self.files.restore(content, Caller.LOCAL, **how))

    def refused(self, content: bytes) -> str:
        before = self.device.whole()
        for act in (self.files.preview, self.files.restore):
            with pytest.raises(ModelError) as refused:
                act(content, Caller.ACS)
        assert self.device.whole() == before
        assert self.changes == 0
        return summed_up(refused.value)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "one")


def with_change(content: bytes, **changes: Any) -> bytes:
    said = json.loads(content)
    del said["digest"]
    said |= changes
    return json.dumps(said | {"digest": _digest(said)}).encode()


def with_own(content: bytes, values: Mapping[str, Any]) -> bytes:
    backends = json.loads(content)["backends"]
    backends["own"] |= {name: {"value": value} for name, value in values.items()}
    return with_change(content, backends=backends)


def test_a_backup_brings_everything_back_secrets_included(bench: Bench) -> None:
    bench.device.change({PASSWORD: "correct horse", CODE: "first", f"{IP}1.MaxMTUSize": "1480"})
    content, before = bench.files.content(), bench.device.tree("")
    assert b"correct horse" not in content
    bench.device.change({PASSWORD: "other", CODE: "later", f"{IP}1.MaxMTUSize": "1400"}, key="k9")
    found = bench.restored(content)
    assert bench.device.tree("") == before | {"Device.ManagementServer.ParameterKey": "k9"}
    assert bench.device.own.get("ManagementServer.Password") == "correct horse"
    assert (found["status"], found["secrets"]) == (0, {"opened": 1, "kept": 0, "missing": []})
    assert {"path": CODE, "before": "later", "after": "first"} in found["changes"]
    assert {"path": PASSWORD, "before": None, "after": None, "secret": "new"} in found["changes"]
    assert bench.changes == 1
    assert bench.restored(content)["changes"] == []  # twice is as good as once: a crash may repeat it
    assert bench.changes == 1


def test_a_preview_says_what_would_be_and_changes_nothing(bench: Bench) -> None:
    content = bench.files.content()
    bench.device.change({CODE: "later", f"{PORTS}1.Enable": "false"})
    before = bench.device.whole()
    found = told(bench.files.preview(content, Caller.LOCAL))
    assert {"path": f"{PORTS}1.Enable", "before": "false", "after": "true"} in found["changes"]
    assert bench.device.whole() == before
    assert bench.changes == 0


def test_plain_and_left_out_secrets(bench: Bench) -> None:
    bench.device.change({PASSWORD: "correct horse"})
    assert b"correct horse" in bench.files.content("plain")
    assert bench.restored(bench.files.content("plain"))["changes"] == []
    left_out = bench.files.content("omitted")
    assert bench.restored(left_out)["secrets"] == {"opened": 0, "kept": 1, "missing": []}
    assert bench.device.own.get("ManagementServer.Password") == "correct horse"
    with pytest.raises(InvalidArguments):
        bench.files.content("painted")


def test_a_secret_of_this_device_that_was_damaged_is_told_as_that(bench: Bench, tmp_path: Path) -> None:
    bench.device.change({PASSWORD: "correct horse"})
    content = bench.files.content()
    backends = json.loads(content)["backends"]
    [(mark, sealed)] = backends["own"]["ManagementServer.Password"]["value"].items()
    backends["own"]["ManagementServer.Password"]["value"] = {mark: f"AAAAAAAA{sealed[8:]}"}
    damaged = with_change(content, backends=backends)
    reset = Bench(tmp_path / "two")
    (tmp_path / "two/backup.key").write_bytes((tmp_path / "one/backup.key").read_bytes())
    assert reset.refused(damaged) == "own ManagementServer.Password (its sealed secret is damaged)"


def test_a_parameter_that_is_not_known_here_is_left_out_and_named(bench: Bench) -> None:
    content = bench.files.content()
    told_of = bench.restored(with_own(content, {"Nonsense.Param": "x"}))
    assert told_of["unknown"] == ["own Nonsense.Param"]
    assert bench.restored(content)["unknown"] == []


def test_the_acs_goes_on_calling_with_what_it_has_set_last(bench: Bench) -> None:
    names = [f"ManagementServer.ConnectionRequest{name}" for name in ("Username", "Password")]
    content = with_own(bench.files.content(), dict.fromkeys(names, "of the backup"))
    sealed = with_own(bench.files.content(), {names[1]: {"$sealed": "by another device"}})
    own = bench.device.own
    for name in names:
        own.first(name, "")
        own.stage(name, "of the ACS")
    for file in (content, sealed, bench.files.content()):
        assert bench.restored(file)["secrets"] == {"opened": 0, "kept": 0, "missing": []}
        assert [own.get(name) for name in names] == ["of the ACS"] * 2


def test_secrets_that_another_device_sealed_are_refused_by_place_unless_they_are_not_wanted(
    bench: Bench, tmp_path: Path
) -> None:
    bench.device.change({PASSWORD: "correct horse", CODE: "first"})
    content = bench.files.content()
    other = Bench(tmp_path / "two")
    assert other.refused(content) == "own ManagementServer.Password (its secret is sealed by another device)"
    other.restored(content, without_secrets=True)
    assert other.device.get(CODE) == "first"


def test_a_passphrase_opens_them_on_another_device(bench: Bench, tmp_path: Path) -> None:
    bench.device.change({PASSWORD: "correct horse"})
    bench.passphrase = "fleet"
    content = bench.files.content()
    other = Bench(tmp_path / "two")
    assert "sealed by another passphrase" in other.refused(content)
    other.passphrase = "fleet"
    other.restored(content)
    assert other.device.own.get("ManagementServer.Password") == "correct horse"


def test_damaged_foreign_and_misshapen_files_are_refused_and_nothing_changes(bench: Bench) -> None:
    content = bench.files.content()
    assert "digest" in bench.refused(content.replace(b"linux", b"linuy"))
    assert "another form" in bench.refused(with_change(content, backends={"own": [], "broken": {}}))
    assert "another form" in bench.refused(with_change(content, sealed_by={"by": "nobody"}))
    bench.system = "openwrt"
    assert "made on a system of the kind 'linux'" in bench.refused(content)


def test_values_that_cannot_be_are_named_each_with_its_reason(bench: Bench) -> None:
    said = json.loads(bench.files.content())
    said["backends"]["network"]["interface"][0]["mtu"] = 10
    said["backends"]["network"]["address"][0]["address"] = "0.0.0.0"
    reasons = bench.refused(with_change(json.dumps(said).encode()))
    assert f"{IP}1.MaxMTUSize (" in reasons
    assert f"{IP}1.IPv4Address.1.IPAddress (an interface has no unspecified address" in reasons


def test_an_agent_that_leaves_the_system_as_it_is_says_so_once(bench: Bench) -> None:
    content = bench.files.content()
    bench.device.model.read_only_reason = "it crashed"
    assert bench.refused(content) == "the agent's write side is off after repeated crashes"


def test_what_the_owner_has_not_given_to_the_agent_is_left_alone(bench: Bench) -> None:
    bench.device.change({CODE: "first"})
    content = bench.files.content()
    bench.device.change({CODE: "later", f"{PORTS}1.Enable": "false"})
    bench.left_alone = ("ports",)
    assert b'"ports"' not in bench.files.content()
    bench.restored(content)
    assert (bench.device.get(CODE), bench.device.get(f"{PORTS}1.Enable")) == ("first", "false")


def test_not_opened_is_a_kind_of_its_own(bench: Bench, tmp_path: Path) -> None:
    bench.device.change({PASSWORD: "correct horse"})
    other = Bench(tmp_path / "two")
    with pytest.raises(Refusals) as refused:
        other.files.restore(bench.files.content(), Caller.ACS)
    assert {type(one) for one in refused.value.refusals} == {NotOpened}


class Packages:
    """Packages of UCI in memory, as backends.openwrt.other_packages has them."""

    name = "uci"

    def __init__(self) -> None:
        self.made: dict[str, Any] = {
            "luci": [{"type": "core", "name": "main", "options": {"password": "correct horse"}}]
        }
        self.staged: dict[str, Any] = {}

    def backup(self) -> Any:
        return json.loads(json.dumps(self.made))

    def bring_back(self, kept: Any) -> None:
        self.staged = dict(kept)

    def begin(self) -> None:
        self.staged = {}

    def prepare(self) -> bool:
        return False

    def undo_record(self) -> None:
        return None

    def commit(self) -> None:
        self.made |= self.staged

    def postpone(self) -> None: ...

    def rollback(self) -> None:
        self.staged = {}

    def recover(self, record: Any, same_boot: bool) -> None: ...

    def state(self) -> Any:
        return {}

    def restore(self, state: Any) -> None: ...


def with_packages(place: Path) -> tuple[Bench, Packages]:
    device, packages = Device(), Packages()
    device.model._backends.append(packages)  # as one that the daemon was built with
    return Bench(place, device), packages


def test_packages_of_uci_are_sealed_as_a_whole_and_come_back(tmp_path: Path) -> None:
    bench, packages = with_packages(tmp_path / "one")
    content, kept = bench.files.content(), packages.backup()
    assert b"luci" not in content
    packages.made = {"luci": []}
    assert told(bench.files.preview(content, Caller.ACS))["packages"] == ["luci"]
    assert packages.made == {"luci": []}
    bench.files.restore(content, Caller.ACS)
    assert packages.made == kept
    assert bench.changes == 1


def test_packages_that_anybody_could_have_written_need_the_owners_hand(tmp_path: Path) -> None:
    bench, packages = with_packages(tmp_path / "one")
    for way in ("plain", "omitted"):
        content, kept = bench.files.content(way), packages.backup()
        assert (b"correct horse" in content) is (way == "plain")
        packages.made["luci"][0]["options"]["lang"] = "de"
        changed = packages.backup()
        bench.files.restore(content, Caller.ACS)
        assert packages.made == changed
        bench.restored(content)
        assert packages.made == kept


def test_packages_that_another_device_sealed_are_refused_or_left(tmp_path: Path) -> None:
    content = with_packages(tmp_path / "one")[0].files.content()
    other, packages = with_packages(tmp_path / "two")
    kept = packages.backup()
    assert "packages of UCI (its secret is sealed by another device)" in other.refused(content)
    other.restored(content, without_secrets=True)
    assert packages.made == kept


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ({"eth0": [1, "a\n\x1b]<x>"]}, f"{IP}1.Alias (an alias starts with a letter"),
        ({"eth0": [1, "same"], "eth1": [2, "same"]}, "another row"),
        ({"eth0": [1, "cpe-2"]}, "the device's own"),
        ({"eth0": [1, None], "eth1": [1, None]}, "another row"),
        ({"eth0": [2**32, None]}, "no row can"),
    ],
)
def test_rows_that_nobody_could_have_named_so_are_refused(bench: Bench, rows: dict[str, Any], reason: str) -> None:
    content = bench.files.content()
    instances = {**json.loads(content)["instances"], IP: {"next": 9, "rows": rows}}
    assert reason in bench.refused(with_change(content, instances=instances))


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"notification": {}, "access": {CODE: ["x\n"] * 1000}}, f"{CODE} (the only entity"),
        ({"notification": {CODE: 4}, "access": {}}, f"{CODE} (lightweight notification is not supported"),
    ],
)
def test_attributes_that_nobody_could_have_set_are_refused(bench: Bench, attributes: Any, reason: str) -> None:
    assert reason in bench.refused(with_change(bench.files.content(), attributes=attributes))


def test_characters_that_no_xml_has_are_refused_where_they_are_new(bench: Bench) -> None:
    said = json.loads(bench.files.content())
    said["backends"]["own"]["DeviceInfo.ProvisioningCode"] = {"value": "a\0\x1b"}
    content = with_change(json.dumps(said).encode())
    assert bench.refused(content) == "own DeviceInfo.ProvisioningCode (it has a character that is not allowed in XML)"
    said["backends"]["own"] = {"a\x1bb": {"value": 1}}
    assert "own (it has a character" in bench.refused(with_change(json.dumps(said).encode()))
