"""What a ddclient of ours says: what it keeps of each name in its cache file, and why it failed in its output. Pure."""

import re
from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

GOOD: Final = "good"
UNTOLD: Final = ("", "noconnect", "failed")
"""What ddclient keeps where the server gave no word of its own."""
NO_ERROR, MISCONFIGURATION, DNS = "NO_ERROR", "MISCONFIGURATION_ERROR", "DNS_ERROR"
CONNECTION, AUTHENTICATION = "CONNECTION_ERROR", "AUTHENTICATION_ERROR"
TIMEOUT, PROTOCOL = "TIMEOUT_ERROR", "PROTOCOL_ERROR"

WORDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("badauth", "noaccess"), AUTHENTICATION),
    **dict.fromkeys(
        ("notfqdn", "nohost", "!yours", "!donator", "!active", "abuse", "badsys", "badagent", "numhost"),
        MISCONFIGURATION,
    ),
    "dnserr": DNS,
}
"""What a server's word means; all others are trouble of its own."""

NO_SUCH_NAME: Final = re.compile(r"bad hostname|getaddrinfo|name or service|name resolution|not known", re.IGNORECASE)
LINES: Final = (
    (re.compile(r"^WARNING:\s+TIMEOUT:|CURL error \(28\)"), TIMEOUT),
    (re.compile(r"^WARNING:.*cannot connect to .*(timeout|timed out)", re.IGNORECASE), TIMEOUT),
    (re.compile(r"CURL error \(6\)"), DNS),
    (re.compile(r"^WARNING:\s+cannot (connect|send) to |CURL error "), CONNECTION),
    (re.compile(r"^FAILED:.*authorization failed|> 401 "), AUTHENTICATION),
    (re.compile(r"^FAILED:.*unexpected (line|status|HTTP response)"), PROTOCOL),
    (re.compile(r"^WARNING:.*skipping host|^FATAL:"), MISCONFIGURATION),
)
NO_REPLY: Final = re.compile(r"^FAILED:.*(Could not connect to |no response from server)")


class Told(NamedTuple):
    """What ddclient keeps of a name: the server's word, the address that was published, and Unix times, 0 for never."""

    status: str
    address: str
    updated: int
    tried: int


def names_told(text: str) -> dict[str, Told]:
    """The cache file, by name."""
    found = {}
    for line in text.splitlines():
        settings, blank, name = line.rpartition(" ")
        if blank and name and not line.startswith("#"):
            found[name] = _told(settings)
    return found


def pruned(text: str, names: Collection[str]) -> str:
    """The cache file without other names, and without those that failed: ddclient tries them anew."""
    kept = {name for name, told in names_told(text).items() if name in names and told.status == GOOD}
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if line.startswith("#") or line.rstrip("\n").rpartition(" ")[2] in kept)


def error_in(output: str) -> str:
    """Why the last attempt failed that the output tells of; "" when it tells of none."""
    found = ""
    for line in output.splitlines():
        kind = next((kind for pattern, kind in LINES if pattern.search(line)), "")
        if kind == CONNECTION and NO_SUCH_NAME.search(line):
            kind = DNS
        if not kind and NO_REPLY.search(line) and not found:
            kind = CONNECTION
        found = kind or found
    return found


def error_of(failed: Collection[Told], said: str) -> str:
    """Why names failed: the server's own word, else what the output said, else a reply that was none."""
    words = sorted(one.status for one in failed if one.status not in UNTOLD)
    return WORDS.get(words[0], PROTOCOL) if words else said or PROTOCOL


def is_published(told: Told | None, address: str | None) -> bool:
    """Whether a name has this address."""
    return told is not None and told.status == GOOD and told.address == address


def _told(settings: str) -> Told:
    values = dict(one.partition("=")[::2] for one in settings.split(","))
    # ddclient keeps it twice since 3.10, and either of them may be the one that is kept up.
    words = [values.get(name, "") for name in ("status", "status-ipv4")]
    status = GOOD if GOOD in words else next((word for word in words if word), "")
    return Told(status, values.get("ip") or values.get("ipv4", ""), _number(values, "mtime"), _number(values, "atime"))


def _number(values: Mapping[str, str], name: str) -> int:
    text = values.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else 0
