"""Hooks and drop-ins come to where a client is installed, call the agent with what it hands over, and go again."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from agent.cli.dhcp_event import HOOKED
from agent.cli.dhcp_hooks import BEGIN, END, HOOKS, MADE, PACKAGED, PARTS
from agent.cli.main import run
from agent.shipped import shipped

DHCLIENT = '# the owner\'s\nrequest subnet-mask, routers;\nsend vendor-class-identifier "mine";'
DHCPCD = "vendorclassid\noption ntp_servers\n\ninterface eth1\nstatic routers=192.0.2.1\n"
NEEDED = ("lib/netifd/dhcp.script", "lib/netifd/dhcpv6.script", "etc/udhcpc", "etc/dhcp", "usr/lib/dhcpcd/dhcpcd-hooks",
          "etc/NetworkManager/dispatcher.d", "etc/systemd/network", "run/systemd/network", "etc/cpe-agent")  # fmt: skip


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """An image in which everything is installed."""
    for name in NEEDED:
        (tmp_path / name).mkdir(parents=True)
    files = {
        "etc/dhcp/dhclient.conf": DHCLIENT,
        "etc/dhcpcd.conf": DHCPCD,
        "etc/systemd/network/10-wan.network": "[Match]\nName=eth0\n[Network]\nDHCP=yes\n",
        "etc/systemd/network/20-lan.network": "[Match]\nName=eth1\n[Network]\nAddress=192.0.2.1/24\n",
        "run/systemd/network/10-netplan-eth2.network": "[Match]\nName=eth2\n[Network]\nDHCP=ipv4\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def setup(image: Path, *arguments: str) -> int:
    return run(["setup", "--root", str(image), *arguments])


def picture(image: Path) -> dict[str, str]:
    return {str(path.relative_to(image)): path.read_text() for path in image.rglob("*") if path.is_file()}


def test_everything_that_comes_goes_again(image: Path) -> None:
    before, directories = picture(image), sorted(image.rglob("*.d"))
    assert setup(image, "--dhcp-hooks") == 0
    there = picture(image)
    assert set(there) - set(before) == {
        *(hook.target for hook in HOOKS if "libexec" not in hook.target),
        "etc/systemd/network/10-wan.network.d/50-cpe-agent.conf",
        "etc/systemd/network/10-netplan-eth2.network.d/50-cpe-agent.conf",
    }
    assert setup(image, "--no-dhcp-hooks") == 0
    assert picture(image) == {**before, "etc/dhcp/dhclient.conf": f"{DHCLIENT}\n"}
    assert [one for one in sorted(image.rglob("*.network.d")) if one not in directories] == []


def test_clients_without_a_place_for_a_hook_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("run/systemd/netif", "etc/systemd/network", "sbin"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "sbin/udhcpc").symlink_to("/bin/busybox")
    assert setup(tmp_path, "--dhcp-hooks") == 0
    told = capsys.readouterr().out
    assert "next: systemd-networkd: no file in /etc/systemd/network says DHCP=yes" in told
    assert "next: udhcpc: it has no directory for scripts; mkdir /etc/udhcpc, then again: cpe-agent setup" in told
    (tmp_path / "etc/udhcpc").mkdir()
    (tmp_path / "etc/systemd/network/wan.network").write_text("[Network]\nDHCP=yes\n")
    assert setup(tmp_path, "--dhcp-hooks") == 0
    assert "again: cpe-agent" not in capsys.readouterr().out


def test_doing_it_again_changes_nothing(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    setup(image, "--dhcp-hooks")
    there = picture(image)
    capsys.readouterr()
    assert setup(image, "--dhcp-hooks", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"schema": 1, "done": [], "next": []}
    assert picture(image) == there


def test_busyboxs_udhcpc_has_its_script_where_its_maker_puts_it(
    image: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    busybox = tmp_path_factory.mktemp("busybox")
    for place in (busybox, image):
        (place / "usr/share/udhcpc").mkdir(parents=True)
        (place / "usr/share/udhcpc/default.script").touch()
        assert setup(place, "--dhcp-hooks") == 0
        assert capsys.readouterr().out.count("udhcpc: start it with: udhcpc -s /etc/udhcpc/cpe-agent.script") == 1
        assert os.access(place / "etc/udhcpc/cpe-agent.script", os.X_OK)
    assert setup(busybox, "--no-dhcp-hooks") == 0
    assert picture(busybox) == {"usr/share/udhcpc/default.script": ""}


def test_what_is_not_installed_gets_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert setup(tmp_path, "--dhcp-hooks") == 0
    assert picture(tmp_path) == {}
    assert setup(tmp_path, "--no-dhcp-hooks") == 0
    assert capsys.readouterr().out == "nothing to do\nnothing of ours was there\n"


def test_what_the_owner_says_of_the_vendor_class_stays(image: Path) -> None:
    setup(image, "--dhcp-hooks")
    text = (image / "etc/dhcp/dhclient.conf").read_text()
    assert text.startswith(f"{DHCLIENT}\n{BEGIN}\n")
    assert text.count("vendor-class-identifier") == 1
    (image / "etc/dhcpcd.conf").write_text(DHCPCD.replace("vendorclassid", "vendorclassid mine"))
    setup(image, "--dhcp-hooks")
    assert "dslforum.org\n" not in (image / "etc/dhcpcd.conf").read_text().replace("vendclass 3561 dslforum.org\n", "")


def test_what_is_of_every_link_stands_before_the_first_link(image: Path) -> None:
    setup(image, "--dhcp-hooks")
    head, _, rest = (image / "etc/dhcpcd.conf").read_text().partition(BEGIN)
    assert head == "vendorclassid\noption ntp_servers\n\n"
    assert rest.endswith(f"\n{END}\ninterface eth1\nstatic routers=192.0.2.1\n")
    assert "\nvendorclassid dslforum.org\n" in rest


def test_a_file_of_somebody_elses_is_left_alone(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = image / "etc/dhcp/dhclient-exit-hooks.d/cpe-agent"
    theirs.parent.mkdir()
    theirs.write_text("echo mine\n")
    assert setup(image, "--dhcp-hooks") == 1
    assert "not ours" in capsys.readouterr().err
    assert setup(image, "--no-dhcp-hooks") == 0
    assert theirs.read_text() == "echo mine\n"


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook.target)
def test_a_hook_calls_the_agent_with_its_arguments_and_ends_well(hook: object, tmp_path: Path) -> None:
    assert isinstance(hook, type(HOOKS[0]))
    file = shipped(f"dhcp/{hook.source}")
    assert MADE in file.read_text()
    (tmp_path / "cpe-agent").write_text(f'#!/bin/sh\nprintf "%s " "$@" >>{tmp_path}/called\necho loud\nexit 3\n')
    (tmp_path / "cpe-agent").chmod(0o755)
    for path in (f"{tmp_path}:/usr/bin:/bin", "/usr/bin:/bin"):
        done = subprocess.run(
            ["/bin/sh", "-eu", "-c", f". {file} && echo fine", "hook", "eth0", "bound"],
            env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout in ("", "fine\n")
    client = hook.client.lower()
    assert (tmp_path / "called").read_text() == f"dhcp-event --client {client} eth0 bound "
    assert client in HOOKED


def test_the_wrapper_of_udhcpcs_script_keeps_that_scripts_word(tmp_path: Path) -> None:
    text = shipped("dhcp/udhcpc.script").read_text()
    (tmp_path / "default.script").write_text(f'#!/bin/sh\necho "$1 $interface" >{tmp_path}/done\nexit 5\n')
    (tmp_path / "default.script").chmod(0o755)
    (tmp_path / "script").write_text(text.replace("/etc/udhcpc/default.script", f"{tmp_path}/default.script"))
    done = subprocess.run(
        ["/bin/sh", str(tmp_path / "script"), "bound"], env={"PATH": "/usr/bin:/bin", "interface": "eth0"}, check=False
    )
    assert done.returncode == 5
    assert (tmp_path / "done").read_text() == "bound eth0\n"


def test_a_hook_that_the_package_brought_is_the_packages(image: Path) -> None:
    hook = image / "etc/dhcp/dhclient-exit-hooks.d/cpe-agent"
    hook.parent.mkdir()
    hook.write_text(f"# {PACKAGED}.\n")
    assert setup(image, "--dhcp-hooks") == 0
    assert setup(image, "--leave") == 0
    assert hook.read_text() == f"# {PACKAGED}.\n"
    assert picture(image)["etc/dhcp/dhclient.conf"] == f"{DHCLIENT}\n"


def test_every_file_travels_with_the_agent() -> None:
    assert {part.source for part in PARTS} | {hook.source for hook in HOOKS} | {"networkd.conf"} == {
        path.name for path in shipped("dhcp").iterdir()
    }
