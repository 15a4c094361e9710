"""What logs of ddns-scripts, as their functions write them, say of an update."""

import pytest

from backends.openwrt.ddns.log import Outcome, outcome

pytestmark = pytest.mark.slow

BEGIN = " 120000  note : PID '7' started at 2026-11-22 12:00\n"
GOOD = " 120003  info : Update successful - IP '198.51.100.7' send\n"
ANSWER = " 120002       : DDNS Provider answered:\n"
REFUSED = " 120002 ERROR : IP update not accepted by DDNS Provider\n"
WAIT = " 120003       : Waiting 600 seconds (Check Interval); Next check at 2026-11-22 12:10\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", Outcome()),
        (BEGIN, Outcome()),
        (BEGIN + GOOD + WAIT, Outcome("good", "", "198.51.100.7", is_waiting=True)),
        (f"{BEGIN}{ANSWER}good 198.51.100.7\n{GOOD}", Outcome("good", "", "198.51.100.7")),
        (f"{BEGIN}{ANSWER}badauth\n{GOOD}", Outcome("badauth", "AUTHENTICATION_ERROR", "198.51.100.7")),
        (f"{BEGIN}{ANSWER}<b>no abuse here</b>\n{GOOD}", Outcome("good", "", "198.51.100.7")),
        (" 1 info : nonsense\n\0\xff\n", Outcome()),
        (GOOD.replace("Update successful - IP", "Forced update successful - IP:"), Outcome("good", "", "198.51.100.7")),
        (BEGIN + GOOD + BEGIN, Outcome()),
        (
            f"{ANSWER}badauth 1.2.3.4\n{REFUSED}{WAIT}",
            Outcome("badauth", "AUTHENTICATION_ERROR", "", is_waiting=True),
        ),
        (
            f"{ANSWER}<html>\nnohost</html>\n{REFUSED}",
            Outcome("nohost", "MISCONFIGURATION_ERROR"),
        ),
        (
            f"{ANSWER}911\n{REFUSED}",
            Outcome("failed", "PROTOCOL_ERROR"),
        ),
        (" 120002 ERROR : /usr/bin/curl -RsS -o x --stderr y Error: '6'\n", Outcome("failed", "DNS_ERROR")),
        (" 120002 ERROR : /usr/bin/curl -RsS Error: '28'\n", Outcome("failed", "TIMEOUT_ERROR")),
        (" 120002 ERROR : uclient-fetch Error: '6'\n", Outcome("failed", "AUTHENTICATION_ERROR")),
        (" 120002 ERROR : GNU Wget Error: '8'\n", Outcome("failed", "PROTOCOL_ERROR")),
        (
            " 120002 ERROR : uclient-fetch Error: '4'\n 120002  WARN : Transfer failed - retry 1/0 in 60 seconds\n",
            Outcome("failed", "CONNECTION_ERROR", "", is_waiting=True),
        ),
        (
            " 120002 ERROR : uclient-fetch Error: '4'\n 120002  WARN : Transfer failed after 5 retries - TERMINATE\n",
            Outcome("failed", "CONNECTION_ERROR"),
        ),
        (" 120002  WARN : NO valid IP found\n", Outcome("failed", "DNS_ERROR")),
        (GOOD + " 120002 ERROR : BusyBox nslookup error: '1'\n", Outcome("good", "", "198.51.100.7")),
        (
            " 120002 ERROR : No or private or invalid IP '10.0.0.1' given! Please check\n",
            Outcome("failed", "MISCONFIGURATION_ERROR"),
        ),
        (
            " 120002  WARN : Service section missing 'username' - TERMINATE\n",
            Outcome("failed", "MISCONFIGURATION_ERROR"),
        ),
        (" 120002  CRIT : something new - TERMINATE\n", Outcome("failed", "MISCONFIGURATION_ERROR")),
    ],
)  # fmt: skip
def test_the_last_of_it_is_told(text: str, told: Outcome) -> None:
    assert outcome(text) == told
