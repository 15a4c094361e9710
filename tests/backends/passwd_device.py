"""The accounts of a machine with Debian's programs for them, as an ACS sees and changes them."""

from dataclasses import replace
from pathlib import Path

from backends.tr181.users import AccountTables, users
from tests.backends.passwd_machine import PasswdMachine
from tests.backends.small_device import SmallDevice
from tests.backends.whole_device import device_in_memory


class PasswdDevice(SmallDevice):
    """anna was there before."""

    def __init__(self, root: Path, may_change: bool = True) -> None:
        self.machine = PasswdMachine(root)
        self.accounts = self.machine.accounts
        self.tables = AccountTables(self.accounts)
        whole = device_in_memory(root / "else", may_change_system=may_change)[0]
        mechanisms = replace(whole.mechanisms, accounts=self.tables)
        super().__init__(users(mechanisms), whole.own, [self.tables], forget=[self.machine.accounts.forget])

    def etc(self) -> dict[str, str]:
        """What stands in the files, and who has a home."""
        return self.machine.files()
