"""The verb support_bundle: what helps somebody else to find a fault, in one archive, without secrets and names."""

import base64
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from queue import Empty, SimpleQueue
from typing import IO, Any, Final, NamedTuple

from agent.runtime.control import error
from agent.runtime.memory import give_back
from agent.runtime.redactor import MASK
from agent.runtime.session_stream import Traces

log = logging.getLogger(__name__)

MOST_BYTES: Final = 4_500_000
"""Of all members before they are compressed, so that no archive is larger than 5 MB."""
MOST_MODEL: Final = 1_500_000
MOST_SESSIONS: Final = 20
PIECE: Final = 98_304
SHORTEST_SECRET: Final = 4
IN_MEMORY: Final = 262_144
"""Bytes of the archive from which on it is in a file without a name."""

README: Final = """\
A support bundle of cpe-agent. Passwords and keys are masked ({mask}). Names are replaced, the same name by the same
placeholder in every file: hosts, SSIDs, users, what people have named, serial numbers, mail addresses, paths of URLs,
public addresses, the last half of MAC addresses. In sentences, names of one or two letters and common words stay.

status.json      the verb status            settings.json  the agent's settings
doctor.json      the verb doctor, quick     versions.json  programs, libraries, kernel
discover.json    who offers which ACS       machine.json   load, memory, links, routes
log.txt          the log's last lines       model.txt      every parameter and its value
sessions/        the last sessions with the ACS, one JSON document a line
"""

Line = dict[str, Any]
Document = dict[str, Any]


class Sources(NamedTuple):
    """Where a bundle's contents come from."""

    ask: Callable[[str, Mapping[str, Any]], Document]
    """A verb of the control socket and its arguments, answered by the owner; raises TimeoutError."""
    root: Callable[[], str]
    """The root of the data model."""
    settings: Callable[[], Mapping[str, Any]]
    """By "table.key"; secrets among them are masked here."""
    is_secret: Callable[[str], bool]
    """Whether a setting of that name, or a parameter of that path, is one."""
    is_writable: Callable[[str], bool]
    """Whether a parameter of that path can be written."""
    mask: Callable[[str], str]
    """Takes known secrets out of a text."""
    secrets: Callable[[], Iterable[str]]
    """More that must not be seen anywhere."""
    traces: Traces
    log: Callable[[], list[Line]]
    state_directory: Callable[[], str]


class SupportBundle:
    """Serves the stream ``support_bundle``: lines of ``data`` (base64), then ``name``, ``bytes`` and ``left_out``.

    Its methods are called by the control socket's thread only; the work is done in a thread of its own, one at a time.
    """

    def __init__(self, sources: Sources, most_bytes: int = MOST_BYTES) -> None:
        self._sources = sources
        self._most_bytes = most_bytes
        self._at_work: threading.Thread | None = None

    def stream(self, arguments: Mapping[str, Any]) -> Iterator[Line | None]:
        """No arguments. ``left_out``: members that could not be had, each with its reason."""
        if arguments:
            yield error("invalid_arguments", "a support bundle takes no arguments", "see the verb's --help")
            return
        if self._at_work is not None and self._at_work.is_alive():
            yield error("busy", "another support bundle is being made", "try again when it is done")
            return
        made: SimpleQueue[tuple[IO[bytes], list[str]] | None] = SimpleQueue()
        is_wanted = threading.Event()
        is_wanted.set()
        self._at_work = threading.Thread(target=self._make, args=(made, is_wanted), name="support-bundle", daemon=True)
        self._at_work.start()
        try:
            yield from _told(made)
        finally:
            is_wanted.clear()

    def _make(self, made: "SimpleQueue[tuple[IO[bytes], list[str]] | None]", is_wanted: threading.Event) -> None:
        try:
            made.put(_Making(self._sources, self._most_bytes, is_wanted.is_set).archive())
        except _Cancelled:
            made.put(None)
        except Exception:
            log.exception("a support bundle could not be made")
            made.put(None)
        finally:
            give_back()


def _told(made: "SimpleQueue[tuple[IO[bytes], list[str]] | None]") -> Iterator[Line | None]:
    while True:
        try:
            found = made.get_nowait()
            break
        except Empty:
            yield None
    if found is None:
        yield error("internal", "the support bundle could not be made", "see the agent's log")
        return
    archive, left_out = found
    with archive:
        size = archive.seek(0, os.SEEK_END)
        archive.seek(0)
        while piece := archive.read(PIECE):
            yield {"data": base64.b64encode(piece).decode()}
    name = time.strftime("cpe-agent-support-%Y%m%d-%H%M%S.tar.gz", time.gmtime())
    yield {"name": name, "bytes": size, "left_out": left_out}


class _Cancelled(Exception):
    """Nobody waits for it any more."""


class _Making:
    """Collects first what names there are, and then the members one after the other."""

    def __init__(self, sources: Sources, most_bytes: int, is_wanted: Callable[[], bool]) -> None:
        from agent.support.pseudonyms import Pseudonyms

        self._sources = sources
        self._left = most_bytes
        self._is_wanted = is_wanted
        self._names = Pseudonyms(sources.is_writable)
        self._secrets = sorted({one for one in sources.secrets() if len(one) >= SHORTEST_SECRET}, key=len, reverse=True)
        self._left_out: list[str] = []

    def archive(self) -> tuple[IO[bytes], list[str]]:
        """The archive, to be read and closed, and what it does not have."""
        import tarfile
        from tempfile import SpooledTemporaryFile

        documents = {name: self._asked(name) for name in ("status", "doctor", "discover")}
        parameters = (self._asked("get", paths=[self._sources.root()]) or {}).get("parameters", [])
        log_lines = self._sources.log()
        self._learn(documents, parameters, log_lines)
        spool: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - it is read by whoever gets it
        with tarfile.open(fileobj=spool, mode="w:gz", compresslevel=6) as archive:
            for name, text in self._members(documents, parameters, log_lines):
                if not self._is_wanted():
                    raise _Cancelled
                self._add(archive, name, text)
        return spool, self._left_out

    def _asked(self, verb: str, **arguments: Any) -> Document | None:
        try:
            answer = self._sources.ask(verb, arguments)
        except TimeoutError as failure:
            self._left_out.append(f"{verb}: {failure}")
            return None
        if "error" in answer:
            self._left_out.append(f"{verb}: {answer['error'].get('message', '')}")
            return None
        return answer

    def _learn(self, documents: Mapping[str, Document | None], parameters: list[Line], log_lines: list[Line]) -> None:
        names = self._names
        status = documents["status"] or {}
        names.keep(word for one in parameters for word in str(one.get("path", "")).split("."))
        names.keep(word for key in self._sources.settings() for word in key.split("."))
        names.learn("host", os.uname().nodename)
        names.learn_path(str(status.get("connection_request", {}).get("url", "")))
        for document in (self._sources.settings(), parameters, *documents.values(), log_lines):
            names.learn_document(document)
        for summary in self._sources.traces.sessions()[-MOST_SESSIONS:]:
            names.learn_document(self._traced(int(summary["session"])))

    def _members(
        self, documents: Mapping[str, Document | None], parameters: list[Line], log_lines: list[Line]
    ) -> Iterator[tuple[str, str]]:
        from agent.support.support_facts import machine, versions

        yield "README.txt", README.format(mask=MASK)
        for name, document in documents.items():
            if document is not None:
                yield f"{name}.json", self._json(document)
        yield "settings.json", self._json(self._settings())
        yield "versions.json", self._json(versions())
        yield "machine.json", self._json(machine(self._sources.state_directory()))
        yield "log.txt", "".join(self._log_line(line) for line in log_lines)
        yield "model.txt", self._model(parameters)
        for summary in reversed(self._sources.traces.sessions()[-MOST_SESSIONS:]):
            number = int(summary["session"])
            yield f"sessions/{number:08d}.jsonl", self._session(number)

    def _add(self, archive: Any, name: str, text: str) -> None:
        from io import BytesIO
        from tarfile import TarInfo

        data = text.encode("utf-8", "replace")
        if len(data) > self._left:
            self._left_out.append(f"{name}: no room")
            return
        self._left -= len(data) + 1024  # its head and padding
        info = TarInfo(f"cpe-agent-support/{name}")
        info.size, info.mode, info.mtime = len(data), 0o600, int(time.time())
        archive.addfile(info, BytesIO(data))

    def _settings(self) -> Document:
        given = self._sources.settings()
        return {name: MASK if value and self._sources.is_secret(name) else value for name, value in given.items()}

    def _model(self, parameters: list[Line]) -> str:
        lines: list[str] = []
        size = 0
        for one in parameters:
            path, value = str(one.get("path", "")), str(one.get("value", ""))
            is_secret = value and self._sources.is_secret(path)
            shown = MASK if is_secret else self._names.at(path, self._without_secrets(value))
            lines.append(f"{path} = {json.dumps(shown, ensure_ascii=False)}\n")
            size += len(lines[-1])
            if size > MOST_MODEL:
                self._left_out.append(f"model.txt: what follows {path}")
                break
        return "".join(lines)

    def _session(self, number: int) -> str:
        return "".join(json.dumps(self._cleaned(line), ensure_ascii=False) + "\n" for line in self._traced(number))

    def _traced(self, number: int) -> Sequence[Line]:
        try:
            return self._sources.traces.session(number)
        except KeyError:
            return ()

    def _log_line(self, line: Line) -> str:
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(float(line.get("at", 0))))
        return f"{at} {line.get('level', '')} {self._clean(str(line.get('text', '')))}\n"

    def _json(self, document: Any) -> str:
        return json.dumps(self._cleaned(document), ensure_ascii=False, indent=1, default=str) + "\n"

    def _cleaned(self, document: Any) -> Any:
        return self._names.document(_mapped(document, self._without_secrets))

    def _clean(self, text: str) -> str:
        return self._names.text(self._without_secrets(text))

    def _without_secrets(self, text: str) -> str:
        text = self._sources.mask(text)
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text


def _mapped(document: Any, change: Callable[[str], str]) -> Any:
    """A JSON document with every text changed."""
    if isinstance(document, str):
        return change(document)
    if isinstance(document, Mapping):
        return {str(key): _mapped(value, change) for key, value in document.items()}
    if isinstance(document, (list, tuple)):
        return [_mapped(one, change) for one in document]
    return document
