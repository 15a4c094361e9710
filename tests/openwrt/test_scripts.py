"""What the package's shell scripts do on a router: in its shell, with procd's words and a uci."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from agent.settings import AT_START_ONLY, parse
from backends.fw4_door import TYPES
from tests.openwrt.router import NETWORK, PROJECT, SHELL, Router
from tests.waiting import HANGS

pytestmark = pytest.mark.slow

FILES = PROJECT / "openwrt" / "files"
SCRIPTS = [*sorted(FILES.glob("*.sh")), FILES / "cpe-agent.init", FILES / "cpe-agent.defaults"]
SCRIPTS += [PROJECT / "config/dhcp/udhcpc.user", PROJECT / "config/dhcp/odhcp6c.user"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_the_routers_shell_can_read_every_script(script: Path) -> None:
    subprocess.run([*SHELL, "-n", str(script)], check=True, timeout=HANGS)


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_shellcheck_finds_nothing_in_any_script() -> None:
    done = subprocess.run(
        ["shellcheck", "-s", "sh", "-x", *map(str, SCRIPTS)], capture_output=True, text=True, cwd=PROJECT, timeout=HANGS
    )
    assert done.stdout == ""
    assert done.returncode == 0


def test_procd_is_told_to_run_it_for_ever_in_the_foreground(router: Router) -> None:
    told = router.init("start_service")
    assert told[0] == "open"
    assert "command /usr/bin/cpe-agent run --config /etc/config/cpe-agent" in told
    assert "respawn 3600 10 0" in told
    assert any(line.startswith("limits nofile=") for line in told)
    assert told[-1] == "close"
    for place in ("etc/cpe-agent/state", "var/run/cpe-agent"):
        assert (router.root / place).stat().st_mode & 0o777 == 0o700


def test_switched_off_it_is_not_started_and_a_reload_stops_it(router: Router) -> None:
    router.run("uci set cpe-agent.openwrt.enabled=0; uci commit cpe-agent")
    assert router.init("start_service") == []
    assert router.init("reload_service") == router.init("stop_service"), "and is there for the next reload"
    router.run("uci set cpe-agent.openwrt.enabled=1; uci commit cpe-agent")
    assert router.init("reload_service")[0] == "open"


def running(router: Router) -> Router:
    router.init("start_service")
    Path(f"{router.said}.runs").touch()
    return router


def test_a_reload_keeps_the_running_one_and_starts_a_missing_one(router: Router) -> None:
    assert running(router).init("reload_service") == ["signal cpe-agent * HUP"]
    Path(f"{router.said}.runs").unlink()
    assert router.init("reload_service")[0] == "open"


def test_a_reload_restarts_it_for_settings_that_only_a_start_takes_over_and_for_no_other(router: Router) -> None:
    running(router).run("uci set cpe-agent.acs.url=http://acs.example/; uci commit cpe-agent")
    assert router.init("reload_service") == ["signal cpe-agent * HUP"]
    for change in ("system.manage=1", "log.target=stderr"):
        running(router).run(f"uci set cpe-agent.{change}")
        assert router.init("reload_service") == ["signal cpe-agent * HUP"], "staged, and not committed"
        router.run("uci commit cpe-agent")
        assert router.init("reload_service") == ["restart"]
    running(router).run("uci set cpe-agent.system.manage=maybe; uci commit cpe-agent")
    assert router.init("reload_service") == ["signal cpe-agent * HUP"], "which it refuses, and goes on"
    router.run("uci set cpe-agent.system.manage=1; uci commit cpe-agent")
    file = router.config / "cpe-agent"
    file.write_text(file.read_text().replace("config identity 'identity'", "config identity"))
    running(router).run("uci set cpe-agent.@identity[0].oui=00259E; uci commit cpe-agent")
    assert router.init("reload_service") == ["restart"]


def test_the_init_script_knows_what_only_a_start_takes_over() -> None:
    script = (FILES / "cpe-agent.init").read_text()
    sections, options = (
        re.search(rf"^{name}='(.*)'$", script, re.MULTILINE)[1].replace("\\", "").split("|")  # type: ignore[index]
        for name in ("AT_START", "AT_START_OPTIONS")
    )
    assert {*(f"{one}." for one in sections), *options} == {*AT_START_ONLY, "openwrt.user", "openwrt.interfaces"}


def test_the_firewall_is_shut_when_it_is_stopped(router: Router) -> None:
    file = router.put("var/run/cpe-agent/firewall/requests.nft", "set cpe_agent_open { type inet_service; }\n")
    assert router.init("stop_service") == [f"nft flush set inet fw4 {name}" for name in TYPES]
    assert not file.exists()


def test_it_reloads_when_its_settings_change_and_when_the_wan_comes_up(router: Router) -> None:
    assert router.init("service_triggers") == [
        "on-config cpe-agent",
        "on-interface interface.*.up wan /etc/init.d/cpe-agent reload",
        "on-interface interface.*.up wan6 /etc/init.d/cpe-agent reload",
    ]


def test_a_user_of_its_own_gets_three_capabilities_and_its_files(router: Router) -> None:
    router.run("uci set cpe-agent.openwrt.user=cpe-agent; uci commit cpe-agent")
    as_root = router.init("start_service")
    assert any("needs the package procd-ujail" in line for line in as_root)
    assert "user cpe-agent" not in as_root
    router.put("sbin/ujail", "", 0o755)
    told = router.init("start_service")
    for line in ("jail cpe-agent", "capabilities /etc/capabilities/cpe-agent.json", "user cpe-agent", "no_new_privs 1"):
        assert line in told
    assert "chown root:cpe-agent /etc/config/cpe-agent" in told
    assert (router.config / "cpe-agent").stat().st_mode & 0o777 == 0o640
    assert (router.root / "etc/cpe-agent").stat().st_mode & 0o711 == 0o711, "it has to get to its state"
    Path(f"{router.said}.runs").touch()
    told = router.init("reload_service")
    assert told[-2:] == ["chown root:cpe-agent /etc/config/cpe-agent", "signal cpe-agent * HUP"], "uci took it away"


def test_without_settings_nothing_is_started_and_the_log_says_so(router: Router) -> None:
    (router.config / "cpe-agent").unlink()
    assert router.init("start_service") == [
        "logger -t cpe-agent -p daemon.err /etc/config/cpe-agent is missing; nothing is started"
    ]


# From here on each test is a first boot, of some fifty calls of uci.
first_boot = pytest.mark.slow


@pytest.fixture
def settled(router: Router) -> Router:
    """After the first boot."""
    router.defaults()
    return router


@first_boot
def test_the_first_boot_makes_credentials_and_an_identity_and_keeps_every_comment(
    settled: Router, package: Path
) -> None:
    file = settled.config / "cpe-agent"
    found = parse(file.read_text(), str(file))
    assert re.fullmatch(r"cpe-[A-Za-z0-9]{8}", found.connection_request.username)
    assert re.fullmatch(r"[A-Za-z0-9]{24}", found.connection_request.password)
    identity = found.identity
    assert (identity.manufacturer, identity.product_class) == ("TP-Link", "Archer C7 v2")
    assert (identity.oui, identity.serial_number) == ("00259E", "00259EABCDEF")
    before = (package / "etc/config/cpe-agent").read_text()
    comments = re.findall(r"^\t# .*$", before, re.MULTILINE)
    assert re.findall(r"^\t# .*$", file.read_text(), re.MULTILINE) == comments
    assert len(file.read_text().splitlines()) == len(before.splitlines())
    assert "\n\n\t" not in file.read_text(), "an option stands in its section"
    assert file.stat().st_mode & 0o777 == 0o600


@first_boot
def test_a_section_of_ours_that_is_not_there_is_made(router: Router) -> None:
    file = router.config / "cpe-agent"
    file.write_text(re.sub(r"\nconfig identity.*?(?=\n\n#|\n\nconfig)", "", file.read_text(), flags=re.DOTALL))
    assert "config identity" not in file.read_text()
    router.defaults()
    assert parse(file.read_text(), str(file)).identity.serial_number == "00259EABCDEF"


@first_boot
def test_two_devices_get_different_credentials_and_a_second_boot_changes_nothing(settled: Router) -> None:
    file = settled.config / "cpe-agent"
    text, network = file.read_text(), (settled.config / "network").read_text()
    settled.defaults()
    assert (file.read_text(), (settled.config / "network").read_text()) == (text, network)


@first_boot
def test_the_wans_dhcp_clients_ask_for_an_acs_and_no_other(settled: Router) -> None:
    assert settled.get("network.wan.reqopts") == "43 125"
    assert settled.get("network.wan.vendorid") == "dslforum.org"
    assert settled.get("network.wan6.reqopts") == "17"
    assert settled.get("network.lan.reqopts") == ""
    settled.run(". /usr/lib/cpe-agent/openwrt.sh; ask_no_more")
    assert [settled.get(f"network.{each}") for each in ("wan.reqopts", "wan.vendorid", "wan6.reqopts")] == ["", "", ""]


@first_boot
def test_installing_and_removing_leaves_the_owners_network_as_it_was_letter_for_letter(router: Router) -> None:
    file = router.config / "network"
    text = file.read_text().replace("config interface 'wan'\n", "# the cable\nconfig interface 'wan'\n\t# by DHCP\n")
    file.write_text(text)
    router.defaults()
    for line in text.splitlines():
        assert line in file.read_text().splitlines()
    assert router.get("network.wan.reqopts") == "43 125"
    assert "\n# the cable\nconfig interface 'wan'\n" in file.read_text()
    router.run(". /usr/lib/cpe-agent/openwrt.sh; ask_no_more")
    assert file.read_text() == text


@first_boot
def test_what_the_owner_asks_for_in_the_same_words_is_the_owners(router: Router) -> None:
    router.run("uci set network.wan.reqopts='43 125'; uci set network.wan.vendorid=dslforum.org; uci commit network")
    router.defaults()
    router.run(". /usr/lib/cpe-agent/openwrt.sh; ask_no_more")
    assert (router.get("network.wan.reqopts"), router.get("network.wan.vendorid")) == ("43 125", "dslforum.org")


@first_boot
def test_what_the_owner_took_out_again_is_not_put_in_by_the_next_release(settled: Router) -> None:
    settled.run("uci delete network.wan.vendorid; uci commit network")
    settled.defaults()
    assert (settled.get("network.wan.vendorid"), settled.get("network.wan.reqopts")) == ("", "43 125")


@first_boot
def test_what_the_owner_has_set_stays(router: Router) -> None:
    router.run("uci set network.wan.reqopts=121; uci set network.wan.vendorid=mine; uci commit network")
    router.run("uci set cpe-agent.connection_request.username=me; uci commit cpe-agent")
    router.defaults()
    assert (router.get("network.wan.reqopts"), router.get("network.wan.vendorid")) == ("121", "mine")
    assert router.get("cpe-agent.connection_request.username") == "me"
    router.run(". /usr/lib/cpe-agent/openwrt.sh; ask_no_more")
    assert (router.get("network.wan.reqopts"), router.get("network.wan.vendorid")) == ("121", "mine")


@first_boot
def test_what_a_person_has_staged_is_neither_committed_nor_lost(router: Router) -> None:
    router.run("uci set network.lan.ipaddr=192.168.9.1")
    before = (router.config / "network").read_text()
    router.defaults()
    assert (router.config / "network").read_text() == before
    assert router.get("network.lan.ipaddr") == "192.168.9.1"
    assert "edits that nobody has committed" in router.said.read_text()


IN_OTHER_WORDS = {
    "short words": "c interface wan\no proto dhcp\n",
    "several on a line": "config interface 'wan'; option proto dhcp\n",
    "a comment right behind the name": "config interface wan#home\n\toption proto 'dhcp'\n",
    "a text of lines that look like it": (
        "c interface wan\no proto dhcp\nconfig note 'n'\n\toption text 'x\nconfig interface wan\n'\nconfig note 'm'\n"
    ),
}


@first_boot
@pytest.mark.parametrize("text", IN_OTHER_WORDS.values(), ids=IN_OTHER_WORDS)
def test_a_network_in_words_that_only_uci_understands_is_left_alone_and_the_log_says_so(
    router: Router, text: str
) -> None:
    file = router.put("etc/config/network", text)
    assert router.get("network.wan.proto") == "dhcp"
    router.defaults()
    assert file.read_text() == text
    assert "is left as it is" in router.said.read_text()
    assert not list(router.config.glob("*.new"))
    file.write_text(text := NETWORK)
    router.defaults()
    assert router.get("network.wan.reqopts") == "43 125", "tried again, once it can be read"
    router.run(". /usr/lib/cpe-agent/openwrt.sh; ask_no_more")
    assert file.read_text() == text


@first_boot
def test_what_was_asked_for_stays_where_the_owner_has_put_it_into_words_that_only_uci_understands(
    settled: Router,
) -> None:
    text = "c interface wan; o reqopts '43 125'\nconfig note 'wan6'\n\to reqopts 17; o text '\n\toption reqopts 17\n'\n"
    file = settled.put("etc/config/network", text)
    settled.run(". /usr/lib/cpe-agent/openwrt.sh; ask_no_more")
    assert file.read_text() == text


@first_boot
def test_a_release_that_knows_one_hook_only_gets_a_part_in_the_owners_file_and_gives_it_back(router: Router) -> None:
    router.put("lib/netifd/dhcp.script", "[ -f /etc/udhcpc.user ] && . /etc/udhcpc.user\n")
    mine = router.put("etc/udhcpc.user", "# mine\necho mine\n")
    router.put("etc/udhcpc.user.d/50-cpe-agent", 'echo "ours $1"\nexit 3\n')
    for _ in range(2):
        router.defaults()
    assert router.run(f". {mine}; echo goes on", "bound").splitlines() == ["mine", "ours bound", "goes on"]
    assert not (router.root / "etc/odhcp6c.user").exists()
    router.run(". /usr/lib/cpe-agent/openwrt.sh; unhook_old_scripts")
    assert mine.read_text() == "# mine\necho mine\n"


@first_boot
def test_an_owners_file_whose_last_line_has_no_end_stays_a_script(router: Router) -> None:
    router.put("lib/netifd/dhcp.script", "[ -f /etc/udhcpc.user ] && . /etc/udhcpc.user\n")
    mine = router.put("etc/udhcpc.user", 'echo "renewed $interface"')
    router.put("etc/udhcpc.user.d/50-cpe-agent", "echo ours\n")
    router.defaults()
    assert router.run(f"interface=wan; . {mine}").splitlines() == ["renewed wan", "ours"]
    router.run(". /usr/lib/cpe-agent/openwrt.sh; unhook_old_scripts")
    assert mine.read_text() == 'echo "renewed $interface"\n'
    mine.write_text("echo mine# >>> cpe-agent\n( . ours ) || :\n# <<< cpe-agent\necho more\n")
    router.run(". /usr/lib/cpe-agent/openwrt.sh; unhook_old_scripts")
    assert mine.read_text() == "echo mine\necho more\n", "as a release before this one has left it"


EASYCWMP = """
config local
	option interface eth0
	option port 8888
	option username 'cr user'
	option password "it's"

config acs
	option url 'https://old.example/acs'
	option username 'me'
	option password '$(reboot)'
	option periodic_enable '1'
	option periodic_interval '100'

config device
	option manufacturer easycwmp
	option oui ffffff
	option product_class 'Router'
	option serial_number FFFFFF123456
"""
IN_PIECES = """
config acs
	option scheme http
	option hostname 192.168.1.110
	option port 8080
	option path /openacs/acs
	option periodic_enable '0'
	option periodic_interval '0'
"""
ICWMP = """
config acs 'acs'
	option userid 'me'
	option passwd 'iopsys'
	option url 'http://192.168.1.178:7547/'
	option periodic_inform_enable 'true'
	option periodic_inform_interval '1800'
	option dhcp_discovery 'disable'

config cpe 'cpe'
	option userid 'cr'
	option passwd 'crpass'
	option port '7548'
	option path 'a/b'
	option manufacturer_oui '00AABB'
"""


def migrated(router: Router, package: str, text: str, script: str) -> dict[str, str]:
    router.put(f"etc/config/{package}", text)
    router.put(f"etc/init.d/{script}", f'#!/bin/sh\necho "{script} $1" >>"$SAID"\n', 0o755)
    router.defaults()
    file = router.config / "cpe-agent"
    found = parse(file.read_text(), str(file))
    request = found.connection_request
    return {
        "url": found.acs.url, "username": found.acs.username, "password": found.acs.password,
        "inform": f"{found.inform.enable} {found.inform.interval}", "discovery": str(found.discovery.enable),
        "request": f"{request.port} {request.username} {request.password}", "path": request.path,
        "identity": f"{found.identity.oui} {found.identity.product_class} {found.identity.serial_number}",
    }  # fmt: skip


@first_boot
def test_easycwmp_is_taken_over_and_ends(router: Router) -> None:
    assert migrated(router, "easycwmp", EASYCWMP, "easycwmpd") == {
        "url": "https://old.example/acs", "username": "me", "password": "$(reboot)", "inform": "True 100",
        "discovery": "True", "request": "8888 cr user it's", "path": "", "identity": "FFFFFF Router FFFFFF123456",
    }  # fmt: skip
    assert "easycwmpd disable\neasycwmpd stop\n" in router.said.read_text()


@first_boot
def test_an_old_easycwmps_url_is_put_together_and_what_cannot_be_is_left_out(router: Router) -> None:
    found = migrated(router, "easycwmp", IN_PIECES, "easycwmpd")
    assert found["url"] == "http://192.168.1.110:8080/openacs/acs"
    assert found["inform"] == "False 3600"
    assert found["identity"] == "00259E Archer C7 v2 00259EABCDEF"


@first_boot
@pytest.mark.parametrize(
    ("told", "taken", "login"),
    [
        ("option url 'http://u:p@acs.example/'", "http://acs.example/", ("u", "p")),
        ("option hostname 'acs.example'\n\toption path '/p'", "http://acs.example/p", ("", "")),
        ("option url 'http://[2001:db8::1]:7547/a?b'", "http://[2001:db8::1]:7547/a?b", ("", "")),
    ],
)
def test_a_url_in_an_old_clients_words_is_put_into_ours(
    router: Router, told: str, taken: str, login: tuple[str, str]
) -> None:
    found = migrated(router, "easycwmp", f"config acs\n\t{told}\n", "easycwmpd")
    assert found["url"] == taken
    assert (found["username"], found["password"]) == login


@first_boot
@pytest.mark.parametrize(
    "url",
    [
        "http://acs.example:99999/",
        "http://acs example/",
        "http://acs.example/a b",
        "http://",
        "http://[::1/",
        "ftp://x/",
    ],
)
def test_a_client_whose_acs_cannot_be_taken_over_goes_on(router: Router, url: str) -> None:
    found = migrated(router, "easycwmp", f"config acs\n\toption url '{url}'\n", "easycwmpd")
    assert found["url"] == ""
    assert "easycwmpd disable" not in (router.said.read_text() if router.said.exists() else "")


@first_boot
def test_a_name_that_is_no_line_of_text_is_left_out(router: Router) -> None:
    told = "config acs\n\toption url 'http://acs.example/'\n\toption username 'a\nb'\n\toption password '" + "x" * 300
    found = migrated(router, "easycwmp", f"{told}'\n", "easycwmpd")
    assert (found["url"], found["username"], found["password"]) == ("http://acs.example/", "", "")


@first_boot
def test_a_comment_of_the_owners_that_looks_like_an_option_stays(router: Router) -> None:
    file = router.config / "network"
    file.write_text(
        file.read_text().replace("config interface 'wan'\n", "config interface 'wan'\n\t#option reqopts '1 2'\n")
    )
    text = file.read_text()
    router.defaults()
    assert "#option reqopts '1 2'" in file.read_text()
    router.run(". /usr/lib/cpe-agent/openwrt.sh; ask_no_more")
    assert file.read_text() == text


@first_boot
def test_icwmp_is_taken_over_and_ends(router: Router) -> None:
    found = migrated(router, "cwmp", ICWMP, "icwmpd")
    assert (found["url"], found["username"], found["password"]) == ("http://192.168.1.178:7547/", "me", "iopsys")
    assert (found["inform"], found["discovery"]) == ("True 1800", "False")
    assert (found["request"], found["path"]) == ("7548 cr crpass", "")
    assert found["identity"].startswith("00AABB ")
    assert "icwmpd disable\nicwmpd stop\n" in router.said.read_text()


@first_boot
def test_an_acs_of_ones_own_is_never_replaced_by_a_migration(router: Router) -> None:
    router.run("uci set cpe-agent.acs.url=https://mine.example/; uci commit cpe-agent")
    assert migrated(router, "easycwmp", EASYCWMP, "easycwmpd")["url"] == "https://mine.example/"
    assert "easycwmpd" not in (router.said.read_text() if router.said.exists() else "")
