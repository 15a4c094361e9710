"""Numbers and lists in /etc/config/wireless. Pure."""

from backends.uci import Section, Value


def number_of(section: Section, option: str) -> int | None:
    """A number that is not negative; None where there is none."""
    text = section.text(option).strip()
    return int(text) if text.isdecimal() and len(text) < 10 else None


def said(number: int | None) -> str:
    """A number; "" for none."""
    return "" if number is None else str(number)


def one_or_list(items: tuple[str, ...]) -> Value:
    """None as nothing, one item as older releases have it, several as a list."""
    return items if len(items) > 1 else "".join(items)
