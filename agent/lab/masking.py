"""What must never be shown: passwords and keys, masked in everything that the lab ACS prints or answers."""

import re
from typing import Any

MASK = "******"
"""What stands in for a secret. An empty secret stays empty, for that a CPE hides it is worth seeing."""

_SECRET_NAME = re.compile(
    r"(?:[Pp]assword|PASSWORD|[Pp]ass[Pp]hrase|[Pp]re[Ss]hared[Kk]ey|[Ww][Ee][Pp][Kk]ey|[Ss]ecret|[Pp]rivate[Kk]ey"
    r"|[Aa]uth[Kk]ey|[Ss]hared[Kk]ey|[Tt]oken|P[Ss][Kk]|PIN)\.?$"
)
_USER_INFO = re.compile(r"(?P<before>[A-Za-z][A-Za-z0-9+.-]*://[^/\s:@]*:)[^/\s@]+@")
_XML_ELEMENT = re.compile(r"(?P<open><(?:[\w-]+:)?(?:Password|password)\b[^>]*>)(?P<text>.*?)(?=</)", re.DOTALL)
_XML_VALUE = re.compile(
    r"(?P<before><(?:[\w-]+:)?Name\b[^>]*>\s*(?P<name>[^<]*?)\s*</(?:[\w-]+:)?Name>\s*<(?:[\w-]+:)?Value\b[^>]*>)"
    r"(?P<text>.*?)(?=</(?:[\w-]+:)?Value>)",
    re.DOTALL,
)


def is_secret(name: str) -> bool:
    """Whether a parameter path or an argument's name is one of a password or key."""
    return _SECRET_NAME.search(name) is not None


def masked_value(name: str, value: str) -> str:
    """The value of a parameter as it may be shown."""
    return MASK if value and is_secret(name) else masked_text(value)


def masked_text(text: str) -> str:
    """Free text without the passwords of URLs in it (``http://user:******@host/``)."""
    return _USER_INFO.sub(rf"\g<before>{MASK}@", text) if "://" in text else text


def masked(data: Any, name: str = "") -> Any:
    """A copy of JSON data as it may be shown; ``name`` is the key under which the data stands."""
    match data:
        case dict():
            owner = data.get("path")
            if not isinstance(owner, str):
                owner = name
            return {key: masked(value, owner if key == "value" else str(key)) for key, value in data.items()}
        case list() | tuple():
            return [masked(item, name) for item in data]
        case None | bool():
            return data
        case str():
            return masked_xml(data) if name == "xml" else masked_value(name, data)
        case _:
            return MASK if is_secret(name) else data


def masked_xml(xml: str) -> str:
    """An envelope's text as it may be shown; works on text that is not well-formed too."""
    xml = _XML_ELEMENT.sub(lambda found: found["open"] + (MASK if found["text"] else ""), xml)
    xml = _XML_VALUE.sub(
        lambda found: found["before"] + (MASK if found["text"] and is_secret(found["name"]) else found["text"]), xml
    )
    return masked_text(xml)
