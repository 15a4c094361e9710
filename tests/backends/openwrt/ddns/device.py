"""A router with ddns-scripts, their services and whatever their updaters have written, without any of them running."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from backends.tr181.dynamic_dns import dynamic_dns
from backends.tr181.openwrt_ddns import SCRIPT, openwrt_ddns
from tests.backends.openwrt.bench import OneService

BASE = "Device.DynamicDNS."
DELIVERED = """# see the wiki
config ddns 'global'
	option ddns_dateformat '%F %R'
	option ddns_loglines '250'

config service 'myddns_ipv4'
	option service_name 'dyndns.org'
	option lookup_host 'yourhost.example.com'
	option domain 'yourhost.example.com'
	option username 'your_username'
	option password 'your_password'
	option interface 'wan'
	option ip_source 'network'
	option ip_network 'wan'
	option use_api_check '0'

# by hand
config service
	option enabled '1'
	option update_url 'http://[USERNAME]:[PASSWORD]@my.provider.example/nic/update?hostname=[DOMAIN]&myip=[IP]'
	option lookup_host 'www.example.org'
	option domain 'www@example.org'
	option username 'me'
	option password 'it'\\''s'
	option use_ipv6 '1'
	option interface 'wan6'
	option cacert 'IGNORE'
	option check_interval '30'
	option check_unit 'minutes'
	option retry_max_count '3'
"""
SERVICES = {
    "dyndns.org": "http://[USERNAME]:[PASSWORD]@members.dyndns.org/v3/update?hostname=[DOMAIN]&myip=[IP]",
    "duckdns.org": "https://www.duckdns.org/update?domains=[USERNAME]&token=[PASSWORD]&ip=[IP]",
    "cloudflare.com-v4": "update_cloudflare_com_v4.sh",
}


class DdnsRouter(OneService):
    """``running``: the processes that are updaters."""

    def __init__(self, directory: Path, text: str = DELIVERED, **more: Any) -> None:
        folder = directory / "usr/share/ddns/default"
        folder.mkdir(parents=True, exist_ok=True)
        for name, url in SERVICES.items():
            (folder / f"{name}.json").write_text(
                json.dumps({"name": name, "ipv4": {"url": url, "answer": "good|nochg"}, "ipv6": {"url": url}})
            )
        for path in (SCRIPT, "usr/bin/curl"):
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / path).touch()
        super().__init__(directory, openwrt_ddns, [dynamic_dns], {"ddns": text}, **{"may_change_system": True, **more})
        self.running: set[int] = set()
        self.given.dynamic_dns.clients._runs = self.running.__contains__

    @property
    def ddns(self) -> str:
        """The package's text."""
        return self.text("ddns")

    def updater(
        self, name: str, log: Sequence[str] = (), *, pid: int = 7, ip: str = "", update: int | None = None
    ) -> None:
        """The updater of a section runs and has written this."""
        run = self.directory / "var/run/ddns"
        run.mkdir(parents=True, exist_ok=True)
        (self.directory / "var/log/ddns").mkdir(parents=True, exist_ok=True)
        (run / f"{name}.pid").write_text(f"{pid}\n")
        (run / f"{name}.ip").write_text(f"{ip}\n")
        if update is not None:
            (run / f"{name}.update").write_text(f"{update}\n")
        (self.directory / f"var/log/ddns/{name}.log").write_text("".join(f"{line}\n" for line in log))
        self.running.add(pid)
        self.model.forget()

    def server(self, **values: str) -> str:
        """A server of an ACS's."""
        usual = {"Enable": "1", "Name": "test", "ServiceName": "dyndns.org"}
        return self.add(f"{BASE}Server.", **{**usual, **values}).removesuffix(".")

    def client(self, server: str, *names: str, **values: str) -> str:
        """A client with these names; its path."""
        usual = {"Server": server, "Interface": self.interface("wan"), "Username": "user", "Password": "geheim"}
        path = self.add(f"{BASE}Client.", **{**usual, **values})
        for name in names:
            self.add(f"{path}Hostname.", Name=name, Enable="1")
        self.set({f"{path}Enable": "1"})
        return path
