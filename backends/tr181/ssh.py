"""Device.SSH.: the machine's OpenSSH server, read from its configuration and changed by a drop-in of ours."""

from typing import Any, Final

from agent.model.errors import Denied
from agent.model.object import Object, Parameter
from backends.desired_state import SINGLE
from backends.ssh_server import SshServer, SshSetting
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.tr181.service import TableService

SSH: Final = "Device.SSH."
SERVER: Final = f"{SSH}Server.{{i}}."
FIELDS: Final = {"max_auth_tries": ("MaxAuthTries",), "allow_password_login": ("AllowPasswordLogin",)}


class SshTables(TableService):
    """The backend of the one server; ``server`` is what it reads."""

    def __init__(self, server: SshServer) -> None:
        super().__init__("ssh", (SshSetting,), server, {SshSetting: SERVER}, FIELDS)
        self.server = server


def ssh_server(given: Mechanisms) -> Part | None:
    """The server, where one is installed."""
    server = SshServer(given.system.root, given.directory / "ssh", given.may_change_system)
    if not server.is_installed():
        return None
    tables = SshTables(server)
    return Part("ssh", {"ssh": tables}, tables, [server.forget], follows=frozenset())


def ssh(mechanisms: Mechanisms) -> list[Object[Any]]:
    """The service, and its one server."""
    tables = mechanisms.ssh
    if tables is None:
        return []
    server = tables.server

    def keep(_: Any, value: bool) -> None:
        if value != (server.pid() is not None):
            raise Denied("", "whether there is a way in by SSH is for the owner to say")

    def status(_: Any) -> str:
        return "Enabled" if server.pid() is not None else "Disabled"

    def allows_passwords(_: Any) -> bool:
        told = tables.wanted.get(SshSetting).allow_password_login
        return server.told("passwordauthentication") == "yes" if told is None else told

    def allows_root(_: Any) -> bool:
        return server.told("permitrootlogin") != "no"

    def allows_roots_password(_: Any) -> bool:
        return server.told("permitrootlogin") == "yes" and server.told("passwordauthentication") == "yes"

    switch: list[Parameter[Any, Any]] = [
        Parameter("Enable", lambda _: server.pid() is not None, keep),
        Parameter("Status", status),
    ]
    parameters = [
        *switch,
        _number(tables, "Port", "port", "port"),
        _number(tables, "KeepAlive", "clientaliveinterval", "keep_alive"),
        _number(tables, "MaxAuthTries", "maxauthtries", "max_auth_tries"),
        Parameter(
            "AllowPasswordLogin",
            allows_passwords,
            lambda _, value: tables.edit(SshSetting, SINGLE, allow_password_login=value),
        ),
        Parameter("AllowRootLogin", allows_root),
        Parameter("AllowRootPasswordLogin", allows_roots_password),
        Parameter("PID", lambda _: server.pid() or 0),
    ]
    return [
        Object(SSH, lambda: [()], lambda row: row, switch, backend=tables, source=lambda _: "sshd"),
        Object(
            SERVER, lambda: [("sshd",)], lambda row: row, parameters, backend=tables, source=lambda _: "sshd_config"
        ),
    ]


def _number(tables: SshTables, name: str, keyword: str, field: str) -> Parameter[Any, int]:
    """A number: as it was set here, else as the configuration says; 0 where that says it with a unit."""

    def read(_: Any) -> int:
        told = getattr(tables.wanted.get(SshSetting), field)
        text = tables.server.told(keyword)
        return told if told is not None else int(text) if text.isdecimal() else 0

    return Parameter(name, read, lambda _, value: tables.edit(SshSetting, SINGLE, **{field: value}))
