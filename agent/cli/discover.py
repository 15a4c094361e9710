"""The verb discover: what every source says of the ACS, which one wins, and why."""

import argparse
from collections.abc import Iterator, Mapping
from typing import Any, Final

from agent.cli.client import OK, ask
from agent.cli.options import Verbs, add_verb
from agent.cli.output import paint, printable, show_json

MARKS: Final = {
    "in force": ("●", "green"),
    "sets": ("●", "green"),
    "stands by": ("○", "yellow"),
    "refused": ("✘", "red"),
    "silent": ("·", "dim"),
}
SAID: Final = (
    ("ACS", "url", ""),
    ("provisioning code", "provisioning_code", ""),
    ("first retry after", "retry_minimum_wait", " s"),
    ("retry multiplier", "retry_multiplier", " / 1000"),
    ("VLAN", "vlan", ""),
    ("VLAN priority", "vlan_priority", ""),
)


def register(verbs: Verbs) -> None:
    """Add the verb."""
    add_verb(
        verbs,
        "discover",
        _discover,
        "Show what every source says of the ACS, which one wins, and why.",
        "cpe-agent discover\ncpe-agent discover --json",
    )


def _discover(options: argparse.Namespace) -> int:
    answer = ask(options, "discover")
    if options.json:
        show_json(answer)
    else:
        for line in lines(answer):
            print(line)
    return OK


def lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """Render the document: the ACS and why it is that one, then each source, the strongest first."""
    acs = answer["acs"]
    yield f"{paint('ACS', 'bold')}   {printable(acs['url']) or 'none'}"
    if acs["url"]:
        since = f", since {printable(acs['since'])}" if acs["since"] else ""
        yield f"      set by {printable(acs['name'])}{_told(acs)}{since}; {_contact(acs)}"
    yield f"{paint('why', 'bold')}   {printable(answer['why'])}"
    if answer["next"]:
        yield f"{paint('next', 'bold')}  {printable(answer['next'])}"
    if answer["remembered_host"]:
        may_change = answer["settings"].get("allow_change")
        limit = (
            "and may name another one ([discovery] allow_change)" if may_change else "and may name no other by itself"
        )
        yield f"      DHCP named the host {printable(answer['remembered_host'])} first, {limit}"
    yield ""
    for source in answer["sources"]:
        yield from _source(source)
    for each in answer["following"]:
        yield f"{printable(each['parameter'])} = {printable(each['value'])}, as {printable(each['source'])} says"
    families: dict[str, list[str]] = {}
    for family, links in answer["ways"].items():
        if links:
            families.setdefault(", ".join(links), []).append(family.replace("ipv", "IPv"))
    told = ", ".join(f"{printable(links)} ({' and '.join(some)})" for links, some in families.items())
    yield f"leases count on {told or NO_LINK}"


NO_LINK: Final = (
    "no link: none has a default route that counts; one that is only advertised, where this machine has a home's "
    "address, does not ([discovery] interface names the WAN)"
)


def _source(source: Mapping[str, Any]) -> Iterator[str]:
    mark, colour = MARKS.get(source["verdict"], ("?", "dim"))
    yield f"{paint(mark, colour)} {paint(printable(source['name']), 'bold')}{_told(source)}"
    for name, key, unit in SAID:
        if source.get(key) not in (None, ""):
            yield f"    {name}: {printable(source[key])}{unit}"
    if gateway := source.get("gateway"):
        words = (gateway.get(part, "") for part in ("oui", "product_class", "serial_number"))
        yield f"    gateway: {' '.join(printable(word) for word in words if word)}"
    yield f"    {paint(source['verdict'], colour)}: {printable(source['why'])}"
    for refused in source.get("refused", ()):
        yield f"    not taken: {printable(refused)}"
    if source["next"]:
        yield f"    next: {printable(source['next'])}"


def _told(source: Mapping[str, Any]) -> str:
    told_by, interface = source.get("told_by", ""), source.get("interface", "")
    on = f" on {printable(interface)}" if interface else ""
    return f" ({printable(told_by)}{on})" if told_by else ""


def _contact(acs: Mapping[str, Any]) -> str:
    failed = acs["failed_attempts"]
    return f"{acs['contact']} ({failed} failed attempts)" if failed else str(acs["contact"])
