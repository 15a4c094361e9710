"""Who else configures an interface, read from what each of them leaves below /run."""

from pathlib import Path

import pytest

from backends.other_managers import OtherManagers


@pytest.mark.parametrize(
    ("file", "text", "who"),
    [
        ("NetworkManager/devices/3", "[device]\nmanaged=true\n", "NetworkManager"),
        ("NetworkManager/devices/3", "[device]\nmanaged=false\n", ""),
        ("systemd/netif/links/3", "# private\nADMIN_STATE=configured\nOPER_STATE=routable\n", "systemd-networkd"),
        ("systemd/netif/links/3", "ADMIN_STATE=unmanaged\n", ""),
        ("dhcpcd/eth1-4.pid", "71\n", "dhcpcd"),
        ("network/ifstate", "lo=lo\neth1=eth1\n", "ifupdown"),
        ("network/ifstate", "lo=lo\neth10=eth10\n", ""),
        ("NetworkManager/devices/4", "[device]\nmanaged=true\n", ""),
    ],
)
def test_what_they_say_of_themselves_is_read(tmp_path: Path, file: str, text: str, who: str) -> None:
    path = tmp_path / "run" / file
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert OtherManagers(tmp_path).of("eth1", 3) == who


def test_on_a_machine_without_any_nobody_has_it(tmp_path: Path) -> None:
    assert OtherManagers(tmp_path).of("eth1", 3) == ""
