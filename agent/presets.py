"""Finds the firmware's presets in their directories, and the one that is for this device."""

import logging
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zlib import crc32

from agent.settings_form import home_of

if TYPE_CHECKING:
    from agent.discovery.identity import Verdict, Who
    from agent.discovery.preset import Preset

log = logging.getLogger(__name__)

FILES: Final = (".toml", ".json")
PATHS: Final = ("acs.ca_file", "acs.client_certificate", "acs.client_key")
"""Settings that name files; relative ones count from the preset's directory."""
BESIDE: Final = "presets"
"""The directory beside the settings file whose presets come before the firmware's."""


class Found(NamedTuple):
    """``settings`` are the chosen preset's for this device; ``broken`` says by file why it cannot be used."""

    preset: "Preset | None" = None
    settings: Mapping[str, Any] = {}
    verdicts: Sequence["Verdict"] = ()
    broken: Mapping[str, str] = {}


def directories(settings_file: str, firmware: str) -> list[str]:
    """Where presets are, in the order of precedence; none when ``firmware`` is ""."""
    beside = str(home_of(Path(settings_file)) / BESIDE)
    return [beside, firmware] if firmware else []


def contents(places: Sequence[str]) -> dict[str, int]:
    """Every preset there, by file: a checksum of what it says, -1 where it cannot be read."""
    found = {}
    for file in (os.path.join(place, name) for place in places for name in _names_in(place)):
        try:
            found[file] = crc32(content_of(file))
        except OSError:
            found[file] = -1
    return found


def find(places: Sequence[str], who: "Callable[[], Who]") -> Found:
    """The preset for the device that ``who`` tells, asked only where there is a preset. Broken ones are logged."""
    names = [[os.path.join(place, name) for name in _names_in(place)] for place in places]
    if not any(names):
        return Found()
    from agent.discovery import identity, preset

    broken: dict[str, str] = {}

    def attempt(file: str) -> "Preset | None":
        try:
            return preset.parse(content_of(file), file)
        except preset.NotUsable as wrong:
            broken[file] = "; ".join(f"line {one.line}: {one.what}; {one.next}" for one in preset.few(wrong.problems))
        except OSError as wrong:
            broken[file] = str(wrong.strerror or wrong)
        log.error("the preset %s is left out: %s", file, broken[file])
        return None

    read = [[one for file in files if (one := attempt(file)) is not None] for files in names]
    device = who()
    verdicts = identity.choose(read, device)
    chosen = next((verdict.preset for verdict in verdicts if verdict.is_chosen), None)
    if chosen is None:
        return Found(verdicts=verdicts, broken=broken)
    try:
        settings = preset.settings_for(chosen, device)
    except ValueError as wrong:
        broken[chosen.file] = str(wrong)
        log.error("the preset %s cannot be used on this device, and no other takes its place: %s", chosen.file, wrong)
        return Found(verdicts=[one for one in verdicts if one.preset is not chosen], broken=broken)
    settings = anchored(chosen.file, settings)
    for concern in concerns(chosen.file, settings):
        log.warning("%s", concern)
    return Found(chosen, settings, verdicts, broken)


def anchored(file: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with absolute names of files."""
    folder = os.path.dirname(os.path.abspath(file))
    return {key: os.path.join(folder, value) if key in PATHS else value for key, value in settings.items()}


def concerns(file: str, settings: Mapping[str, Any]) -> list[str]:
    """What a person should know of a preset that can be used."""
    found = []
    if str(settings.get("acs.url", "")).lower().startswith("http:"):
        found.append(
            f"{file}: the ACS is reached by http://: anybody on the way can read and change what is said; "
            "use https:// outside a laboratory"
        )
    has_password = settings.get("acs.password") or settings.get("connection_request.password")
    if has_password and (mode := os.stat(file).st_mode) & 0o044:
        reader = "every user" if mode & 0o004 else "its group"
        found.append(f"{file} has a password and {reader} can read it; chmod 600 {file}")
    return found


def content_of(file: str) -> bytes:
    """What is in a preset. Raises OSError, also for one that others than root and the agent's user can write."""
    from agent.discovery.preset import LARGEST

    content, status = beginning(file, LARGEST + 1)
    if why := distrusted(file, status):
        raise OSError(why)
    return content


def beginning(file: str, most: int) -> tuple[bytes, os.stat_result]:
    """At most so many bytes of a file, and its status. Raises OSError, at once for what is no file."""
    handle = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as content:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise OSError("it is no file")
        return content.read(most), status


def distrusted(file: str, status: os.stat_result) -> str:
    """Why somebody else may have written a file that has this status; "": nobody can."""
    if status.st_uid not in (0, os.geteuid()):
        return f"it belongs to user {status.st_uid}, neither to root nor to the agent's own user"
    return f"it is writable by others; chmod go-w {file}" if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) else ""


def _names_in(place: str) -> list[str]:
    try:
        status = os.stat(place)
        names = sorted(name for name in os.listdir(place) if name.endswith(FILES) and not name.startswith("."))
    except OSError as absent:
        if not isinstance(absent, FileNotFoundError):
            log.error("no presets are read from %s: %s", place, absent.strerror)
        return []
    if names and (status.st_uid not in (0, os.geteuid()) or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
        log.error("no presets are read from %s: others than root and the agent's user can write there", place)
        return []
    return names
