"""The secrets in what backends keep: taken out into their sealed form, or left out, and put back."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from agent.model.values import ILLEGAL
from agent.vendor_files.sealing import CannotOpen, Seal

SEALED: Final = "$sealed"
LEFT_OUT: Final = "$omitted"
VALUE: Final = "value"
"""Where own values have what counts, beside who has set it."""

IsSecret = Callable[[str], bool]
"""Takes a name as backends have it: ``pre_shared_key``, ``ManagementServer.Password``."""


@dataclass(slots=True)
class Fates:
    """What became of the secrets of a file, each by its place ("wifi/records/AccessPoint/+1/passphrase")."""

    opened: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unfit: list[str] = field(default_factory=list)
    """Not secrets alone: what nobody could have set, for no XML has such characters."""


def taken_out(kept: Any, is_secret: IsSecret, seal: Seal | None, place: str = "") -> Any:
    """The same with ``{"$sealed": …}`` in place of each secret; without a seal ``{"$omitted": true}``."""
    if isinstance(kept, dict):
        return {
            name: _hidden(value, seal, f"{place}/{name}")
            if _is_secret(name, value, is_secret)
            else taken_out(value, is_secret, seal, f"{place}/{name}")
            for name, value in kept.items()
        }
    if isinstance(kept, list):
        return [taken_out(value, is_secret, seal, f"{place}/{index}") for index, value in enumerate(kept)]
    return kept


def put_back(said: Any, present: Any, seal: Seal | None, fates: Fates, place: str = "") -> Any:
    """The inverse: what cannot be opened is as it is at ``present``'s same place; where there is none, it is missing
    and left out.
    """
    if isinstance(said, dict) and (said.keys() == {SEALED} or said.keys() == {LEFT_OUT}):
        said = _shown(said, present, seal, fates, place)
    if isinstance(said, dict):
        here = present if isinstance(present, dict) else {}
        if any(name not in here and ILLEGAL.search(name) for name in said):
            fates.unfit.append(place[1:])
        found = {name: put_back(value, here.get(name), seal, fates, f"{place}/{name}") for name, value in said.items()}
        return {name: value for name, value in found.items() if value is not _MISSING}
    if isinstance(said, list):
        there = present if isinstance(present, list) else []
        padded = [*there, *[None] * len(said)]
        found_list = [put_back(one, padded[i], seal, fates, f"{place}/{i}") for i, one in enumerate(said)]
        return [value for value in found_list if value is not _MISSING]
    if isinstance(said, str) and said != present and ILLEGAL.search(said):
        fates.unfit.append(place[1:])
    return said


_MISSING: Final = object()


def _shown(said: dict[str, Any], present: Any, seal: Seal | None, fates: Fates, place: str) -> Any:
    if SEALED in said and seal is not None and isinstance(said[SEALED], str):
        try:
            value = json.loads(seal.opened(said[SEALED], place))
        except (CannotOpen, ValueError):
            pass  # then it is as if it were left out
        else:
            fates.opened.append(place[1:])
            return value
    if present not in (None, "", []):
        fates.kept.append(place[1:])
        return present
    fates.missing.append(place[1:])
    return _MISSING


def _hidden(value: Any, seal: Seal | None, place: str) -> Any:
    if isinstance(value, dict):  # an own value: who has set it is no secret
        return {**value, VALUE: _hidden(value[VALUE], seal, f"{place}/{VALUE}")}
    return {SEALED: seal.sealed(json.dumps(value), place)} if seal else {LEFT_OUT: True}


def _is_secret(name: str, value: Any, is_secret: IsSecret) -> bool:
    said = value.get(VALUE) if isinstance(value, dict) else value
    return isinstance(said, (str, list)) and bool(said) and (is_secret(name) or is_secret(name.replace("_", "")))
