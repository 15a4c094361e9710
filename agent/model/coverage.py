"""How much of each profile this device answers, from what is bound and what the schema demands."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent.model.schema_entries import Profile
from agent.model.tree import Leaf, Tree

READ_ONLY: Final = "can be read here, not set"


@dataclass(frozen=True, slots=True)
class Missing:
    """A parameter that a profile demands and this device does not answer as demanded."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """One profile: how many parameters it demands, how many of them are answered, and which are not."""

    name: str
    bound: int
    required: int
    missing: Sequence[Missing]


class Reasons:
    """Why something is not there on this system, by the beginning of its path; the longest one that fits tells."""

    def __init__(self, by_path: Mapping[str, str]) -> None:
        self._by_path: Final = dict(by_path)

    def of(self, path: str) -> str:
        """The reason; "" when nobody knows one."""
        found = [known for known in self._by_path if path.startswith(known)]
        return self._by_path[max(found, key=len)] if found else ""


def coverage(tree: Tree, names: Sequence[str], reason_of: Callable[[str], str]) -> list[Coverage]:
    """Each profile of those names that the schema has and that demands parameters."""
    profiles = [profile for name in names if (profile := tree.schema.profile(name)) is not None]
    return [found for profile in profiles if (found := _of(tree, profile, reason_of)).required]


def _of(tree: Tree, profile: Profile, reason_of: Callable[[str], str]) -> Coverage:
    demanded = [
        (path, name, access) for path, there in profile.objects.items() for name, access in there.parameters.items()
    ]
    missing = list(_missing(tree, demanded, reason_of))
    return Coverage(profile.name, len(demanded) - len(missing), len(demanded), tuple(missing))


def _missing(
    tree: Tree, demanded: Sequence[tuple[str, str, str]], reason_of: Callable[[str], str]
) -> Iterator[Missing]:
    for path, name, access in demanded:
        leaf = _leaf(tree, path, name)
        if leaf is None:
            yield Missing(path + name, reason_of(path + name))
        elif access == "readWrite" and not leaf.is_writable:
            yield Missing(path + name, reason_of(path + name) or READ_ONLY)


def _leaf(tree: Tree, path: str, name: str) -> Leaf | None:
    node = tree.node(path)
    return node.leaves.get(name) if node else None
