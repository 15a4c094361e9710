"""Where names of people, hosts and networks are."""

import pytest

from agent.runtime.name_places import is_named_by_people, kind_of


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("Device.WiFi.SSID.1.SSID", "ssid"),
        ("Device.WiFi.SSID.1.BSSID", ""),
        ("Device.WiFi.SSID.1.Name", ""),
        ("Device.Time.NTPServer1", "host"),
        ("Device.DynamicDNS.Client.1.Hostname.1.Name", "host"),
        ("Device.DynamicDNS.Client.1.Server", ""),
        ("Device.Users.User.1.Username", "user"),
        ("SerialNumber", "serial"),
        ("serial_number", "serial"),
        ("connection_request.path", "path"),
        ("preset.directory", ""),
        ("Device.DHCPv4.Server.Pool.1.DomainName", "domain"),
        ("Device.DHCPv4.Server.Enable", ""),
    ],
)
def test_the_end_of_a_path_tells_it(place: str, kind: str) -> None:
    assert kind_of(place) == kind


def test_what_people_may_write_is_known_by_its_end() -> None:
    assert is_named_by_people("Device.Firewall.Chain.1.Name")
    assert is_named_by_people("Device.NAT.PortMapping.1.Description")
    assert not is_named_by_people("Device.Firewall.Chain.1.NameX")
