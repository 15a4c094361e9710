"""What is kept beside a section, as long as it still says what the section says."""

import pytest

from backends.desired_state import Pointer
from backends.firewall.records import PortMapping
from backends.openwrt.firewall.redirects import MAPPINGS
from backends.openwrt.firewall.rows import AS, merged, switched
from backends.uci import Section
from tests.backends.openwrt.firewall.gateway import NOTHING
from tests.backends.openwrt.firewall.test_firewall_sections import IP, sections

pytestmark = pytest.mark.slow

TEXT = f"""{NOTHING}
config redirect 'a'
	option src 'wan'
	option dest_ip '192.168.1.4'
	option proto 'tcp'
	option src_dport '80'

config cpe_row 'beside'
	option of 'a'
	option internal_port '0'
	option lease_duration '60'
	option ends_uptime 'nonsense'
	option ends_wall '-'
	option interface 'Device.Ethernet.Interface.{{i}}. wan'
	option unknown '1'
"""


def mapping(text: str) -> PortMapping:
    return MAPPINGS.rows(sections(text))["a"]


def test_it_counts_where_it_says_the_same() -> None:
    found = mapping(TEXT)
    assert (found.internal_port, found.lease_duration, found.ends_uptime, found.ends_wall) == (0, 60, 0, None)
    assert found.interface == Pointer("Device.Ethernet.Interface.{i}.", ("wan",))


def test_what_a_person_has_changed_since_is_theirs_and_leases_stay() -> None:
    found = mapping(TEXT.replace("option src_dport '80'", "option src_dport '80'\n\toption dest_port '81'"))
    assert (found.internal_port, found.lease_duration) == (81, 60)
    assert found.interface == Pointer(IP, ("wan",))


def test_what_is_read_is_what_would_be_written() -> None:
    here = sections(TEXT)
    told = MAPPINGS.document(here, MAPPINGS.rows(here), ("a",))
    assert set(told) == {"a", "cpe_row_a"}
    said = {name: value for name, value in told["a"].options.items() if value and name != "dest"}
    assert said == here.section("a").options


def test_a_section_is_a_row_of_the_kind_that_is_kept_of_it() -> None:
    other = TEXT.replace("option of 'a'", f"option of 'a'\n\toption {AS} 'Dmz'")
    assert MAPPINGS.rows(sections(other)) == {}
    assert MAPPINGS.places(sections(TEXT)) == {"a": "a"}


def test_a_switch_that_says_the_same_stays_as_it_is() -> None:
    section = Section("rule", "r", "r", {"enabled": "yes"})
    assert switched(section, True) == "yes"
    assert switched(section, False) == "0"
    assert merged(section, {"enabled": "", "src": "wan"}).options == {"src": "wan"}
