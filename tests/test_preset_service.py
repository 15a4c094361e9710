"""What a preset lends to settings and own values, and what of it people see."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent.cwmp import management_server as ms
from agent.discovery.identity import Verdict
from agent.discovery.preset import Preset
from agent.first_values import CONNECTION_REQUEST_PATH, from_file
from agent.model.own_values import OwnValues
from agent.preset_service import OWN_VALUES, PresetService
from agent.presets import Found
from agent.settings import Acs, Network, Settings
from tests.cwmp.small_device import SmallDevice

SAID = {
    "acs.url": "https://acs.example/?key=canary-1",
    "acs.username": "cpe",
    "acs.password": "canary-2",
    "acs.ca_file": "/presets/ca.pem",
    "acs.tls_profile": "compat",
    "acs.dhcp_may_replace": True,
    "inform.interval": 300,
    "network.management_interface": "wan",
}


def service(said: Mapping[str, Any] | None = None, **more: Any) -> PresetService:
    settings = SAID if said is None else said
    preset = Preset("acme.toml", settings=settings, **more)
    return PresetService(Found(preset, settings, [Verdict(preset, True, "it is for every device")], {"b.toml": "bad"}))


def own_values(preset: PresetService, settings: Settings) -> OwnValues:
    own = OwnValues({**ms.DEFAULTS, **OWN_VALUES, CONNECTION_REQUEST_PATH: ""}, from_file(settings))
    preset.lay_under(own)
    return own


def test_without_a_preset_nothing_changes() -> None:
    nothing, settings = PresetService(Found()), Settings()
    assert nothing.settings(settings) is settings
    assert own_values(nothing, settings).get(ms.URL) == ""
    assert nothing.offer() is None
    assert nothing.picture() == {"active": None, "presets": [], "broken": [], "changed": []}


def test_presets_that_are_others_than_at_the_start_are_named() -> None:
    now = {"a.toml": 1, "b.toml": 2, "c.toml": 3}
    preset = PresetService(Found(), lambda: dict(now))
    assert preset.changed_files() == []
    now.update({"b.toml": 7, "d.toml": 4})
    del now["a.toml"]
    assert preset.picture()["changed"] == ["a.toml", "b.toml", "d.toml"]


def test_settings_are_lent_where_the_file_says_nothing() -> None:
    lent = service().settings(Settings())
    assert (lent.acs.ca_file, lent.acs.tls_profile) == (Path("/presets/ca.pem"), "compat")
    assert lent.network.management_interface == "wan"
    given = Settings(acs=Acs(ca_file=Path("/mine.pem")), network=Network(management_interface="eth1"))
    lent = service().settings(given)
    assert (lent.acs.ca_file, lent.network.management_interface) == (Path("/mine.pem"), "eth1")


def test_whom_to_trust_is_not_lent_for_another_acs() -> None:
    lent = service().settings(Settings(acs=Acs(url="https://mine/")))
    assert (lent.acs.ca_file, lent.acs.tls_profile) == (None, "modern")


def test_own_values_are_the_presets_and_say_so() -> None:
    own = own_values(service(), Settings())
    assert own.get(ms.URL) == SAID["acs.url"]
    assert own.get("ManagementServer.PeriodicInformInterval") == 300
    assert own.set_by(ms.URL) == {"source": "preset", "told_by": "acme.toml", "yields": True}
    mine = own_values(service(), Settings(acs=Acs(url="https://mine/")))
    assert [mine.get(f"ManagementServer.{name}") for name in ("URL", "Username", "Password")] == [
        "https://mine/",
        "",
        "",
    ]


def test_people_see_everything_but_secrets() -> None:
    device = SmallDevice()
    preset = service(values={"Device.DeviceInfo.ProvisioningCode": "acme", "Device.Nothing": "canary-3"})
    preset.begin(device.model, device.own)
    preset.changed("acs", ["set Device.DeviceInfo.ProvisioningCode"])
    told = preset.picture()
    assert told["active"]["settings"]["acs.url"] == "https://acs.example/"
    assert [one.partition(":")[0] for one in told["active"]["refused"]] == ["Device.Nothing"]
    assert told["presets"] == [
        {"file": "acme.toml", "description": "", "active": True, "why": "it is for every device"}
    ]
    assert told["broken"] == [{"file": "b.toml", "why": "bad"}]
    assert "canary" not in str(told)
    assert preset.offer() is not None
