"""Settings that cannot be used, and what is left of them for an agent that only takes back."""

from pathlib import Path

from agent.salvage import salvaged


def test_what_is_right_is_taken_and_each_wrong_line_is_told(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(
        '[acs]\nurl = "http://acs.example\n[state]\ndirectory = "mine"\n[network]\nmanage = ["lan0"]\nno = 1\n[log]\n'
        'level = "loud"\n[trace\nsessions = 3\n'
    )
    loaded = salvaged(file, None)
    found = loaded.settings
    assert (found.acs.url, found.state.directory, found.network.manage) == ("", tmp_path / "mine", ("lan0",))
    assert found.log.level == "info"
    assert found.system.manage
    told = "\n".join(loaded.warnings)
    for line in (2, 7, 9, 10):
        assert f"agent.toml:{line}: " in told


def test_without_a_word_about_it_all_that_was_made_can_be_taken_back(tmp_path: Path) -> None:
    for text in ('[network]\nmanage = ["lan0"', "'''", "\x00", "[[acs]]\n[acs]\n"):
        (tmp_path / "agent.toml").write_text(text)
        loaded = salvaged(tmp_path / "agent.toml", tmp_path / "state")
        assert loaded.settings.network.manage == ("*",)
        assert loaded.settings.state.directory == tmp_path / "state"
        assert loaded.warnings


def test_a_file_that_is_gone_or_no_text_is_as_good_as_empty(tmp_path: Path) -> None:
    assert salvaged(tmp_path / "none", None).settings.network.manage == ("*",)
    (tmp_path / "cpe-agent").write_bytes(b"config network 'network'\n\tlist manage 'lan0'\n\tlist mange '\xff'\n")
    assert salvaged(tmp_path / "cpe-agent", None).settings.network.manage == ("lan0",)
