"""The settings file as the command line changes it: read, changed key by key, checked as the agent would, written."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent import settings_file
from agent.cli.client import PROBLEM, Failure
from agent.settings_form import is_uci


def read(file: Path) -> str:
    """The file's text, "" while there is none. Raises Failure."""
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise Failure("settings", f"{file}: {error}", "run it as root", PROBLEM) from error


def document(file: Path) -> dict[str, Any]:
    """What the file says, by table. Raises Failure for one that is neither TOML nor UCI."""
    text = read(file)
    if is_uci(text, str(file)):
        return _document_of_uci(file, text)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Failure("settings", f"{file}: {error}", "mend the file first", PROBLEM) from error


def changed(file: Path, values: Mapping[str, Any]) -> str:
    """The file's text with these values, which the agent takes. Raises Failure; nothing is written."""
    from agent.settings import SettingsError, parse

    text = read(file)
    document(file)
    try:
        result = settings_file.changed(text, values, str(file))
        parse(result, str(file))
    except settings_file.NotChangeable as refused:
        step = f"write these keys by hand: {', '.join(refused.lines)}"
        raise Failure("settings", f"{file} cannot be changed by itself", step, PROBLEM) from None
    except SettingsError as error:
        raise Failure("settings", str(error), "mend the file first; nothing was written", PROBLEM) from None
    return result


def _document_of_uci(file: Path, text: str) -> dict[str, Any]:
    from agent.settings import SettingsError
    from agent.settings_uci import document as of_uci

    try:
        return {**of_uci(text, str(file), lambda _where, _what: None)}
    except SettingsError as error:
        raise Failure("settings", str(error), "mend the file first", PROBLEM) from error


def write(file: Path, text: str) -> None:
    """In place of the old one at once, with its mode; a new file of settings is its owner's alone. Raises Failure."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if is_uci("", str(file)) and file.exists():
            from agent import settings_uci

            settings_uci.replace(file, read(file), text)
            return
        temporary = file.with_name(f".{file.name}.new")
        is_settings = file.suffix == ".toml" or is_uci("", str(file))
        mode = file.stat().st_mode & 0o777 if file.exists() else 0o600 if is_settings else 0o644
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
        with os.fdopen(descriptor, "w") as out:
            os.fchmod(descriptor, mode)
            out.write(text)
            out.flush()
            os.fsync(descriptor)
        temporary.replace(file)
    except OSError as error:
        raise Failure("settings", f"{file} cannot be written: {error.strerror}", "run it as root", PROBLEM) from error
