"""/etc/config/dropbear, read and written again, in texts that nobody has to have made neatly."""

from pathlib import Path

import pytest

from backends.desired_state import NotOurs, Pointer, Refused
from backends.openwrt.configured import Configured
from backends.openwrt.desired import UciDesired
from backends.openwrt.system.dropbear import DropbearMapping, Ground
from backends.ssh.records import SshServer, SshService
from backends.uci import BrokenPackage, FileUci, Places
from tests.backends.openwrt.router import NETWORK
from tests.backends.openwrt.system.device import DROPBEAR
from tests.backends.uci.boards import CORPUS, mutated

pytestmark = pytest.mark.slow


def row_of(link: str) -> Pointer | None:
    return Pointer("Device.IP.Interface.{i}.", (link,)) if link else None


GROUND = Ground(
    row_of, lambda row: row.keys[-1] if row else None, lambda row: row.keys != ("wan",), dict, lambda _: "", tuple, True
)


class Machine:
    def __init__(self, directory: Path, text: str, ground: Ground = GROUND) -> None:
        self.places = Places.under(directory)
        self.places.config.mkdir(parents=True, exist_ok=True)
        (self.places.config / "dropbear").write_bytes(text.encode("utf-8", "surrogateescape"))
        (self.places.config / "network").write_text(NETWORK)
        self.uci, self.mapping = FileUci(self.places), DropbearMapping(ground)
        self.desired = UciDesired("ssh", self.mapping.kinds, Configured(self.uci, self.mapping, lambda _: None))

    def changed_by_nothing(self) -> frozenset[str]:
        """The packages that would be written when nothing is asked for."""
        edits = self.uci.edit()
        now = self.mapping.read(edits.read)
        self.mapping.check(now, now)
        self.mapping.write(edits, now, now)
        assert self.mapping.read(edits.read) == now
        return edits.changed()

    def set(self, key: str, **values: object) -> None:
        self.desired.begin()
        try:
            self.desired.edit(SshServer, key, **values)
            self.desired.prepare()
            self.desired.commit()
        except Refused:
            self.desired.rollback()
            raise


def test_what_is_read_and_written_again_is_as_it_was(tmp_path: Path) -> None:
    texts = [path.read_text(encoding="utf-8", errors="surrogateescape") for path in sorted(CORPUS.glob("*/dropbear"))]
    for text in [*texts, DROPBEAR, "config dropbear\n\toption cpe_off '1'\n\toption enable '0'\n", ""]:
        assert not Machine(tmp_path, text).changed_by_nothing()


def test_so_is_any_text_that_is_uci(tmp_path: Path) -> None:
    read = 0
    words = ("enable 'no'", "Port '22 23'", "Interface 'lan guest'", "cpe_lease '5 - 7 -'", "cpe_lease 'x'",
             "DirectInterface ' lan'", "IdleTimeout '99999999999999'")  # fmt: skip
    for number, text in enumerate(mutated(11, 80)):
        try:
            more = f"{text}\nconfig dropbear 'one'\n\toption {words[number % len(words)]}\n"
            assert not Machine(tmp_path, more).changed_by_nothing()
        except BrokenPackage:
            continue
        read += 1
    assert read > 10


def test_a_lease_is_kept_beside_its_server(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "config dropbear 'a'\n")
    machine.set("a", lease_duration=60, ends_boot="boot", ends_uptime=90, ends_wall=None)
    assert "option cpe_lease '60 boot 90 -'" in (machine.places.config / "dropbear").read_text()
    assert machine.desired.wanted.get(SshServer, "a").ends_boot == "boot"
    machine.set("a", lease_duration=0, ends_boot="", ends_uptime=0)
    assert (machine.places.config / "dropbear").read_text() == "config dropbear 'a'\n"


def test_two_servers_at_one_port_need_links_of_their_own(tmp_path: Path) -> None:
    two = "config dropbear 'a'\n\toption Interface 'lan'\nconfig dropbear 'b'\n\toption enable '0'\n"
    machine = Machine(tmp_path, two)
    with pytest.raises(Refused, match="server of section a listens at port 22"):
        machine.set("b", enable=True)
    machine.set("b", enable=True, interface=row_of("br-guest"))
    with pytest.raises(Refused, match="server of section"):
        machine.set("b", interface=row_of("br-lan"))
    with pytest.raises(NotOurs, match="manage"):
        machine.set("b", interface=row_of("wan"))
    with pytest.raises(Refused, match="cannot say"):
        machine.set("b", group=row_of("x"))
    assert machine.desired.wanted.get(SshService).enable
