"""How the machine goes down at the agent's word, and what is known of it once it is up again."""

import logging
import os
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from agent.cwmp.planned_reboot import DELAY_REBOOT, NO_DELAY
from agent.runtime.actions import Reboot
from backends.errors import MechanismError
from backends.reboots import FACTORY_RESET, LOCAL, REMOTE
from backends.tr181.device_info import device_identity

if TYPE_CHECKING:
    from agent.wiring import Agent

log = logging.getLogger(__name__)

FORGOTTEN: Final = (
    "*unusable*", "crashes", "dhcp-client", "dhcp.leases", "dynamic-dns", "faults.json",
    "firmware/cpe-agent-transfer-*", "modules.json", "optical.json",
)  # fmt: skip
"""What a factory reset removes of the state directory, whether or not the part that wrote it is at work; the table of
ARCHITECTURE.md says what stays.
"""


class GoingDown:
    """Called by the owner's thread; where the system can do neither, MechanismError says why."""

    def __init__(self, agent: "Agent") -> None:
        self._agent = agent

    def reboot(self) -> None:
        """TR-069, Reboot; also into another firmware image."""
        upgrade = self._agent.upgrade
        back = upgrade.returns_because if upgrade else ""
        reason = "another firmware image" if upgrade and upgrade.is_restarting else "asked for by the ACS"
        reason = f"the former image: {back}" if back else reason
        begin = upgrade.restart if upgrade else self._agent.system.reboot
        self._go(begin, LOCAL if back else REMOTE, reason)

    def factory_reset(self) -> None:
        """TR-069, FactoryReset: what is the agent's own begins anew also where the system's own reset fails."""
        agent, kept = self._agent, self._agent.mechanisms
        agent.begin_anew()
        agent.page.forget()
        for record in (kept.reboots, kept.crash_logs, kept.optical, *agent.features):
            if record:
                record.forget()
        self._remove_traces()
        agent.faults.forget()
        try:
            self._go(agent.system.factory_reset, FACTORY_RESET, "factory reset")
        except MechanismError as failure:
            log.error("the system's own factory reset failed, what is the agent's own begins anew: %s", failure.reason)
            self._go(agent.system.restart_agent, FACTORY_RESET, f"factory reset: {failure.reason}")

    def _remove_traces(self) -> None:
        """Of the subscriber and the ACS: until ``_go`` the reset is owed, so one that is broken off is done again."""
        state, services = self._agent.settings.state.directory, self._agent.settings.services_directory()
        if leads_away := services.is_symlink():
            log.error("%s stays in spite of the factory reset: it leads to elsewhere", services)
        for place, patterns in (
            (state, FORGOTTEN),
            (services.parent, ("downloads",)),
            (services, () if leads_away else ("captures", "modules")),
            (self._agent.settings.trace_directory(), ("*.jsonl",)),
            (state.parent, (f"{state.name}-modules",)),
        ):
            for path in (one for pattern in patterns for one in place.glob(pattern)):
                try:
                    (shutil.rmtree if path.is_dir() and not path.is_symlink() else os.unlink)(path)
                except OSError as failure:
                    log.error("%s stays in spite of the factory reset: %s", path, failure.strerror)

    def restart_between_sessions(self) -> bool:
        """Begin a restart unless a session runs; whether it was begun."""
        if self._agent.core.session_number is not None:
            return False
        self._agent.workers.perform(Reboot())
        return True

    def came_up(self, *, was_clean: bool) -> None:
        """The machine has started anew: why, as far as anybody knows, and what the kernel said if it crashed."""
        self._forget_delay()
        reboots, crashes = self._agent.mechanisms.reboots, self._agent.mechanisms.crash_logs
        if reboots is None or self._agent.leaves:
            return
        left = crashes.collect() if crashes else ()
        version, upgrade = device_identity(self._agent.mechanisms).software_version, self._agent.upgrade
        is_update = upgrade is not None and upgrade.has_changed
        told = reboots.started(version, was_clean=was_clean, crashes=left, is_update=is_update)
        note = self._agent.faults.happened
        is_orderly = (was_clean or told.cause != LOCAL or told.number == 1) and not left
        severity = "Indeterminate" if is_orderly else ""
        note("reboot", "", f"{told.cause}: {told.reason}", severity=severity, cause=told.cause, reason=told.reason)

    def _go(self, begin: Callable[[], None], cause: str, reason: str) -> None:
        """Restart the system, and know it at the next start: what was promised must not be done again and again."""
        agent, reboots = self._agent, self._agent.mechanisms.reboots
        if reboots:
            reboots.going_down(cause, reason)
        self._forget_delay()
        agent.delivery.is_going_down = True
        agent.save_all()
        try:
            begin()
        except MechanismError:
            agent.delivery.is_going_down = False
            agent.core.stays_up()
            if reboots:
                reboots.stays_up()
            agent.save_all()
            raise

    def _forget_delay(self) -> None:
        """TR-181, DelayReboot: whenever the CPE reboots."""
        own = self._agent.own
        if own.get(DELAY_REBOOT) != NO_DELAY:
            own.begin()
            own.stage(DELAY_REBOOT, NO_DELAY)
            own.commit()
            self._agent.save_all()
