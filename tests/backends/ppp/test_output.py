"""pppd's output, as a conversation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.ppp.output import read

UP = """Plugin pppoe.so loaded.
PPP session is 5
Connected to 02:00:00:00:00:01 via interface eth0
Using interface ppp-7
Connect: ppp-7 <--> eth0
CHAP authentication succeeded: Access granted
CHAP authentication succeeded
local  LL address fe80::1
local  IP address 10.64.1.1
remote IP address 10.64.0.1
"""
REFUSED = """PPP session is 6
Connect: ppp-7 <--> eth0
CHAP authentication failed: Access denied
CHAP authentication failed
Modem hangup
Connection terminated.
"""
SILENT = "Timeout waiting for PADO packets\nUnable to complete PPPoE Discovery\n"


@pytest.mark.parametrize(
    ("text", "phase", "error"),
    [
        ("", "Connecting", "ERROR_NONE"),
        ("PPP session is 5\nConnect: ppp-7 <--> eth0\n", "Authenticating", "ERROR_NONE"),
        (UP, "Connected", "ERROR_NONE"),
        (REFUSED, "Connecting", "ERROR_AUTHENTICATION_FAILURE"),
        (f"{REFUSED}PPP session is 7\nConnect: x\n", "Authenticating", "ERROR_AUTHENTICATION_FAILURE"),
        (REFUSED + UP, "Connected", "ERROR_NONE"),
        (SILENT, "Connecting", "ERROR_ISP_TIME_OUT"),
        (REFUSED + SILENT, "Connecting", "ERROR_ISP_TIME_OUT"),
        (f"{UP}LCP terminated by peer (User request)\n", "Connected", "ERROR_ISP_DISCONNECT"),
        (f"{UP}No response to 3 echo-requests\nModem hangup\n", "Connected", "ERROR_ISP_TIME_OUT"),
        (f"{UP}Modem hangup\nConnection terminated.\n{SILENT}", "Connecting", "ERROR_ISP_TIME_OUT"),
        (f"{UP}Terminating on signal 15\n", "Disconnecting", "ERROR_USER_DISCONNECT"),
        (f"{UP}Connect time expired\nConnection terminated.\nExit.\n", "Disconnected", "ERROR_FORCED_DISCONNECT"),
        (f"{UP}Terminating connection due to lack of activity.\n", "Disconnecting", "ERROR_IDLE_DISCONNECT"),
        ("Connect: x\nCould not determine remote IP address\n", "Authenticating", "ERROR_IP_CONFIGURATION"),
        ("Couldn't open the /dev/ppp device: No such file or directory\n", "Connecting", "ERROR_UNKNOWN"),
    ],
)  # fmt: skip
def test_where_it_stands_and_what_ended_it(text: str, phase: str, error: str) -> None:
    said = read(text)
    assert (said.phase, said.error) == (phase, error)


def test_the_session_s_number_is_the_last_one_s() -> None:
    assert read(UP + REFUSED).session == 6
    assert read(SILENT).session is None


def test_packets_that_nobody_takes_are_counted() -> None:
    line = "Unsupported protocol 'AppleTalk' (0x29) received\n"
    assert read(UP + line * 3).unknown_protocols == 3


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    read(text)
    read(UP + text)
