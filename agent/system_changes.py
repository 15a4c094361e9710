"""What the agent does when the system has changed: links that came up are given what is configured for them."""

import logging
from typing import TYPE_CHECKING, Final

from agent.page import TOPICS as PAGE_TOPICS
from agent.runtime.events import Changed
from backends.errors import MechanismError

if TYPE_CHECKING:
    from agent.wiring import Agent

log = logging.getLogger(__name__)

OF_LINKS: Final = frozenset({"link", "address", "route", "dhcp", "everything"})


class SystemChanges:
    """Called by the owner's thread."""

    def __init__(self, agent: "Agent") -> None:
        self._agent = agent
        self._unheeded: frozenset[str] = frozenset()  # topics while nothing could be made

    def heard(self, topics: frozenset[str]) -> frozenset[str]:
        """Give a link that came up, or was plugged in, what is configured for it, and services on it as well.

        Gives the topics that changed beside these.
        """
        agent = self._agent
        agent.model.forget()
        agent.discovery.system_changed(topics)
        if topics & PAGE_TOPICS:
            agent.page.follow()
        if topics & OF_LINKS:
            agent.management_way.apply()
        heeded, self._unheeded = topics | self._unheeded, frozenset()
        try:
            self._heed(heeded)
        except MechanismError as later:
            log.warning("what changed is looked at again with the next change: %s", later)
            self._unheeded = heeded
        except Exception:
            log.exception("a link that came up could not be given what is configured for it")
        return agent.machine.look(topics)

    def nothing_waits(self) -> None:
        """What came while a change waited for its confirmation is given its own now."""
        if self._unheeded:
            self._agent.inbox.put(Changed(self._unheeded))

    def _heed(self, topics: frozenset[str]) -> None:
        agent = self._agent
        if agent.model.read_only_reason:
            self._unheeded = topics
            agent.network.kernel_seen()
            return
        if agent.model.awaits_confirmation:
            self._unheeded = topics
            has_news = agent.network.settings_given()
        else:
            has_news = bool(topics & OF_LINKS) and agent.network.kernel_changed()
        if has_news:
            agent.model.save()
        agent.machine.changed(topics)
