"""The keys that let root in: /etc/dropbear/authorized_keys, of which every line with a key is a row, whoever wrote it.

A row of ours is known by the remark before its line; one that is not complete, or of nobody, is the remark alone. Who
writes the file anew without remarks (LuCI does) makes the keys in it a person's: then a row is known by what it says.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.desired_state import NotOurs, Pointer, Record, Refused, Wanted
from backends.errors import MechanismError
from backends.files import make_directory, read_bytes, replace_file
from backends.openwrt.differences import Difference
from backends.openwrt.sections import OURS, fresh
from backends.ssh.people import is_key
from backends.ssh.records import AuthorizedKey
from backends.ssh.rendering import LONGEST_KEY, checked_key
from backends.ssh.service import NOT_GIVEN

FILE: Final = "etc/dropbear/authorized_keys"
REMARK: Final = re.compile(rf"# cpe-agent ({OURS}[0-9a-f]{{1,16}}|key_[0-9a-f]{{10}}(?:_\d+)?)(?: (root|-) ?(.*))?")
CHANGED: Final = "the file was changed by somebody else meanwhile: look at it again"


@dataclass(frozen=True, slots=True)
class Made:
    """What was written, to be taken back."""

    before: bytes | None
    written: bytes
    difference: Difference


@dataclass(frozen=True, slots=True)
class _Piece:
    """Lines of the file: those of a row where there is a ``key``."""

    lines: tuple[str, ...]
    key: str = ""
    is_root: bool = False
    text: str = ""


class KeyFile:
    """What UciDesired needs of a service, over this file. ``root`` is the row of root among the users."""

    def __init__(self, directory: Path, root: Callable[[], Pointer | None], may_change: bool) -> None:
        self._path = directory / FILE
        self._root = root
        self._may_change = may_change
        self._content: bytes | None = None
        self._is_read = False
        self._known: tuple[bytes | None, Pointer | None] | None = None
        self._now = Wanted()

    @property
    def mapping(self) -> "KeyFile":
        """It says itself how its rows are called."""
        return self

    def key_for(self, record: Record, taken: Collection[str]) -> str:  # noqa: ARG002 - all are alike
        """The key of a new row."""
        return fresh(taken)

    def now(self) -> Wanted:
        """What the file says, read once until ``forget``; the same object as long as it is the same."""
        if not self._is_read:
            self._content, self._is_read = read_bytes(self._path), True
        if self._known is None or self._known != (self._content, self._root()):
            self._known = (self._content, self._root())
            self._now = self._rows(_pieces(self._content))
        return self._now

    def forget(self) -> None:
        """What was read may be old."""
        self._is_read = False

    # -- see backends.desired_state.Service ---------------------------------------------------------------------------

    def check(self, wanted: Wanted) -> None:
        """See Service."""
        self.try_out(Difference.between(self.now(), wanted))

    def cuts(self, wanted: Wanted) -> bool:  # noqa: ARG002 - the ACS is not reached by SSH
        """Never."""
        return False

    def apply(self, wanted: Wanted) -> bool:
        """See Service."""
        return self.make(Difference.between(self.now(), wanted)) is not None

    # -- see Configured -----------------------------------------------------------------------------------------------

    def try_out(self, difference: Difference) -> bool:
        """Make sure that it can be made. Refused."""
        if difference and not self._may_change:
            raise NotOurs(NOT_GIVEN, AuthorizedKey, difference.rows()[0][1])
        self.forget()
        after = difference.laid_over(self.now(), _conflicts).of(AuthorizedKey)
        for _, key in difference.rows():
            record = after.get(key)
            fields = difference.fields_of(AuthorizedKey, key)
            if record is None:
                continue
            if record.user is not None and "user" in fields and record.user != self._root():
                reason = "dropbear reads the keys of others in their homes, which are theirs: only root's are kept here"
                raise Refused(reason, AuthorizedKey, key, ("user",))
            try:
                if record.text and "text" in fields:
                    checked_key(record.text)
            except ValueError as wrong:
                raise Refused(str(wrong), AuthorizedKey, key, ("text",)) from wrong
        return False

    def make(self, difference: Difference, *, must_hold: bool = True) -> Made | None:
        """Write it; None where nothing was to be done. MechanismError."""
        self.forget()
        before, pieces = self.now(), _pieces(self._content)
        wanted = difference.laid_over(before, _conflicts if must_hold else lambda *_: None).of(AuthorizedKey)
        root, content = self._root(), self._content
        lines = [line for piece in pieces for line in _rewritten(piece, wanted, root)]
        there = {piece.key for piece in pieces}
        lines += [line for key, one in wanted.items() if key not in there for line in _lines(key, one, root)]
        written = "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")
        if written == (content or b"") or before.of(AuthorizedKey) == wanted:
            return None
        make_directory(self._path.parent)
        replace_file(self._path, written, 0o600)
        self.forget()
        return Made(content, written, difference)

    def take_back(self, made: Made) -> None:
        """Let the file be as it was; what somebody else has changed since stays. MechanismError."""
        self.forget()
        if read_bytes(self._path) != made.written:
            self.make(made.difference.reversed(), must_hold=False)
        elif made.before is None:
            self._path.unlink(missing_ok=True)
        else:
            replace_file(self._path, made.before, 0o600)
        self.forget()

    def _rows(self, pieces: Sequence[_Piece]) -> Wanted:
        root = self._root()
        return Wanted(1, {AuthorizedKey: {
            piece.key: AuthorizedKey(user=root if piece.is_root else None, text=piece.text)
            for piece in pieces if piece.key
        }})  # fmt: skip


def _conflicts(kind: type[Record], key: str, names: Collection[str]) -> None:  # noqa: ARG001 - see Conflict
    raise MechanismError(f"/{FILE}: {CHANGED}")


def _pieces(content: bytes | None) -> list[_Piece]:
    """Lines end as dropbear sees them end, and nowhere else: not at U+2028, which a key's name may have."""
    text = (content or b"").decode("utf-8", "surrogateescape")
    return list(_read(text.removesuffix("\n").split("\n") if text else ()))


def _read(lines: Sequence[str]) -> Iterator[_Piece]:
    taken: set[str] = set()
    at = 0
    while at < len(lines):
        line, following = lines[at], lines[at + 1] if at + 1 < len(lines) else ""
        remark = REMARK.fullmatch(line)
        at += 1
        if remark and remark[1] in taken:
            yield _Piece((line,))
        elif remark and remark[2] is not None:
            taken.add(remark[1])
            yield _Piece((line,), remark[1], remark[2] == "root", _said(remark[3] or ""))
        elif remark and _holds_key(following):
            taken.add(remark[1])
            at += 1
            yield _Piece((line, following), remark[1], True, _said(following))
        elif _holds_key(line):
            key = _key_of(line.strip(), taken)
            taken.add(key)
            yield _Piece((line,), key, True, _said(line))
        else:
            yield _Piece((line,))


def _said(line: str) -> str:
    """What a row says of a line: bytes that are no UTF-8 are in the line alone."""
    return line.strip().encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _holds_key(line: str) -> bool:
    return len(line) <= 2 * LONGEST_KEY and is_key(line.strip())


def _key_of(text: str, taken: Collection[str]) -> str:
    digest = key = f"key_{hashlib.sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()[:10]}"
    count = 1
    while key in taken:
        count += 1
        key = f"{digest}_{count}"
    return key


def _rewritten(piece: _Piece, wanted: Mapping[str, AuthorizedKey], root: Pointer | None) -> Sequence[str]:
    """A row that is as it was keeps its lines."""
    if not piece.key:
        return piece.lines
    record = wanted.get(piece.key)
    if record is None:
        return ()
    is_same = record == AuthorizedKey(user=root if piece.is_root else None, text=piece.text)
    return piece.lines if is_same else _lines(piece.key, record, root)


def _lines(key: str, record: AuthorizedKey, root: Pointer | None) -> Sequence[str]:
    is_root = record.user is not None and record.user == root
    if is_root and record.text:
        return (f"# cpe-agent {key}", record.text)
    return (f"# cpe-agent {key} {'root' if is_root else '-'} {record.text}".rstrip(),)
