"""Orders do not show their passwords."""

from agent.transfers.orders import FileOrder


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(FileOrder("http://files.example/x", "user", "secret", "", 0, "", False, ""))
