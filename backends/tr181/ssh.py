"""Device.SSH.: the machine's OpenSSH server with a drop-in of ours, servers of our own, and who is logged in."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from agent.model.errors import Denied, InvalidValue
from agent.model.object import Object, Parameter, Target
from backends.account_changes import GROUP, USER
from backends.firewall.leases import granted
from backends.ssh.instance import started_at
from backends.ssh.records import MACHINE, SshServer, SshService
from backends.ssh.rendering import checked_network, permit_root_login
from backends.ssh.sessions import Session
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.service import only, target_of
from backends.tr181.ssh_keys import authorized_keys
from backends.tr181.ssh_tables import SERVER, SSH, SshTables
from backends.tr181.users import GROUPS, USERS


def ssh(mechanisms: Mechanisms) -> list[Object[Any]]:
    """The service, its servers, their sessions, and keys."""
    tables = mechanisms.ssh
    if tables is None:
        return []
    rows = _Servers(tables, mechanisms)
    switch: list[Parameter[Any, Any]] = [
        Parameter("Enable", rows.is_on, rows.switch),
        Parameter("Status", lambda _: "Enabled" if rows.is_any_running() else "Disabled"),
    ]
    found: list[Object[Any]] = [
        Object(SSH, lambda: [()], lambda row: row, switch, backend=tables, source=lambda _: "the SSH servers"),
        Object(
            SERVER,
            tables.server_keys,
            lambda key: (key,),
            rows.parameters(),
            add=rows.add,
            delete=rows.delete,
            changed_by=tables.topics,
            backend=tables,
            source=tables.source,
        ),
        Object(
            f"{SERVER}Session.{{i}}.",
            tables.sessions,
            lambda row: (row.server, str(row.pid)),
            rows.session_parameters(),
            durable=False,
            source=lambda row: f"/proc/{row.pid}",
        ),
    ]
    return found + authorized_keys(tables.key_tables, mechanisms.accounts, tables.personal)


class _Servers:
    """What the rows of Server.{i} say and take; a row is its key."""

    def __init__(self, tables: SshTables, given: Mechanisms) -> None:
        self._tables = tables
        self._given = given
        self._proc = str(given.system.root / "proc")

    def add(self, _: tuple[str, ...]) -> tuple[str, ...]:
        """A server that is disabled, and lets nobody in."""
        return (self._tables.add(self._tables.added),)

    def delete(self, key: str) -> None:
        """Of ours."""
        if self._tables.is_machine(key):
            raise Denied("", "the machine's own server is not the agent's to remove")
        self._tables.remove(SshServer, key)

    # -- on and off ---------------------------------------------------------------------------------------------------

    def is_on(self, _: Any) -> bool:
        """Enable of the whole: the machine's own server runs, whatever is said of ours."""
        return self._tables.is_served() or self._tables.wanted.get(SshService).enable

    def is_any_running(self) -> bool:
        """Status of the whole."""
        return self._tables.is_served() or any(map(self._tables.pid, self._tables.server_keys()))

    def switch(self, _: Any, enable: bool) -> None:
        """Of ours."""
        if not enable and self._tables.is_served():
            raise Denied("", "the machine's own server is its owner's to end: servers that were added can be disabled")
        self._tables.edit(SshService, enable=enable)

    def _is_enabled(self, key: str) -> bool:
        return self._tables.is_served() if self._tables.is_machine(key) else self._record(key).enable

    def _enable(self, key: str, enable: bool) -> None:
        if self._tables.is_machine(key):
            if enable != self._tables.is_served():
                raise Denied("", "the machine's own server is its owner's to start and to end: add a server")
            return
        duration = self._record(key).lease_duration if enable else 0
        lease = granted(duration, self._tables.clock()) if enable else {}
        self._tables.edit(SshServer, key, enable=enable, **lease)

    def _status(self, key: str) -> str:
        if self._tables.is_machine(key):
            return "Enabled" if self._tables.is_served() else "Disabled"
        if not self._record(key).enable or not self._tables.wanted.get(SshService).enable:
            return "Disabled"
        if not self._tables.is_possible(key):
            return "Error_Misconfigured"
        return "Enabled" if self._tables.pid(key) else "Error"

    def _set_duration(self, key: str, seconds: int) -> None:
        if self._tables.is_machine(key) and seconds:
            raise Denied("", "the machine's own server is its owner's to end: add a server")
        self._tables.edit(SshServer, key, **granted(seconds, self._tables.clock()))

    def _activated(self, key: str) -> datetime | None:
        process = self._tables.pid(key)
        started = started_at(process, self._proc) if process else None
        return None if started is None else datetime.fromtimestamp(started, UTC)

    # -- parameters ---------------------------------------------------------------------------------------------------

    def parameters(self) -> list[Parameter[str, Any]]:
        """Of Server.{i}."""
        told = self._tables.told
        found: list[Parameter[str, Any]] = [
            Parameter("Enable", self._is_enabled, self._enable),
            Parameter("Status", self._status),
            Parameter("Interface", self._interface, self._set_interface),
            self._field("Port", "port", lambda: _number(told("port"))),
            self._field("IdleTimeout", "idle_timeout", lambda: _idle_time(told("channeltimeout"))),
            self._field("KeepAlive", "keep_alive", lambda: _number(told("clientaliveinterval"))),
            self._field("AllowRootLogin", "root_login", lambda: told("permitrootlogin") != "no"),
            self._field("AllowPasswordLogin", "password_login", self._lets_passwords_in),
            self._field("AllowRootPasswordLogin", "root_password_login", self._lets_roots_password_in),
            self._field("MaxAuthTries", "max_auth_tries", lambda: _number(told("maxauthtries"))),
            self._field("AllowAllIPv4", "from_all_ipv4", lambda: True),
            self._networks("IPv4AllowedSourcePrefix", "from_ipv4", 4),
            self._field("AllowAllIPv6", "from_all_ipv6", lambda: True),
            self._networks("IPv6AllowedSourcePrefix", "from_ipv6", 6),
            Parameter("ActivationDate", self._activated),
            Parameter("AutoDisableDuration", lambda key: self._record(key).lease_duration, self._set_duration),
            Parameter("PID", lambda key: self._tables.pid(key) or 0),
        ]  # fmt: skip
        if self._given.accounts is not None:
            found.append(Parameter("UserGroupAccess", self._group, self._set_group))
        return found

    def session_parameters(self) -> list[Parameter[Session, Any]]:
        """Of Session.{i}."""
        accounts = self._given.accounts
        found: list[Parameter[Session, Any]] = [
            Parameter("IPAddress", lambda row: row.address),
            Parameter("Port", lambda row: row.port),
        ]
        if accounts is None:
            return found

        def user(row: Session) -> Target | None:
            return next((Target(USERS, (one.key,)) for one in accounts.rows(USER) if one.name == row.user), None)

        return [Parameter("User", user), *found]

    def _field(self, name: str, field: str, otherwise: Callable[[], Any]) -> Parameter[str, Any]:
        """A field as it was set, else as the machine's configuration says."""

        def read(key: str) -> Any:
            value = getattr(self._record(key), field)
            return otherwise() if value is None else value

        return Parameter(name, read, lambda key, value: self._edit(key, **{field: value}))

    def _networks(self, name: str, field: str, version: int) -> Parameter[str, Any]:
        def store(key: str, networks: Sequence[str]) -> None:
            try:
                self._edit(key, **{field: tuple(checked_network(one, version) for one in networks)})
            except ValueError as wrong:
                raise InvalidValue("", str(wrong)) from wrong

        return Parameter(name, lambda key: getattr(self._record(key), field), store)

    def _record(self, key: str) -> SshServer:
        return self._tables.wanted.get(SshServer, key)

    def _edit(self, key: str, **values: Any) -> None:
        self._tables.edit(SshServer, key, **values)

    # -- what the machine's configuration says ------------------------------------------------------------------------

    def _lets_passwords_in(self) -> bool:
        told = self._tables.told
        by_pam = told("usepam") == "yes" and told("kbdinteractiveauthentication") == "yes"
        return told("passwordauthentication") == "yes" or by_pam

    def _lets_roots_password_in(self) -> bool:
        word = permit_root_login(self._record(MACHINE), self._tables.told("permitrootlogin"))
        passwords = self._record(MACHINE).password_login
        return word == "yes" and (self._lets_passwords_in() if passwords is None else passwords)

    def _interface(self, key: str) -> Target | None:
        if not self._tables.is_machine(key):
            return target_of(self._record(key).interface)
        address = self._tables.told("listenaddress").strip("[").split("]")[0]
        host = address.rpartition(":")[0] if address.count(":") == 1 else address
        links = [one.interface for one in self._given.netlink.addresses() if one.address == host] if host else []
        return self._given.links.row_of(links[0], IP_INTERFACE) if links else None

    def _set_interface(self, key: str, target: Target | None) -> None:
        if not self._tables.is_machine(key):
            self._edit(key, interface=only(IP_INTERFACE)(target))
        elif target != self._interface(key):
            raise Denied("", "where the machine's own server listens would keep it from starting: add a server")

    def _group(self, key: str) -> Target | None:
        group = self._record(key).group
        told = self._tables.told("allowgroups").split()
        if group is not None or not self._tables.is_machine(key) or len(told) != 1 or self._given.accounts is None:
            return target_of(group)
        found = self._given.accounts.key_of_group(told[0])
        return Target(GROUPS, (found[1],)) if found and found[0] == GROUP else None

    def _set_group(self, key: str, target: Target | None) -> None:
        self._edit(key, group=only(GROUPS)(target))


def _number(text: str) -> int:
    """0 where the configuration says it with a unit."""
    return int(text) if text.isdecimal() else 0


def _idle_time(text: str) -> int:
    found = [word.partition("=")[2] for word in text.split() if word.startswith(("session=", "session:*="))]
    return _number(found[0]) if found else 0
