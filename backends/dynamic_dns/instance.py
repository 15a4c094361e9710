"""One ddclient of ours, for one client: started, told to look again, and counted when it fails.

Its output may hold passwords (ddclient shows what it asked when it was not understood): it is read for the kind of
failure and thrown away.
"""

import hashlib
import json
import os
import signal
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from backends.dynamic_dns import reports
from backends.dynamic_dns.reports import Told
from backends.errors import MechanismError
from backends.files import names_in, read_text, replace_file, write_if_different
from backends.programs import Program, find_program

PREFIX: Final = "ddclient"
LONGEST: Final = 65_536
TITLE: Final = "ddclient - "
"""What ddclient calls itself once it has read its configuration and can be sent signals; then what it does."""
ASLEEP: Final = "sleeping"
REPLY_SECONDS: Final = 30
"""How long a server may take; two minutes otherwise, in which ddclient hears nothing."""
NEW: Final = {"address": None, "failures": 0, "tried": 0, "error": "", "said": "", "started": 0.0, "stopped": False}


@dataclass(frozen=True, slots=True)
class Folders:
    """Where our ddclients live: ``run`` is lost with a boot, ``caches`` is not. ``inside`` enters a laboratory's
    namespace before anything is started; it is empty on a real machine. ``reply_seconds``: see REPLY_SECONDS.
    """

    run: str
    caches: str
    inside: Sequence[str] = ()
    reply_seconds: int = REPLY_SECONDS


class Instance:
    """The ddclient of the client with this key, for one account."""

    def __init__(self, folders: Folders, key: str, account: str) -> None:
        self._folders = folders
        self._name = f"{PREFIX}-{key.removeprefix('+')}"
        digest = hashlib.sha256(account.encode()).hexdigest()[:16]
        self._cache = f"{folders.caches}/{self._name}-{digest}.cache"
        self._program = Program(self._name, Path(folders.run))
        self._notes: dict[str, Any] | None = None

    # -- running ------------------------------------------------------------------------------------------------------

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self._program.is_running()

    @property
    def has_died(self) -> bool:
        """Whether it ended without being told to."""
        return bool(self._noted()["started"]) and not self._noted()["stopped"] and not self.is_running

    def is_told(self, conf: str) -> bool:
        """Whether it was last started with this configuration."""
        return read_text(self._run_file("conf")) == conf.strip()

    def start(self, conf: str, names: Collection[str]) -> None:
        """Run with this configuration. What it published for its names is remembered, what failed is tried anew.

        MechanismError when it does not run.
        """
        ddclient = find_program("ddclient")
        if ddclient is None:
            raise MechanismError("ddclient is not installed (package ddclient)")
        self._program.stop()
        self._forget_caches(but=self._cache)
        write_if_different(Path(self._cache), reports.pruned(read_text(self._cache, LONGEST) or "", names))
        write_if_different(Path(self._run_file("conf")), conf)
        self._note({**NEW, "started": time.time()})
        arguments = ("-foreground", "-file", self._run_file("conf"), "-cache", self._cache)
        limit = ("-timeout", str(self._folders.reply_seconds))
        try:
            self._program.start(
                [*self._folders.inside, str(ddclient), *arguments, *limit],
                is_ready=lambda: bool(self.doing()),
                survives_broken_pipes=True,  # a server that ends a TLS handshake ends ddclient otherwise
            )
        except MechanismError:
            self._note({**self._noted(), "error": self._heard() or reports.MISCONFIGURATION})
            raise MechanismError(f"{self._name} does not run: {self._noted()['error']}") from None

    def stop(self) -> None:
        """End it; what it published is remembered."""
        self._program.stop()
        self._note({**self._noted(), "stopped": True})

    def remove(self) -> None:
        """End it, and forget all about it."""
        self._program.stop()
        for kind in ("log", "json", "conf"):
            _unlink(self._run_file(kind))
        self._forget_caches(but="")
        self._notes = None

    def look_again(self) -> None:
        """Compare the address with what was published now; nothing happens while it is at it."""
        if self.doing().startswith(ASLEEP):
            self._program.signal(signal.SIGHUP)

    # -- what it says -------------------------------------------------------------------------------------------------

    def doing(self) -> str:
        """What it says that it does; "" as long as it says nothing."""
        process = self._program.pid()
        title = read_text(f"/proc/{process}/cmdline", LONGEST) if process is not None else ""
        return (title or "").removeprefix(TITLE) if (title or "").startswith(TITLE) else ""

    def told(self) -> Mapping[str, Told]:
        """What it keeps of names."""
        return reports.names_told(read_text(self._cache, LONGEST) or "")

    def error(self) -> str:
        """Why the last attempt failed; "" when it did not."""
        return str(self._noted()["error"])

    def failures(self) -> int:
        """How many attempts failed in a row, for this address."""
        return int(self._noted()["failures"])

    def started(self) -> float:
        """When it was started last (Unix time)."""
        return float(self._noted()["started"])

    def observe(self, names: Collection[str], address: str) -> None:
        """Take note of what became of its last attempt."""
        notes = dict(self._noted())
        notes["said"] = self._heard() or notes["said"]
        if notes["address"] != address:
            notes |= {"address": address, "failures": 0}
        told = self.told()
        attempts = [told[name] for name in names if name in told]
        tried = max((one.tried for one in attempts), default=0)
        if tried > notes["tried"]:
            failed = [one for one in attempts if one.status != reports.GOOD]
            error = reports.error_of(failed, notes["said"]) if failed else ""
            notes |= {"tried": tried, "error": error, "failures": notes["failures"] + 1 if failed else 0, "said": ""}
        elif self.has_died:
            notes["error"] = notes["said"] or notes["error"]
        self._note(notes)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _run_file(self, kind: str) -> str:
        return f"{self._folders.run}/{self._name}.{kind}"

    def _heard(self) -> str:
        """The failure that the output tells of; what it said is not kept."""
        path = self._run_file("log")
        said = reports.error_in(read_text(path, LONGEST) or "")
        with suppress(OSError):
            if os.path.getsize(path):
                os.truncate(path, 0)
        return said

    def _noted(self) -> dict[str, Any]:
        if self._notes is None:
            try:
                self._notes = {**NEW, **json.loads(read_text(self._run_file("json")) or "{}")}
            except (ValueError, TypeError):
                self._notes = dict(NEW)
        return self._notes

    def _note(self, notes: dict[str, Any]) -> None:
        if notes != self._noted():
            replace_file(Path(self._run_file("json")), json.dumps(notes).encode(), 0o600)
        self._notes = notes

    def _forget_caches(self, but: str) -> None:
        for name in names_in(Path(self._folders.caches)):
            path = f"{self._folders.caches}/{name}"
            if name.startswith(f"{self._name}-") and path != but:
                _unlink(path)


def keys_started(folders: Folders) -> list[str]:
    """The keys of the clients that were started and not removed, whether or not they still run."""
    names = (name for name in names_in(Path(folders.run)) if name.startswith(f"{PREFIX}-") and name.endswith(".conf"))
    return [f"+{name.removeprefix(f'{PREFIX}-').removesuffix('.conf')}" for name in names]


def _unlink(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)
