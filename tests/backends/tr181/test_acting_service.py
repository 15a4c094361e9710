"""What is to be done once is done with the commit, and only then."""

import pytest

from backends.desired_state import Wanted
from backends.errors import MechanismError
from backends.tr181.acting_service import ActingService


class Willing:
    """A service that makes anything, unless it is told to fail."""

    fails = False

    def check(self, wanted: Wanted) -> None:
        pass

    def cuts(self, wanted: Wanted) -> bool:
        return False

    def apply(self, wanted: Wanted) -> bool:
        if self.fails:
            raise MechanismError("no")
        return True


@pytest.fixture
def made() -> tuple[ActingService, Willing, list[str]]:
    service = Willing()
    return ActingService("x", (), service, {}), service, []


def test_it_is_done_once_with_the_commit(made: tuple[ActingService, Willing, list[str]]) -> None:
    acting, _, done = made
    acting.begin()
    acting.then(lambda: done.append("renew"))
    acting.prepare()
    assert done == []
    acting.commit()
    acting.begin()
    acting.commit()
    assert done == ["renew"]


def test_it_is_not_done_when_the_transaction_comes_to_nothing(made: tuple[ActingService, Willing, list[str]]) -> None:
    acting, service, done = made
    acting.begin()
    acting.then(lambda: done.append("renew"))
    acting.rollback()
    acting.begin()
    acting.commit()
    service.fails = True
    acting.begin()
    acting.then(lambda: done.append("renew"))
    with pytest.raises(MechanismError):
        acting.commit()
    acting.rollback()
    assert done == []
