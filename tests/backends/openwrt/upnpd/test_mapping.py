"""The switches of /etc/config/upnpd, and that nothing else of it is touched."""

from pathlib import Path

import pytest

from backends.desired_state import SINGLE
from backends.openwrt.configured import Configured
from backends.openwrt.differences import Difference
from backends.openwrt.upnpd.mapping import UPNPD, UpnpMapping
from backends.uci import FileUci, Places
from backends.upnp_gateway import UpnpDevice

pytestmark = pytest.mark.slow

DELIVERED = """
config upnpd 'config'
	option enabled '0'
	option enable_natpmp '1'
	option enable_upnp '1'
	option secure_mode '1'
	option internal_iface 'lan'
	option upnp_lease_file '/var/run/miniupnpd.leases'
	option future 'kept'

# nobody below 1024
config perm_rule
	option action 'allow'
	option ext_ports '1024-65535'
	option int_addr '0.0.0.0/0'	# Does not override secure_mode
	option int_ports '1024-65535'

config perm_rule
	option action 'deny'
"""


def configured(directory: Path, text: str) -> Configured:
    places = Places.under(directory)
    places.config.mkdir(parents=True)
    (places.config / UPNPD).write_text(text)
    return Configured(FileUci(places), UpnpMapping(), lambda _: None)


def state(one: Configured) -> tuple[bool, bool]:
    device = one.now().get(UpnpDevice)
    return device.enable, device.gateway


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (DELIVERED, (False, True)),
        ("config upnpd 'config'\n", (True, True)),
        ("config upnpd 'config'\n\toption enabled 'yes'\n\toption enable_upnp 'off'\n", (True, False)),
        ("config perm_rule\n", (False, True)),
        ("config upnpd\n\toption enabled '0'\n", (True, True)),
        ("", (False, True)),
    ],
)
def test_what_the_init_script_makes_of_it_is_read(tmp_path: Path, text: str, read: tuple[bool, bool]) -> None:
    assert state(configured(tmp_path, text)) == read


@pytest.mark.parametrize("text", [DELIVERED, "config upnpd 'config'\n", "", "config perm_rule\n"])
def test_what_is_written_is_read_again_and_the_rest_stays(tmp_path: Path, text: str) -> None:
    one = configured(tmp_path, text)
    path = Places.under(tmp_path).config / UPNPD
    for enable, gateway in ((True, False), (False, False), (False, True), (True, True)):
        wanted = one.now().with_record(SINGLE, UpnpDevice(enable=enable, gateway=gateway))
        one.make(Difference.between(one.now(), wanted))
        assert state(one) == (enable, gateway)
    if text == DELIVERED:
        assert path.read_text() == DELIVERED.replace("enabled '0'", "enabled '1'")
