"""The secrets that the saved model has: what a log must not show although nobody can read it in the model."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from agent.model.durable_state import DOCUMENT, Store

_VALUE: Final = "value"
"""Where the agent's own values have what counts, beside who has set it."""


class KeptSecrets:
    """``texts`` are those of the document that was seen last, by their names; any thread may read them."""

    def __init__(self, is_secret: Callable[[str], bool]) -> None:
        self._is_secret = is_secret
        self.texts: frozenset[str] = frozenset()

    def seen_in(self, store: Store) -> Store:
        """The store, with an eye on the model's document."""
        return _Watched(store, self)

    def of(self, document: Any) -> frozenset[str]:
        """Only what backends keep: the document has paths of secrets elsewhere too, beside what is none."""
        backends = document.get("backends") if isinstance(document, dict) else None
        return frozenset(text for text in self._found(backends) if text)

    def _found(self, kept: Any) -> Iterator[str]:
        if isinstance(kept, dict):
            for name, value in kept.items():
                said = value.get(_VALUE) if isinstance(value, dict) else value
                if isinstance(said, (str, list)) and self._is_called_secret(name):
                    yield from _texts(said)
                else:
                    yield from self._found(value)
        elif isinstance(kept, list):
            for value in kept:
                yield from self._found(value)

    def _is_called_secret(self, name: str) -> bool:
        """Fields of records have names with underscores, parameters those that they have."""
        return self._is_secret(name) or self._is_secret(name.replace("_", ""))


def _texts(said: str | list[Any]) -> Iterator[str]:
    yield from [said] if isinstance(said, str) else (one for one in said if isinstance(one, str))


class _Watched:
    def __init__(self, store: Store, secrets: KeptSecrets) -> None:
        self._store = store
        self._secrets = secrets

    def read(self, name: str) -> Any:
        document = self._store.read(name)
        if name == DOCUMENT:
            self._secrets.texts = self._secrets.of(document)
        return document

    def write(self, name: str, document: Any) -> None:
        if name != DOCUMENT:
            self._store.write(name, document)
            return
        found = self._secrets.of(document)
        self._secrets.texts |= found  # until it is written, what it replaces holds as well
        self._store.write(name, document)
        self._secrets.texts = found

    def remove(self, name: str) -> None:
        self._store.remove(name)
