"""What waits while nothing may be made is given its own as soon as it may."""

from types import SimpleNamespace
from typing import Any

import pytest

from agent.runtime.events import Changed
from agent.system_changes import SystemChanges
from backends.errors import MechanismError


class Daemon(SimpleNamespace):
    """An agent whose parts write down what they are told."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.failure: Exception | None = None
        write = self.told.append
        super().__init__(
            model=SimpleNamespace(
                forget=lambda: None, read_only_reason="", awaits_confirmation=False, save=lambda: write("saved")
            ),
            discovery=SimpleNamespace(system_changed=lambda _: None),
            page=SimpleNamespace(follow=lambda: write("page")),
            management_way=SimpleNamespace(apply=lambda: write("way")),
            network=SimpleNamespace(
                kernel_changed=self._kernel_changed, settings_given=lambda: False, kernel_seen=lambda: write("seen")
            ),
            machine=SimpleNamespace(changed=lambda topics: write(sorted(topics)), look=lambda _: frozenset({"looked"})),
            inbox=SimpleNamespace(put=write),
        )

    def _kernel_changed(self) -> bool:
        if self.failure is not None:
            raise self.failure
        return True


def test_a_link_that_came_up_is_given_what_is_configured_and_that_is_saved() -> None:
    agent: Any = Daemon()
    assert SystemChanges(agent).heard(frozenset({"link"})) == {"looked"}
    assert agent.told[-3:] == ["way", "saved", ["link"]]


def test_what_is_no_link_concerns_the_services_only() -> None:
    agent: Any = Daemon()
    SystemChanges(agent).heard(frozenset({"modules"}))
    assert agent.told == [["modules"]]


@pytest.mark.parametrize("failure", [MechanismError("busy"), RuntimeError("a mistake of ours")])
def test_what_failed_is_heeded_with_the_next_change_where_the_system_refused_it(failure: Exception) -> None:
    agent: Any = Daemon()
    changes = SystemChanges(agent)
    agent.failure = failure
    changes.heard(frozenset({"link"}))
    agent.failure = None
    changes.heard(frozenset({"modules"}))
    again = ["link", "modules"] if isinstance(failure, MechanismError) else ["modules"]
    assert agent.told[-1] == again


def test_while_a_change_waits_for_its_confirmation_links_are_left_and_looked_at_after_it() -> None:
    agent: Any = Daemon()
    changes = SystemChanges(agent)
    changes.nothing_waits()
    assert agent.told == []
    agent.model.awaits_confirmation = True
    changes.heard(frozenset({"link"}))
    assert "saved" not in agent.told
    changes.nothing_waits()
    assert agent.told[-1] == Changed(frozenset({"link"}))


def test_an_agent_that_may_change_nothing_only_looks() -> None:
    agent: Any = Daemon()
    agent.model.read_only_reason = "off"
    SystemChanges(agent).heard(frozenset({"link"}))
    assert agent.told[-1] == "seen"
