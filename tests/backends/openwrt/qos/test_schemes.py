"""The queues that each script makes, and the DSCPs by which it tells traffic apart."""

import pytest

from backends.openwrt.qos.schemes import CLASSES, DIFFSERV, Scheme, of_qos_scripts, of_sqm

pytestmark = pytest.mark.slow


def names(scheme: Scheme | None) -> list[str]:
    return [place.name for place in scheme.places] if scheme else []


@pytest.mark.parametrize(
    ("script", "qdisc", "options", "queues", "drop"),
    [
        ("piece_of_cake.qos", "fq_codel", "", ["best effort"], "BLUE"),
        ("piece_of_cake.qos", "cake", "nat diffserv3", ["bulk", "best effort", "voice"], "BLUE"),
        ("layer_cake.qos", "cake", "", ["bulk", "best effort", "voice"], "BLUE"),
        ("layer_cake.qos", "cake", "diffserv4 dual-srchost", ["bulk", "best effort", "video", "voice"], "BLUE"),
        ("layer_cake.qos", "cake", "diffserv4 besteffort", ["best effort"], "BLUE"),
        ("layer_cake.qos", "cake", "diffserv8", [f"tin {number}" for number in range(8)], "BLUE"),
        ("simple.qos", "cake", "", ["bulk", "best effort", "voice"], "BLUE"),
        ("simple.qos", "fq_codel", "", ["voice", "best effort", "bulk"], "RED"),
        ("simplest.qos", "cake", "", ["best effort"], "BLUE"),
        ("simplest.qos", "pfifo", "", ["best effort"], "DT"),
        ("simplest_tbf.qos", "fq_codel", "", ["best effort"], "RED"),
        ("of_my_own.qos", "cake", "", [], ""),
        ("", "", "", [], ""),
    ],
)
def test_a_script_makes_these(script: str, qdisc: str, options: str, queues: list[str], drop: str) -> None:
    scheme = of_sqm(script, qdisc, options)
    assert names(scheme) == queues
    assert scheme is None or scheme.drop == drop
    assert scheme is None or all((place.tin < 0) == bool(place.handle) for place in scheme.places)


def test_a_codepoint_goes_where_there_is_a_queue_for_it() -> None:
    for kinds, points in DIFFSERV.values():
        assert set(points.values()) <= {CLASSES[kind] for kind in kinds}
    layered = of_sqm("layer_cake.qos", "cake", "")
    assert layered is not None
    assert (layered.codepoints[46], layered.codepoints[8], layered.codepoints.get(34)) == (3, 1, None)


def test_voice_goes_first() -> None:
    layered = of_sqm("layer_cake.qos", "cake", "diffserv4")
    assert layered is not None
    assert [place.name for place in sorted(layered.places, key=lambda one: one.precedence)] == [
        "voice", "video", "best effort", "bulk",
    ]  # fmt: skip


def test_classes_of_qos_scripts_are_numbered() -> None:
    scheme = of_qos_scripts(["Priority", "Bulk"])
    assert [(place.name, place.traffic_class, place.handle) for place in scheme.places] == [
        ("Priority", 1, 0x100),
        ("Bulk", 2, 0x200),
    ]
