"""What a message is made of, and what is refused before the kernel sees it."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from backends.errors import MechanismError
from backends.netlink_codec import (
    check_interface_name,
    decoded,
    ip_of,
    link_info,
    mac_of,
    network_of,
    new_message,
    number_of,
    options_of,
)
from tests.waiting import HANGS


def test_a_message_that_was_encoded_is_read_as_it_was_made() -> None:
    message = new_message("ifaddrmsg", index=7, family=2, prefixlen=24)
    message["attrs"] = [("IFA_LOCAL", "192.0.2.1")]
    message.encode()
    again = decoded(type(message), bytes(message.data), 0, "a test")
    assert (again["index"], again["prefixlen"], dict(again["attrs"])["IFA_LOCAL"]) == (7, 24, "192.0.2.1")


def test_an_answer_that_is_no_message_is_told_with_what_was_asked() -> None:
    message = new_message("ifaddrmsg")
    with pytest.raises(MechanismError, match="addresses: the kernel's answer cannot be read"):
        decoded(type(message), b"\x05", 0, "addresses")


def test_multiprocessing_is_loaded_when_something_of_it_is_called() -> None:
    script = (
        "import sys; from backends.netlink_codec import new_message; new_message('ifaddrmsg')\n"
        "print('multiprocessing' in sys.modules)\n"
        "from pyroute2 import config; print(config.MpQueue().empty(), 'multiprocessing' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=HANGS)
    assert (done.stdout, done.stderr) == ("False\nTrue True\n", "")


def test_words_stand_for_numbers_and_numbers_for_themselves() -> None:
    assert (number_of("static", {4: "static"}), number_of("99", {4: "static"})) == (4, 99)
    assert options_of({"stp": True}, {"stp": "IFLA_BR_STP_STATE"}) == [("IFLA_BR_STP_STATE", 1)]
    assert link_info("veth", [])[1]["attrs"] == [("IFLA_INFO_KIND", "veth")]
    assert network_of("", 4) is None
    assert mac_of("02:00:00:AA:BB:CC") == "02:00:00:aa:bb:cc"


@pytest.mark.parametrize(
    ("check", "arguments"),
    [
        (ip_of, ("192.0.2",)), (network_of, ("192.0.2.1/24", 4)), (network_of, ("2001:db8::/32", 4)),
        (mac_of, ("02:00",)), (number_of, ("256", {})), (number_of, ("x", {})), (options_of, ({"x": 1}, {})),
        (check_interface_name, ("a/b",)), (check_interface_name, ("",)), (check_interface_name, ("..",)),
        (check_interface_name, ("sixteen-letters-",)),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(check: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    with pytest.raises(MechanismError) as caught:
        check(*arguments)
    assert caught.value.code == "EINVAL"
