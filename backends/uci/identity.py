"""Names by which sections are known for good, also those to which their file gives none.

What libuci calls an anonymous section (cfg030f15, ``@host[0]``) holds its position: a section added above it gives its
name to another one. An identity does not: it is the section's name, or, where it has none, its type and a digest of
what it says, as ``host_5b3c9a01d2``; of sections that say the same, those further down have ``_2``, ``_3`` … behind it.
The first edit by the agent makes it the section's name (``Edits.identify``), and from then on it stays whatever is
edited. Only when a person edits an anonymous section itself it becomes another one.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Final

from backends.uci.types import Package, Section

DIGITS: Final = 10
_FORBIDDEN: Final = re.compile(r"[^A-Za-z0-9_]")


def identities(package: Package) -> Mapping[str, str]:
    """The identity of each section, by its id of this reading."""
    taken = {section.name for section in package.sections if section.name}
    found: dict[str, str] = {}
    for section in package.sections:
        identity = section.name
        if not identity:
            digest = identity = _digest(section)
            count = 1
            while identity in taken:
                count += 1
                identity = f"{digest}_{count}"
            taken.add(identity)
        found.setdefault(section.id, identity)
    return found


def identified(package: Package) -> Mapping[str, Section]:
    """The sections by their identities, in their order."""
    known = identities(package)
    return {known[section.id]: section for section in package.sections}


def _digest(section: Section) -> str:
    """Of what it says, in whatever order it says it."""
    said = repr((section.type, sorted(section.options.items(), key=lambda pair: pair[0])))
    digest = hashlib.sha256(said.encode("utf-8", "backslashreplace")).hexdigest()[:DIGITS]
    return f"{_FORBIDDEN.sub('_', section.type)}_{digest}"
