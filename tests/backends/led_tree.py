"""Lamps as sysfs has them."""

from pathlib import Path


def lamp(root: Path, name: str, **attributes: str) -> None:
    """A lamp with these attributes, below what ``Leds`` is given as /sys."""
    folder = root / "class/leds" / name
    folder.mkdir(parents=True)
    for attribute, text in {
        "brightness": "0",
        "max_brightness": "255",
        "trigger": "[none] timer",
        **attributes,
    }.items():
        (folder / attribute).write_text(f"{text}\n")


def led_tree(root: Path) -> Path:
    """A lamp that blinks, one that the kernel lights, one that is dark, one of three colours, one that is broken."""
    lamp(root, "board:green:wlan", trigger="none [timer] phy0tx", brightness="255", delay_on="200", delay_off="800")
    lamp(root, "ACT", trigger="none timer [mmc0]", brightness="1")
    lamp(root, "board:red:power")
    lamp(root, "rgb:status", brightness="128", multi_index="green red blue", multi_intensity="0 255 128")
    lamp(root, "spare")
    (root / "class/leds/spare/brightness").unlink()
    return root
