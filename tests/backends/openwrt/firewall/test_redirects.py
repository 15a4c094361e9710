"""Redirects as port mappings and DMZs: a person's as they are, ours as fw4 has to be told."""

import pytest

from backends.openwrt.firewall.redirects import FROM_EVERY_PORT
from tests.backends.openwrt.firewall.conftest import Make
from tests.backends.openwrt.firewall.gateway import NOTHING, UciGateway
from tests.backends.openwrt.firewall.written import lines_changed

pytestmark = pytest.mark.slow

MAPPING = "Device.NAT.PortMapping."
DMZ = "Device.Firewall.DMZ."


def redirect(options: str) -> str:
    lines = "".join(f"\toption {one.strip()}\n" for one in options.split(","))
    return f"{NOTHING}\nconfig redirect\n{lines}"


def counted(gateway: UciGateway) -> tuple[int, int]:
    return int(gateway.get(f"{MAPPING[:-1]}NumberOfEntries")), int(gateway.get(f"{DMZ[:-1]}NumberOfEntries"))


def test_a_person_s_redirect_is_a_row_for_each_of_its_protocols(gateway: UciGateway) -> None:
    rows = [gateway.tree(f"{MAPPING}{number}.") for number in (1, 2)]
    assert [row["Protocol"] for row in rows] == ["TCP", "UDP"]
    for row in rows:
        values = {"ExternalPort": "8080", "InternalPort": "80", "InternalClient": "192.168.1.20", "Description": "web",
                  "Interface": gateway.wan, "Enable": "true", "RemoteHost": ""}  # fmt: skip
        assert row | values == row


def test_both_changed_alike_stay_one_section_and_keep_what_else_it_has(gateway: UciGateway) -> None:
    before = gateway.text
    gateway.set({f"{MAPPING}{number}.ExternalPort": "8888" for number in (1, 2)})
    assert lines_changed(before, gateway.text) == [
        "-config redirect", "+config redirect 'redirect_fc46151571'", "-option src_dport 8080",
        "+option src_dport '8888'",
    ]  # fmt: skip
    assert "# the web server" in gateway.text


def test_one_changed_alone_gets_a_section_of_its_own(gateway: UciGateway) -> None:
    gateway.set({f"{MAPPING}2.ExternalPort": "9999"})
    assert gateway.get(f"{MAPPING}1.ExternalPort") == "8080"
    assert gateway.get(f"{MAPPING}2.ExternalPort") == "9999"
    assert gateway.text.count("option reflection") == 2, "what no parameter says is taken along"
    gateway.delete(f"{MAPPING}1.")
    assert gateway.get(f"{MAPPING}2.Protocol") == "UDP"
    assert gateway.text.count("config redirect") == 1


def test_a_mapping_of_ours_is_told_as_fw4_has_it(make_gateway: Make) -> None:
    gateway = make_gateway(firewall_=NOTHING)
    row = gateway.add(
        MAPPING, Enable="1", Interface=gateway.wan, ExternalPort="8000", InternalPort="80", Protocol="UDP",
        InternalClient="192.168.1.9", RemoteHost="203.0.113.7", Description="it's",
    )  # fmt: skip
    lines = gateway.added(NOTHING).splitlines()
    assert lines[0].startswith("config redirect 'cpe_")
    assert sorted(line.strip() for line in lines[1:] if line) == sorted([
        "option target 'DNAT'", "option proto 'udp'", "option src 'wan'", "option dest 'lan'",
        "option dest_ip '192.168.1.9'", "option src_ip '203.0.113.7'", "option src_dport '8000'",
        "option dest_port '80'", "option name 'it'\\''s'",
    ])  # fmt: skip
    gateway.delete(row)
    assert gateway.text == NOTHING


def test_a_name_that_would_end_in_the_ruleset_is_kept_beside(make_gateway: Make) -> None:
    gateway = make_gateway(firewall_=NOTHING)
    row = gateway.add(MAPPING, Description='a "b"')
    assert "option name" not in gateway.added(NOTHING)
    assert "config cpe_row" in gateway.text
    gateway.write(
        "firewall", gateway.text.replace("\toption target 'DNAT'", "\toption target 'DNAT'\n\toption name 'mine'")
    )
    assert gateway.get(f"{row}Description") == "mine", "a person has named it since"


def test_what_is_not_complete_is_switched_off(make_gateway: Make) -> None:
    gateway = make_gateway(firewall_=NOTHING)
    row = gateway.add(MAPPING, Enable="1", Interface=gateway.wan, ExternalPort="80")
    assert "option enabled '0'" in gateway.text, "fw4 would lead to the router itself"
    assert gateway.get(f"{row}Enable") == "true"
    gateway.set({f"{row}InternalClient": "192.168.1.4"})
    assert "enable" not in gateway.text


def test_every_port_to_one_names_all_ports(make_gateway: Make) -> None:
    gateway = make_gateway(firewall_=NOTHING)
    row = gateway.add(MAPPING, Enable="1", Interface=gateway.wan, InternalPort="53", InternalClient="192.168.1.4")
    assert f"option src_dport '{FROM_EVERY_PORT}'" in gateway.text
    assert gateway.get(f"{row}ExternalPort") == "0"
    gateway.set({f"{row}InternalPort": "0"})
    assert "src_dport" not in gateway.text


@pytest.mark.parametrize(
    "options",
    [
        "src 'wan', src_dport '80', target 'SNAT', dest_ip '192.168.1.4'",
        "src 'wan', src_dport '80', proto 'tcp'",
        "src 'wan', src_dport '80', proto 'tcp', dest_ip 'fd00::4'",
        "src 'nowhere', src_dport '80', proto 'tcp', dest_ip '192.168.1.4'",
        "src 'wan', src_dport '!80', proto 'tcp', dest_ip '192.168.1.4'",
        "src 'wan', src_dport '80-90', dest_port '70', proto 'tcp', dest_ip '192.168.1.4'",
        "src 'wan', src_dport '80', proto 'tcp', dest_ip '192.168.1.4', src_ip '203.0.113.0/24'",
        "src 'wan', src_dport '80', proto 'sctp', dest_ip '192.168.1.4'",
        "src 'wan', proto 'all', dest_ip '192.168.1.4', src_ip '!203.0.113.0/24'",
    ],
)
def test_what_no_parameter_can_say_is_no_row(make_gateway: Make, options: str) -> None:
    gateway = make_gateway(firewall_=redirect(options))
    assert counted(gateway) == (0, 0)
    before = gateway.text
    gateway.delete(gateway.add(MAPPING))
    assert gateway.text == before


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ("src 'wan', dest_ip '192.168.1.4'", (0, 1)),
        ("src 'wan', proto 'all', dest_ip '192.168.1.4', src_ip '203.0.113.0/24'", (0, 1)),
        ("src 'wan', proto 'tcp', dest_ip '192.168.1.4'", (1, 0)),
        ("src 'wan', src_dport '80-90', dest_port '80-90', proto 'tcp', dest_ip '192.168.1.4'", (1, 0)),
        ("src 'wan', src_dport '0-65535', dest_port '80', proto 'tcp', dest_ip '192.168.1.4'", (1, 0)),
    ],
)
def test_a_redirect_for_every_packet_is_a_dmz(make_gateway: Make, options: str, rows: tuple[int, int]) -> None:
    gateway = make_gateway(firewall_=redirect(options))
    assert counted(gateway) == rows
    path = MAPPING if rows[0] else DMZ
    before = gateway.text
    gateway.set({f"{path}1.Description": "named"})
    assert [line for line in lines_changed(before, gateway.text) if line[0] == "-"] == ["-config redirect"]


def test_the_more_explicit_come_first(make_gateway: Make) -> None:
    gateway = make_gateway(firewall_=NOTHING)
    usual = {"Enable": "1", "Interface": gateway.wan}
    gateway.add(DMZ, DestIP="192.168.1.99", **usual)
    gateway.add(DMZ, DestIP="192.168.1.98", SourcePrefix="203.0.113.0/24", **usual)
    gateway.add(MAPPING, InternalClient="192.168.1.97", ExternalPort="80", **usual)
    gateway.add(MAPPING, InternalClient="192.168.1.96", ExternalPort="80", RemoteHost="203.0.113.7", **usual)
    hosts = [line.split("'")[1] for line in gateway.text.splitlines() if "option dest_ip" in line]
    assert hosts == ["192.168.1.96", "192.168.1.97", "192.168.1.98", "192.168.1.99"]


def test_all_interfaces_are_the_zone_that_translates(make_gateway: Make) -> None:
    gateway = make_gateway(firewall_=NOTHING)
    row = gateway.add(MAPPING, Enable="1", AllInterfaces="1", ExternalPort="80", InternalClient="192.168.1.9")
    assert "option src 'wan'" in gateway.text
    gateway.set({"Device.NAT.InterfaceSetting.1.Enable": "0"})
    assert gateway.get(f"{row}AllInterfaces") == "true"
    gateway.write("firewall", gateway.text.replace("option src 'wan'", "option src 'lan'"))
    assert gateway.get(f"{row}AllInterfaces") == "false", "a person has told the zone since"
    assert gateway.get(f"{row}Interface") == gateway.lan
