"""dnsmasq as an instance of the agent's own: started, told and ended so that nothing suffers that did not change."""

import os
import pwd
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from backends.errors import Missing
from backends.files import make_directory, read_bytes, read_number, unwritable, write_if_different
from backends.lan.rendering import Places, Rendered
from backends.programs import Program, find_program

OWN: Final = "cpe-agent"
"""The account that a package makes for it; where there is none, it is nobody."""
NOBODY: Final = "nobody"
ROOT: Final = "root"
OTHERS: Final = 0o001
READABLE: Final = 0o644


class Dnsmasq:
    """The instance. ``directory`` is for it alone; its leases are in ``state_directory``."""

    def __init__(self, directory: Path, state_directory: Path, enter: Sequence[str] = ()) -> None:
        """``enter`` is what begins the command line: a program that goes elsewhere first (a network namespace)."""
        self.places = Places(directory, state_directory / "dhcp.leases")
        self.program = Program("dnsmasq", directory)
        self._enter = tuple(enter)

    def make(self, rendered: Rendered) -> bool:
        """Let it serve by these files; whether anything was changed. MechanismError when it will not."""
        if not rendered.configuration:
            return self._end()
        self._make_way()
        files = (self.places.hosts, self.places.options, self.places.servers)
        texts = (rendered.hosts, rendered.options, rendered.servers)
        is_other = (read_bytes(self.places.configuration) or b"").decode() != rendered.configuration
        if is_other:
            self.program.stop()  # first: should this end in between, what runs is never another than what is written
        has_news = [write_if_different(path, text, READABLE) for path, text in zip(files, texts, strict=True)]
        if is_other or not self.program.is_running():
            write_if_different(self.places.configuration, rendered.configuration, READABLE)
            self._start()
            return True
        if any(has_news):
            self.program.signal(signal.SIGHUP)
        return any(has_news)

    def is_missing(self) -> bool:
        """Whether it was to serve when last told, and does not run."""
        return os.path.exists(self.places.configuration) and not self.program.is_running()

    def user(self) -> str:
        """Who it may become: it reads its files again as that user, who has to be let into their directory."""
        way = self.places.directory.parent.parents
        return _account() if all(_lets_others_in(one) for one in way) else ROOT

    def _make_way(self) -> None:
        """Whatever the umask: its directory can be read, and the one with those of other servers be passed."""
        directory = self.places.directory
        make_directory(directory, 0o777)
        for one, mode in ((directory.parent, 0o711), (directory, 0o755)):
            if not _lets_others_in(one):
                _chmod(one, mode)

    def _start(self) -> None:
        found = find_program("dnsmasq")
        if found is None:
            raise Missing("dnsmasq is not installed")
        self.places.running.unlink(missing_ok=True)
        arguments = [*self._enter, str(found), "--keep-in-foreground", f"--conf-file={self.places.configuration}"]
        self.program.start(arguments, lambda: read_number(self.places.running) is not None)

    def _end(self) -> bool:
        was_running = self.program.is_running()
        if was_running:
            self.program.stop()
        places = self.places
        for file in (places.configuration, places.hosts, places.options, places.servers):
            file.unlink(missing_ok=True)
        return was_running


def _lets_others_in(directory: Path) -> bool:
    try:
        return os.stat(directory).st_mode & OTHERS == OTHERS
    except OSError:
        return True  # not there yet, and made so


def _chmod(path: Path, mode: int) -> None:
    try:
        path.chmod(mode)
    except OSError as error:
        raise unwritable(path, error) from error


def _account() -> str:
    with suppress(KeyError):
        return pwd.getpwnam(OWN).pw_name
    return NOBODY


def is_installed() -> bool:
    """Whether this machine has a dnsmasq to run."""
    return find_program("dnsmasq") is not None
