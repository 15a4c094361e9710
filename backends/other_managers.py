"""Who else configures an interface of this machine: NetworkManager, systemd-networkd, dhcpcd, ifupdown."""

from pathlib import Path

from backends.files import names_in, read_text


class OtherManagers:
    """Reads what each of them says of itself below /run; asks nobody and starts nothing."""

    def __init__(self, root: str | Path = "/") -> None:
        self._run = Path(root) / "run"

    def of(self, link: str, index: int) -> str:
        """Who has this link, by its kernel name and index; "" when nobody else does."""
        if self._facts(self._run / f"NetworkManager/devices/{index}").get("managed") in ("true", "1"):
            return "NetworkManager"
        state = self._facts(self._run / f"systemd/netif/links/{index}").get("ADMIN_STATE", "unmanaged")
        if state not in ("unmanaged", "linger", "initialized", "pending"):
            return "systemd-networkd"
        if any(name.startswith(f"{link}-") or name == f"{link}.pid" for name in names_in(self._run / "dhcpcd")):
            return "dhcpcd"
        states = (read_text(self._run / "network/ifstate") or "").splitlines()
        return "ifupdown" if any(state.partition("=")[0] == link for state in states) else ""

    @staticmethod
    def _facts(path: Path) -> dict[str, str]:
        lines = (read_text(path) or "").splitlines()
        return {name.strip(): value.strip() for name, found, value in (line.partition("=") for line in lines) if found}
