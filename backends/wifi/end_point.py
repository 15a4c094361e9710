"""The wpa_supplicant of one end point: its file, its process, and how it is told of other networks."""

from pathlib import Path

from backends.errors import Missing
from backends.files import read_text, write_if_different
from backends.programs import Program
from backends.wpa_supplicant import KnownNetwork, WpaSupplicant, text


class EndPointProgram:
    """The file is 0600: it holds passphrases."""

    def __init__(self, link: str, directory: Path, supplicant: Path | None) -> None:
        self._link = link
        self._directory = directory
        self._supplicant = supplicant
        self._program = Program("wpa_supplicant", directory)

    @property
    def control(self) -> WpaSupplicant:
        """Its control socket."""
        return WpaSupplicant(self.sockets / self._link)

    @property
    def sockets(self) -> Path:
        """Where its control socket is."""
        return self._directory / "control"

    def is_running(self) -> bool:
        """Whether it runs."""
        return self._program.is_running()

    def differs(self, networks: tuple[KnownNetwork, ...], country: str) -> bool:
        """Whether it runs with other networks than these, or runs for nothing."""
        if not networks or not self.is_running():
            return bool(networks) != self.is_running()
        return read_text(self._directory / "networks.conf") != text(networks, self._directory, country).strip()

    def run(self, networks: tuple[KnownNetwork, ...], country: str) -> bool:
        """Let it run with these networks; whether that changed anything. Without any it ends."""
        if not networks:
            return self.stop()
        if self._supplicant is None:
            raise Missing("wpa_supplicant is not installed")
        file = self._directory / "networks.conf"
        is_new = write_if_different(file, text(networks, self._directory, country))
        if not self.is_running():
            arguments = [str(self._supplicant), "-D", "nl80211", "-i", self._link, "-c", str(file)]
            self._program.start(arguments, self.control.is_there)
            return True
        if is_new:
            self.control.reconfigure()
        return is_new

    def stop(self) -> bool:
        """End it; whether it ran."""
        if not self.is_running():
            return False
        self._program.stop()
        (self._directory / "networks.conf").unlink(missing_ok=True)
        return True
