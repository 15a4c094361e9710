"""A lease file says who has which address; what is broken in it does no harm."""

import os
from pathlib import Path

from backends.lan.leases import Lease, LeaseFile, parse_leases

TEXT = """\
1795313833 12:0b:c2:52:d2:98 192.0.2.51 laptop 01:12:0b:c2:52:d2:98
0 06-12:0b:c2 192.0.2.52 * *
duid 00:01:00:01:32:94:b2:00:6a:d0:7c:38:04:aa
1795313900 1578106881 2001:db8:1::16a vm 00:03:00:01:02:00:5e:10:00:01
1795313900 T157 2001:db8:1::16b * 00:02:00:00:9f:08
"""


def test_each_line_is_a_lease() -> None:
    mac = "12:0b:c2:52:d2:98"
    assert list(parse_leases(TEXT)) == [
        Lease(4, "192.0.2.51", 1795313833, mac, "laptop", "01120bc252d298"),
        Lease(4, "192.0.2.52", 0),
        Lease(6, "2001:db8:1::16a", 1795313900, "02:00:5e:10:00:01", "vm", "0003000102005e100001", 1578106881),
        Lease(6, "2001:db8:1::16b", 1795313900, client="000200009f08", iaid=157),
    ]


def test_what_is_no_lease_is_passed_over() -> None:
    broken = ["", "x", "1 2 3", "-1 02:00:00:00:00:01 192.0.2.1 * *", "1 02:00:00:00:00:01 300.0.2.1 * *",
              "1 zz 192.0.2.1 * *", "1 02:00:00:00:00:01 192.0.2.1 * g", "1 x 2001:db8::1 * 01"]  # fmt: skip
    assert list(parse_leases("\n".join(broken))) == []


def test_a_file_is_read_again_when_it_changed_and_only_then(tmp_path: Path) -> None:
    file = LeaseFile(tmp_path / "leases")
    assert file.leases() == ()
    file.path.write_text(TEXT)
    assert file.leases() == (), "within one request, the answer is the same"
    file.forget()
    first = file.leases()
    assert len(first) == 4
    file.forget()
    assert file.leases() is first
    file.path.write_text(TEXT.replace("laptop", "tablet"))
    os.utime(file.path, ns=(1, 1))
    file.forget()
    assert file.leases()[0].host_name == "tablet"


def test_a_lease_was_given_when_the_file_first_said_so(tmp_path: Path) -> None:
    path = tmp_path / "leases"
    line = "2000007200 7 2001:db8::{} * 00:03:00:01:02:00:00:00:00:0{}\n"
    leases = LeaseFile(path)
    for at, text in ((2_000_000_000, line.format(1, 1)), (2_000_000_500, line.format(1, 1) + line.format(2, 2))):
        path.write_text(text)
        os.utime(path, (at, at))
        leases.forget()
        found = [one.given for one in leases.leases()]
    assert found == [2_000_000_000, 2_000_000_500]
