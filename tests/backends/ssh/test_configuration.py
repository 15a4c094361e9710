"""The machine's configuration is read as sshd reads it."""

from pathlib import Path

import pytest

from backends.ssh.configuration import DROP_IN, Configuration, pairs


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "etc/ssh/sshd_config.d").mkdir(parents=True)
    ends = "Match User x\nMaxAuthTries 9\n"
    text = f"Include /etc/ssh/sshd_config.d/*.conf\nMaxAuthTries 4\nHostKey /a\nHostKey /b\n{ends}"
    (tmp_path / "etc/ssh/sshd_config").write_text(text)
    return tmp_path


def test_the_first_value_for_everybody_is_the_one(root: Path) -> None:
    read = Configuration(root)
    assert [read.told(one) for one in ("port", "maxauthtries", "passwordauthentication")] == ["22", "4", "yes"]
    assert read.all()["hostkey"] == ["/a", "/b"]
    text = "maxauthtries=3\nPasswordAuthentication no\n# Port 7\n"
    (root / "etc/ssh/sshd_config.d/10-a.conf").write_text(text)
    assert read.told("maxauthtries") == "4", "until it is read again"
    read.forget()
    assert [read.told(one) for one in ("port", "maxauthtries", "passwordauthentication")] == ["22", "3", "no"]


def test_our_file_may_be_thought_of_otherwise_than_it_is(root: Path) -> None:
    read = Configuration(root)
    assert read.with_ours("MaxAuthTries 1\n")["maxauthtries"] == ["1", "4"]
    (root / DROP_IN).write_text("MaxAuthTries 2\n")
    assert read.with_ours("")["maxauthtries"] == ["4"]
    assert read.all()["maxauthtries"] == ["2", "4"]


def test_a_line_is_a_keyword_and_a_value() -> None:
    assert list(pairs('A=b\n  c "d e"\n#x y\nAcceptEnv LANG=x\nlone\n')) == [
        ("a", "b"),
        ("c", "d e"),
        ("acceptenv", "LANG=x"),
    ]
    assert list(pairs("ChallengeResponseAuthentication no")) == [("kbdinteractiveauthentication", "no")]


def test_what_is_not_there_says_nothing_and_what_includes_itself_ends(tmp_path: Path) -> None:
    assert Configuration(tmp_path).told("port") == "22"
    (tmp_path / "etc/ssh").mkdir(parents=True)
    (tmp_path / "etc/ssh/sshd_config").write_text("Include sshd_config\nPort 7\n")
    assert Configuration(tmp_path).told("port") == "7"
