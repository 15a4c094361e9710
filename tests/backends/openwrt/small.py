"""The smallest service over UCI: sections of type row in /etc/config/small, of which two options are known."""

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from pathlib import Path

from backends.desired_state import Record, Refused, Wanted
from backends.openwrt.configured import Configured, Read
from backends.openwrt.desired import UciDesired
from backends.openwrt.sections import Told, fresh, sections_of, write
from backends.uci import Edits, FileUci, Places

TEXT = """# written by hand
config row 'a'
	option text 'one'
	option secret 'kept'   # why

config row
	option text 'two'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Record):
    """``number`` has no option."""

    text: str = ""
    port: str = ""
    number: int = 0


class SmallMapping:
    """See Mapping."""

    packages = ("small",)
    kinds = (Row,)

    def surroundings(self) -> Hashable:
        return None

    def read(self, read: Read) -> Wanted:
        rows = sections_of(read("small"), "row")
        return Wanted(1, {Row: {key: Row(text=one.text("text"), port=one.text("port")) for key, one in rows.items()}})

    def check(self, before: Wanted, after: Wanted) -> None:
        for key, row in after.of(Row).items():
            if row.text == "forbidden" != before.get(Row, key).text:
                raise Refused("this is forbidden", Row, key, ("text",))

    def write(self, edits: Edits, before: Wanted, after: Wanted) -> None:
        write(edits, "small", _told(before), _told(after))

    def cuts(self, before: Wanted, after: Wanted) -> bool:
        return before.get(Row, "a").port != after.get(Row, "a").port

    def key_for(self, record: Record, taken: Collection[str]) -> str:
        return fresh(taken)


def _told(wanted: Wanted) -> dict[str, Told]:
    return {key: Told("row", {"text": row.text, "port": row.port}) for key, row in wanted.of(Row).items()}


class Small:
    """``committed``: the packages that services would be told of."""

    def __init__(self, directory: Path, text: str = TEXT) -> None:
        self.places = Places.under(directory)
        for folder in (self.places.config, self.places.staged):
            folder.mkdir(parents=True, exist_ok=True)
        self.path = self.places.config / "small"
        self.path.write_text(text)
        self.uci = FileUci(self.places)
        self.committed: list[str] = []
        self.configured = Configured(self.uci, SmallMapping(), self.committed.extend)
        self.backend = self.again()

    def again(self) -> UciDesired:
        """The backend of another run of the agent."""
        return UciDesired("small", (Row,), self.configured)

    def texts(self) -> dict[str, str]:
        """What the rows say, as it is wanted."""
        self.configured.forget()
        return {key: row.text for key, row in self.backend.wanted.of(Row).items()}

    def staged(self, package: str, text: str) -> None:
        """Somebody stages an edit."""
        (self.places.staged / package).write_text(text)
