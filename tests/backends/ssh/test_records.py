"""What is wanted of SSH, kept over restarts."""

from dataclasses import replace

from backends.desired_state import Pointer, Wanted
from backends.ssh.records import ADDED, KINDS, AuthorizedKey, SshServer, SshService


def test_records_come_back_as_they_were() -> None:
    user = Pointer("Device.Users.User.{i}.", ("root",))
    wanted = Wanted(next_number=3).with_record("", SshService(enable=False))
    wanted = wanted.with_record("+1", replace(ADDED, from_ipv4=("10.0.0.0/8",), lease_duration=60))
    wanted = wanted.with_record("+2", AuthorizedKey(user=user, text="ssh-ed25519 AAAA"))
    assert Wanted.from_json(wanted.to_json(), KINDS) == wanted


def test_a_server_as_it_is_added_is_closed() -> None:
    assert not ADDED.enable
    assert (ADDED.from_all_ipv4, ADDED.from_all_ipv6, ADDED.from_ipv4, ADDED.from_ipv6) == (False, False, (), ())
    assert not any((ADDED.root_login, ADDED.password_login, ADDED.root_password_login))
    assert SshServer().from_all_ipv4 is None, "nothing is said of the machine's own"
