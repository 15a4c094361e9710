"""Which pool a lease is of: the first, in order, whose range it is in and whose known criteria its client fits. Pure.

A lease does not say by which pool it was given. What is known of its client is the hardware address and the client
identifier; what a pool asks besides is taken to have held when the lease was given.
"""

from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network

from backends.desired_state import Wanted
from backends.lan.leases import Lease
from backends.lan.records import Pool4, Pool6, Static4


def leases_by_pool4(wanted: Wanted, leases: Iterable[Lease]) -> dict[str, list[Lease]]:
    """The IPv4 leases of each pool, by its key."""
    pools = sorted(wanted.of(Pool4).items(), key=lambda one: one[1].order)
    found: dict[str, list[Lease]] = {}
    for lease in leases:
        if lease.family != 4:
            continue
        key = next((key for key, pool in pools if _is_of_pool4(wanted, key, pool, lease)), None)
        if key is not None:
            found.setdefault(key, []).append(lease)
    return found


def leases_by_pool6(
    wanted: Wanted, leases: Iterable[Lease], prefixes_of: Callable[[Pool6], Sequence[IPv6Network]]
) -> dict[str, list[Lease]]:
    """The IPv6 leases of each pool, by its key; ``prefixes_of`` says what a pool gives addresses from."""
    pools = [
        (key, pool, prefixes_of(pool)) for key, pool in sorted(wanted.of(Pool6).items(), key=lambda one: one[1].order)
    ]
    found: dict[str, list[Lease]] = {}
    for lease in leases:
        if lease.family != 6:
            continue
        address = IPv6Address(lease.address)
        for key, pool, prefixes in pools:
            fits = not pool.duid or (pool.duid.lower() == lease.client) != pool.duid_exclude
            if fits and any(address in prefix for prefix in prefixes):
                found.setdefault(key, []).append(lease)
                break
    return found


def _is_of_pool4(wanted: Wanted, key: str, pool: Pool4, lease: Lease) -> bool:
    statics = wanted.children(Static4, key).values()
    if any(one.yiaddr == lease.address and one.chaddr.lower() == lease.mac for one in statics):
        return True
    if not (pool.min_address and pool.max_address):
        return False
    if not IPv4Address(pool.min_address) <= IPv4Address(lease.address) <= IPv4Address(pool.max_address):
        return False
    is_client = not pool.client_id or (pool.client_id.lower() == lease.client) != pool.client_id_exclude
    is_mac = not pool.chaddr or _is_masked(pool, lease.mac) != pool.chaddr_exclude
    return is_client and is_mac


def _is_masked(pool: Pool4, mac: str) -> bool:
    mask = _number(pool.chaddr_mask) if pool.chaddr_mask else (1 << 48) - 1
    return bool(mac) and _number(mac) & mask == _number(pool.chaddr) & mask


def _number(mac: str) -> int:
    return int(mac.replace(":", ""), 16)
