"""What of DHCP clients' options cannot be: looked at before anything is said of it in UCI."""

from collections.abc import Mapping
from typing import Final

from backends.desired_state import NotOurs, Refused, Wanted
from backends.dhcp_client.dhcpcd_conf import HOST_NAME, NAMES_ACS4, NAMES_ACS6, NEVER_ASKED4, NEVER_ASKED6
from backends.dhcp_client.records import Client4, Client6, RequestedOption4, SentOption4, SentOption6
from backends.openwrt.protocols import dhcp_values as values
from backends.openwrt.sections import is_ours

HOST, VENDOR_CLASS, CLIENT_ID, USER_CLASS6, VENDOR_CLASS6 = 12, 60, 61, 15, 16
NEVER_SENT4: Final = frozenset((50, 52, 53, 54, 55, 57, 82))
"""Of the conversation itself (RFC 2132)."""
NEVER_SENT6: Final = (NEVER_ASKED6 | values.OWN6) - values.OCTETS6 - {USER_CLASS6}
LONGEST: Final = 255

Sent = SentOption4 | SentOption6


def check_sent(kind: type[Sent], key: str, record: Sent, wanted: Wanted) -> None:
    """Refused for an option that the client cannot be told to send."""
    if not record.enable:
        return
    siblings: Mapping[str, Sent] = wanted.children(kind, record.parent)
    if any(one.enable and one.tag == record.tag for name, one in siblings.items() if name != key):
        raise Refused(f"option {record.tag} is sent already", kind, key, ("tag",))
    never, last = (NEVER_SENT4, values.LAST_TAG4) if kind is SentOption4 else (NEVER_SENT6, values.LAST_TAG6)
    if record.tag in never or not 0 < record.tag <= last:
        raise Refused(f"option {record.tag} is not one to send", kind, key, ("tag", "enable"))
    size = len(record.value) // 2
    if not 1 <= size <= LONGEST or (kind is SentOption4 and record.tag == CLIENT_ID and size < 2):
        raise Refused(f"option {record.tag} cannot have {size} octets", kind, key, ("value", "enable"))
    octets = bytes.fromhex(record.value)
    if kind is SentOption4 and record.tag == HOST and (not HOST_NAME.fullmatch(octets) or b".." in octets):
        raise Refused("option 12 is a host name", kind, key, ("value", "enable"))
    if kind is SentOption6 and record.tag == USER_CLASS6 and values.class_text(record.value) is None:
        reason = "OpenWrt keeps option 15 as words of letters, digits, dots and dashes"
        raise Refused(reason, kind, key, ("value", "enable"))
    if kind is SentOption4 and record.tag == VENDOR_CLASS and not _is_text(octets):
        raise Refused("OpenWrt keeps option 60 as a text", kind, key, ("value", "enable"))


def _is_text(octets: bytes) -> bool:
    return octets.isascii() and octets.decode("ascii", "replace").isprintable()


def check_asked(key: str, record: RequestedOption4, wanted: Wanted) -> None:
    """Refused for an option that is not one to ask for, or is asked for already."""
    if record.tag in NEVER_ASKED4 or not 0 < record.tag <= values.LAST_TAG4:
        raise Refused(f"option {record.tag} is not one to ask for", RequestedOption4, key, ("tag",))
    siblings = wanted.children(RequestedOption4, record.parent)
    if record.enable and any(one.enable and one.tag == record.tag for name, one in siblings.items() if name != key):
        raise Refused(f"option {record.tag} is asked for already", RequestedOption4, key, ("tag",))


def check_finding_of_the_server(before: Wanted, after: Wanted) -> None:
    """What a lease names the management server in stays asked for, where somebody else than a server asked for it."""
    for key, was in before.of(RequestedOption4).items():
        now = after.of(RequestedOption4).get(key)
        is_kept = now is not None and now.enable and now.tag == was.tag
        if (
            was.enable
            and was.tag in NAMES_ACS4
            and not is_ours(key)
            and was.parent in after.of(Client4)
            and not is_kept
        ):
            reason = f"option {was.tag} names the management server: it stays asked for"
            raise NotOurs(reason, RequestedOption4, key, ("tag", "enable"))
    for key, client in before.of(Client6).items():
        asked = after.of(Client6).get(key)
        for tag in NAMES_ACS6:
            if asked and tag in client.requested_options and tag not in asked.requested_options and not is_ours(key):
                reason = f"option {tag} names the management server: it stays asked for"
                raise NotOurs(reason, Client6, key, ("requested_options",))
    for key, client in after.of(Client6).items():
        bad = NEVER_ASKED6.intersection(client.requested_options) if client != before.of(Client6).get(key) else ()
        if bad:
            raise Refused(f"option {min(bad)} is not one to ask for", Client6, key, ("requested_options",))
