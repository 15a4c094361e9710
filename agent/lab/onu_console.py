"""The lab ONU's consoles: a log-in, a shell or minishell, and programs that print what three families print. No I/O.

Around it what makes consoles hard: echo, colours, and a kernel that writes whenever it likes, also within a line.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from agent.lab.onu_classes import Attribute, Kind, kinds
from agent.lab.onu_mib import ANI, ANI_G, SERIAL, Mib

FAMILIES: Final = ("lantiq", "realtek", "cortina")
MOST_LINE: Final = 4096
RULE, HEAVY, BANNER = "-" * 79, "=" * 33, "X" * 33
KERNEL: Final = (
    "[ 1042.123456] sfp eth0: link is up\r\n",
    "[ 1043.000001] omcid: alarm 2 of 263 has changed\r\n",
    "<6>[ 1044.654321] random: crng init done\r\n",
)
LEGEND: Final = """\
R - Readable          O - Not supported (optional)
W - Writable          E - Excluded from MIB upload (template)
S - set-by-create     T - Table
A - Send AVC          V - Volatile
U - No upload         P - No swap
N - Not supported     Y - Partly supported
"""

Program = Callable[[list[str]], str]
_SHELL, _USER, _PASSWORD, _MINISHELL = "shell", "user", "password", "minishell"


class OnuConsole:
    """A console, character by character. ``user`` "" lets anybody in."""

    def __init__(
        self,
        family: str,
        mib: Mib,
        *,
        user: str = "",
        password: str = "",
        noise_every: int = 0,
        has_colours: bool = False,
    ) -> None:
        """``noise_every``: the kernel writes into each so many octets of output."""
        self._family = family
        self._mib = mib
        self._log_in = (user, password)
        self._noise_every = noise_every
        self._written = 0
        self._messages = 0
        self._line = ""
        self._named = ""
        self._state = _USER if user else self._first()
        self._colours = ("\x1b[1;32m", "\x1b[0m") if has_colours else ("", "")
        programs: dict[str, dict[str, Program]] = {
            "lantiq": {"omci_pipe.sh": self._omci_pipe, "onu": self._onu, "pon": self._pon},
            "realtek": {"omcicli": self._omcicli, "diag": self._diag},
            "cortina": {"system/mib/show": self._mib_show, "traffic/pon/show": self._pon_show},
        }
        self._programs = programs[family]

    def feed(self, octets: bytes) -> bytes:
        """What it writes after this was typed."""
        out = ""
        for letter in octets.decode("utf-8", "replace"):
            if letter == "\x03":
                self._line = ""
                out += "^C\r\n" + self._prompt()
            elif letter in "\r\n":
                line, self._line = self._line, ""
                out += "\r\n" + self._entered(line)
            elif len(self._line) < MOST_LINE:
                self._line += letter
                out += "" if self._state == _PASSWORD else letter
        return self._disturbed(out).encode()

    def _disturbed(self, out: str) -> str:
        """With the kernel's messages wherever they fall; never within the escape of a colour."""
        if not self._noise_every:
            return out
        parts = []
        at = 0
        while self._written + len(out) - at >= self._noise_every:
            cut = at + self._noise_every - self._written
            while "\x1b" in out[max(cut - 8, 0) : cut] or out[cut - 1 : cut] == "\r":
                cut += 1
            parts += [out[at:cut], KERNEL[self._messages % len(KERNEL)]]
            self._messages += 1
            self._written, at = 0, cut
        self._written += max(len(out) - at, 0)
        return "".join(parts) + out[at:]

    def _first(self) -> str:
        return _MINISHELL if self._family != "realtek" else _SHELL

    def _prompt(self) -> str:
        before, behind = self._colours
        texts = {
            "lantiq": {_SHELL: "root@SFP:~# ", _MINISHELL: "WAP>"},
            "realtek": {_SHELL: "# "},
            "cortina": {_SHELL: "#ONT>", _MINISHELL: "ONT>"},
        }[self._family]
        asks = {_USER: "login: ", _PASSWORD: "Password: "}
        return asks.get(self._state) or before + texts[self._state] + behind

    def _entered(self, line: str) -> str:
        out = self._done(line.strip())
        return out.replace("\n", "\r\n") + self._prompt()

    def _done(self, line: str) -> str:
        if self._state == _USER:
            if line:
                self._named, self._state = line, _PASSWORD
            return ""
        if self._state == _PASSWORD:
            is_right = (self._named, line) == self._log_in
            self._state = self._first() if is_right else _USER
            return "" if is_right else "Login incorrect\n"
        if line == "exit":
            self._state = _USER if self._log_in[0] else self._first()
            return ""
        if self._state == _MINISHELL:
            if line in ("linuxshell", "enable"):
                self._state = _SHELL
            return "" if not line or self._state == _SHELL else "unknown command\n"
        return self._run(line, "0") if self._family == "cortina" else self._shell(line)

    def _shell(self, line: str) -> str:
        """Commands behind each other, as a shell has them; echo joins what quotes part, and knows $?."""
        out = ""
        status = "0"
        for command in filter(None, (part.strip() for part in line.split(";"))):
            if command.startswith("echo "):
                out += command[5:].replace("''", "").replace('""', "").replace("$?", status) + "\n"
                continue
            said = self._run(command, status)
            status = "127" if said.endswith("not found\n") else "0"
            out += said
        return out

    def _run(self, line: str, _: str) -> str:
        words = line.split()
        if not words:
            return ""
        program = self._programs.get(words[0])
        if program is None:
            return "unknown command\n" if self._family == "cortina" else f"-ash: {words[0]}: not found\n"
        return program(words[1:])

    # --- Lantiq, MaxLinear

    def _omci_pipe(self, words: list[str]) -> str:
        match words:
            case ["meg" | "managed_entity_get", number, instance, *_] if number.isdigit() and instance.isdigit():
                key = (int(number), int(instance))
                return self._meg(*key) if key in self._mib.values else "errorcode=-12\n"
            case ["md"]:
                rows = (
                    f"| {number:5d} | {instance:5d} | {kinds()[number].lantiq}\n" for number, instance in self._keys()
                )
                return f"{'-' * 40}\n| Class | Inst. |\n{''.join(rows)}{'-' * 40}\nerrorcode=0\n"
            case ["mda"]:
                return "".join(self._meg(*key) for key in self._keys())
        return "errorcode=-1\n"

    def _meg(self, number: int, instance: int) -> str:
        kind = kinds()[number]
        alarms = self._mib.alarms.get((number, instance))
        told = " ".join(f"0x{octet:02x}" for octet in alarms) if alarms else "-"
        out = (
            f"Class ID    = {number} ({kind.lantiq})\nInstance ID = {instance}\n"
            f"Upload      = {'yes' if any(each.is_uploaded for each in kind.attributes) else 'no_pm'}\n"
            f"Alarms      = {told}\n{RULE}\n"
        )
        for each in kind.attributes:
            out += f"{each.index:2d} {each.lantiq[:25]:<25} {each.size:5d}b {each.lantiq_kind:<4} {_flags(each)}\n"
            out += self._lantiq_value(number, instance, each) + f"{RULE}\n"
        return out + LEGEND + "\nerrorcode=0\n"

    def _lantiq_value(self, number: int, instance: int, each: Attribute) -> str:
        if each.is_table:
            rows = self._mib.rows.get((number, instance, each.index), [])
            return "".join("   " + " ".join(f"0x{octet:02x}" for octet in row) + "\n" for row in rows)
        octets = self._value(number, instance, each)
        if each.kind in "so":
            plain = "".join(chr(octet) if 0x20 <= octet < 0x7F else f"\\x{octet:02X}" for octet in octets)
            return "   " + " ".join(f"0x{octet:02x}" for octet in octets) + f"\n   {plain}\n"
        value = int.from_bytes(octets, signed=each.kind == "i")
        return f"   0x{octets.hex()} ({value})\n"

    def _onu(self, words: list[str]) -> str:
        if words == ["ploamsg"]:
            return f"errorcode=0 curr_state={self._mib.activation} previous_state=4 elapsed_msec=30428\n"
        if words == ["gtcsng"]:
            return 'errorcode=0 serial_number="' + " ".join(map(str, SERIAL)) + '"\n'
        if words == ["gtcag"]:
            is_lost, fails, degrades = self._pon_alarms()
            return (
                f"errorcode=0 alarm={is_lost | fails | degrades:d} sig_fail={fails:d} sig_degrade={degrades:d} "
                f"loss_of_signal={is_lost:d} loss_of_gem_frame={is_lost:d} loss_of_gtc_frame={is_lost:d} "
                "loss_of_gtc_superframe=0 ploam_rx_error=0 plen_error=0 physical_equipment_error=0\n"
            )
        return "errorcode=-1\n"

    def _pon(self, words: list[str]) -> str:
        if words == ["psg"]:
            return f"errorcode=0 current={self._mib.activation}1 previous=40 time_curr=57779\n"
        return "errorcode=-1\n"

    # --- Realtek

    def _omcicli(self, words: list[str]) -> str:
        match words:
            case ["mib", "get", number] if number.isdigit() and int(number) in kinds():
                kind = kinds()[int(number)]
                told = "".join(self._block(kind, instance) for of, instance in self._keys() if of == kind.number)
                return f"{BANNER}\n{kind.realtek}\n{BANNER}\n{told}"
            case ["get", "sn"]:
                return f"SerialNumber: {SERIAL[:4].decode()}{SERIAL[4:].hex()}\n"
            case ["get", "onuid"]:
                return "ONUID: 17\n"
        return "unsupported class\n"

    def _block(self, kind: Kind, instance: int) -> str:
        lines = [f"EntityID: 0x{instance:04x}"]
        for each in kind.attributes:
            if each.is_table:
                lines.append(each.realtek)
                continue
            octets = self._value(kind.number, instance, each)
            if each.kind == "s" and each.size <= 20:
                lines.append(f"{each.realtek}: {_plain(octets)}")
            elif each.kind in "soip":
                lines.append(f"{each.realtek}: 0x{octets.hex()}")
            else:
                lines.append(f"{each.realtek}: {int.from_bytes(octets)}")
        return "\n".join([HEAVY, *lines, HEAVY]) + "\n"

    def _diag(self, words: list[str]) -> str:
        mib = self._mib
        receive, transmit = (self._dbm(index) for index in (10, 14))
        return {
            "gpon get onu-state": f"ONU state: Operation State(O{mib.activation})\n",
            "gpon get alarm-status": self._alarm_status(),
            "pon get transceiver rx-power": f"Rx Power: {receive:.6f}  dBm\n",
            "pon get transceiver tx-power": f"Tx Power: {transmit:.6f}  dBm\n",
            "pon get transceiver bias-current": "Bias Current: 11.418000 mA\n",
            "pon get transceiver temperature": "Temperature: 45.199219 C\n",
            "pon get transceiver voltage": "Voltage: 3.284900 V\n",
        }.get(" ".join(words), "Error: unknown command\n")

    def _alarm_status(self) -> str:
        is_lost, fails, degrades = self._pon_alarms()
        told = {"LOS": is_lost, "LOF": is_lost, "LOM": is_lost, "SF": fails, "SD": degrades,
                "TX Too Long": False, "TX Mismatch": False}  # fmt: skip
        return "".join(f"Alarm {name}, status: {'occur' if is_on else 'clear'}\n" for name, is_on in told.items())

    def _dbm(self, index: int) -> float:
        return int.from_bytes(self._mib.values[ANI_G, ANI][index], signed=True) * 0.002

    # --- Cortina

    def _mib_show(self, words: list[str]) -> str:
        if len(words) != 1 or not words[0].isdigit() or int(words[0]) not in kinds():
            return "no such table\n"
        kind = kinds()[int(words[0])]
        instances = [instance for number, instance in self._keys() if number == kind.number]
        blocks = "".join(self._table(kind, instance) for instance in instances)
        return f"Table {kind.cortina}, {kind.lantiq}, total {len(instances)} instances\n\n{blocks}"

    def _table(self, kind: Kind, instance: int) -> str:
        lines = [f"{'EntityID':<25} = 0x{instance:04x}"]
        for each in kind.attributes:
            if each.is_table:
                continue
            octets = self._value(kind.number, instance, each)
            if each.kind == "o" or (each.kind == "s" and each.size == 14):
                value = octets.hex(" ")
            elif each.kind == "s":
                value = f'"{_plain(octets)}"'
            elif each.kind == "p":
                value = f"0x{octets.hex()}"
            else:
                value = str(int.from_bytes(octets, signed=each.kind == "i"))
            lines.append(f"{each.cortina:<25} = {value}")
        return "\n".join(lines) + "\n\n"

    def _pon_show(self, words: list[str]) -> str:
        state = self._mib.activation
        if words == ["link"]:
            name = {1: "INIT", 5: "OPERATION"}.get(state, "RANGING")
            return (
                "\n ----------------- LINK STATE -----------------\n"
                f" Link State:              {'ACTIVE' if state == 5 else 'INACTIVE'}\n"
                f" Operation State Machine: {name} (O{state})\n"
                " ----------------- STATE  END -----------------\n\n"
            )
        if words == ["onu"]:
            return (
                "\n------------------------- ONU INFO --------------------------\n\nOnu id 17\neqd:   0\n"
                f"Serial Number(vendor code): {SERIAL[:4].decode()}\nSerial Number(sn):          {SERIAL[4:].hex()}\n"
                "------------------------- INFO END --------------------------\n\n"
            )
        return "unknown command\n"

    # --- all

    def _pon_alarms(self) -> tuple[bool, bool, bool]:
        """Whether there is no light, and whether the signal fails or is degraded (alarms 2 and 3 of the ANI)."""
        told = self._mib.alarms.get((ANI_G, ANI), b"\0")[0]
        return self._mib.is_dark, bool(told & 0x20), bool(told & 0x10)

    def _keys(self) -> Iterator[tuple[int, int]]:
        return iter(sorted(self._mib.values))

    def _value(self, number: int, instance: int, each: Attribute) -> bytes:
        counts = self._mib.counts.get((number, instance), {})
        if each.index in counts:
            return (counts[each.index] % (1 << 8 * each.size)).to_bytes(each.size)
        return self._mib.values[number, instance][each.index]


def _plain(octets: bytes) -> str:
    return re.sub(r"[^ -~]", "?", octets.rstrip(b"\0").decode("latin-1"))


def _flags(each: Attribute) -> str:
    """RWSAOUTPNEY, each where it stands."""
    has = {
        "R": "R" in each.access,
        "W": "W" in each.access,
        "S": "S" in each.access,
        "A": "A" in each.access,
        "O": False,
        "U": not each.is_uploaded,
        "T": each.is_table,
        "P": each.kind in "so",
        "N": False,
        "E": False,
        "Y": False,
    }
    return "".join(letter if is_on else "-" for letter, is_on in has.items())
