"""What an updater of ddns-scripts tells in its log of its last attempt. Pure.

A service's own answer stands in it as it came: it is read for words that are known, and for nothing else.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from backends.dynamic_dns.reports import (
    AUTHENTICATION,
    CONNECTION,
    DNS,
    GOOD,
    MISCONFIGURATION,
    PROTOCOL,
    TIMEOUT,
    WORDS,
)

LINE: Final = re.compile(r" \d{6} {1,2}(\w*) *: (.*)")
BEGUN: Final = re.compile(r"PID '\d+' started at ")
SENT: Final = re.compile(r"(?:Update|Forced update) successful - IP:? '([0-9A-Fa-f.:]*)' send")
TRANSFER: Final = re.compile(r"(\S*).* Error: '(\d{1,4})'")
LOOKUP: Final = re.compile(
    r".* error: '\d{1,4}'|NO valid IP found|Failed to resolve |Verification failed for DNS server"
)
ANSWERED, REFUSED = "DDNS Provider answered:", "IP update not accepted"
MISTAKES: Final = re.compile(
    r"No or private or invalid IP|No update_url|.*(?:missing|[Mm]issing '|not found!|not executable|not configured|"
    r"not defined|found rejected characters|outside allowed subset|No valid certificate)"
)
WAITS: Final = re.compile(r"Waiting \d+ seconds|.* in \d+ seconds")
ENDED: Final = " - TERMINATE"
CURL: Final = {6: DNS, 28: TIMEOUT, 67: AUTHENTICATION}
OTHERS: Final = {6: AUTHENTICATION, 8: PROTOCOL}
"""Of wget and uclient-fetch: what their exit codes mean, all others being no connection."""


class Outcome(NamedTuple):
    """``status`` is GOOD, the service's own word, "failed", or "" as long as nothing came of it; ``error`` as in
    reports; ``address`` what was published; ``is_waiting``: nothing is being done at present.
    """

    status: str = ""
    error: str = ""
    address: str = ""
    is_waiting: bool = False


def outcome(text: str) -> Outcome:
    """Of the updater that began last; of what is left of its log, where that is cut."""
    now, answer = Outcome(), ""
    for message, rest in _messages(text):
        if BEGUN.match(message):
            now, answer = Outcome(), ""
        elif sent := SENT.match(message):
            word = next(iter(_words(answer)), "")  # a URL of one's own is content with whatever is answered
            now = Outcome(word if word in WORDS else GOOD, WORDS.get(word, ""), sent[1])
        elif message.startswith(ANSWERED):
            answer = f"{message.removeprefix(ANSWERED)}\n{rest}"
        elif message.startswith(REFUSED):
            word = next((one for one in _words(answer) if one in WORDS), "")
            now = now._replace(status=word or "failed", error=WORDS.get(word, PROTOCOL))
        elif found := TRANSFER.match(message):
            meanings = CURL if found[1].endswith("curl") or "cURL" in message else OTHERS
            now = now._replace(status="failed", error=meanings.get(int(found[2]), CONNECTION))
        elif LOOKUP.match(message):
            now = now if now.status == GOOD else now._replace(status="failed", error=DNS)
        elif MISTAKES.match(message):
            now = now._replace(status="failed", error=MISCONFIGURATION)
        if message.endswith(ENDED) and not now.error:
            now = now._replace(status="failed", error=MISCONFIGURATION)
        now = now._replace(is_waiting=bool(WAITS.match(message)))
    return now


def _messages(text: str) -> Iterator[tuple[str, str]]:
    """Each message with the lines behind its first."""
    message, rest = "", list[str]()
    for line in text.splitlines():
        found = LINE.fullmatch(line)
        if found is None:
            rest.append(line)
            continue
        if message:
            yield message, "\n".join(rest)
        message, rest = found[2], []
    if message:
        yield message, "\n".join(rest)


def _words(answer: str) -> list[str]:
    """Those of a service's answer."""
    return re.findall(r"!?[a-z0-9]+", answer.lower())
