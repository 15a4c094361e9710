"""The medium of the durable documents, in memory."""

import json
from collections.abc import Callable
from typing import Any


class Documents:
    """JSON by name. All (``is_full``) or one (``refused``) cannot be written; ``saves`` counts what really changed."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.saves = 0
        self.is_full = False
        self.refused = ""
        self.fails_after_rename = False
        self.before_write: Callable[[str], None] = lambda name: None

    def read(self, name: str) -> Any:
        return json.loads(self.texts[name]) if name in self.texts else None

    def write(self, name: str, document: Any) -> None:
        text = json.dumps(document, sort_keys=True)
        if self.texts.get(name) == text:
            return
        self.before_write(name)
        if self.is_full or name == self.refused:
            raise OSError(28, "No space left on device")
        self.texts[name] = text
        self.saves += 1
        if self.fails_after_rename:
            self.fails_after_rename = False
            raise OSError(5, "the directory could not be synchronised")

    def remove(self, name: str) -> None:
        self.texts.pop(name, None)
