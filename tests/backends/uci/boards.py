"""The corpus: what a dozen kinds of boards come with, files that use all of the grammar, and broken ones."""

import random
from pathlib import Path
from typing import Final

CORPUS: Final = Path(__file__).parent / "corpus"
FILES: Final = sorted(path for path in CORPUS.glob("*/*") if path.parent.name != "broken")
BROKEN: Final = sorted(CORPUS.glob("broken/*"))
PIECES: Final = (
    "config", "option", "list", "package", "c", "o", "l", "p", "foo", "bar", "it", "'it'\\''s'", "'a b'", '"x y"',
    '"a\\"b"', "a\\ b", "\\\n", ";", "#", "# x", " ", "  ", "\t", "\n", "\n\n",
    "\r\n", "''", '""', "'", '"', "\\", "'two\nlines'",
    '"two\nlines"', "cfg01abcd", "a-b", "wifi-iface", "é", "\udcff", "a;b", "'a';", "x#y", "\v", "\f", "$(x)", "\x01",
)  # fmt: skip


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def mutated(seed: int, count: int) -> list[str]:
    """As many texts out of the corpus with a few of their characters lost, doubled or replaced by telling pieces."""
    chance = random.Random(seed)
    texts = [path.read_bytes().decode("utf-8", "surrogateescape") for path in FILES]
    return [_mutated(chance, chance.choice(texts)) for _ in range(count)]


def _mutated(chance: random.Random, text: str) -> str:
    # A part of it, so that a mutation is not lost in a long file.
    start = chance.randrange(len(text) + 1)
    text = text[start : start + chance.randrange(20, 400)]
    if chance.random() < 0.7:
        text = f"config start here\n{text[text.find(chr(10)) + 1 :]}"
    for _ in range(chance.randrange(4)):
        place = chance.randrange(len(text) + 1)
        match chance.randrange(4):
            case 0:
                text = text[:place] + chance.choice(PIECES) + text[place:]
            case 1:
                text = text[:place] + text[place + chance.randrange(1, 6) :]
            case 2:
                text = text[:place] + chance.choice(PIECES) + text[place + 1 :]
            case 3:
                text = text[:place]
    return text
