"""Changes of addresses, routes and rules, said in UCI. What moves keeps its section and its place in a list."""

import ipaddress
from collections.abc import Collection, Mapping
from typing import Final

from backends.network import policies
from backends.network.plan import Change, Ident, family_of
from backends.openwrt.network.document import LISTS, Document, metric_of, network_of
from backends.openwrt.network.said import rule_told
from backends.openwrt.network.sheet import NO_PROTOCOL, STATIC, Sheet, cannot
from backends.openwrt.sections import is_ours

EVERYWHERE: Final = {4: "0.0.0.0/0", 6: "::/0"}
SECTIONS: Final = {4: "route", 6: "route6"}
RULES: Final = {4: "rule", 6: "rule6"}
GATEWAYS: Final = {4: "gateway", 6: "ip6gw"}


def tell_address(sheet: Sheet, gone: Ident | None, come: Ident | None, until: object = None) -> None:
    """An address that goes, comes, or becomes another one. ``until``: the end of its life."""
    if come is not None and until not in (None, [0, 0]):
        raise cannot("when an address ends", come)
    if gone is not None and come is not None and (gone[1] != come[1] or family_of(gone) != family_of(come)):
        tell_address(sheet, gone, None)
        gone = None
    link = (come or gone or ("", ""))[1]
    found = _said(sheet.document, gone) if gone else None
    if gone is not None and found is None:
        gone = None
    if gone is None and come is None:
        return
    key, item = found or (sheet.interface(link), "")
    _write(sheet, key, family_of(come or gone or ("address", "", "")), item, come[2] if come else "")


def _said(document: Document, ident: Ident) -> tuple[str, str] | None:
    """The interface that has an address, and the item that says so."""
    for key in document.on(ident[1]):
        for _, item, text in document.addresses(key):
            if text == ident[2]:
                return key, item
    return None


def _write(sheet: Sheet, key: str, family: int, item: str, wanted: str) -> None:
    option, section = LISTS[family], sheet.section(key)
    if wanted and section.text("proto") != STATIC:
        sheet.set(key, "proto", STATIC)
    items = section.items(option)
    netmask = section.text("netmask") if family == 4 else ""
    if netmask and "/" not in item and items in ((item,), ()):  # the older form, of one address
        address = ipaddress.ip_interface(wanted) if wanted else None
        sheet.set(key, option, str(address.ip) if address else "")
        sheet.set(key, "netmask", str(address.netmask) if address else "")
    else:
        sheet.change_list(key, option, (item,) if item else (), (wanted,) if wanted else ())
    left = sheet.section(key)
    if not wanted and is_ours(key) and not any(left.items(one) for one in LISTS.values()):
        sheet.set(key, "proto", NO_PROTOCOL)


def tell_route(sheet: Sheet, gone: Ident | None, come: Ident | None, *, is_kept: bool = False) -> None:
    """A route that goes, comes or becomes another one; ``is_kept``: what goes is switched off only."""
    document = sheet.document
    at = (document.routes.get(gone) or document.routes_off.get(gone)) if gone else None
    if at is not None and at.option:
        stays = come is not None and _fits_gateway(document, at.key, at.option, come)
        sheet.set(at.key, at.option, come[3] if come is not None and stays else "")
        if stays:
            return
        at = None
    if come is None:
        if at is not None and is_kept:
            sheet.set(at.key, "disabled", "1")
        elif at is not None:
            sheet.delete(at.key)
        return
    if at is None and (off := document.routes_off.get(come)) is not None:
        sheet.set(off.key, "disabled", "")
        return
    if at is not None and sheet.section(at.key).type != SECTIONS[int(come[1])]:
        sheet.delete(at.key)
        at = None
    _write_route(sheet, at.key if at is not None else "", come)


def tell_route_off(sheet: Sheet, ident: Ident) -> None:
    """A route that is switched off from the first."""
    route = ("route", *ident[1:])
    tell_route(sheet, None, route)
    tell_route(sheet, route, None, is_kept=True)


def _fits_gateway(document: Document, key: str, option: str, ident: Ident) -> bool:
    """Whether a route can be said by an interface's own option."""
    family = int(ident[1])
    is_default = ident[2] == "default" and ident[6:] == ("unicast",) and ident[3] != "-"
    is_here = document.interfaces[key] == ident[4] and ident[5] == metric_of(family, document.metric(key))
    return is_default and is_here and GATEWAYS[family] == option


def _write_route(sheet: Sheet, key: str, ident: Ident) -> None:
    _, told, destination, gateway, link, metric, kind, *table = ident
    family = int(told)
    interface = "" if kind != "unicast" else _interface_of(sheet, link, family)
    usual = metric_of(family, sheet.document.metric(interface)) if interface else metric_of(family, 0)
    key = key or sheet.add(SECTIONS[family])
    options = {
        "interface": interface,
        "target": EVERYWHERE[family] if destination == "default" else destination,
        "netmask": "",
        "gateway": "" if gateway == "-" else gateway,
        "metric": "" if metric == usual else metric,
        "type": "" if kind == "unicast" else kind,
        "table": table[0] if table else "",
    }
    is_same = sheet.document.sections[key].text("target") and _is_target(sheet, key, destination, family)
    sheet.set(key, "disabled", "")
    for option, value in options.items():
        if not (is_same and option in ("target", "netmask")):
            sheet.set(key, option, value)


def _is_target(sheet: Sheet, key: str, destination: str, family: int) -> bool:
    section = sheet.section(key)
    return network_of(section.text("target"), section.text("netmask"), family) == destination


def _interface_of(sheet: Sheet, link: str, family: int) -> str:
    """The interface that a route is to be of: one that has an address of the family, else any on the link."""
    document = sheet.document
    on_link = document.on(link)
    with_address = [key for key in on_link if any(one == family for one, *_ in document.addresses(key))]
    learning = [key for key in on_link if document.sections[key].text("proto") == {4: "dhcp", 6: "dhcpv6"}[family]]
    found = [*with_address, *learning, *on_link]
    return found[0] if found else sheet.interface(link)


def tell_rule(sheet: Sheet, change: Change) -> None:
    """A rule that leads a policy's packets to its table."""
    family = int(change.ident[1])
    if change.after is not None:
        rule = policies.rule_of(change.ident)
        options = {"mark": f"{rule.mark:#x}/{rule.mask:#x}", "priority": str(rule.priority), "lookup": str(rule.table)}
        sheet.add(RULES[family], **options)
        return
    for key, section in sheet.document.of(RULES[family]).items():
        if rule_told(section) == change.ident:
            sheet.delete(key)


def pairs(
    changes: Collection[Change], moves: Mapping[Ident, Ident], kind: str
) -> list[tuple[Ident | None, Ident | None]]:
    """What goes with what comes in its place, then what only goes, then what only comes."""
    kinds = (kind, "off") if kind == "route" else (kind,)
    gone = [(kind, *change.ident[1:]) for change in changes if change.ident[0] in kinds and change.after is None]
    come = [change.ident for change in changes if change.ident[0] == kind and change.after is not None]
    moved: list[tuple[Ident | None, Ident | None]] = [
        (moves[ident], ident) for ident in come if moves.get(ident) in gone
    ]
    before, after = {one for one, _ in moved}, {one for _, one in moved}
    left: list[tuple[Ident | None, Ident | None]] = [(ident, None) for ident in gone if ident not in before]
    new: list[tuple[Ident | None, Ident | None]] = [(None, ident) for ident in come if ident not in after]
    return moved + left + new
