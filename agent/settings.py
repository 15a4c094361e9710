"""The agent's own settings: one frozen tree, read from TOML or UCI and checked; config/agent.toml documents each."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal

from agent import settings_checks as check
from agent.settings_checks import Check
from agent.settings_form import TOML_FILE, default_file, home_of, is_uci

DEFAULT_FILE: Final = TOML_FILE
DEFAULT_STATE: Final = Path("/var/lib/cpe-agent")
RUNTIME: Final = Path("/run/cpe-agent")
OPENWRT_STATE: Final = Path("/etc/cpe-agent/state")
"""What must survive a reboot of OpenWrt: its /var is memory."""
OPENWRT_RUNTIME: Final = Path("/var/run/cpe-agent")
UBUS: Final = Path("/var/run/ubus/ubus.sock")

Command = tuple[str, ...] | Literal["restart", "auto"]


class SettingsError(Exception):
    """The file cannot be used. ``problems`` are lines for people: "file:line: what is wrong; what is allowed"."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Acs:
    """The auto-configuration server, until it or a person sets another one."""

    url: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None
    tls_profile: str = "modern"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the device says it is; what is empty is read from the system."""

    manufacturer: str = ""
    oui: str = ""
    product_class: str = ""
    serial_number: str = ""


@dataclass(frozen=True, slots=True)
class Inform:
    """When the agent speaks without being asked. ``interval`` and ``boot_delay`` are seconds."""

    enable: bool = True
    interval: int = 3600
    boot_delay: int = 0


@dataclass(frozen=True, slots=True)
class ConnectionRequest:
    """The listener by which the ACS asks for a session. Empty credentials and path are made up per device."""

    username: str = ""
    password: str = field(default="", repr=False)
    port: int = 7547
    path: str = ""
    interface: str = ""
    digest: str = "MD5"
    firewall: str = ""


@dataclass(frozen=True, slots=True)
class Network:
    """What of the machine's networking may be changed, and by which interface the ACS is reached."""

    manage: tuple[str, ...] = ()
    management_interface: str = ""
    management_name_servers: tuple[str, ...] = ()
    confirm_within: int = 180


@dataclass(frozen=True, slots=True)
class Discovery:
    """Whether the network may name the ACS, and within which bounds."""

    enable: bool = True
    interface: str = ""
    allow_http: bool = False
    allow_change: bool = False


@dataclass(frozen=True, slots=True)
class Preset:
    """Where the firmware has its presets; without it none is read."""

    directory: Path | None = Path("/usr/share/cpe-agent/presets")


@dataclass(frozen=True, slots=True)
class Ieee8021x:
    """By what the machine proves who it is to a wired network that wants to know, and whom it believes (EAP-TLS)."""

    client_certificate: Path | None = None
    client_key: Path | None = None
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class System:
    """Host-wide changes and what to run for Reboot and FactoryReset; "restart" restarts the agent as if booted.
    "auto" is what this kind of system has for it.

    ``mechanisms``: by what this system is read and changed; "auto" is "openwrt" where /etc/openwrt_release is.
    """

    mechanisms: str = "auto"
    manage: bool = False
    reboot_command: Command = "auto"
    factory_reset_command: Command = "auto"


@dataclass(frozen=True, slots=True)
class Firmware:
    """How images are installed and whose are believed. ``directory`` has a laboratory's banks, ``banks`` U-Boot's."""

    installer: str = "auto"
    public_keys: Path | None = Path("/etc/cpe-agent/firmware-keys")
    require_signature: bool = True
    allow_downgrade: bool = False
    confirm_within: int = 600
    directory: Path | None = None
    banks: tuple[str, ...] = ()
    bank_variable: str = "bank"


@dataclass(frozen=True, slots=True)
class Transfers:
    """With which file servers files may be exchanged; without ``hosts``: with any that is elsewhere."""

    schemes: tuple[str, ...] = ("http", "https")
    hosts: tuple[str, ...] = ()
    laboratory: bool = False


@dataclass(frozen=True, slots=True)
class Modules:
    """Whether the ACS may have software modules, and whether one that nobody trusted has signed may be installed."""

    enable: bool = False
    unsigned: bool = False


@dataclass(frozen=True, slots=True)
class Omci:
    """The serial line to an ONT. ``driver`` "raw": frames, else a family of consoles; ``mode`` "monitor": only listen.

    ``key`` is OMCI_IK for the trailer "cmac"; ``unlock`` names what may be sent although it changes the ONT.
    """

    device: str = ""
    baud: int = 115200
    codec: str = "hdlc"
    trailer: str = "ignore"
    key: str = field(default="", repr=False)
    driver: str = "raw"
    username: str = ""
    password: str = field(default="", repr=False)
    mode: str = "query"
    upload: bool = False
    pon_mode: str = "Unknown"
    module: str = ""
    unlock: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Extensions:
    """Where vendor objects are loaded from."""

    directory: Path | None = None


@dataclass(frozen=True, slots=True)
class Backup:
    """What becomes of secrets in configuration files: "sealed" by this device's key, or by the passphrase if there is
    one; "omitted" or "plain".
    """

    secrets: str = "sealed"
    passphrase: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Web:
    """The page: where it is served. Without names: loopback and each interface that does not lead to other networks."""

    enable: bool = True
    port: int = 8080
    interfaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Control:
    """The socket by which the command line speaks to the agent."""

    socket: Path | None = None


@dataclass(frozen=True, slots=True)
class Ubus:
    """OpenWrt's bus, on which the agent is an object. Without a socket: where it usually is, if it is there."""

    enable: bool = True
    socket: Path | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What must survive a reboot."""

    directory: Path = DEFAULT_STATE


@dataclass(frozen=True, slots=True)
class Trace:
    """The readable record of the last sessions; ``bytes`` bounds all of them together."""

    directory: Path | None = None
    sessions: int = 50
    bytes: int = 4_194_304


@dataclass(frozen=True, slots=True)
class Log:
    """What is logged, and where: "auto" is the journal with its fields where it reads standard error."""

    level: str = "info"
    target: str = "auto"


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings; one attribute for each table of the file."""

    acs: Acs = Acs()
    identity: Identity = Identity()
    inform: Inform = Inform()
    connection_request: ConnectionRequest = ConnectionRequest()
    network: Network = Network()
    discovery: Discovery = Discovery()
    preset: Preset = Preset()
    ieee8021x: Ieee8021x = Ieee8021x()
    system: System = System()
    firmware: Firmware = Firmware()
    transfers: Transfers = Transfers()
    modules: Modules = Modules()
    omci: Omci = Omci()
    extensions: Extensions = Extensions()
    backup: Backup = Backup()
    web: Web = Web()
    control: Control = Control()
    ubus: Ubus = Ubus()
    state: State = State()
    trace: Trace = Trace()
    log: Log = Log()

    def control_socket(self) -> Path:
        """Where the control socket is: as set, else in a state directory of one's own, else under /run."""
        if self.control.socket:
            return self.control.socket
        return (self._runtime() or self.state.directory) / "control.sock"

    def bus_socket(self) -> Path | None:
        """Where OpenWrt's bus is to be met; None where there is none, or it is not wanted."""
        if not self.ubus.enable:
            return None
        return self.ubus.socket or (UBUS if UBUS.exists() else None)

    def services_directory(self) -> Path:
        """Where the agent's own daemons find their configuration: in memory, or in a state directory of one's own."""
        return (self._runtime() or self.state.directory) / "services"

    def trace_directory(self) -> Path:
        """Where session traces are kept: as set, else in memory, apart for each state directory of one's own."""
        if self.trace.directory:
            return self.trace.directory
        if runtime := self._runtime():
            return runtime / "sessions"
        mark = sha256(bytes(self.state.directory)).hexdigest()[:12]
        return Path(os.environ.get("XDG_RUNTIME_DIR") or "/dev/shm") / f"cpe-agent-{os.getuid()}-{mark}"  # noqa: S108 - a tmpfs

    def _runtime(self) -> Path | None:
        """Where the machine's own agent keeps what may go with a reboot; None for a state directory of one's own."""
        return {DEFAULT_STATE: RUNTIME, OPENWRT_STATE: OPENWRT_RUNTIME}.get(self.state.directory)


CHECKS: Final[Mapping[str, Check]] = {
    "acs.url": check.http_url,
    "acs.username": check.text(256),
    "acs.password": check.text(256),
    "acs.ca_file": check.file_path,
    "acs.client_certificate": check.file_path,
    "acs.client_key": check.file_path,
    "acs.tls_profile": check.one_of("modern", "compat"),
    "identity.manufacturer": check.text(64),
    "identity.oui": check.matching(r"([0-9A-F]{6})?", 'six upper-case hexadecimal digits, or ""'),
    "identity.product_class": check.text(64),
    "identity.serial_number": check.text(64),
    "inform.enable": check.switch,
    "inform.interval": check.number(1, 2**32 - 1),
    "inform.boot_delay": check.number(0, 86_400),
    "connection_request.username": check.text(256),
    "connection_request.password": check.text(256),
    "connection_request.port": check.number(0, 65_535),
    "connection_request.path": check.matching(
        r"(?!\.{1,2}\Z)[A-Za-z0-9._~-]{0,128}", 'one path segment of letters, digits and ._~-, but not "." or ".."'
    ),
    "connection_request.interface": check.interface,
    "connection_request.digest": check.one_of("MD5", "SHA-256"),
    "connection_request.firewall": check.one_of("", "open", "acs"),
    "network.manage": check.globs,
    "network.management_interface": check.interface,
    "network.management_name_servers": check.addresses,
    "network.confirm_within": check.number(10, 86_400),
    "discovery.enable": check.switch,
    "discovery.interface": check.interface,
    "discovery.allow_http": check.switch,
    "discovery.allow_change": check.switch,
    "preset.directory": check.file_path,
    "ieee8021x.client_certificate": check.file_path,
    "ieee8021x.client_key": check.file_path,
    "ieee8021x.ca_file": check.file_path,
    "system.mechanisms": check.one_of("auto", "linux", "openwrt"),
    "system.manage": check.switch,
    "system.reboot_command": check.command,
    "system.factory_reset_command": check.command,
    "firmware.installer": check.one_of("auto", "sysupgrade", "rauc", "mender", "uboot", "debian", "laboratory", "none"),
    "firmware.public_keys": check.file_path,
    "firmware.require_signature": check.switch,
    "firmware.allow_downgrade": check.switch,
    "firmware.confirm_within": check.number(60, 86_400),
    "firmware.directory": check.file_path,
    "firmware.banks": check.devices,
    "firmware.bank_variable": check.matching(r"[A-Za-z0-9_.-]{1,64}", "the name of a variable of U-Boot's"),
    "transfers.schemes": check.schemes,
    "transfers.hosts": check.hosts,
    "transfers.laboratory": check.switch,
    "modules.enable": check.switch,
    "modules.unsigned": check.switch,
    "omci.device": check.serial_line,
    "omci.baud": check.number(300, 4_000_000),
    "omci.codec": check.one_of("hdlc", "slip", "hexline", "raw48"),
    "omci.trailer": check.one_of("ignore", "crc32", "zero", "none", "cmac"),
    "omci.key": check.matching(r"([0-9A-Fa-f]{32})?", "32 hexadecimal digits"),
    "omci.driver": check.one_of("raw", "lantiq", "realtek", "cortina"),
    "omci.username": check.text(64),
    "omci.password": check.text(64),
    "omci.mode": check.one_of("query", "monitor"),
    "omci.upload": check.switch,
    "omci.pon_mode": check.one_of("Unknown", "G-PON", "XG-PON", "NG-PON2", "XGS-PON"),
    "omci.module": check.interface,
    "omci.unlock": check.omci_commands,
    "extensions.directory": check.file_path,
    "backup.secrets": check.one_of("sealed", "omitted", "plain"),
    "backup.passphrase": check.text(256),
    "web.enable": check.switch,
    "web.port": check.number(0, 65_535),
    "web.interfaces": check.interfaces,
    "control.socket": check.socket_path,
    "ubus.enable": check.switch,
    "ubus.socket": check.socket_path,
    "state.directory": check.required_path,
    "trace.directory": check.file_path,
    "trace.sessions": check.number(1, 10_000),
    "trace.bytes": check.number(65_536, 2**30),
    "log.level": check.one_of("debug", "info", "warning", "error"),
    "log.target": check.one_of("auto", "stderr", "journal", "syslog"),
}


AT_START_ONLY: Final = (
    "control.", "preset.", "state.", "trace.", "identity.", "extensions.", "system.", "ieee8021x.", "inform.boot_delay",
    "firmware.", "ubus.", "log.target", "modules.", "omci.",
)  # fmt: skip
"""Settings, or the tables of them, that a running agent does not take over."""


def flat(settings: Settings) -> dict[str, Any]:
    """Every setting by its name, "acs.url", as JSON has it; secrets as they are."""
    values = {
        f"{table.name}.{one.name}": getattr(getattr(settings, table.name), one.name)
        for table in fields(Settings)
        for one in fields(getattr(settings, table.name))
    }
    return {
        name: value if isinstance(value, (bool, int, str, tuple)) else str(value or "")
        for name, value in values.items()
    }


def waiting_for_a_start(old: Settings, new: Settings) -> list[str]:
    """The settings that differ and that a running agent does not take over: "trace.directory"."""
    changed = [
        f"{table.name}.{one.name}"
        for table in fields(Settings)
        for one in fields(getattr(new, table.name))
        if getattr(getattr(old, table.name), one.name) != getattr(getattr(new, table.name), one.name)
    ]
    return [name for name in changed if name.startswith(AT_START_ONLY)]


_UNSPOKEN: Final = (  # a URL may have credentials in it
    "acs.url", "acs.password", "connection_request.password", "backup.passphrase", "omci.password", "omci.key",
)  # fmt: skip


def parse(text: str, name: str = "agent.toml") -> Settings:
    """Read settings from TOML or UCI. Paths stay as written. SettingsError has every problem, each with its line."""
    problems: list[str] = []

    def refuse(where: str, what: str) -> None:
        problems.append(f"{name}:{_line_of(text, where, name)}: {what}")

    document = _document(text, name, refuse)
    tables: dict[str, Any] = {}
    for table in fields(Settings):
        given = document.pop(table.name, {})
        if isinstance(given, dict):
            values = _values(table.name, given, refuse, in_uci=is_uci(text, name))
            tables[table.name] = table.type(**values)  # type: ignore[operator]
        else:
            refuse(table.name, f"{table.name} is a table; write [{table.name}] and its settings below it")
    for key in document:
        refuse(key, f"unknown table or setting {key!r}; tables are {', '.join(f.name for f in fields(Settings))}")
    if problems:
        raise SettingsError(tuple(sorted(problems, key=_line_number)))
    return Settings(**tables)


def _document(text: str, name: str, refuse: Any) -> dict[str, Any]:
    if is_uci(text, name):
        from agent import settings_uci

        return {**settings_uci.document(text, name, refuse)}
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r" \(at line (\d+), column \d+\)", str(error))
        line, reason = (found[1], str(error)[: found.start()]) if found else (str(text.count("\n") + 1), str(error))
        raise SettingsError((f"{name}:{line}: this is not TOML: {reason[:1].lower()}{reason[1:]}",)) from None


def _values(table: str, given: dict[str, Any], refuse: Any, *, in_uci: bool) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in given.items():
        rule = CHECKS.get(f"{table}.{key}")
        if rule is None:
            allowed = ", ".join(known.partition(".")[2] for known in CHECKS if known.startswith(f"{table}."))
            what, where = ("option", table) if in_uci else ("setting", f"[{table}]")
            refuse(f"{table}.{key}", f"unknown {what} {key!r} in {where}; allowed are {allowed}")
            continue
        try:
            values[key] = rule(value)
        except ValueError as error:
            shown = "" if f"{table}.{key}" in _UNSPOKEN else f" is {value!r}"
            refuse(f"{table}.{key}", f"{_label(table, key, in_uci=in_uci)}{shown}: {_told(error, in_uci=in_uci)}")
    return values


def _label(table: str, key: str, *, in_uci: bool) -> str:
    return f"{table}.{key}" if in_uci else f"[{table}] {key}"


def _told(error: ValueError, *, in_uci: bool) -> str:
    if not in_uci:
        return str(error)
    from agent.settings_uci import in_words

    return in_words(str(error))


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings as read from a file, and what a person should know about them.

    ``text`` is the file's, ``source`` its name; ``elsewhere`` names the options that won over settings of the file.
    """

    settings: Settings
    warnings: tuple[str, ...] = ()
    source: str = ""
    text: str = field(default="", repr=False)
    elsewhere: Mapping[str, str] = field(default_factory=dict)

    def refusal(self, key: str, what: str) -> SettingsError:
        """The error for a setting that proved useless when it was used; ``what`` also says what is allowed."""
        table, _, name = key.partition(".")
        label = _label(table, name, in_uci=is_uci(self.text, self.source))
        where = self.elsewhere.get(key) or f"{self.source}:{_line_of(self.text, key, self.source)}: {label}"
        return SettingsError((f"{where}: {what}",))


def load(file: Path | None, state_directory: Path | None = None) -> Loaded:
    """Read ``file``; ``None`` is the default file, whose absence means defaults.

    Relative paths count from the file's directory, or of UCI's files from /etc/cpe-agent. ``state_directory`` wins over
    the file's. Raises SettingsError.
    """
    source = file or default_file()
    warnings: list[str] = []
    try:
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        if file or not isinstance(error, FileNotFoundError):
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise SettingsError((f"{source}: cannot be read: {reason}",)) from None
        text = ""
        warnings.append(f"{source} does not exist; every setting has its default, and there is no ACS")
    settings = checked(text, source)
    if state_directory:
        settings = replace(settings, state=State(state_directory.absolute()))
    elsewhere = {"state.directory": "--state-dir"} if state_directory else {}
    return Loaded(settings, (*warnings, *_concerns(settings, text, source)), str(source), text, elsewhere)


def checked(text: str, source: Path) -> Settings:
    """What the text would mean as the content of that file, with the files it names looked at. Raises SettingsError."""
    settings = _anchored(parse(text, str(source)), home_of(source))
    _require_files(settings, text, source)
    return settings


def _anchored(settings: Settings, directory: Path) -> Settings:
    def table(part: Any) -> Any:
        paths = {f.name: getattr(part, f.name) for f in fields(part)}
        return replace(part, **{name: directory / value for name, value in paths.items() if isinstance(value, Path)})

    return Settings(**{f.name: table(getattr(settings, f.name)) for f in fields(settings)})


def _require_files(settings: Settings, text: str, source: Path) -> None:
    problems: list[str] = []
    in_uci = is_uci(text, str(source))
    for name, table in (("acs", settings.acs), ("ieee8021x", settings.ieee8021x)):
        problems += [
            f"{source}:{_line_of(text, f'{name}.{key}', str(source))}: {_label(name, key, in_uci=in_uci)}: "
            f"{path} is no file that can be read"
            for key in ("ca_file", "client_certificate", "client_key")
            if (path := getattr(table, key)) and not os.access(path, os.R_OK)
        ]
        if table.client_key and not table.client_certificate:
            where = f"{source}:{_line_of(text, f'{name}.client_key', str(source))}"
            label = _label(name, "client_key", in_uci=in_uci)
            problems.append(f"{where}: {label} needs a client_certificate beside it")
    for key, wrong in _contradictions(settings.omci):
        where = f"{source}:{_line_of(text, f'omci.{key}', str(source))}"
        problems.append(f"{where}: {_label('omci', key, in_uci=in_uci)}: {wrong}")
    if problems:
        raise SettingsError(tuple(problems))


def _contradictions(omci: Omci) -> list[tuple[str, str]]:
    """By setting, what cannot be beside the others."""
    found = []
    if omci.mode == "monitor" and omci.driver != "raw":
        found.append(("mode", "only a line of raw frames can be listened to: driver has to be raw"))
    if (omci.trailer == "cmac") != bool(omci.key):
        found.append(("key", "it is for the trailer cmac, which needs it"))
    if omci.codec in ("slip", "raw48") and omci.trailer in ("zero", "none"):
        found.append(("trailer", f"{omci.codec} has no check of its own: crc32 or cmac tells its frames from noise"))
    return found


def _concerns(settings: Settings, text: str, source: Path) -> list[str]:
    concerns = []
    if settings.acs.url.lower().startswith("http:"):
        line = _line_of(text, "acs.url", str(source))
        concerns.append(
            f"{source}:{line}: the ACS is reached by http://: anybody on the way can read and change what is said; "
            "use https:// outside a laboratory"
        )
    has_password = settings.acs.password or settings.connection_request.password
    if not has_password:
        return concerns
    status = source.stat()
    is_given_to_us = status.st_uid != os.geteuid() and status.st_gid == os.getegid()  # as root gives a user its own
    if status.st_mode & (0o004 if is_given_to_us else 0o044):
        who = "every user" if status.st_mode & 0o004 else "its group"
        concerns.append(f"{source} has a password and {who} can read it; chmod 600 {source}")
    return concerns


_HEADER: Final = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]")
_KEY: Final = re.compile(r"""\s*((?:[\w.-]|\s*\.\s*|"[^"]*"|'[^']*')+?)\s*=""")


def _line_of(text: str, wanted: str, name: str) -> int:
    """The line where a setting ("acs.url") or a table stands; 1 when it is written in no way known here."""
    if is_uci(text, name):
        from agent.settings_uci import line_of

        return line_of(text, wanted)
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _plain(header[1])
            if table == wanted:
                return number
        elif key := _KEY.match(line):
            name = f"{table}.{_plain(key[1])}".lstrip(".")
            if name == wanted or wanted.startswith(f"{name}.") or name.startswith(f"{wanted}."):
                return number
    return 1


def _plain(key: str) -> str:
    return re.sub(r"""["'\s]""", "", key)


def _line_number(problem: str) -> int:
    found = re.search(r":(\d+): ", problem)
    return int(found[1]) if found else 0
