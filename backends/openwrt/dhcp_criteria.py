"""Whom a DHCPv4 pool is for, in OpenWrt's words: sections that give a request tags, and the tags a pool asks for.

UCI has no tag-if, so that of a pool's questions each has to be one tag that is there or is not. What is exactly so is
two: it begins so, and does not go on; turned around, that cannot be said.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from backends.desired_state import Refused
from backends.lan.matching import CLIENT_ID, USER_CLASS, VENDOR_CLASS
from backends.lan.records import Pool4
from backends.openwrt.dhcp_sections import DhcpSections
from backends.openwrt.sections import Told
from backends.uci import Section

LETTERS: Final = {"vendor_class_id": "v", "client_id": "c", "user_class_id": "u", "chaddr": "m"}
OPTIONS: Final = {"vendor_class_id": VENDOR_CLASS, "client_id": CLIENT_ID, "user_class_id": USER_CLASS}
WHOLE_MASK: Final = "ff:ff:ff:ff:ff:ff"
CHADDR: Final = "cpe_chaddr"
"""An option of ours: address and mask as they were told, of which the pattern shows less."""
LEFT: Final = "cpe_criteria"
"""A list of ours: what is said of a question that is not asked yet, as ``chaddr_exclude=1``."""
LEFT_OVER: Final = {
    "vendor_class_id": ("vendor_class_id_mode", "vendor_class_id_exclude"),
    "client_id": ("client_id_exclude",),
    "user_class_id": ("user_class_id_exclude",),
    "chaddr": ("chaddr_mask", "chaddr_exclude"),
}


def criteria(sections: DhcpSections, key: str) -> dict[str, Any]:
    """The fields of the pool in a section that say whom it is for."""
    pool = sections.section(key)
    tags = pool.items("tag")
    values = dict(_kept(pool))
    for field, letter in LETTERS.items():
        tag = f"{key}_{letter}"
        asking = sections.all.get(tag)
        if asking is None or asking.text("networkid") != tag or not {tag, f"!{tag}"} & {*tags}:
            continue
        found = _read(field, asking, is_whole=f"!{tag}x" in tags)
        if found:
            values |= {**found, f"{field}_exclude": f"!{tag}" in tags}
    return values


def told(key: str, pool: Pool4) -> tuple[tuple[str, ...], tuple[str, ...], Mapping[str, Told]]:
    """The tags to ask for, what is to be kept beside them, and the sections that give the tags. Refused."""
    tags: list[str] = []
    kept: list[str] = []
    made: dict[str, Told] = {}
    for field, letter in LETTERS.items():
        tag, value = f"{key}_{letter}", getattr(pool, field)
        if not value:
            kept += _left_over(field, pool)
            continue
        is_excluded = getattr(pool, f"{field}_exclude")
        kind, option, text = _asking(key, field, pool)
        as_told = {CHADDR: f"{pool.chaddr} {pool.chaddr_mask}".strip()} if field == "chaddr" else {}
        made[tag] = Told(kind, {"networkid": tag, option: text, **as_told})
        if option == "match" and (field != "vendor_class_id" or pool.vendor_class_id_mode == "Exact"):
            if is_excluded:
                reason = "OpenWrt can tell only those apart that fit exactly, not all the others"
                raise Refused(reason, Pool4, key, (f"{field}_exclude",))
            made[f"{tag}x"] = Told(kind, {"networkid": f"{tag}x", option: f"{text}:*"})
            tags += [tag, f"!{tag}x"]
        else:
            tags.append(f"!{tag}" if is_excluded else tag)
    return tuple(tags), tuple(kept), made


def _asking(key: str, field: str, pool: Pool4) -> tuple[str, str, str]:
    """Type, option and value of the section that gives the tag."""
    if field == "chaddr":
        return "mac", "mac", _mac_pattern(key, pool)
    if field == "vendor_class_id" and pool.vendor_class_id_mode == "Substring":
        return "vendorclass", "vendorclass", pool.vendor_class_id
    value = pool.vendor_class_id.encode() if field == "vendor_class_id" else bytes.fromhex(getattr(pool, field))
    return "match", "match", f"{OPTIONS[field]},{value.hex(':')}"


def _read(field: str, asking: Section, *, is_whole: bool) -> dict[str, Any]:
    if field == "chaddr":
        return _mac(asking) if asking.type == "mac" else {}
    if asking.type == "vendorclass" and field == "vendor_class_id":
        return {"vendor_class_id": asking.text("vendorclass"), "vendor_class_id_mode": "Substring"}
    option, _, text = asking.text("match").partition(",")
    if asking.type != "match" or option != str(OPTIONS[field]) or (field != "vendor_class_id" and not is_whole):
        return {}
    try:
        value = bytes.fromhex(text.replace(":", ""))
        if field == "vendor_class_id":
            return {field: value.decode(), "vendor_class_id_mode": "Exact" if is_whole else "Prefix"}
    except ValueError:
        return {}
    return {field: value.hex()}


def _mac_pattern(key: str, pool: Pool4) -> str:
    mask = pool.chaddr_mask or WHOLE_MASK
    if not {*mask.lower().split(":")} <= {"ff", "00"}:
        raise Refused("OpenWrt compares whole bytes of an address", Pool4, key, ("chaddr_mask",))
    return _pattern(pool.chaddr, mask)


def _pattern(address: str, mask: str) -> str:
    pairs = zip(address.split(":"), mask.lower().split(":"), strict=False)
    return ":".join(one if bits == "ff" else "*" for one, bits in pairs)


def _mac(asking: Section) -> dict[str, Any]:
    """As it was told, if that is what is asked; else as the pattern shows it."""
    pattern = asking.text("mac")
    told_address, _, told_mask = asking.text(CHADDR).partition(" ")
    if told_address and _pattern(told_address, told_mask or WHOLE_MASK) == pattern:
        return {"chaddr": told_address, "chaddr_mask": told_mask}
    parts = pattern.split(":")
    mask = ":".join("00" if one == "*" else "ff" for one in parts)
    address = ":".join("00" if one == "*" else one for one in parts)
    return {"chaddr": address, "chaddr_mask": "" if mask == WHOLE_MASK else mask}


def _left_over(field: str, pool: Pool4) -> Iterator[str]:
    for name in LEFT_OVER[field]:
        value = getattr(pool, name)
        if value != getattr(Pool4(), name):
            yield f"{name}={1 if value is True else value}"


def _kept(section: Section) -> Iterator[tuple[str, Any]]:
    known = {name for names in LEFT_OVER.values() for name in names}
    for item in section.items(LEFT):
        name, _, value = item.partition("=")
        if name in known:
            yield name, value == "1" if name.endswith("_exclude") else value
