"""What backends.nftables promises, on the kernel: tables of ours, by difference, and nobody else's."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.errors import MechanismError
from backends.nftables import Chain, Counter, Hook, Nftables, Rule, Table
from tests.netlab.namespace import Namespace
from tests.netlab.packet_filter import packet_filter

OUTPUT = Hook("filter", "output", 0)
COUNT = {"counter": None}


def to_port(port: int, about: str = "") -> Rule:
    match = {"match": {"op": "==", "left": {"payload": {"protocol": "udp", "field": "dport"}}, "right": port}}
    return Rule(about or f"port {port}", [match, COUNT])


def table(*chains: Chain) -> Table:
    return Table("cpe_agent", chains)


@pytest.fixture
def lab(make_namespace: Callable[[], Namespace]) -> Namespace:
    made = make_namespace()
    made.ip("link set lo up")
    return made


@pytest.fixture
def nft(lab: Namespace) -> Nftables:
    return packet_filter(lab)


def rules(lab: Namespace, chain: str = "out") -> list[str]:
    told = json.loads(lab.run("nft", "-j", "list", "chain", "inet", "cpe_agent", chain))["nftables"]
    return [one["rule"]["comment"].rpartition(" ")[0] for one in told if "rule" in one]


def send(lab: Namespace, port: int) -> None:
    code = "import socket, sys; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', int(sys.argv[1])))"
    lab.python(f"{code}; print(1)", str(port))


def test_a_table_is_made_as_it_should_be(lab: Namespace, nft: Nftables) -> None:
    assert nft.bring_to(table(Chain("out", [to_port(1), to_port(2)], OUTPUT), Chain("more", [to_port(3)])))
    assert rules(lab) == ["port 1", "port 2"]
    assert rules(lab, "more") == ["port 3"]
    assert nft.tables() == [("inet", "cpe_agent")]


def test_what_is_so_already_is_not_written(nft: Nftables) -> None:
    wanted = table(Chain("out", [to_port(1), to_port(2)], OUTPUT), Chain("more"))
    assert nft.bring_to(wanted)
    assert not nft.bring_to(wanted)
    assert nft.writes == 1


def test_a_table_without_chains_is_not_there(lab: Namespace, nft: Nftables) -> None:
    assert not nft.bring_to(table())
    nft.bring_to(table(Chain("out", [to_port(1)], OUTPUT)))
    assert nft.bring_to(table())
    assert lab.run("nft", "list", "ruleset") == ""


@pytest.mark.parametrize("after", [(1, 2, 9, 3), (9, 1, 2, 3), (1, 2, 3, 9), (3, 2), (2, 9, 8, 3), (), (3, 1, 2)])
def test_rules_come_to_stand_in_their_order(lab: Namespace, nft: Nftables, after: tuple[int, ...]) -> None:
    nft.bring_to(table(Chain("out", [to_port(1), to_port(2), to_port(3)], OUTPUT)))
    assert nft.bring_to(table(Chain("out", [to_port(port) for port in after], OUTPUT)))
    assert rules(lab) == [f"port {port}" for port in after]


def test_rules_that_stay_keep_what_they_counted(lab: Namespace, nft: Nftables) -> None:
    nft.bring_to(table(Chain("out", [to_port(1), to_port(2)], OUTPUT)))
    send(lab, 2)
    nft.bring_to(table(Chain("out", [to_port(3), to_port(2)], OUTPUT), Chain("more")))
    assert nft.counters("cpe_agent") == {"port 3": Counter(0, 0), "port 2": Counter(1, 29)}


def test_rules_about_one_thing_are_counted_together(lab: Namespace, nft: Nftables) -> None:
    nft.bring_to(table(Chain("out", [to_port(1, "one thing"), to_port(2, "one thing")], OUTPUT)))
    send(lab, 1)
    send(lab, 2)
    assert nft.counters("cpe_agent") == {"one thing": Counter(2, 58)}


def test_counters_are_read_once_until_they_are_forgotten(lab: Namespace, nft: Nftables) -> None:
    nft.bring_to(table(Chain("out", [to_port(1)], OUTPUT)))
    assert nft.counters("cpe_agent")["port 1"].packets == 0
    send(lab, 1)
    assert nft.counters("cpe_agent")["port 1"].packets == 0
    nft.forget()
    assert nft.counters("cpe_agent")["port 1"].packets == 1
    assert nft.counters("another") == {}


def test_a_rule_that_says_something_else_takes_the_old_ones_place(lab: Namespace, nft: Nftables) -> None:
    nft.bring_to(table(Chain("out", [to_port(1, "it")], OUTPUT)))
    assert nft.bring_to(table(Chain("out", [to_port(2, "it")], OUTPUT)))
    assert "dport 2" in lab.run("nft", "list", "ruleset")
    assert rules(lab) == ["it"]


def test_chains_that_jump_to_each_other_go_together(lab: Namespace, nft: Nftables) -> None:
    jump = Rule("jump", [{"jump": {"target": "a"}}])
    onward = Rule("onward", [{"jump": {"target": "b"}}])
    nft.bring_to(table(Chain("out", [jump], OUTPUT), Chain("b"), Chain("a", [onward])))
    assert nft.bring_to(table(Chain("out", [], OUTPUT), Chain("c")))
    assert "chain a" not in lab.run("nft", "list", "ruleset")


def test_a_hook_moves(lab: Namespace, nft: Nftables) -> None:
    nft.bring_to(table(Chain("out", [to_port(1)], OUTPUT)))
    assert nft.bring_to(table(Chain("out", [to_port(1)], Hook("filter", "output", 7, "drop"))))
    assert "priority filter + 7; policy drop" in lab.run("nft", "list", "ruleset")
    assert rules(lab) == ["port 1"]


def test_what_a_hand_changed_in_our_table_is_put_right(lab: Namespace, nft: Nftables) -> None:
    wanted = table(Chain("out", [to_port(1), to_port(2)], OUTPUT))
    nft.bring_to(wanted)
    before = lab.run("nft", "list", "ruleset")
    lab.run("nft", "insert rule inet cpe_agent out drop; add chain inet cpe_agent x; add rule inet cpe_agent x accept")
    assert nft.bring_to(wanted)
    assert lab.run("nft", "list", "ruleset") == before


def test_a_table_is_known_as_it_was_made(lab: Namespace, nft: Nftables) -> None:
    wanted = table(Chain("out", [to_port(1), to_port(2)], OUTPUT))
    assert not nft.has(wanted)
    nft.bring_to(wanted)
    assert nft.has(wanted)
    assert not nft.has(table(Chain("out", [to_port(2), to_port(1)], OUTPUT)))
    lab.run("nft", "insert rule inet cpe_agent out counter accept")
    assert not nft.has(wanted)


def test_a_table_that_was_put_to_sleep_is_not_as_it_was_made(lab: Namespace, nft: Nftables) -> None:
    wanted = table(Chain("out", [to_port(1)], OUTPUT))
    nft.bring_to(wanted)
    before = lab.run("nft", "list", "ruleset")
    lab.run("nft", "add table inet cpe_agent { flags dormant; }")
    nft.forget()
    assert nft.counters("cpe_agent") == {}
    assert not nft.has(wanted)
    assert nft.bring_to(wanted)
    assert nft.has(wanted)
    assert lab.run("nft", "list", "ruleset") == before
    lab.run("nft", "add table inet cpe_agent { flags dormant; }")
    assert nft.bring_to(table())
    assert nft.tables() == []


def replace(lab: Namespace, about: str, statements: str) -> None:
    """Let a rule of ours do something else, under the comment that it has."""
    told = json.loads(lab.run("nft", "-j", "-a", "list", "table", "inet", "cpe_agent"))["nftables"]
    rule = next(one["rule"] for one in told if one.get("rule", {}).get("comment", "").startswith(about))
    place = f"inet cpe_agent {rule['chain']} handle {rule['handle']}"
    lab.run("nft", f'replace rule {place} {statements} comment "{rule["comment"]}"')


def test_a_rule_that_was_replaced_under_its_comment_is_put_back(lab: Namespace, nft: Nftables) -> None:
    wanted = table(Chain("out", [to_port(1), to_port(2), to_port(3)], OUTPUT))
    nft.bring_to(wanted)
    send(lab, 1)
    before = lab.run("nft", "list", "ruleset")
    replace(lab, "port 2", "udp dport 2 counter accept")
    assert not nft.has(wanted)
    assert nft.bring_to(wanted)
    assert nft.has(wanted)
    assert lab.run("nft", "list", "ruleset") == before  # and what the others counted


SETS = Rule(
    "sets",
    [
        {
            "match": {
                "op": "==",
                "left": {"meta": {"key": "oifname"}},
                "right": {"set": [f"link{n}" for n in range(30)]},
            }
        },
        {"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": 17}},
        {
            "match": {
                "op": "==",
                "left": {"payload": {"protocol": "th", "field": "dport"}},
                "right": {"set": [{"range": [port, port + 5]} for port in range(9000, 1000, -20)]},
            }
        },
        {"limit": {"rate": 3, "per": "second"}},
        COUNT,
    ],
)


def test_what_rules_count_and_the_order_of_sets_make_no_difference(lab: Namespace, tmp_path: Path) -> None:
    wanted = table(Chain("out", [to_port(1), SETS, *(to_port(port) for port in range(2, 40))], OUTPUT))
    packet_filter(lab, tmp_path / "memory").bring_to(wanted)
    send(lab, 1)
    again = packet_filter(lab, tmp_path / "memory")
    assert again.has(wanted)
    assert not again.bring_to(wanted)
    assert again.writes == 0
    lab.run("nft", "delete", "table", "inet", "cpe_agent")  # sets made anew are hashed with another seed
    assert again.bring_to(wanted)
    third = packet_filter(lab, tmp_path / "memory")
    assert third.has(wanted)
    assert third.writes == 0


def test_what_is_remembered_outlives_the_agent(lab: Namespace, tmp_path: Path) -> None:
    wanted = table(Chain("out", [to_port(1), to_port(2)], OUTPUT))
    packet_filter(lab, tmp_path).bring_to(wanted)
    replace(lab, "port 2", "udp dport 2 counter accept")
    again = packet_filter(lab, tmp_path)
    assert not again.has(wanted)
    assert again.bring_to(wanted)
    assert again.has(wanted)
    assert "accept" not in lab.run("nft", "list", "ruleset").replace("policy accept", "")


def test_rules_that_nothing_is_remembered_of_are_taken_as_they_are_and_known_from_then_on(
    lab: Namespace, nft: Nftables, tmp_path: Path
) -> None:
    wanted = table(Chain("out", [to_port(1), to_port(2)], OUTPUT))
    nft.bring_to(wanted)
    again = packet_filter(lab, tmp_path)
    assert not again.bring_to(wanted)
    replace(lab, "port 1", "udp dport 1 drop")
    assert not again.has(wanted)


def test_tables_of_others_stay_as_they_are(lab: Namespace, nft: Nftables) -> None:
    lab.run("nft", "add table ip cpe_agent; add chain ip cpe_agent x; add rule ip cpe_agent x counter accept")
    lab.run("nft", "add table inet theirs; add set inet theirs s { type ipv4_addr; elements = { 192.0.2.1 } }")
    lab.run("nft", "add table inet sleeping { flags dormant; }")
    before = lab.run("nft", "-a", "list", "ruleset")
    nft.bring_to(table(Chain("out", [to_port(1)], OUTPUT)))
    nft.bring_to(table(Chain("out", [to_port(1)], Hook("filter", "output", 7))))
    assert nft.tables() == [("ip", "cpe_agent"), ("inet", "theirs"), ("inet", "sleeping"), ("inet", "cpe_agent")]
    nft.bring_to(table())
    assert lab.run("nft", "-a", "list", "ruleset") == before


def test_a_transaction_that_the_kernel_refuses_changes_nothing(lab: Namespace, nft: Nftables) -> None:
    nft.bring_to(table(Chain("out", [to_port(1)], OUTPUT)))
    before = lab.run("nft", "-j", "-a", "list", "ruleset")
    loop = [Chain("a", [Rule("", [{"jump": {"target": "b"}}])]), Chain("b", [Rule("", [{"jump": {"target": "a"}}])])]
    with pytest.raises(MechanismError) as caught:
        nft.bring_to(table(Chain("out", [Rule("", [{"jump": {"target": "a"}}])], OUTPUT), *loop))
    assert caught.value.code in ("ELOOP", "EMLINK")
    assert lab.run("nft", "-j", "-a", "list", "ruleset") == before
    assert nft.writes == 1


@pytest.mark.parametrize("text", ["a b", '"; drop; "', "$(reboot)", "ключ", "x" * 500, "\n#", "a\\"])
def test_what_a_rule_is_about_is_only_text(lab: Namespace, nft: Nftables, text: str) -> None:
    nft.bring_to(table(Chain("out", [to_port(1, text)], OUTPUT)))
    assert not nft.bring_to(table(Chain("out", [to_port(1, text)], OUTPUT)))
    assert list(nft.counters("cpe_agent")) in ([text], [text[:114]])


def test_the_library_is_in_memory_only_where_there_is_something_to_filter(lab: Namespace) -> None:
    code = """
import json
from pathlib import Path
from backends.nftables import Chain, Nftables, Table
def is_loaded(): return "libnftables" in Path("/proc/self/maps").read_text()
nft = Nftables()
nothing = [nft.bring_to(Table("cpe_agent")), nft.has(Table("cpe_agent")), nft.is_there("cpe_agent"), is_loaded()]
print(json.dumps([*nothing, nft.bring_to(Table("cpe_agent", [Chain("out")])), is_loaded()]))
"""
    assert lab.python(code) == [False, True, False, False, True, True]


def test_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.nftables.LIBRARY", "libnothing-of-the-kind.so.7")
    with pytest.raises(MechanismError, match="is not installed"):
        Nftables()


def test_a_kernel_without_netfilter_is_told_and_does_not_end_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.nftables.NETLINK_NETFILTER", 31)  # a protocol that no kernel has
    with pytest.raises(MechanismError, match="no nf_tables"):
        Nftables()
