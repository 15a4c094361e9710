"""What cannot be made is refused by name before anything is touched."""

from dataclasses import replace
from pathlib import Path

import pytest

from backends.desired_state import NotOurs, Pointer, Record, Refused, Wanted
from backends.dnsmasq import Dnsmasq
from backends.lan.companion import Companion
from backends.lan.records import Dhcp4, DnsRelay, Option4, Pool4, Pool6, Static4
from backends.lan.service import Ground, LanService

LAN = Pointer("Device.IP.Interface.{i}.", ("lan",))
POOL = Pool4(
    enable=True, order=1, interface=LAN, min_address="192.0.2.50", max_address="192.0.2.99", subnet_mask="255.255.255.0"
)  # fmt: skip


def service(tmp_path: Path, links: tuple[str, ...] = ("br0",), blocked: frozenset[int] = frozenset()) -> LanService:
    ground = Ground(
        link_of=lambda pointer: "br0" if pointer == LAN else None,
        may_change=lambda link: link in links,
        address_of=lambda _: None,
        name_links=lambda: links,
        name_servers=lambda _: (),
        blocking=lambda port, _: "other (process 1)" if port in blocked else None,
    )
    return LanService(
        Dnsmasq(tmp_path / "run", tmp_path),
        Companion("advertiser", tmp_path / "run"),
        Companion("relay", tmp_path / "run"),
        ground,
    )


def wanted(**records: Record) -> Wanted:
    made = Wanted().with_record("", Dhcp4(enable=True)).with_record("", DnsRelay(enable=True))
    for key, record in records.items():
        made = made.with_record(key, record)
    return made


REFUSED: list[tuple[str, str, dict[str, Record]]] = [
    ("p", "lease_time", {"p": replace(POOL, lease_time=60)}),
    ("p", "vendor_class_id", {"p": replace(POOL, vendor_class_id="x")}),
    ("p", "vendor_class_id_mode", {"p": replace(POOL, vendor_class_id_mode="Suffix")}),
    ("p", "domain_name", {"p": replace(POOL, domain_name="x y")}),
    ("q", "iapd_enable", {"q": Pool6(iapd_enable=True)}),
    ("q", "duid", {"q": Pool6(duid="00")}),
    ("o", "value", {"p": POOL, "o": Option4(parent="p", tag=6, value="00")}),
    ("o", "tag", {"p": POOL, "n": Option4(parent="p", tag=6), "o": Option4(parent="p", tag=6)}),
    ("s", "yiaddr", {"r": Static4(parent="p", chaddr="02:00:00:00:00:01", yiaddr="192.0.2.60"),
                     "s": Static4(parent="p", chaddr="02:00:00:00:00:02", yiaddr="192.0.2.60")}),
    ("s", "chaddr", {"r": Static4(parent="p", chaddr="02:00:00:00:00:aa"),
                     "s": Static4(parent="p", chaddr="02:00:00:00:00:AA")}),
]  # fmt: skip


@pytest.mark.parametrize(("key", "field", "records"), REFUSED, ids=[field for _, field, _ in REFUSED])
def test_what_cannot_be_said_to_dnsmasq_is_refused(
    tmp_path: Path, key: str, field: str, records: dict[str, Record]
) -> None:
    with pytest.raises(Refused) as refused:
        service(tmp_path).check(wanted(**records))
    assert (refused.value.key, field in refused.value.fields) == (key, True)
    assert not (tmp_path / "run").exists()


def test_a_link_that_is_not_given_to_the_agent_is_not_served(tmp_path: Path) -> None:
    with pytest.raises(NotOurs, match="manage"):
        service(tmp_path, links=()).check(wanted(p=POOL))
    service(tmp_path, links=()).check(wanted(p=replace(POOL, enable=False)))


@pytest.mark.parametrize("port", [67, 53])
def test_who_has_the_port_is_named(tmp_path: Path, port: int) -> None:
    with pytest.raises(NotOurs, match=r"other \(process 1\) has port"):
        service(tmp_path, blocked=frozenset({port})).check(wanted(p=POOL))


def test_it_never_cuts_the_way_to_the_management_server(tmp_path: Path) -> None:
    assert not service(tmp_path).cuts(wanted(p=POOL))
    assert not service(tmp_path).is_running()
    assert not service(tmp_path).serves_names()
