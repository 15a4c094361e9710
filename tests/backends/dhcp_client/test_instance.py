"""One dhcpcd of ours: what is found of it after a restart of the agent."""

from pathlib import Path

import pytest

from backends.dhcp_client.instance import Folders, Instance, instances
from backends.errors import MechanismError


def folders(root: Path) -> Folders:
    return Folders(root / "run", root / "leases")


def test_clients_are_found_by_their_files_whatever_their_links_are_called(tmp_path: Path) -> None:
    made = folders(tmp_path)
    made.run.mkdir()
    for name in (
        "dhcpcd-eth0-4.conf",
        "dhcpcd-br-lan-6.conf",
        "dhcpcd-eth0-4.pid",
        "dhcpcd-x.conf",
        "other-eth1-4.conf",
    ):
        (made.run / name).write_text("")
    assert {(one.link, one.family, one.is_running) for one in instances(made)} == {
        ("eth0", 4, False), ("br-lan", 6, False),
    }  # fmt: skip
    assert instances(folders(tmp_path / "absent")) == []


def test_the_server_is_the_one_that_answered_last(tmp_path: Path) -> None:
    made = folders(tmp_path)
    one = Instance(made, "eth0", 6)
    assert one.answered_by() is None
    made.run.mkdir()
    (made.run / "dhcpcd-eth0-6.log").write_text("REPLY6 received from fe80::1\nx: REPLY6 received from fe80::2%x\n")
    assert one.answered_by() == "fe80::2"


def test_the_identifier_is_read_from_dhcpcd_s_file(tmp_path: Path) -> None:
    made = folders(tmp_path)
    one = Instance(made, "eth0", 6)
    assert one.duid() == b""
    made.leases.mkdir()
    (made.leases / "duid").write_text("00:01:ff\n")
    assert one.duid() == b"\0\1\xff"
    (made.leases / "duid").write_text("nonsense\n")
    assert one.duid() == b""


def test_a_lease_tells_when_it_came(tmp_path: Path) -> None:
    made = folders(tmp_path)
    made.leases.mkdir()
    one = Instance(made, "eth0", 4)
    assert one.leased_at() is None
    assert one.lease() is None
    (made.leases / "eth0.lease").write_bytes(b"packet")
    assert one.leased_at() is not None
    assert one.lease() == b"packet"


def test_folders_that_cannot_be_made_are_an_error_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("in the way")
    with pytest.raises(MechanismError):
        Instance(folders(tmp_path), "eth0", 4).start("persistent\n")
