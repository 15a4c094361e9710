"""The preset as a part of the daemon: what it lends to settings and own values, its first values, and its verb."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agent.cwmp import management_server as ms
from agent.discovery.offer import Offer
from agent.first_values import FROM_FILE
from agent.model.data_model import DataModel
from agent.model.own_values import OwnValues
from agent.presets import PATHS, Found
from agent.runtime.endpoint import shown_url
from agent.settings import Settings
from backends.system import first_mac
from backends.tr181.device_info import device_identity
from backends.tr181.mechanisms import Mechanisms

if TYPE_CHECKING:
    from agent.discovery.identity import Who
    from agent.discovery.preset import Preset
    from agent.runtime.initial_values import InitialValues, Outcome

OWN_VALUES: Final[dict[str, Any]] = {"Preset.Applied": {}}
TRUSTED: Final = ("ca_file", "client_certificate", "client_key", "tls_profile")
"""Settings of [acs] by which the two prove who they are: a preset's are for the ACS that it names."""

Document = dict[str, Any]


def who(mechanisms: Mechanisms) -> "Who":
    """The device as presets know it."""
    from agent.discovery.identity import Who

    found, system = device_identity(mechanisms), mechanisms.system
    boards = dict.fromkeys(filter(None, [system.board_name(), *mechanisms.sysfs.boards()]))
    return Who(
        manufacturer=found.manufacturer,
        oui=found.oui,
        product_class=found.product_class,
        serial=found.serial_number,
        model=found.model_name,
        mac=first_mac(mechanisms.netlink.links()),
        boards=tuple(boards),
    )


class PresetService:
    """Called by the owner's thread only. Without a preset it does nothing, and loads nothing.

    ``contents`` tells by file what the presets say now, to compare with what they said when they were ``found``.
    """

    def __init__(self, found: Found, contents: Callable[[], Mapping[str, int]] = dict) -> None:
        self._found = found
        self._contents = contents
        self._at_start = contents()
        self._initial: InitialValues | None = None
        self.table: Mapping[str, Callable[[Mapping[str, Any]], Document]] = {
            "preset": lambda _arguments: self.picture()
        }

    def settings(self, given: Settings) -> Settings:
        """The settings with what the preset says where the file says nothing."""
        said, default = self._found.settings, Settings()
        if self._found.preset is None:
            return given
        names_another = bool(given.acs.url and said.get("acs.url") and given.acs.url != said["acs.url"])
        acs: dict[str, Any] = {
            name: Path(said[f"acs.{name}"]) if f"acs.{name}" in PATHS else said[f"acs.{name}"]
            for name in TRUSTED
            if f"acs.{name}" in said and getattr(given.acs, name) == getattr(default.acs, name) and not names_another
        }
        interface = given.network.management_interface or said.get("network.management_interface", "")
        return replace(
            given, acs=replace(given.acs, **acs), network=replace(given.network, management_interface=interface)
        )

    def lay_under(self, own: OwnValues) -> None:
        """Have the preset's values in force wherever nobody and no file gives another."""
        if self._found.preset is None:
            return
        said = self._found.settings
        values = {FROM_FILE[key]: value for key, value in said.items() if key in FROM_FILE}
        by = {"source": "preset", "told_by": self._found.preset.file, "yields": said.get("acs.dhcp_may_replace", False)}
        own.lay_under(values, by, dict.fromkeys(ms.CREDENTIALS, ms.URL))

    def offer(self) -> Offer | None:
        """What the preset says of the ACS."""
        if self._found.preset is None:
            return None
        from agent.discovery.preset import offer

        return offer(self._found.preset, self._found.settings)

    def begin(self, model: DataModel, own: OwnValues) -> None:
        """Make the first values that nobody has; see ``InitialValues.apply``."""
        preset = self._found.preset
        if preset is None or not (preset.values or preset.attributes):
            return
        from agent.runtime.initial_values import InitialValues

        self._initial = InitialValues(model, own, preset)
        self._initial.apply()

    def changed(self, caller: str, done: Sequence[str]) -> None:
        """Somebody has changed the model; see ``InitialValues.changed``."""
        if self._initial is not None:
            self._initial.changed(caller, done)

    def changed_files(self) -> list[str]:
        """The presets that have changed, come or gone since the start: the next one takes them over."""
        now, before = self._contents(), self._at_start
        return sorted(file for file in {*now, *before} if now.get(file) != before.get(file))

    def picture(self) -> Document:
        """→ ``active`` or null, ``presets`` with verdict and reason, ``broken``, ``changed``; no secret is in it."""
        preset = self._found.preset
        outcome = self._initial.outcome if self._initial else None
        return {
            "active": _active(preset, self._found.settings, outcome) if preset else None,
            "presets": [
                {
                    "file": one.preset.file,
                    "description": one.preset.description,
                    "active": one.is_chosen,
                    "why": one.why,
                }
                for one in self._found.verdicts
            ],
            "broken": [{"file": file, "why": why} for file, why in self._found.broken.items()],
            "changed": self.changed_files(),
        }


def _active(preset: "Preset", settings: Mapping[str, Any], outcome: "Outcome | None") -> Document:
    shown = {**settings}
    for key in ("acs.password", "connection_request.password"):
        if key in shown:
            shown[key] = "******"
    if "acs.url" in shown:
        shown["acs.url"] = shown_url(shown["acs.url"])
    return {
        "file": preset.file,
        "description": preset.description,
        "digest": preset.digest,
        "settings": shown,
        "values": len(preset.values),
        "attributes": len(preset.attributes),
        "made": list(outcome.made) if outcome else [],
        "kept": list(outcome.kept) if outcome else [],
        "refused": list(outcome.refused) if outcome else [],
    }
