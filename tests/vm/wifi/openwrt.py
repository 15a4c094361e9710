"""What is read over OpenWrt's configuration, from the same air and a real hostapd, is what is read on Linux."""

from collections.abc import Callable
from pathlib import Path

from backends.nl80211 import Nl80211
from backends.openwrt.reloads import Reloads
from backends.openwrt.wireless.control import Client, SocketControl
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.openwrt_wifi_tables import wireless_part
from backends.tr181.parts import Part
from backends.ubus import Bus
from backends.uci import FileUci, Places
from tests.vm.wifi.gateway import PATIENT, POINT, RADIO, SSID, WIFI, Gateway, Station
from tests.waiting import until

SECRET = "correct horse"
ROOT = Path("/run/openwrt")
SAME = ("Channel", "Status", "PossibleChannels", "OperatingStandards", "CurrentOperatingChannelBandwidth", "MaxBitRate")


def over_uci(given: Mechanisms) -> Part:
    """Nobody is on the bus; hostapd's sockets are where OpenWrt has them."""
    bus = Bus(ROOT / "no-bus")
    surface = Surface(FileUci(Places.under(ROOT)), bus, Reloads(bus), ROOT)
    return wireless_part(given, surface, Nl80211(deadline=PATIENT))


def configure(radio: str) -> None:
    """What a person would say of the same access point."""
    path = Path(f"/sys/class/ieee80211/{radio}").resolve().parent.parent.relative_to("/sys/devices")
    places = Places.under(ROOT)
    for folder in (places.config, places.staged, ROOT / "var/run"):
        folder.mkdir(parents=True, exist_ok=True)
    (places.config / "wireless").write_text(
        f"config wifi-device 'radio0'\n\toption type 'mac80211'\n\toption path '{path}'\n\toption band '2g'\n"
        "\toption channel '6'\n\toption htmode 'HE20'\n\toption legacy_rates '1'\n\n"
        "config wifi-iface\n\toption device 'radio0'\n\toption mode 'ap'\n\toption ssid 'LabNet'\n"
        f"\toption encryption 'psk2'\n\toption key '{SECRET}'\n"
    )
    (ROOT / "var/run/hostapd").symlink_to(f"/run/agent/wifi/{radio}/control")


def test_over_uci_the_same_is_read(make_gateway: Callable[..., Gateway], air: list[Station]) -> None:
    one = air[0]
    gateway = make_gateway()
    point = gateway.access_point(Security_KeyPassphrase=SECRET)
    configure(gateway.get(f"{RADIO}Name"))
    router = make_gateway(("*",), services=(over_uci,))
    one.join("LabNet", SECRET)
    one.connects()
    radio = router.find(f"{WIFI}Radio.", Name=gateway.get(f"{RADIO}Name"))
    assert {name: router.get(radio + name) for name in SAME} == {name: gateway.get(RADIO + name) for name in SAME}
    ssid = router.find(SSID, SSID="LabNet")
    assert [router.get(ssid + name) for name in ("Name", "BSSID", "Status")] == [
        gateway.get(f"{SSID}1.{name}") for name in ("Name", "BSSID", "Status")
    ]
    theirs = router.find(POINT, SSIDReference=ssid[:-1])
    assert router.get(f"{theirs}Security.ModeEnabled") == gateway.get(f"{point}Security.ModeEnabled")
    assert set(router.associated(theirs)) == set(gateway.associated(point)) == {one.mac}
    assert router.associated(theirs)[one.mac]["AuthenticationState"] == "true"
    control = SocketControl(ROOT / "var/run/hostapd" / router.get(f"{ssid}Name"))
    assert (control.state(), control.clients()) == ("ENABLED", {one.mac: Client(True, True, True)})
    with router.watched() as told:
        control.disassociate(one.mac)
        until(lambda: any("station" in topics for _, topics in told), "the station is told of")
    until(lambda: one.mac in router.associated(theirs), "it comes back")
