"""Which parameters, and fields of JSON documents and of messages, hold names of people, hosts and networks."""

import re
from typing import Final

_PLACES: Final = re.compile(
    r"(?i)(?:"
    r"(?P<ssid>(?:^|[._])ssid)"
    r"|(?P<user>user_?name|eap_?identity|customeridentifier)"
    r"|(?P<serial>serial_?number|equipmentidentifier|imei|imsi|iccid|msisdn)"
    r"|(?P<path>connection_request\.path)"
    r"|(?P<host>\.hostname\.\d+\.name|host_?name|(?:^|[._])host|hostlist|allowedhosts"
    r"|(?:streaming|virtual|remote|notification)host|(?:server|broker|endpoint)address(?:inuse)?|servernameoraddress"
    r"|endpointname|internalclient|\.endpoint(?:inuse)?|remoteendpoints|ntpserver\d?|(?:mail|news|update)server"
    r"|\.time\..*\.servers?|\.serverlist)"
    r"|(?P<domain>domain_?name|(?:^|[._])domains?|internetdomain|targetdomainnames|nairealms|dnssl)"
    r"|(?P<name>friendlynames?|ispname|acname|dataobject|venuename|contactname|instancename)"
    r")$"
)
_BY_PEOPLE: Final = re.compile(r"\.(?:Name|Alias|Description|Location)$")
"""Names where somebody may write them, and the system's own words elsewhere (a link's Name)."""
LISTS: Final = frozenset({"host", "domain"})
"""Kinds of which one value may hold several, with commas between."""


def kind_of(place: str) -> str:
    """What a parameter's path, an element's name or a key says that its value is: "ssid", "host" …; "": no name."""
    found = _PLACES.search(place)
    return (found.lastgroup or "") if found else ""


def is_named_by_people(path: str) -> bool:
    """Whether it is a name there, provided that it can be written."""
    return _BY_PEOPLE.search(path) is not None
