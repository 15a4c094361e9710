"""What cannot be is told of every row that it is wrong in, and of no other."""

from backends.desired_state import Wanted
from backends.lan.checks import options, pools4, problems, statics
from backends.lan.records import Forwarding4, Option4, Option6, Pool4, Pool6, Static4


def test_every_row_that_is_wrong_is_told() -> None:
    wanted = (
        Wanted()
        .with_record("a", Pool4(lease_time=60, domain_name="a b"))
        .with_record("b", Pool4(lease_time=-1, domain_name="lan.example"))
        .with_record("f", Forwarding4(vendor_class_id_mode="Suffix"))
        .with_record("c", Pool6(iapd_enable=True))
        .with_record("o", Option4(parent="b", tag=6, value="00"))
        .with_record("p", Option4(parent="b", tag=6))
        .with_record("q", Option6(parent="c", tag=23, value="20010db8000000000000000000000001"))
    )
    found = {(one.kind, one.key, *sorted(one.fields)) for one in problems(wanted)}
    assert found == {
        (Pool4, "a", "lease_time"), (Pool4, "a", "domain_name"), (Forwarding4, "f", "vendor_class_id_mode"),
        (Pool6, "c", "iapd_enable"), (Option4, "o", "tag", "value"), (Option4, "p", "tag"),
    }  # fmt: skip
    assert len(list(pools4(wanted))) == 3
    assert len(list(options(wanted))) == 2


def test_an_address_is_one_client_s() -> None:
    wanted = Wanted()
    for key, parent, mac, address in (
        ("a", "p", "02:00:00:00:00:01", "192.0.2.7"), ("b", "p", "02:00:00:00:00:02", "192.0.2.7"),
        ("c", "p", "02:00:00:00:00:01", "192.0.2.8"), ("d", "q", "02:00:00:00:00:01", "198.51.100.8"),
    ):  # fmt: skip
        wanted = wanted.with_record(key, Static4(parent=parent, chaddr=mac, yiaddr=address))
    assert [(one.key, *one.fields) for one in statics(wanted)] == [("b", "yiaddr"), ("c", "chaddr")]


def test_an_address_is_of_its_pool_s_subnet_where_that_is_known() -> None:
    pool = Pool4(min_address="192.168.8.100", max_address="192.168.8.200", subnet_mask="255.255.255.0")
    wanted = Wanted().with_record("p", pool).with_record("q", Pool4(min_address="192.168.8.100"))
    for number, (parent, address) in enumerate((("p", "10.1.1.1"), ("p", "192.168.8.7"), ("p", ""), ("q", "10.1.1.2"))):
        wanted = wanted.with_record(str(number), Static4(parent=parent, yiaddr=address))
    (refused,) = statics(wanted)
    assert (refused.kind, refused.key, tuple(refused.fields)) == (Static4, "0", ("yiaddr",))
    assert "10.1.1.1" in refused.reason
    assert "192.168.8.0/24" in refused.reason
