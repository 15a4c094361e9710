"""What servers, clients and names come to in sections of /etc/config/ddns. Pure."""

from collections.abc import Mapping
from typing import Final

from backends.desired_state import Refused, Wanted
from backends.dynamic_dns.records import Client, Hostname, Server
from backends.openwrt.ddns.places import HTTPS, at
from backends.openwrt.ddns.sections import (
    CLIENT,
    ENDLESS,
    KNOWN_AS,
    NAME,
    NO_SERVER,
    OFF,
    SERVER,
    SERVICE,
    UNITS,
    USUAL_CHECK,
    USUAL_RETRY,
    DdnsSections,
    is_ipv6,
    number,
    seconds,
    source,
)
from backends.openwrt.interfaces import Interface
from backends.openwrt.sections import Document, Told, truth
from backends.uci import Section, Value

Options = dict[str, Value]
TAKEN_ALONG: Final = (
    "use_ipv6", "ip_source", "ip_interface", "ip_url", "ip_script", "cacert", "dns_server", "proxy", "param_enc",
    "param_opt", "bind_network", "force_ipversion", "force_dnstcp", "force_interval", "force_unit", "is_glue",
    "use_logfile", "use_syslog", "use_api_check",
)  # fmt: skip
"""What a further name of a client's is told as the first one is."""


def document(here: DdnsSections, wanted: Wanted) -> Document:
    """Everything that the records say, by section. Refused."""
    carriers = carriers_of(wanted)
    told: dict[str, Told] = {}
    for key, server in wanted.of(Server).items():
        if key not in carriers.servers:
            base = here.home(Server, key)
            options = {"enabled": _switch(server.enable), "use_ipv6": base.text("use_ipv6")}
            told[key] = Told(SERVER, {**options, **server_options(base, here, server, key, "")})
    for key, client in wanted.of(Client).items():
        if key not in carriers.clients:
            base = here.home(Client, key)
            kept = {option: base.text(option) for option in ("use_ipv6", "ip_source")}
            options = {"enabled": _switch(client.enable), SERVER: client.server, **kept}
            told[key] = Told(CLIENT, {**options, **client_options(base, here, client, key)})
    for key in wanted.of(Hostname):
        told[key] = Told(SERVICE, _service(here, wanted, carriers, key))
    return told


class Carriers:
    """The names whose sections say all of a client, by its key, and all of a server."""

    def __init__(self, clients: Mapping[str, str], servers: Mapping[str, str]) -> None:
        self.clients = clients
        self.servers = servers


def carriers_of(wanted: Wanted) -> Carriers:
    """A client's only name carries it; a server is carried with its only client."""
    names: dict[str, list[str]] = {}
    for key, name in wanted.of(Hostname).items():
        names.setdefault(name.parent, []).append(key)
    clients = {client: some[0] for client, some in names.items() if len(some) == 1 and client in wanted.of(Client)}
    users: dict[str, list[str]] = {}
    for key, client in wanted.of(Client).items():
        users.setdefault(client.server, []).append(key)
    servers = {
        server: clients[some[0]]
        for server, some in users.items()
        if len(some) == 1 and server in wanted.of(Server) and some[0] in clients
    }
    return Carriers(clients, servers)


def is_complete(here: DdnsSections, wanted: Wanted, key: str) -> bool:
    """Whether a name's service is told everything that it needs."""
    name = wanted.of(Hostname)[key]
    client = wanted.get(Client, name.parent)
    server = wanted.of(Server).get(client.server)
    section = here.section(key)
    if not name.name or server is None:
        return False
    if section.text("update_script"):
        return True
    url = _url(here.home(Server, client.server), here, server)
    provider = here.provider(server.service, section) if server.service else None
    if not url and not (provider and provider.script):
        return False
    return all(
        text or word not in url for word, text in (("[USERNAME]", client.username), ("[PASSWORD]", client.password))
    )


def server_options(base: Section, here: DdnsSections, server: Server, key: str, name: str) -> Options:
    """What is said of a server; ``base`` has said it until now, ``name`` is its own where it is given no other."""
    is_elsewhere = bool(server.service and (server.address or server.port))
    url = _url(base, here, server)
    if (server.address or server.port) and not url:
        raise Refused("a service that is asked by an address is needed first", Server, key, ("address", "port"))
    return {
        NAME: "" if server.name == name else server.name,
        "service_name": "" if is_elsewhere else server.service,
        KNOWN_AS: server.service if is_elsewhere else "",
        "update_url": url if is_elsewhere or not server.service else "",
        "use_https": _https(base, here, server),
        **_interval(base, "check", server.check_interval, USUAL_CHECK),
        **_interval(base, "retry", server.retry_interval, USUAL_RETRY),
        "retry_max_count": _retries(base, server.max_retries),
    }


def client_options(base: Section, here: DdnsSections, client: Client, key: str) -> Options:
    """What is said of a client; ``base`` has said it until now."""
    asked = ["interface", *{"network": ["ip_network"], "interface": ["ip_interface"]}.get(source(base), [])]
    told = {option: base.text(option) for option in asked}
    if here.pointer(base) != client.interface:
        told = dict.fromkeys(asked, _interface(base, here, client, key))
        if "ip_interface" in told:
            told["ip_interface"] = here.link_of(client.interface) or ""
    return {**told, "username": client.username, "password": client.password}


def name_options(section: Section, name: str) -> Options:
    """What is said of a name. A service may know it by another word (``domain``): one that is made of it follows."""
    present, domain = section.text("lookup_host"), section.text("domain")
    if name == (present or domain):
        return {"lookup_host": present, "domain": domain}
    _, sign, zone = domain.partition("@")
    if sign and zone and name.endswith(f".{zone}"):
        return {"lookup_host": name, "domain": f"{name.removesuffix(f'.{zone}')}@{zone}"}
    return {"lookup_host": name, "domain": name if domain in ("", present) or sign else domain}


def _service(here: DdnsSections, wanted: Wanted, carriers: Carriers, key: str) -> Options:
    name = wanted.of(Hostname)[key]
    client = wanted.get(Client, name.parent)
    server = wanted.of(Server).get(client.server)
    is_carried = carriers.clients.get(name.parent) == key
    is_server_carried = carriers.servers.get(client.server) == key
    off = [
        word
        for word, is_on in (
            ("server", server is None or server.enable),
            ("client", client.enable),
            ("hostname", name.enable),
        )
        if not is_on
    ]
    if not off and not is_complete(here, wanted, key):
        off = ["incomplete"]
    own, base = f"{key}_client", here.home(Client, name.parent)
    return {
        **_taken_along(here, wanted, key, name.parent),
        **_server(here, server, client.server, key, is_server_carried),
        **client_options(base, here, client, name.parent),
        **name_options(here.section(key), name.name),
        "enabled": _switch(not off),
        OFF: _off(here.section(key), off, is_carried),
        CLIENT: "" if is_carried and name.parent == own else name.parent,
        SERVER: _whose(client.server, server, key, is_carried, is_server_carried),
    }


def _off(section: Section, off: list[str], is_carried: bool) -> str:
    """What is switched off: nothing has to be said of a person's service that is, as it stands for its client."""
    is_as_it_was = section.type == SERVICE and not truth(section, "enabled", False) and not section.text(OFF)
    return "" if off == ["client"] and is_carried and is_as_it_was else " ".join(off)


def _server(here: DdnsSections, server: Server | None, key: str, carrier: str, is_carried: bool) -> Options:
    """Who carries a server gives it its name, unless it was made for itself; all others say nothing of that."""
    if server is None:
        return dict.fromkeys((NAME, KNOWN_AS, "service_name", "update_url", "use_https"), "")
    own = carrier if key == f"{carrier}_server" else ""
    return server_options(here.home(Server, key), here, server, key, own if is_carried else server.name)


def _whose(key: str, server: Server | None, name: str, is_carried: bool, is_server_carried: bool) -> str:
    if not is_carried:
        return ""  # its client's section says it
    if server is None:
        return f"{NO_SERVER}{key}"
    return "" if is_server_carried and key == f"{name}_server" else key


def _taken_along(here: DdnsSections, wanted: Wanted, key: str, client: str) -> Options:
    if key in here.all:
        return {}
    siblings = (here.all[one] for one in wanted.children(Hostname, client) if one in here.all)
    base = next(siblings, here.home(Client, client))
    return {option: base.text(option) for option in TAKEN_ALONG if base.text(option)}


def _url(base: Section, here: DdnsSections, server: Server) -> str:
    """The URL that is asked; "" where a script does it, or none is known."""
    if server.service:
        provider = here.provider(server.service, base)
        return at(provider.url, server.address, server.port) if provider else ""
    url = base.text("update_url") if not base.text("service_name") else ""
    said = here.server(base, "")
    if not url or said.service or (said.address, said.port) == (server.address, server.port):
        return "" if said.service else url
    return at(url, server.address, server.port)


def _https(base: Section, here: DdnsSections, server: Server) -> str:
    if server.protocol == here.server(base, "").protocol:
        return base.text("use_https")
    return _switch(server.protocol == HTTPS) if server.protocol else ""


def _interval(base: Section, what: str, wanted: int, usual: int) -> Options:
    if wanted == seconds(base, what, usual):
        return {f"{what}_interval": base.text(f"{what}_interval"), f"{what}_unit": base.text(f"{what}_unit")}
    unit = base.text(f"{what}_unit") or ("minutes" if what == "check" else "seconds")
    if wanted % UNITS.get(unit, 1):
        unit = "seconds"
    return {f"{what}_interval": str(wanted // UNITS.get(unit, 1)), f"{what}_unit": unit}


def _retries(base: Section, wanted: int) -> str:
    if wanted == (number(base, "retry_max_count", 0) or ENDLESS):
        return base.text("retry_max_count")
    return "0" if wanted == ENDLESS else str(wanted)


def _interface(base: Section, here: DdnsSections, client: Client, key: str) -> str:
    """The interface of netifd's on a link: of several one that has the family's name."""
    if client.interface is None:
        return ""
    link = here.link_of(client.interface)
    found: list[Interface] = [one for one in here.interfaces.values() if link and one.link == link]
    if not found:
        raise Refused("no interface of /etc/config/network has this link", Client, key, ("interface",))
    six = is_ipv6(base)
    return next((one.name for one in found if one.name.endswith("6") == six), found[0].name)


def _switch(is_on: bool) -> str:
    return "1" if is_on else "0"
