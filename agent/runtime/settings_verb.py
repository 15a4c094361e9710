"""The verb settings: every setting with its default and what it is for, and writing them back to the file."""

import errno
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from agent import settings
from agent.discovery.policy import host_of
from agent.pem_files import why_no_certificates
from agent.runtime.control import error
from agent.settings_checks import plain
from agent.settings_file import NotChangeable, changed
from agent.settings_form import is_uci
from agent.shipped import shipped_text

SECRET: Final = ("acs.password", "connection_request.password", "backup.passphrase", "omci.password", "omci.key")
AUTHORITIES: Final = frozenset({"acs.ca_file", "ieee8021x.ca_file"})
IN_THE_FILE_ONLY: Final = (
    "backup.", "control.", "extensions.", "preset.", "state.", "trace.directory", "system.reboot_command",
    "system.factory_reset_command", "firmware.", "ubus.", "omci.",
)  # fmt: skip
"""Settings that name programs, code and places of the agent's own: who has the page's password does not choose them."""

Reply = dict[str, Any]
_LINE: Final = re.compile(r"([a-z0-9_]+) *= *[^#]*(?:# *(.*))?")


class SettingsVerb:
    """``file`` is the settings file; ``reload`` has the agent take it over."""

    def __init__(self, file: Callable[[], Path], reload: Callable[[], None]) -> None:
        self._file = file
        self._reload = reload

    def answer(self, arguments: Mapping[str, Any]) -> Reply:
        """Without ``values`` → ``settings``; with ``values`` (by "table.key") they are written, all or none.

        Of a secret "" leaves it as it is, and ``None`` takes it away. The ACS's password is for its host only: another
        one gets it when it is told again. With ``dry_run`` nothing is written.
        """
        values = arguments.get("values")
        try:
            if values is None:
                return {"file": str(self._file()), "settings": self._listed()}
            if not isinstance(values, dict):
                return error("bad_request", "values has to be an object by names of settings", "see GET /settings")
            return self._write(values, is_dry_run=arguments.get("dry_run") is True)
        except settings.SettingsError as wrong:
            return error("refused", "; ".join(wrong.problems), "see the description of each setting")
        except OSError as failure:
            return error("refused", f"{self._file()}: {failure.strerror}", "change the file on the device")

    def _listed(self) -> list[Reply]:
        text = self._text()
        now, default, about = settings.parse(text), settings.Settings(), descriptions()
        return [
            {
                "key": key,
                "value": _shown(key, _value(now, key)),
                "default": _shown(key, _value(default, key)),
                "description": about.get(key, ""),
                "secret": key in SECRET,
                "is_set": bool(_value(now, key)) if key in SECRET else _value(now, key) != _value(default, key),
                "at_start_only": key.startswith(settings.AT_START_ONLY),
                "in_the_file_only": key.startswith(IN_THE_FILE_ONLY),
            }
            for key in settings.CHECKS
        ]

    def _write(self, values: Mapping[str, Any], *, is_dry_run: bool) -> Reply:
        for key, value in values.items():
            if key not in settings.CHECKS:
                return error("refused", f"there is no setting {key[:80]!r}", "see GET /settings")
            if key.startswith(IN_THE_FILE_ONLY):
                return error("refused", f"{key} is changed in the file only", f"edit {self._file()} on the device")
            if problem := _problem_of(key, value):
                return error("refused", problem, "see the description of each setting")
        wanted = {key: value for key, value in values.items() if not (key in SECRET and value == "")}
        wanted = {key: "" if key in SECRET and value is None else value for key, value in wanted.items()}
        text = self._text()
        try:
            now = settings.parse(text)
            wanted = {
                key: value for key, value in wanted.items() if key in SECRET or value != _shown(key, _value(now, key))
            }
            wanted = _for_its_host_only(now, wanted)
            new = changed(text, wanted, str(self._file()))
            made = settings.checked(
                new, self._file()
            )  # as a start will: it must not be the page that keeps it from one
        except tomllib.TOMLDecodeError:
            return error("refused", f"{self._file()} is no TOML as it is", "mend it on the device")
        except NotChangeable as stuck:
            return error("refused", f"{', '.join(stuck.lines)} cannot be changed by themselves", "edit the file")
        for key in AUTHORITIES & wanted.keys():
            if (place := _value(made, key)) and (why := why_no_certificates(str(place))):
                return error("refused", f"{key}: {place}: {why}", "name a PEM file with the authority's certificate")
        if new != text and is_dry_run:
            _require_writable(self._file())
        elif new != text:
            _replace(self._file(), text, new)
            self._reload()
        return {"written": sorted(wanted)}

    def _text(self) -> str:
        try:
            return self._file().read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""


def descriptions() -> dict[str, str]:
    """What each setting is for, by "table.key": the comments of the file that documents them."""
    found, table = {}, ""
    for line in shipped_text("agent.toml").splitlines():
        if line.startswith("["):
            table = line.strip("[]")
        elif told := _LINE.match(line):
            found[f"{table}.{told[1]}"] = told[2] or ""
    return found


def _problem_of(key: str, value: Any) -> str:
    """Why a value cannot be; "" it can. A secret may be None, which takes it away."""
    try:
        settings.CHECKS[key]("" if key in SECRET and value is None else value)
    except ValueError as wrong:
        return f"{key}: {plain(wrong)}"
    return ""


def _for_its_host_only(now: settings.Settings, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be written, and the ACS's password taken away where the ACS becomes another host."""
    url, before = str(wanted.get("acs.url", now.acs.url)), now.acs.url
    is_another = bool(before) and host_of(url) != host_of(before)
    return {"acs.password": "", **wanted} if is_another and now.acs.password else dict(wanted)


def _value(all_settings: settings.Settings, key: str) -> Any:
    table, _, name = key.partition(".")
    return getattr(getattr(all_settings, table), name)


def _shown(key: str, value: Any) -> Any:
    if key in SECRET or value is None:
        return ""
    return [*value] if isinstance(value, tuple) else str(value) if isinstance(value, Path) else value


def _require_writable(file: Path) -> None:
    """Raises OSError where the file cannot be replaced."""
    above = os.path.dirname(os.path.realpath(file))
    if not os.access(above, os.W_OK | os.X_OK):
        raise OSError(errno.EACCES, "nothing can be written beside it")


def _replace(file: Path, before: str, text: str) -> None:
    """As a whole; a link stays one, and the file keeps its mode and owner."""
    if before and is_uci(before, str(file)):
        from agent import settings_uci

        settings_uci.replace(file, before, text)
        return
    place = os.path.realpath(file)
    beside = f"{place}.new"
    mode, owner = 0o600, None
    with suppress(FileNotFoundError):
        found = os.stat(place)
        mode, owner = found.st_mode & 0o777, (found.st_uid, found.st_gid)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as new:
            new.write(text)
            new.flush()
            os.fchmod(new.fileno(), mode)
            if owner is not None:
                with suppress(PermissionError):
                    os.fchown(new.fileno(), *owner)
            os.fsync(new.fileno())
        os.replace(beside, place)
    except OSError:
        with suppress(OSError):
            os.unlink(beside)
        raise
