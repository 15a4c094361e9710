"""wpa_supplicant: its configuration as text, and what it says over the control socket of its link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.errors import MechanismError
from backends.wpa_control import ControlSocket

EVENTS: Final = ("CTRL-EVENT-CONNECTED", "CTRL-EVENT-DISCONNECTED", "CTRL-EVENT-SSID-TEMP-DISABLED", "CTRL-EVENT-SCAN")
"""How the events begin after which something may read differently."""


@dataclass(frozen=True, slots=True)
class KnownNetwork:
    """A network that may be joined. ``settings`` as they stand in wpa_supplicant.conf."""

    ssid: str
    settings: Mapping[str, str]


def text(networks: Sequence[KnownNetwork], directory: Path, country: str = "") -> str:
    """The configuration file. Raises MechanismError for a value that would end its line."""
    lines = [f"ctrl_interface={directory / 'control'}", "update_config=0"]
    if country:
        lines.append(f"country={country}")
    for network in networks:
        lines.append("network={")
        lines.append(f"ssid={network.ssid.encode().hex()}")
        for name, value in network.settings.items():
            if any(character in value for character in "\n\r\0"):
                raise MechanismError(f"{name} has a character that no configuration can hold", "EINVAL")
            lines.append(f"{name}={value}")
        lines.append("}")
    return "\n".join(lines) + "\n"


class WpaSupplicant:
    """The control socket of one link, ours or another's. Every command has a deadline of 300 ms."""

    def __init__(self, path: Path, *, deadline: float = 0.3) -> None:
        self._control = ControlSocket(path, deadline=deadline)

    def is_there(self) -> bool:
        """Whether it answers."""
        try:
            return self._control.ask("PING") == "PONG"
        except MechanismError:
            return False

    def status(self) -> Mapping[str, str]:
        """What STATUS says: wpa_state, ssid (escaped), id, bssid, key_mgmt …"""
        return self._control.values("STATUS")

    def counted(self) -> Mapping[str, str]:
        """What MIB says: the objects of IEEE 802.1X-2004, 9.5 (dot1xSuppPaeState, dot1xSuppHeldPeriod …), also before
        there is an association, when STATUS says nothing of 802.1X.
        """
        return self._control.values("MIB")

    def network(self, name: str) -> str:
        """A setting of the first network as its file has it, "" where it has none. No secret is told."""
        told = self._control.ask(f"GET_NETWORK 0 {name}")
        return "" if told == "FAIL" else told

    def set(self, name: str, value: str) -> None:
        """Change one setting in memory."""
        self._control.tell(f"SET {name} {value}")

    def reassociate(self) -> None:
        """Begin anew with what is configured."""
        self._control.tell("REASSOCIATE")

    def reconfigure(self) -> None:
        """Read the configuration file again, and join what is in it."""
        self._control.tell("RECONFIGURE")
