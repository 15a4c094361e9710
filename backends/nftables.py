"""nftables through libnftables' JSON: tables of our own, brought to what they should be in one transaction each.

What is not named here is never touched, and nothing of other tables is read but their names. Nothing is forked; a call
takes about a millisecond. The library works in the network namespace of the thread that calls, or in the one named.
"""

import _ctypes
import ctypes
import errno
import functools
import hashlib
import json
import logging
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from backends.errors import MechanismError
from backends.netlink_socket import from_os_error, inside
from backends.nftables_flags import table_flags
from backends.rule_memory import RuleMemory, essence

log = logging.getLogger(__name__)

LIBRARY: Final = "libnftables.so.1"
NETLINK_NETFILTER: Final = 12
OUTPUT_HANDLES, OUTPUT_JSON = 1 << 3, 1 << 4
LONGEST_COMMENT: Final = 128  # NFTNL_UDATA_COMMENT_MAXLEN
DIGEST: Final = 12

Expression = Mapping[str, Any]
"""One statement of a rule as libnftables-json(5) writes it."""
Command = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """``about`` says what the rule is there for: it stands in the rule's comment, and counters are found by it."""

    about: str
    expressions: Sequence[Expression]

    @property
    def comment(self) -> str:
        """What the kernel keeps of us: a rule that has another one there is not this rule."""
        digest = hashlib.sha256(json.dumps(list(self.expressions), sort_keys=True).encode()).hexdigest()[:DIGEST]
        return f"{self.about[: LONGEST_COMMENT - DIGEST - 2]} {digest}"


@dataclass(frozen=True, slots=True)
class Hook:
    """Where in a packet's way a base chain stands."""

    type: str
    hook: str
    priority: int
    policy: str = "accept"


@dataclass(frozen=True, slots=True)
class Chain:
    """``hook`` is None for a chain that others jump to."""

    name: str
    rules: Sequence[Rule] = ()
    hook: Hook | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it should be; one without chains should not be."""

    name: str
    chains: Sequence[Chain] = ()
    family: str = "inet"


@dataclass(frozen=True, slots=True)
class Counter:
    """What has matched since the rule was made."""

    packets: int = 0
    bytes: int = 0


@dataclass(slots=True)
class _Found:
    """A table as the kernel has it: of each rule the handle, the comment and the essence. Of one that has flags (it
    may be dormant, and ours have none) nothing else is known. ``version`` is the library's.
    """

    hooks: dict[str, Hook | None] = field(default_factory=dict)
    rules: dict[str, list[tuple[int, str, str]]] = field(default_factory=dict)
    counters: dict[str, Counter] = field(default_factory=dict)
    has_flags: bool = False
    version: str = ""


TOUCHED: Final = "somebody else had changed the packet filter's table %s: it is put right"
"""What the log says of a table of ours that is not as it was made."""


class _Unknown(MechanismError):
    """nftables knows nothing of what was named."""


class Nftables:
    """The kernel's packet filter. The constructor raises MechanismError where the library, or nf_tables, is absent.

    ``memory``: a directory for what the kernel said of rules that were made, emptied by a reboot as the kernel is.
    """

    def __init__(self, namespace: str = "", memory: Path | None = None) -> None:
        _make_sure_of(LIBRARY)
        self.namespace = namespace
        self._read: dict[tuple[str, str], _Found | None] = {}
        self._memory = RuleMemory(memory)
        self.writes = 0
        """How many transactions changed the kernel."""
        table_flags(self._socket, "inet", "cpe_agent")  # the kernel has nf_tables, and answers us

    def forget(self) -> None:
        """Read the kernel again for the next question."""
        self._read.clear()

    def is_there(self, name: str, family: str = "inet") -> bool:
        """Whether the kernel has a table of this name; the library is not needed for that."""
        return table_flags(self._socket, family, name) is not None

    def tables(self) -> list[tuple[str, str]]:
        """Family and name of every table there is."""
        # As text: 1.0.6 writes a table's flags from memory that is not its own when it writes JSON.
        lines = self._told("list tables", OUTPUT_HANDLES).split("\n")
        found = (line.split() for line in lines if line.startswith("table "))
        return [(words[1], words[2]) for words in found]

    def listed(self, family: str, name: str) -> list[dict[str, Any]]:
        """A table as the library lists it, whoever made it; [] for one that has gone, or that is dormant."""
        try:
            if table_flags(self._socket, family, name):
                return []  # 1.0.6 writes a table's flags from memory that is not its own
            return self._run([{"list": {"table": {"family": family, "name": name}}}])
        except _Unknown:
            return []

    def counters(self, name: str, family: str = "inet") -> Mapping[str, Counter]:
        """What the rules of a table of ours have counted, by what they are about."""
        if (family, name) not in self._read:
            self._read[family, name] = self._find(family, name)
        found = self._read[family, name]
        return found.counters if found else {}

    def has(self, table: Table) -> bool:
        """Whether the kernel has this table as it was made: every rule, in its place, and none of somebody else's."""
        found = self._find(table.family, table.name)
        return not difference(table, found, self._known(table, found))

    def bring_to(self, table: Table) -> bool:
        """Let the kernel have this table, in one transaction; whether anything was changed.

        Chains and rules that are there already stay as they are, with what they have counted.
        """
        found = self._find(table.family, table.name)
        known = self._known(table, found)
        changes = difference(table, found, known)
        if changes:
            try:
                self._run(changes)
            except MechanismError as refused:
                # What somebody else renamed or added may be in the way of a difference, never of a table made anew.
                self._run([{"add": _named(table)}, {"delete": _named(table)}, *difference(table, None, {})])
                log.info("the packet filter's table %s %s is made anew: %s", table.family, table.name, refused)
            self._read.pop((table.family, table.name), None)
            self.writes += 1
            found, known = self._find(table.family, table.name), {}
            if found is None:
                self._memory.forget(_called(table))
        if found and not found.has_flags:  # a rule that nothing is known of was made by an agent before this one
            said = {comment: one for rules in found.rules.values() for _, comment, one in rules}
            self._memory.learn(_called(table), found.version, {**said, **known})
        return bool(changes)

    def _known(self, table: Table, found: _Found | None) -> Mapping[str, str]:
        return self._memory.known(_called(table), found.version) if found else {}

    def _find(self, family: str, name: str) -> _Found | None:
        try:
            if flags := table_flags(self._socket, family, name):
                return _Found(has_flags=True)
            if flags is None:
                return None
            return found_in(self._run([{"list": {"table": {"family": family, "name": name}}}]))
        except _Unknown:
            return None

    def _socket(self) -> socket.socket:
        return inside(self.namespace, _netfilter_socket) if self.namespace else _netfilter_socket()

    def _run(self, commands: Sequence[Command]) -> list[dict[str, Any]]:
        told = self._told(json.dumps({"nftables": commands}), OUTPUT_JSON | OUTPUT_HANDLES)
        return json.loads(told)["nftables"] if told else []

    def _told(self, commands: str, output: int) -> str:
        library = _library()
        context = inside(self.namespace, lambda: _context(library)) if self.namespace else _context(library)
        return _told(library, context, commands, output)


@functools.cache
def _library() -> ctypes.CDLL:
    """A megabyte with what it stands on: only who has something to filter, or to look after, pays for it."""
    return _declared(ctypes.CDLL(LIBRARY))


@functools.cache
def _make_sure_of(name: str) -> None:
    """The library is there, and was not built without JSON; MechanismError. It is not kept in memory for that."""
    with _netfilter_socket():  # the library ends the process where the kernel has none
        pass
    try:
        library = _declared(ctypes.CDLL(name))
    except OSError as absent:
        raise MechanismError(f"{name} is not installed", "ENOENT") from absent
    try:
        _told(library, _context(library), json.dumps({"nftables": []}), OUTPUT_JSON)
    finally:
        _ctypes.dlclose(library._handle)


def _context(library: ctypes.CDLL) -> ctypes.c_void_p:
    """Opens its netlink socket, so that it belongs to the calling thread's network namespace."""
    context = ctypes.c_void_p(library.nft_ctx_new(0))
    library.nft_ctx_buffer_output(context)
    library.nft_ctx_buffer_error(context)
    return context


def _told(library: ctypes.CDLL, context: ctypes.c_void_p, commands: str, output: int) -> str:
    """What the library answers to commands; the context is used up. MechanismError."""
    try:
        library.nft_ctx_output_set_flags(context, output)
        if library.nft_run_cmd_from_buffer(context, commands.encode()):
            raise _error(library.nft_ctx_get_error_buffer(context))
        told: bytes = library.nft_ctx_get_output_buffer(context) or b""
    finally:
        library.nft_ctx_free(context)
    return told.decode("utf-8", "replace")


def _netfilter_socket() -> socket.socket:
    """MechanismError where the kernel was built without netfilter's netlink."""
    try:
        return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_NETFILTER)
    except OSError as absent:
        raise from_os_error(absent, "the kernel has no nf_tables") from absent


def difference(table: Table, found: _Found | None, known: Mapping[str, str]) -> list[Command]:
    """The commands that bring what was found to what should be; none where it is so. ``known`` has the essence of the
    rules that were made, by their comments. Pure.
    """
    if not table.chains:
        return [] if found is None else [{"delete": _named(table)}]
    there = found or _Found()
    moved = any(chain.name in there.hooks and there.hooks[chain.name] != chain.hook for chain in table.chains)
    if there.has_flags or moved:
        return [{"delete": _named(table)}, *difference(table, None, {})]
    kept = {chain.name for chain in table.chains}
    gone = [name for name in there.hooks if name not in kept]
    commands: list[Command] = [] if found else [{"add": _named(table)}]
    commands += [_added_chain(table, chain) for chain in table.chains if chain.name not in there.hooks]
    for chain in table.chains:
        rules = there.rules.get(chain.name, [])
        as_made = [(handle, comment if known.get(comment, one) == one else "") for handle, comment, one in rules]
        commands += _rules(table, chain, as_made)
    commands += [{"flush": {"chain": {**_of(table), "name": name}}} for name in gone]  # they may jump to each other
    commands += [{"delete": {"chain": {**_of(table), "name": name}}} for name in gone]
    return commands


def _rules(table: Table, chain: Chain, there: Sequence[tuple[int, str]]) -> Iterator[Command]:
    """The longest common run of rules stays; what is between is taken away and put in. Of what is there: handles and
    comments.
    """
    wanted = [rule.comment for rule in chain.rules]
    from difflib import SequenceMatcher  # only who changes something pays for it

    matcher = SequenceMatcher(None, [comment for _, comment in there], wanted, autojunk=False)
    for kind, start, end, first, last in matcher.get_opcodes():
        if kind == "equal":
            continue
        for handle, _ in there[start:end]:
            yield {"delete": {"rule": {**_of(table), "chain": chain.name, "handle": handle}}}
        for rule in chain.rules[first:last]:
            made = {
                **_of(table),
                "chain": chain.name,
                "comment": rule.comment,
                "expr": [dict(one) for one in rule.expressions],
            }
            if end < len(there):
                yield {"insert": {"rule": {**made, "handle": there[end][0]}}}
            else:
                yield {"add": {"rule": made}}


def _called(table: Table) -> str:
    return f"{table.family} {table.name}"


def _of(table: Table) -> dict[str, Any]:
    """How what is in a table names it."""
    return {"family": table.family, "table": table.name}


def _named(table: Table) -> Command:
    return {"table": {"family": table.family, "name": table.name}}


def _added_chain(table: Table, chain: Chain) -> Command:
    hook = chain.hook
    told = {"type": hook.type, "hook": hook.hook, "prio": hook.priority, "policy": hook.policy} if hook else {}
    return {"add": {"chain": {**_of(table), "name": chain.name, **told}}}


def found_in(told: Sequence[Mapping[str, Any]]) -> _Found:
    """What a listing of one table says."""
    found = _Found()
    for one in told:
        if about := one.get("metainfo"):
            found.version = str(about["version"])
        if chain := one.get("chain"):
            has_hook = "hook" in chain
            hook = (
                Hook(chain["type"], chain["hook"], chain["prio"], chain.get("policy", "accept")) if has_hook else None
            )
            found.hooks[chain["name"]] = hook
            found.rules.setdefault(chain["name"], [])
        if rule := one.get("rule"):
            comment = str(rule.get("comment", ""))
            found.rules.setdefault(rule["chain"], []).append((rule["handle"], comment, essence(rule["expr"])))
            counted = [part["counter"] for part in rule["expr"] if isinstance(part.get("counter"), dict)]
            if counted:
                about = comment[: -DIGEST - 1]
                before = found.counters.get(about, Counter())
                packets, volume = counted[0]["packets"], counted[0]["bytes"]
                found.counters[about] = Counter(before.packets + packets, before.bytes + volume)
    return found


def _error(text: bytes | None) -> MechanismError:
    """The first complaint, and the errno whose explanation it ends with."""
    lines = [line for line in (text or b"").decode("utf-8", "replace").splitlines() if line.strip()]
    said = lines[0].rpartition("Error: ")[2] if lines else "no reason was given"
    code = next((name for number, name in errno.errorcode.items() if said.endswith(os.strerror(number))), "")
    return (_Unknown if code == "ENOENT" else MechanismError)(f"nftables: {said}", code)


def _declared(library: ctypes.CDLL) -> ctypes.CDLL:
    """Pointers do not fit into the C int that ctypes takes everything for."""
    context, text = ctypes.c_void_p, ctypes.c_char_p
    library.nft_ctx_new.argtypes, library.nft_ctx_new.restype = [ctypes.c_uint32], context
    library.nft_ctx_free.argtypes = [context]
    library.nft_ctx_output_set_flags.argtypes = [context, ctypes.c_uint]
    library.nft_run_cmd_from_buffer.argtypes = [context, text]
    for name in ("nft_ctx_buffer_output", "nft_ctx_buffer_error"):
        getattr(library, name).argtypes = [context]
    for name in ("nft_ctx_get_output_buffer", "nft_ctx_get_error_buffer"):
        getattr(library, name).argtypes, getattr(library, name).restype = [context], text
    return library
