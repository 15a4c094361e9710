"""What sshd reads is what is wanted, and nothing that was slipped in."""

import base64
from dataclasses import replace

import pytest

from backends.desired_state import Pointer, Wanted
from backends.ssh.records import ADDED, AuthorizedKey, SshServer
from backends.ssh.rendering import (
    HEADER,
    checked_key,
    checked_network,
    instance,
    keys,
    permit_root_login,
    restriction,
    settings,
)

BOB = Pointer("Device.Users.User.{i}.", ("bob",))
KEY = "ssh-ed25519 " + base64.b64encode(b"\x00\x00\x00\x0bssh-ed25519" + b"\x00" * 36).decode()


def name_of(pointer: Pointer) -> str | None:
    return {("bob",): "bob"}.get(pointer.keys)


def said(server: SshServer) -> list[str]:
    return settings(server, "prohibit-password", name_of).splitlines()


def test_nothing_set_is_nothing_said() -> None:
    assert said(SshServer()) == []
    assert restriction(SshServer()) == ""
    assert said(SshServer(port=22, password_login=True)) == ["Port 22", "PasswordAuthentication yes"]
    assert said(SshServer(idle_timeout=0)) == ["ChannelTimeout none", "UnusedConnectionTimeout none"]
    assert said(SshServer(group=BOB)) == ["AllowGroups bob"]
    assert said(SshServer(group=Pointer("x", ("gone",)))) == ["AllowGroups nobody.at.all"]


@pytest.mark.parametrize(
    ("login", "by_password", "word", "then"),
    [
        (False, True, "yes", "no"),
        (True, None, "no", "prohibit-password"),
        (True, True, "no", "yes"),
        (None, False, "yes", "prohibit-password"),
        (None, True, "no", "no"),
        (None, True, "prohibit-password", "yes"),
        (True, None, "yes", "yes"),
    ],
)
def test_how_root_logs_in(login: bool | None, by_password: bool | None, word: str, then: str) -> None:
    assert permit_root_login(SshServer(root_login=login, root_password_login=by_password), word) == then


@pytest.mark.parametrize(
    ("server", "pattern"),
    [
        (SshServer(from_all_ipv4=False), "*,!::/0"),
        (SshServer(from_all_ipv4=False, from_ipv4=("10.0.0.0/8",), from_all_ipv6=False), "*,!10.0.0.0/8"),
        (SshServer(from_all_ipv6=False, from_ipv6=("2001:db8::/32",)), "*,!0.0.0.0/0,!2001:db8::/32"),
        (ADDED, "*"),
    ],
)
def test_from_where_nobody_logs_in(server: SshServer, pattern: str) -> None:
    assert restriction(server) == f"Match Address {pattern}\n    DenyUsers *\n"


def test_keys_are_a_file_for_each_user() -> None:
    wanted = Wanted().with_record("+1", AuthorizedKey(user=BOB, text=KEY)).with_record("+2", AuthorizedKey(text=KEY))
    wanted = wanted.with_record("+3", AuthorizedKey(user=Pointer("x", ("gone",)), text=KEY))
    assert keys(wanted, name_of) == {"bob": f"{HEADER}{KEY}\n"}


def test_a_server_of_our_own_has_the_machines_keys_and_ways() -> None:
    machine = {"hostkey": ["/a", "/b"], "usepam": ["yes"], "port": ["7"], "permitrootlogin": ["yes"]}
    lines = instance(ADDED, name_of, ["192.0.2.1", "2001:db8::1"], machine, "/run/x").splitlines()
    wanted = {"ListenAddress 192.0.2.1:22", "ListenAddress [2001:db8::1]:22", "HostKey /a", "HostKey /b", "UsePAM yes",
              "PidFile /run/x", "PermitRootLogin no"}  # fmt: skip
    assert wanted <= set(lines)
    assert lines[-2:] == ["Match Address *", "    DenyUsers *"]
    assert "ListenAddress 192.0.2.1:2222" in instance(replace(ADDED, port=2222), name_of, ["192.0.2.1"], {}, "/x")


def test_a_key_is_one_as_ssh_keygen_writes_it() -> None:
    assert checked_key(f"{KEY} bob's own, é") == f"{KEY} bob's own, é"


@pytest.mark.parametrize(
    "text",
    [
        "x", KEY + "\n" + KEY, f"command=\"id\" {KEY}", f"no-pty {KEY}", "ssh-rsa " + KEY.split()[1], KEY + "!",
        "ssh-ed25519", "ssh-ed25519  AAAA", KEY + "\x00", KEY + " " + "x" * 10_000, "ssh-ed25519 é", f" {KEY}",
    ],
)  # fmt: skip
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="key"):
        checked_key(text)


def test_a_network_is_a_prefix_of_its_family() -> None:
    assert checked_network("10.0.0.0/8", 4) == "10.0.0.0/8"
    assert checked_network("2001:DB8::/32", 6) == "2001:DB8::/32"
    for text in ("10.0.0.1/8", "10.0.0.0", "10.0.0.0/255.0.0.0", "2001:db8::/32", "*", "10.0.0.0/8\n", "", "a/8"):
        with pytest.raises(ValueError, match=r"."):
            checked_network(text, 4)
    with pytest.raises(ValueError, match=r"."):
        checked_network("fe80::%eth0/64", 6)
