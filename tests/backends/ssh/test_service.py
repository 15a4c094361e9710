"""The machine's sshd is changed by a drop-in that it was asked about, and keys let in whom they are for. Real sshd."""

import socket
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest

from backends.desired_state import Desired, NotOurs, Pointer, Refused, Wanted
from backends.errors import MechanismError
from backends.netlink_socket import inside
from backends.ssh.configuration import DROP_IN
from backends.ssh.records import ADDED, KINDS, MACHINE, AuthorizedKey, SshServer, SshService
from tests.backends.ssh.bench import Bench
from tests.waiting import until

ROOT = Pointer("Device.Users.User.{i}.", ("root",))
PORT, OTHER_PORT = 22, 2023


def of_machine(**values: object) -> Wanted:
    return Wanted().with_record(MACHINE, replace(SshServer(), **values))  # type: ignore[arg-type]


def test_a_key_lets_its_user_in_until_it_is_taken_away(bench: Bench) -> None:
    process = bench.start()
    assert not bench.logs_in(PORT)
    bench.set(("+1", AuthorizedKey(user=ROOT, text=bench.public())))
    assert bench.logs_in(PORT)
    assert not bench.logs_in(PORT, "other")
    assert bench.ssh.pid() == process, "told, not started again"
    bench.set(("+1", AuthorizedKey(user=ROOT)))
    assert not bench.logs_in(PORT)
    bench.desired.rollback()
    assert bench.logs_in(PORT)
    del bench.names["root",]
    bench.desired.reapply()
    assert not bench.logs_in(PORT), "the user is gone"


@pytest.mark.slow
def test_what_was_set_holds_for_whoever_logs_in_next(bench: Bench) -> None:
    bench.start()
    key = ("+1", AuthorizedKey(user=ROOT, text=bench.public()))
    bench.set(key, (MACHINE, SshServer(root_login=True, root_password_login=True)))
    assert bench.logs_in(PORT)
    assert bench.logs_in_by_password(PORT)
    assert not bench.logs_in_by_password(PORT, "another")
    bench.set((MACHINE, SshServer(password_login=False, root_password_login=True)))
    assert not bench.logs_in_by_password(PORT)
    assert bench.logs_in(PORT)
    bench.set((MACHINE, SshServer(root_login=False)))
    assert not bench.logs_in(PORT)
    bench.set((MACHINE, SshServer(port=OTHER_PORT, from_all_ipv4=False, from_ipv4=("10.0.0.0/8", "127.0.0.0/8"))))
    assert bench.logs_in(OTHER_PORT)
    assert not bench.logs_in(PORT)
    bench.set((MACHINE, SshServer(from_all_ipv4=False, from_ipv4=("10.0.0.0/8",))))
    assert not bench.logs_in(PORT)
    bench.set((MACHINE, SshServer(from_all_ipv6=False)))
    assert bench.logs_in(PORT)


def test_what_is_set_is_what_sshd_then_says(bench: Bench) -> None:
    wanted = of_machine(port=2222, password_login=False, keep_alive=30, idle_timeout=90, max_auth_tries=2)
    assert bench.change(wanted)
    said = set(bench.run(("sshd", "-T"), seconds=5).splitlines())
    assert {"port 2222", "passwordauthentication no", "clientaliveinterval 30", "maxauthtries 2",
            "kbdinteractiveauthentication no", "unusedconnectiontimeout 90"} <= said  # fmt: skip
    assert not bench.change(wanted)
    assert bench.change(Wanted())
    assert not (bench.root / DROP_IN).exists()


def test_what_sshd_will_not_have_is_refused_in_its_words_before_anything_changes(bench: Bench) -> None:
    with pytest.raises(Refused, match=r"sshd will not have it.*[Bb]adly formatted port"):
        bench.change(of_machine(port=70_000))
    with pytest.raises(Refused, match="sshd will not have it"):
        bench.change(Wanted().with_record("+1", replace(ADDED, port=70_000)))
    bench.configure("Nonsense yes\n", "sshd_config.d/zz.conf")
    with pytest.raises(Refused, match=r"sshd will not have it.*[Nn]onsense"):
        bench.change(of_machine(max_auth_tries=2))
    assert not (bench.root / DROP_IN).exists()


IN_THE_WAY: dict[str, Callable[[Bench], object]] = {
    "an earlier file": lambda one: one.configure("MaxAuthTries 5\nPort 22\n", "sshd_config.d/00-cloud.conf"),
    "no Include": lambda one: one.configure("HostKey /etc/ssh/host\n"),
}


@pytest.mark.parametrize("what", IN_THE_WAY)
@pytest.mark.parametrize("values", [{"port": 2222}, {"max_auth_tries": 2}])
def test_what_would_have_no_effect_is_refused(bench: Bench, what: str, values: dict[str, int]) -> None:
    IN_THE_WAY[what](bench)
    with pytest.raises(NotOurs):
        bench.change(of_machine(**values))
    assert not (bench.root / DROP_IN).exists()


def test_a_socket_of_systemds_and_who_else_says_groups_are_in_the_way(bench: Bench) -> None:
    bench.configure("Include /etc/ssh/sshd_config.d/*.conf\nHostKey /etc/ssh/host\nAllowGroups staff\n")
    with pytest.raises(NotOurs, match="groups"):
        bench.change(of_machine(group=ROOT))
    assert not bench.ssh.has_socket()
    wants = bench.root / "etc/systemd/system/sockets.target.wants"
    wants.mkdir(parents=True)
    (wants / "ssh.socket").symlink_to("/lib/systemd/system/ssh.socket")
    with pytest.raises(NotOurs, match=r"ssh\.socket"):
        bench.change(of_machine(port=2222))
    assert bench.ssh.has_socket()
    assert bench.change(of_machine(max_auth_tries=2))


@pytest.mark.slow
def test_a_port_that_somebody_has_is_refused_and_one_that_slips_through_leaves_a_word(bench: Bench) -> None:
    bench.start()
    bench.taken[OTHER_PORT] = "httpd (process 9)"
    with pytest.raises(Refused, match=r"httpd \(process 9\) listens at port 2023"):
        bench.ssh.check(of_machine(port=OTHER_PORT))
    bench.taken.clear()
    bench.addresses.append("::1")
    bench.set(("+1", replace(ADDED, enable=True, port=OTHER_PORT)))
    with pytest.raises(MechanismError, match="does not listen any more"):
        bench.set((MACHINE, SshServer(port=OTHER_PORT)))
    assert not (bench.root / DROP_IN).exists()


@pytest.mark.slow
def test_a_server_that_a_change_ended_is_started_again_as_it_was(bench: Bench) -> None:
    bench.has_systemd = True
    (bench.root / "lib/systemd/system").mkdir(parents=True)
    (bench.root / "lib/systemd/system/ssh.service").touch()
    desired = Desired("ssh", KINDS, bench.make())
    process = bench.start()
    with closing(inside(bench.lab.path, lambda: socket.create_server(("::", OTHER_PORT), family=socket.AF_INET6,
                                                                     dualstack_ipv6=True))):  # fmt: skip
        desired.begin()
        desired.put(MACHINE, SshServer(port=OTHER_PORT))
        desired.prepare()
        with pytest.raises(MechanismError, match="does not listen any more"):
            desired.commit()
    assert bench.ran[-1] == ("systemctl", "start", "--no-block", "ssh.service")
    until(lambda: bench.ssh.pid() not in (None, process))
    assert not (bench.root / DROP_IN).exists()


def test_the_owner_has_to_allow_it(bench: Bench) -> None:
    ssh = bench.make(may_change=False)
    for wanted in (
        of_machine(max_auth_tries=2),
        Wanted().with_record("+1", ADDED),
        Wanted().with_record("+1", AuthorizedKey(user=ROOT, text=bench.public())),
    ):
        with pytest.raises(NotOurs, match="manage"):
            ssh.check(wanted)
        assert not ssh.apply(wanted)
    ssh.check(Wanted())
    assert not ssh.cuts(Wanted())


def test_servers_of_our_own_are_on_together_and_each_where_it_can_be(bench: Bench) -> None:
    server = replace(ADDED, enable=True, port=OTHER_PORT)
    bench.set(("+1", server))
    assert bench.ssh.instances.pid("1")
    bench.set(("", SshService(enable=False)))
    assert bench.ssh.instances.pid("1") is None
    bench.set(("", SshService()))
    bench.addresses.clear()
    bench.desired.reapply()
    assert bench.ssh.instances.pid("1") is None
    assert not bench.ssh.is_possible(bench.desired.wanted, "+1")
    bench.addresses.append("127.0.0.1")
    group = Pointer("Device.Users.Group.{i}.", ("+9",))
    bench.set(("+1", replace(server, group=group)))
    assert bench.ssh.instances.pid("1") is None
    bench.taken[OTHER_PORT] = "httpd (process 9)"
    with pytest.raises(Refused, match="httpd"):
        bench.set(("+1", server))


def test_a_port_that_somebody_has_is_refused_of_a_server_that_runs_too(bench: Bench) -> None:
    server = replace(ADDED, enable=True, port=OTHER_PORT)
    bench.set(("+1", server))
    process = bench.ssh.instances.pid("1")
    bench.taken |= {OTHER_PORT: "sshd, which is this one", 7547: "the agent itself"}
    with pytest.raises(Refused, match="the agent itself listens at port 7547"):
        bench.set(("+1", replace(server, port=7547)))
    bench.desired.rollback()
    bench.set(("+1", replace(server, max_auth_tries=5)))
    assert bench.ssh.instances.pid("1") == process
    bench.addresses.append("::1")
    with pytest.raises(Refused, match="which is this one"):
        bench.set(("+1", replace(server, max_auth_tries=4)))
