"""What the daemons of the home router answer over its bus, as netifd, hostapd, iwinfo, odhcpd and procd put it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

Document = dict[str, Any]
Answer = Callable[[Mapping[str, Any]], Document | None]
"""From the arguments; None: there is nothing of that name."""

PORTS: Final = ("lan1", "lan2", "lan3", "lan4")
BRIDGES: Final[dict[str, tuple[str, ...]]] = {
    "br-lan": (*PORTS, "phy0-ap0", "phy1-ap0"),
    "br-guest": ("phy1-ap1",),
}
ADDRESSES: Final[dict[str, tuple[str, ...]]] = {
    "br-lan": ("192.168.1.1/24", "fd3a:91c4:7e20::1/60"),
    "br-guest": ("192.168.3.1/24",),
    "wan": ("203.0.113.10/24", "2001:db8:113::10/64"),
}
GATEWAY: Final = "203.0.113.1"
STATIONS: Final = {"phy0-ap0": 3, "phy1-ap0": 5, "phy1-ap1": 2}
RADIOS: Final = {
    "phy0-ap0": ("radio0", 6, 2437, 20),
    "phy1-ap0": ("radio1", 36, 5180, 80),
    "phy1-ap1": ("radio1", 36, 5180, 80),
}
"""By access point: its radio, channel, frequency and width in MHz."""
NETWORKS: Final = {
    "phy0-ap0": ("default_radio0", "At home", "lan", "psk2"),
    "phy1-ap0": ("default_radio1", "At home", "lan", "sae-mixed"),
    "phy1-ap1": ("guest_radio1", "Guests", "guest", "psk2"),
}
LINKS: Final = (*PORTS, "wan", *RADIOS)
SERVICES: Final = (
    "cron", "ddns", "dnsmasq", "dropbear", "firewall", "led", "log", "miniupnpd", "network", "odhcpd", "rpcd", "sqm",
    "sysctl", "sysntpd", "system", "ubus", "uhttpd", "urngd", "wpad",
)  # fmt: skip


def mac(link: str) -> str:
    """The hardware address of a link."""
    known = (*BRIDGES, *LINKS)
    return "02:00:5e:10:00:f0" if link == "wan" else f"02:00:5e:10:00:{known.index(link):02x}"


def stations(link: str) -> list[str]:
    """Who is associated with an access point."""
    return [f"02:00:00:00:{tuple(RADIOS).index(link) + 2:02x}:{number:02x}" for number in range(STATIONS[link])]


# -- netifd ---------------------------------------------------------------------------------------------------------


def interface(name: str, device: str, proto: str, **more: Any) -> Document:
    """One of ``network.interface dump``."""
    nothing: Document = {
        key: [] for key in ("ipv4-address", "ipv6-address", "route", "dns-server", "dns-search", "neighbors")
    }
    return {
        "interface": name, "up": True, "pending": False, "available": True, "autostart": True, "dynamic": False,
        "uptime": 86_400, "l3_device": device, "proto": proto, "device": device, "updated": ["addresses", "routes"],
        "metric": 0, "dns_metric": 0, "delegation": True, **nothing, "ipv6-prefix": [], "ipv6-prefix-assignment": [],
        "inactive": dict(nothing), "data": {}, **more,
    }  # fmt: skip


def assigned(prefix: str, mask: int) -> Document:
    """A part of a prefix that a LAN interface has."""
    return {"address": prefix, "mask": mask, "local-address": {"address": f"{prefix}1", "mask": mask}}


def interfaces() -> list[Document]:
    """All that netifd keeps."""
    delegated = {
        "address": "2001:db8:1130::", "mask": 56, "preferred": 43_100, "valid": 86_300, "class": "wan6",
        "assigned": {"lan": {"address": "2001:db8:1130::", "mask": 60}, "guest": {"address": "2001:db8:1130:10::",
        "mask": 64}},
    }  # fmt: skip
    lease = {
        "dhcpserver": GATEWAY, "hostname": "OpenWrt", "leasetime": 86_400, "ntpserver": GATEWAY, "opt53": "05",
        "opt54": "cb007101",
    }  # fmt: skip
    return [
        interface("loopback", "lo", "static", **{"ipv4-address": [{"address": "127.0.0.1", "mask": 8}]}),
        interface("lan", "br-lan", "static", **{
            "ipv4-address": [{"address": "192.168.1.1", "mask": 24}],
            "ipv6-prefix-assignment": [assigned("2001:db8:1130::", 60), assigned("fd3a:91c4:7e20::", 60)],
            "route": [{"target": "10.55.0.0", "mask": 16, "nexthop": "192.168.1.254", "metric": 50,
            "source": "0.0.0.0/0"}],
        }),
        interface("guest", "br-guest", "static", **{
            "ipv4-address": [{"address": "192.168.3.1", "mask": 24}],
            "ipv6-prefix-assignment": [assigned("2001:db8:1130:10::", 64)],
        }),
        interface("wan", "wan", "dhcp", **{
            "ipv4-address": [{"address": "203.0.113.10", "mask": 24}],
            "route": [{"target": "0.0.0.0", "mask": 0, "nexthop": GATEWAY, "source": "203.0.113.10/32"}],
            "dns-server": [GATEWAY], "dns-search": ["provider.example"], "data": lease,
        }),
        interface("wan6", "wan", "dhcpv6", **{
            "ipv6-address": [{"address": "2001:db8:113::10", "mask": 64, "preferred": 43_100, "valid": 86_300}],
            "ipv6-prefix": [delegated], "dns-server": ["2001:db8:113::1"],
            "route": [{"target": "::", "mask": 0, "nexthop": "fe80::1", "metric": 512, "valid": 1_700,
            "source": "2001:db8:113::/64"}],
            "data": {"passthru": "001700102001" + "0" * 28},
        }),
    ]  # fmt: skip


def device(name: str) -> Document:
    """One of ``network.device status``."""
    counted = ("rx_bytes", "tx_bytes", "rx_packets", "tx_packets")
    errors = ("rx_errors", "tx_errors", "rx_dropped", "tx_dropped", "multicast", "collisions")
    found: Document = {
        "external": False, "present": True, "type": "bridge" if name in BRIDGES else "Network device", "up": True,
        "carrier": name != "lan4", "auth_status": False, "link-advertising": [], "link-partner-advertising": [],
        "link-supported": ["100baseT-F", "1000baseT-F"], "speed": "1000F", "autoneg": True, "hw-tc-offload": False,
        "devtype": "bridge" if name in BRIDGES else "dsa" if name in PORTS else "ethernet",
        "mtu": 65_536 if name == "lo" else 1500, "mtu6": 1500,
        "macaddr": "00:00:00:00:00:00" if name == "lo" else mac(name),
        "txqueuelen": 1000, "ipv6": True, "ip6segmentrouting": False, "promisc": False, "rpfilter": 0,
        "acceptlocal": False,
        "igmpversion": 0, "mldversion": 0, "neigh4reachabletime": 30_000, "neigh6reachabletime": 30_000,
        "neigh4gcstaletime": 60, "neigh6gcstaletime": 60, "neigh4locktime": 100, "dadtransmits": 1, "multicast": True,
        "sendredirects": True, "drop_v4_unicast_in_l2_multicast": False, "arp_accept": False, "gro": True,
        "statistics": {**dict.fromkeys(counted, 123_456), **dict.fromkeys(errors, 0)},
    }  # fmt: skip
    return found | ({"bridge-members": list(BRIDGES[name])} if name in BRIDGES else {})


def devices(arguments: Mapping[str, Any]) -> Document | None:
    """All, or the one that is named."""
    known = ("lo", *BRIDGES, *LINKS)
    asked = str(arguments.get("name", ""))
    if asked:
        return device(asked) if asked in known else None
    return {name: device(name) for name in known}


def wireless(_: Mapping[str, Any]) -> Document:
    """The radios with what runs on them."""
    found: Document = {}
    for link, (radio, channel, frequency, width) in RADIOS.items():
        section, ssid, network, encryption = NETWORKS[link]
        band = "2g" if frequency < 5000 else "5g"
        settings = {
            "path": f"platform/soc/18000000.wifi{'+1' if radio == 'radio1' else ''}", "band": band,
            "channel": str(channel), "htmode": f"HE{width}", "country": "DE", "cell_density": 0, "type": "mac80211",
        }  # fmt: skip
        one = found.setdefault(radio, {
            "up": True, "pending": False, "autostart": True, "disabled": False, "retry_setup_failed": False,
            "config": settings, "interfaces": [],
        })  # fmt: skip
        said = {"mode": "ap", "ssid": ssid, "encryption": encryption, "network": [network], "radios": []}
        one["interfaces"].append({"section": section, "ifname": link, "config": said, "vlans": [], "stations": []})
    return found


# -- hostapd and iwinfo ---------------------------------------------------------------------------------------------


def clients(link: str) -> Document:
    """hostapd's get_clients."""
    _, _, frequency, _ = RADIOS[link]
    one = {
        "auth": True, "assoc": True, "authorized": True, "preauth": False, "wds": False, "wmm": True, "ht": True,
        "vht": frequency > 5000, "he": True, "wps": False, "mfp": False, "rrm": [0] * 5, "aid": 1,
        "signature": "wifi4|probe",
        "bytes": {"rx": 1_000_000, "tx": 9_000_000}, "airtime": {"rx": 100, "tx": 200},
        "packets": {"rx": 10_000, "tx": 20_000}, "rate": {"rx": 286_800, "tx": 258_100}, "signal": -48,
        "capabilities": {},
    }  # fmt: skip
    return {"freq": frequency, "clients": {station: dict(one, aid=n + 1) for n, station in enumerate(stations(link))}}


def status(link: str) -> Document:
    """hostapd's get_status."""
    _, channel, frequency, _ = RADIOS[link]
    return {
        "status": "ENABLED", "bssid": mac(link), "ssid": NETWORKS[link][1], "freq": frequency, "channel": channel,
        "op_class": 81 if frequency < 5000 else 128, "beacon_interval": 100, "phy": link,
        "rrm": {"neighbor_report_tx": 0}, "wnm": {"bss_transition_query_rx": 0, "bss_transition_request_tx": 0},
        "airtime": {"time": 10_000, "time_busy": 900, "utilization": 23},
        "dfs": {"cac_seconds": 0, "cac_active": False, "cac_seconds_left": 0},
    }  # fmt: skip


def iwinfo(arguments: Mapping[str, Any]) -> Document | None:
    """What a radio's link is like; a phy answers for the first of its links."""
    link = _link(arguments)
    if link is None:
        return None
    _, channel, frequency, width = RADIOS[link]
    sae = NETWORKS[link][3] == "sae-mixed"
    return {
        "phy": link.partition("-")[0], "ssid": NETWORKS[link][1], "bssid": mac(link).upper(), "country": "DE",
        "mode": "Master", "channel": channel, "center_chan1": channel if width == 20 else 42, "frequency": frequency,
        "frequency_offset": 0, "txpower": 20, "txpower_offset": 0, "quality": 60, "quality_max": 70, "signal": -50,
        "noise": -91, "bitrate": 286_800,
        "encryption": {
            "enabled": True, "wpa": [2, 3] if sae else [2], "authentication": ["psk", "sae"] if sae else ["psk"],
            "ciphers": ["ccmp"],
        },
        "htmodes": ["HT20", "HT40", "HE20", "HE40"] + ([] if width == 20 else ["VHT20", "VHT40", "VHT80", "HE80"]),
        "hwmodes": ["b", "g", "n", "ax"] if width == 20 else ["a", "n", "ac", "ax"],
        "hwmodes_text": "b/g/n/ax" if width == 20 else "a/n/ac/ax", "hwmode": "ax", "htmode": f"HE{width}",
        "hardware": {"id": [5315, 31_110, 5315, 31_110], "name": "Example MT7986"},
    }  # fmt: skip


def associated(arguments: Mapping[str, Any]) -> Document | None:
    """iwinfo's assoclist."""
    link = _link(arguments)
    if link is None:
        return None
    rate = {"packets": 10_000, "bytes": 1_000_000, "ht": False, "vht": False, "he": True, "eht": False,
    "mhz": RADIOS[link][3],
            "rate": 286_800, "mcs": 11, "nss": 2, "he_gi": 0, "he_dcm": 0}  # fmt: skip
    one = {
        "signal": -48, "signal_avg": -49, "noise": -91, "inactive": 20, "connected_time": 3600, "thr": 150_000,
        "authorized": True, "authenticated": True, "preamble": "long", "wme": True, "mfp": False, "tdls": False,
        "mesh llid": 0, "mesh plid": 0, "mesh plink": "", "mesh local PS": "", "mesh peer PS": "",
        "mesh non-peer PS": "",
        "rx": {"drop_misc": 0, **rate}, "tx": {"failed": 1, "retries": 10, **rate},
    }  # fmt: skip
    return {"results": [{"mac": station.upper(), **one} for station in stations(link)]}


def frequencies(arguments: Mapping[str, Any]) -> Document | None:
    """iwinfo's freqlist."""
    link = _link(arguments)
    if link is None:
        return None
    _, active, frequency, _ = RADIOS[link]
    low = [(number, 2407 + 5 * number) for number in range(1, 14)]
    high = [(number, 5000 + 5 * number) for number in (36, 40, 44, 48, 52, 56, 60, 64, *range(100, 144, 4))]
    return {
        "results": [
            {"band": "2g" if frequency < 5000 else "5g", "channel": number, "mhz": mhz, "restricted": False,
             "active": number == active, "flags": []}
            for number, mhz in (low if frequency < 5000 else high)
        ]
    }  # fmt: skip


def powers(arguments: Mapping[str, Any]) -> Document | None:
    """iwinfo's txpowerlist."""
    results = [{"dbm": dbm, "mw": round(10 ** (dbm / 10)), "active": dbm == 20} for dbm in range(21)]
    return {"results": results} if _link(arguments) else None


def countries(arguments: Mapping[str, Any]) -> Document | None:
    """iwinfo's countrylist."""
    known = {"00": "World", "DE": "Germany", "FR": "France", "US": "United States"}
    results = [{"iso3166": code, "country": name, "code": code, "active": code == "DE"} for code, name in known.items()]
    return {"results": results} if _link(arguments) else None


def surveyed(arguments: Mapping[str, Any]) -> Document | None:
    """iwinfo's survey."""
    link = _link(arguments)
    if link is None:
        return None
    seen = {"noise": -91, "active_time": 10_000, "busy_time": 900, "busy_time_ext": 0, "rx_time": 500, "tx_time": 300}
    return {"results": [{"mhz": RADIOS[link][2], **seen}]}


def scanned(arguments: Mapping[str, Any]) -> Document | None:
    """iwinfo's scan: one neighbour for each radio."""
    link = _link(arguments)
    if link is None:
        return None
    heard = {
        "ssid": "Next door", "bssid": "02:00:00:00:99:01", "mode": "Master", "band": 2 if RADIOS[link][2] < 5000 else 5,
        "channel": RADIOS[link][1], "mhz": RADIOS[link][2], "signal": -71, "quality": 39, "quality_max": 70,
        "encryption": {"enabled": True, "wpa": [2], "authentication": ["psk"], "ciphers": ["ccmp"]},
    }  # fmt: skip
    return {"results": [heard]}


def _link(arguments: Mapping[str, Any]) -> str | None:
    asked = str(arguments.get("device", ""))
    of_radio = {radio: link for link, (radio, *_) in reversed(RADIOS.items())}
    of_phy = {link.partition("-")[0]: link for link in reversed(RADIOS)}
    return asked if asked in RADIOS else of_radio.get(asked) or of_phy.get(asked)


# -- odhcpd, procd and the system -----------------------------------------------------------------------------------


def leases4(_: Mapping[str, Any]) -> Document:
    """odhcpd's, of which there are none: dnsmasq serves IPv4."""
    return {"device": {}}


def leases6(_: Mapping[str, Any]) -> Document:
    """odhcpd's IPv6 leases."""
    lifetimes = {"preferred-lifetime": 2695, "valid-lifetime": 3595}
    return {
        "device": {
            "br-lan": {
                "leases": [
                    {
                        "duid": f"000300010200000001{number:02x}", "iaid": -612_862_756 + number,
                        "hostname": f"host-{number}",
                        "accept-reconf": True, "assigned": 80 + number, "flags": ["bound"], "valid": 3595,
                        "ipv6-addr": [{"address": f"fd3a:91c4:7e20::{80 + number:x}", **lifetimes}],
                    }
                    for number in range(5)
                ]
            }
        }
    }  # fmt: skip


def advertised(_: Mapping[str, Any]) -> Document:
    """odhcpd's ipv6ra."""
    return {"interfaces": {"br-lan": [{"prefix": "fd3a:91c4:7e20::1", "length": 60, "stale": False}]}}


def services(arguments: Mapping[str, Any]) -> Document:
    """procd's service list."""
    asked = str(arguments.get("name", ""))
    known = [name for name in SERVICES if asked in ("", name)]
    return {
        name: {"instances": {"instance1": {"running": True, "pid": 1000 + number, "command": [f"/usr/sbin/{name}"]}}}
        for number, name in enumerate(known)
    }


def board(_: Mapping[str, Any]) -> Document:
    """procd's system board."""
    release = {
        "distribution": "OpenWrt", "version": "24.10.4", "revision": "r28959-29397011cc", "target": "mediatek/filogic",
        "description": "OpenWrt 24.10.4 r28959-29397011cc", "builddate": "1760892865",
    }  # fmt: skip
    return {
        "kernel": "6.6.110", "hostname": "OpenWrt", "system": "ARMv8 Processor rev 4",
        "model": "Example Home Router AX",
        "board_name": "example,home-router-ax", "rootfs_type": "squashfs", "release": release,
    }  # fmt: skip


def system(_: Mapping[str, Any]) -> Document:
    """procd's system info."""
    memory = {
        "total": 520_000_000,
        "free": 300_000_000,
        "shared": 1_000_000,
        "buffered": 100_000,
        "available": 320_000_000,
    }
    disk = {"total": 90_000, "free": 80_000, "used": 10_000, "avail": 80_000}
    return {
        "localtime": 1_795_300_000, "uptime": 86_460, "load": [6_553, 3_276, 1_638],
        "memory": memory | {"cached": 20_000_000}, "root": disk, "tmp": disk,
        "swap": {"total": 0, "free": 0},
    }  # fmt: skip


def named(found: Sequence[Document], key: str, name: str) -> Document | None:
    """The document of a list that has this name."""
    return next(({k: v for k, v in one.items() if k != key} for one in found if one[key] == name), None)


def _of_interface(name: str) -> Answer:
    return lambda _: named(interfaces(), "interface", name)


def _fixed(make: Callable[[str], Document], name: str) -> Answer:
    return lambda _: make(name)


ANSWERS: Final[dict[str, dict[str, Answer]]] = {
    "network": {},
    "network.device": {"status": devices},
    "network.wireless": {"status": wireless},
    "network.interface": {
        "dump": lambda _: {"interface": interfaces()},
        "status": lambda told: named(interfaces(), "interface", str(told.get("interface"))),
    },
    **{
        f"network.interface.{name}": {"status": _of_interface(name)}
        for name in ("loopback", "lan", "guest", "wan", "wan6")
    },
    **{
        f"hostapd.{link}": {"get_clients": _fixed(clients, link), "get_status": _fixed(status, link)}
        for link in RADIOS
    },
    "iwinfo": {
        "devices": lambda _: {"devices": list(RADIOS)}, "info": iwinfo, "assoclist": associated,
        "freqlist": frequencies, "txpowerlist": powers, "countrylist": countries, "survey": surveyed, "scan": scanned,
    },
    "dhcp": {"ipv4leases": leases4, "ipv6leases": leases6, "ipv6ra": advertised},
    "service": {"list": services},
    "system": {"board": board, "info": system},
}  # fmt: skip
"""By object and method."""

TOLD: Final[dict[str, tuple[str, ...]]] = {
    "network": ("reload", "restart"),
    "network.wireless": ("up", "down", "notify"),
    **{f"network.interface.{name}": ("up", "down", "renew") for name in ("lan", "guest", "wan", "wan6")},
    **{f"hostapd.{link}": ("del_client", "wps_start", "wps_cancel", "update_beacon", "reload") for link in RADIOS},
    "service": ("event", "signal"),
}
"""What is done without an answer of its own: it is noted."""
