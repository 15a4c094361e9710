"""The settings file as the command line changes it: read, changed key by key, checked as the agent would, written."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent import settings_file
from agent.cli.client import PROBLEM, Failure


def read(file: Path) -> str:
    """The file's text, "" while there is none. Raises Failure."""
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise Failure("settings", f"{file}: {error}", "run it as root", PROBLEM) from error


def document(file: Path) -> dict[str, Any]:
    """What the file says, by table. Raises Failure for one that is no TOML."""
    try:
        return tomllib.loads(read(file))
    except tomllib.TOMLDecodeError as error:
        raise Failure("settings", f"{file}: {error}", "mend the file first", PROBLEM) from error


def changed(file: Path, values: Mapping[str, Any]) -> str:
    """The file's text with these values, which the agent takes. Raises Failure; nothing is written."""
    from agent.settings import SettingsError, parse

    text = read(file)
    document(file)
    try:
        result = settings_file.changed(text, values)
        parse(result, str(file))
    except settings_file.NotChangeable as refused:
        step = f"write these keys by hand: {', '.join(refused.lines)}"
        raise Failure("settings", f"{file} cannot be changed by itself", step, PROBLEM) from None
    except SettingsError as error:
        raise Failure("settings", str(error), "mend the file first; nothing was written", PROBLEM) from None
    return result


def write(file: Path, text: str) -> None:
    """In place of the old one at once, with its mode; a new file of settings is its owner's alone. Raises Failure."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_name(f".{file.name}.new")
        mode = file.stat().st_mode & 0o777 if file.exists() else 0o600 if file.suffix == ".toml" else 0o644
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
        with os.fdopen(descriptor, "w") as out:
            os.fchmod(descriptor, mode)
            out.write(text)
            out.flush()
            os.fsync(descriptor)
        temporary.replace(file)
    except OSError as error:
        raise Failure("settings", f"{file} cannot be written: {error.strerror}", "run it as root", PROBLEM) from error
