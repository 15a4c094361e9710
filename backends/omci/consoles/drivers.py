"""ONTs behind consoles, asked by the commands of their families; what is asked and told is the same for all."""

import re
from collections.abc import Callable
from typing import Final, Protocol

from backends.omci.consoles import cortina, lantiq, realtek
from backends.omci.consoles.console import SHELL, Console, Dialect, LogIn, Octets
from backends.omci.consoles.told import NotUnderstood, Told
from backends.omci.entities import entity
from backends.omci.queries import Got, NoEntity


class Driver(Protocol):
    """A family. Each raises NoEntity, NotUnderstood and what its console raises."""

    def get(self, class_id: int, instance: int, mask: int | None = None) -> Got:
        """Attributes of an entity: those of the mask, or all that can be read."""
        ...

    def entities(self, class_id: int) -> list[Told]:
        """All instances of a class."""
        ...

    def onu_state(self) -> str | None:
        """The activation state, "O5"; None where the console does not tell it."""
        ...

    def pon_alarms(self) -> dict[str, bool]:
        """The alarms below OMCI by their names in TR-181 ("LOS"), those that the console tells."""
        ...

    @property
    def is_ready(self) -> bool:
        """Whether the console has shown its prompt, and has not gone silent since."""
        ...

    def leave(self) -> None:
        """End the session."""
        ...


_MINISHELL: Final = re.compile(r"(?:^|\n)(?!#?ONT)[\w.@:/-]{1,40}> ?$")
LANTIQ: Final = Dialect(SHELL, shells=((_MINISHELL, "linuxshell"),))
REALTEK: Final = Dialect(SHELL, shells=((_MINISHELL, "exit"),))
CORTINA: Final = Dialect(
    re.compile(r"(?:^|\n)#ONT[\w/]*> ?$"),
    has_marks=False,
    shells=((re.compile(r"(?:^|\n)ONT> ?$"), "enable"),),
)


class _ByConsole:
    """What the families have in common."""

    dialect: Dialect

    def __init__(self, line: Octets, log_in: LogIn | None = None) -> None:
        """Nothing is typed before something is asked."""
        self._console = Console(line, self.dialect, log_in)

    @property
    def is_ready(self) -> bool:
        """See Driver."""
        return self._console.is_ready

    def leave(self) -> None:
        """End the session."""
        self._console.leave()

    def get(self, class_id: int, instance: int, mask: int | None = None) -> Got:
        """One instance of all that the console tells of its class."""
        for told in self.entities(class_id):
            if told.instance == instance:
                return _got(told, mask)
        raise NoEntity(f"the ONU has no {class_id} {instance}")

    def entities(self, class_id: int) -> list[Told]:
        """Each family has its command."""
        raise NotImplementedError


class Lantiq(_ByConsole):
    """Lantiq, Intel and MaxLinear."""

    dialect = LANTIQ

    def get(self, class_id: int, instance: int, mask: int | None = None) -> Got:
        """By ``meg``, which knows instances."""
        text = self._console.run(f"omci_pipe.sh meg {class_id:d} {instance:d}")
        if (code := lantiq.error_code(text)) not in (None, 0) and "Class ID" not in text:
            raise NoEntity(f"the ONU has no {class_id} {instance} (errorcode={code})")
        for told in lantiq.entities(text):
            if (told.class_id, told.instance) == (class_id, instance):
                return _got(told, mask)
        raise NotUnderstood(f"the program told of another entity than {class_id} {instance}")

    def entities(self, class_id: int) -> list[Told]:
        """Those that ``md`` lists, each by ``meg``."""
        listed = [one for number, one in lantiq.instances(self._console.run("omci_pipe.sh md")) if number == class_id]
        told = []
        for instance in listed:
            text = self._console.run(f"omci_pipe.sh meg {class_id:d} {instance:d}")
            told += [each for each in lantiq.entities(text) if (each.class_id, each.instance) == (class_id, instance)]
        return told

    def onu_state(self) -> str | None:
        """By ``onu`` of the old family, or ``pon`` of the new one."""
        return lantiq.onu_state(self._console.run("onu ploamsg")) or lantiq.onu_state(self._console.run("pon psg"))

    def pon_alarms(self) -> dict[str, bool]:
        """By ``onu`` of the old family; the new one has no such command."""
        return lantiq.pon_alarms(self._console.run("onu gtcag"))


class Realtek(_ByConsole):
    """Realtek's RTL960x."""

    dialect = REALTEK

    def entities(self, class_id: int) -> list[Told]:
        """By ``omcicli``, which tells all instances. Asked too often it is known to hang: a minute is often enough."""
        return realtek.entities(class_id, self._console.run(f"omcicli mib get {class_id:d}"))

    def onu_state(self) -> str | None:
        """By ``diag``."""
        return realtek.onu_state(self._console.run("diag gpon get onu-state"))

    def pon_alarms(self) -> dict[str, bool]:
        """By ``diag``."""
        return realtek.pon_alarms(self._console.run("diag gpon get alarm-status"))

    def levels(self) -> dict[str, tuple[float, str]]:
        """What the transceiver measures, by name: value and unit."""
        found: dict[str, tuple[float, str]] = {}
        for what in ("rx-power", "tx-power", "bias-current", "temperature", "voltage"):
            found |= realtek.levels(self._console.run(f"diag pon get transceiver {what}"))
        return found


class Cortina(_ByConsole):
    """Cortina's CA82xx."""

    dialect = CORTINA

    def entities(self, class_id: int) -> list[Told]:
        """By the minishell's ``mib``."""
        return cortina.entities(class_id, self._console.run(f"system/mib/show {class_id:d}"))

    def onu_state(self) -> str | None:
        """By its ``pon``."""
        return cortina.onu_state(self._console.run("traffic/pon/show link"))

    def pon_alarms(self) -> dict[str, bool]:
        """It has no command that is known."""
        return {}


DRIVERS: Final[dict[str, Callable[[Octets, LogIn | None], Driver]]] = {
    "lantiq": Lantiq,
    "realtek": Realtek,
    "cortina": Cortina,
}


def _got(told: Told, mask: int | None) -> Got:
    known = entity(told.class_id)
    if mask is None:
        mask = known.readable() if known else sum(0x10000 >> index for index in told.octets)
    octets = {index: octets for index, octets in told.octets.items() if 0x10000 >> index & mask}
    return Got(octets, mask & ~sum(0x10000 >> index for index in octets))
