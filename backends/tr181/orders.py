"""TR-181's Order: the place of a row in the order in which rows are looked at, 1 first and without gaps."""

from collections.abc import Mapping


def moved(orders: Mapping[str, int], key: str, place: int) -> dict[str, int]:
    """The orders after one row was given another place: rows at that place and behind it make room, gaps close.

    A row that is not among ``orders`` yet comes in.
    """
    others = sorted((order, other) for other, order in orders.items() if other != key)
    before = [other for order, other in others if order < place]
    behind = [other for order, other in others if order >= place]
    return {one: number for number, one in enumerate([*before, key, *behind], 1)}


def closed(orders: Mapping[str, int]) -> dict[str, int]:
    """The orders without gaps."""
    return {key: number for number, (_, key) in enumerate(sorted((order, key) for key, order in orders.items()), 1)}
