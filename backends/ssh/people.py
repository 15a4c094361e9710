"""The keys that people keep themselves, in their home directories: read, never written."""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from backends.files import read_text
from backends.ssh.rendering import checked_key

FILES = (".ssh/authorized_keys", ".ssh/authorized_keys2")
LONGEST_FILE = 65_536


@dataclass(frozen=True, slots=True)
class PersonalKey:
    """A line of such a file. ``identity`` stays the same as long as the line does."""

    user: str
    text: str

    @property
    def identity(self) -> str:
        """Of user and line."""
        return f"{self.user}:{hashlib.sha256(self.text.encode()).hexdigest()[:16]}"


def personal_keys(root: Path, homes: Mapping[str, str], files: Sequence[str] = FILES) -> Iterator[PersonalKey]:
    """Those of these users, in files as sshd looks for them; what the agent may not read is not told of."""
    for user, home in homes.items():
        texts = [read_text(os.path.join(root, home.lstrip("/"), file), LONGEST_FILE) or "" for file in files]
        found = dict.fromkeys(key.strip() for text in texts for key in text.splitlines() if is_key(key.strip()))
        yield from (PersonalKey(user, key) for key in found)


def is_key(line: str) -> bool:
    """Whether it is one at its end: options may stand before."""
    words = line.split(" ")
    for at in range(len(words) - 1):
        try:
            checked_key(" ".join(words[at:]))
        except ValueError:
            continue
        return not line.startswith("#")
    return False
