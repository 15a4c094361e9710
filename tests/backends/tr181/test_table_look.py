"""A table is looked at in time, while there is one, and put right where it is not as it was made."""

from backends.desired_state import Desired, Record, Wanted
from backends.tr181.table_look import LOOK, TableLook


class Row(Record):
    """Nothing in particular."""


class Table:
    """A service with a table that a hand may touch."""

    def __init__(self) -> None:
        self.has_table, self.touched, self.made = False, False, 0

    def is_touched(self) -> bool:
        return self.touched

    def check(self, wanted: Wanted) -> None:
        """Everything goes."""

    def cuts(self, wanted: Wanted) -> bool:
        return False

    def apply(self, wanted: Wanted) -> bool:
        self.touched, self.made = False, self.made + 1
        return True


def test_a_touched_table_is_put_right_at_the_next_look_and_told_once() -> None:
    table = Table()
    service = Desired("it", (Row,), table)
    service.apply_at_start()
    look = TableLook(service, table, "topic")
    assert look.due(5.0) is None, "there is no table"
    table.has_table = True
    assert (look.act(5.0), table.made, look.due(5.0)) == (frozenset(), 1, 5.0 + LOOK)
    table.touched = True
    assert (look.act(5.0 + LOOK), table.made) == (frozenset({"topic"}), 2)
    assert (look.act(5.0 + 2 * LOOK), table.made) == (frozenset(), 2)
