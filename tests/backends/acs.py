"""An ACS without the protocol: it reads and changes a data model, one transaction for each request."""

from agent.model.data_model import Caller, DataModel
from agent.model.errors import Refusals


class Acs:
    """What devices of tests have in common."""

    model: DataModel

    def get(self, path: str) -> str:
        """The value of one parameter."""
        [value] = self.model.get([path], Caller.ACS)
        return value.text

    def tree(self, path: str) -> dict[str, str]:
        """Everything below a path, by what comes after it."""
        return {value.path.removeprefix(path): value.text for value in self.model.get([path], Caller.ACS)}

    def find(self, table: str, **values: str) -> str:
        """The path of the one row of a table that has these values."""
        found = self.tree(table)
        rows = dict.fromkeys(name.partition(".")[0] for name in found)
        [row] = [row for row in rows if all(found.get(f"{row}.{name}") == value for name, value in values.items())]
        return f"{table}{row}."

    def set(self, values: dict[str, str]) -> int:
        """Status of the commit; raises Refusals."""
        transaction = self.model.transaction(Caller.ACS)
        for path, text in values.items():
            transaction.set(path, text)
        return transaction.commit().status

    def refused(self, values: dict[str, str]) -> dict[str, str]:
        """The class of the refusal of each parameter."""
        try:
            self.set(values)
        except Refusals as refusals:
            return {refusal.path: type(refusal).__name__ for refusal in refusals.refusals}
        raise AssertionError("nothing was refused")

    def add(self, table: str, **values: str) -> str:
        """Add a row and set it, in two requests as an ACS does; its path."""
        transaction = self.model.transaction(Caller.ACS)
        try:
            number = transaction.add(table)
        except Exception:
            transaction.abandon()
            raise
        transaction.commit()
        path = f"{table}{number}."
        if values:
            self.set({path + name: text for name, text in values.items()})
        return path

    def delete(self, path: str) -> None:
        """Remove a row."""
        transaction = self.model.transaction(Caller.ACS)
        try:
            transaction.delete(path)
        except Exception:
            transaction.abandon()
            raise
        transaction.commit()
