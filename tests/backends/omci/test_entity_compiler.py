"""What is compiled from the table of managed entities is what it says, but for what is known to be wrong in it."""

from pathlib import Path

import pytest

from backends.omci import entity_facts
from backends.omci.entity_compiler import CompileError, compile_table, main, read_table
from tests.backends.omci.vectors import FOLDER

HEAD = (
    "class class_hex me_name created_by actions asked attr_index attr_name attr_mask size type access set_by_create "
    "table optional avc tca deprecated alarms"
).replace(" ", "\t")
ITSELF = "340|0x0154|Server|ONU|Get,Set|y|0|ManagedEntityId|0x0000|2|pointer|R|0|0|0|0|0|0|"


def table(*rows: str) -> list[dict[str, str]]:
    return read_table("\n".join([HEAD, *(row.replace("|", "\t") for row in rows)]))


def compiled(*rows: str) -> list[str]:
    text = compile_table(table(*rows))
    return text.partition('"""\\\n')[2].removesuffix('"""\n').splitlines()


def test_a_class_is_a_line_and_each_attribute_and_alarm_below_it() -> None:
    assert compiled(
        ITSELF.removesuffix("|") + "|0=LOS;12=Dying gasp",
        "340|0x0154|Server|ONU|Get,Set|y|1|State|0x8000|1|enum|RW|0|0|1|1|0|0|",
        "340|0x0154|Server|ONU|Get,Set|y|2|Rows|0x4000|-1|table|R|0|1|0|0|0|1|",
    ) == [
        "340 Server ONU Get,Set",
        " State 1 enum RW oa",
        " Rows 0 table R td",
        " ! 0 LOS",
        " ! 12 Dying gasp",
    ]


def test_classes_are_apart() -> None:
    other = ITSELF.replace("340", "341").replace("Server", "Other")
    assert compiled(ITSELF, other) == ["340 Server ONU Get,Set", "", "341 Other ONU Get,Set"]


def test_a_name_is_without_the_remarks_behind_it() -> None:
    remarked = ITSELF.replace("Server", "Legacy(of somebody) [source: a script]").replace("Get,Set", "")
    assert compiled(remarked) == ["340 Legacy ONU -"]


def test_what_the_table_has_wrong_is_corrected_and_units_and_words_are_added() -> None:
    row = "263|0x0107|AniG|ONU|Get|y|1|LowerOpticalThreshold|0x8000|1|sint|RW|0|0|1|0|0|0|"
    first = ITSELF.replace("340", "263")
    assert compiled(first, row)[1] == " LowerOpticalThreshold 1 uint RW o unit=dBm step=-0.5 policy=255"
    part = "157|0x009d|LargeString|OLT|Get|y|1|Part12|0x8000|25|octets|RW|0|0|0|1|0|0|"
    assert compiled(ITSELF.replace("340", "157"), part)[1] == " Part12 25 string RW a"
    wide = "5|0x0005|X|OLT|Get|y|1|PortList1|0x8000|16|table-row-like bitmap|R|0|0|0|0|0|0|"
    assert compiled(ITSELF.replace("340", "5"), wide)[1] == " PortList1 16 octets R -"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("340|0x0154|Server|ONU|Get|y|2|State|0x4000|1|enum|RW|0|0|0|0|0|0|", "without a gap"),
        ("340|0x0154|Server|ONU|Get|y|1|State|0x4000|1|enum|RW|0|0|0|0|0|0|", "mask"),
        ("340|0x0154|Server|ONU|Get|y|1|The State|0x8000|1|enum|RW|0|0|0|0|0|0|", "name"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(row: str, why: str) -> None:
    with pytest.raises(CompileError, match=f"class 340.*{why}"):
        compiled(ITSELF, row)


def test_what_is_committed_is_what_the_table_compiles_to_now(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = FOLDER / "me.tsv"
    if not file.exists():
        pytest.skip(f"the table of managed entities is not on this machine: {file} is missing")
    monkeypatch.setattr("sys.argv", ["entity_compiler", str(file)])
    assert main() == 0
    assert capsys.readouterr().out == Path(entity_facts.__file__).read_text()
    assert compile_table(read_table(file.read_text())).count("\n\n") >= 62
