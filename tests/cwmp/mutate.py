"""Mutates envelopes, by their structure and by their bytes, and sends them through the parser and a dispatcher.

The same seed gives the same inputs on every machine. As in the agent, a short-lived thread does the reading: libxml2
keeps every element name a thread has ever read until that thread ends (hardening T1, T2).
"""

import random
import re
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from agent.cwmp import messages as m
from agent.cwmp.soap import Malformed, parse, render
from agent.runtime.memory import give_back

CORPUS = Path(__file__).resolve().parent.parent / "soap"
INPUTS_PER_THREAD = 500
SLOWEST_ALLOWED = 1.0
"""Seconds that one input may take."""
_HUNG = 60.0
_KEPT = 10

Dispatch = Callable[[m.Request], m.Response | m.Fault]

PORT = "Device.Ethernet.Interface.1."
SEEDS: tuple[m.Message, ...] = (
    m.GetRPCMethods(),
    m.GetParameterValues(("Device.DeviceInfo.", f"{PORT}Enable", "")),
    m.SetParameterValues(
        (m.ParameterValueStruct(f"{PORT}Enable", "0", "boolean"), m.ParameterValueStruct(f"{PORT}MaxBitRate", "100")),
        "key",
    ),
    m.SetParameterValues((m.ParameterValueStruct("Device.IP.Interface.1.LowerLayers", PORT, "string"),)),
    m.GetParameterNames("Device.", True),
    m.GetParameterNames("", False),
    m.SetParameterAttributes((m.SetParameterAttributesStruct(f"{PORT}Status", True, 2, True, ("Subscriber",)),)),
    m.GetParameterAttributes(("Device.Ethernet.",)),
    m.AddObject("Device.IP.Interface.", "key"),
    m.DeleteObject("Device.IP.Interface.1.", "key"),
    m.Reboot("key"),
    m.FactoryReset(),
    m.ScheduleInform(60, "key"),
    m.Download(file_type="1 Firmware Upgrade Image", url="http://files.example/image"),
    m.ChangeDUState((m.InstallOpStruct("http://files.example/du"),)),
    m.InformResponse(),
    m.Fault(8005, "Retry request"),
)
TEXTS = (
    *("", "0", "1", "-1", "true", "yes", "4294967296", "9" * 400, "1e9", "Device.", "Device..", ".", "*", "Device.*."),
    *("Device.Ethernet.Interface.[cpe-1].", "Device.Ethernet.Interface.999999999999999999999.", "[", "]", "Device.[]."),
    *(
        "$(reboot)",
        "`id`",
        "; rm -rf /",
        "../../etc/passwd",
        "%s%n",
        "\n",
        "\r\n\t",
        "x" * 300,
        "é",
        "日本",
        "\U0001f389",
    ),
    *("0001-01-01T00:00:00Z", "2026-13-45T99:99:99Z", "AAAA=", "00:11:22:33:44:55", "1.2.3.4", "::1", "Device." * 40),
)
RAW = (
    *(b"<", b">", b"&", b"&amp;", b"&#0;", b"&#x110000;", b"&e;", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"<?", b"?>"),
    *(b"\0", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xef\xbf\xbf", b"\xfe\xff", b"\xff\xfe", b"'", b'"', b"=", b":"),
    *(
        b"<!DOCTYPE a>",
        b'<!DOCTYPE a [<!ENTITY e "e">]>',
        b'<?xml version="1.1"?>',
        b'<?xml version="1.0" encoding="x"?>',
    ),
)
_ELEMENT = re.compile(rb"<([\w:.-]+)([^<>]*)>([^<>]*)</\1>")
_TAG = re.compile(rb"<(/?)([\w:.-]+)([^<>]*)>")


def bases() -> tuple[bytes, ...]:
    """What is mutated: the corpus, and every request with arguments that the small device knows."""
    rendered = [render(m.Envelope(seed, id="7", version="1.2")) for seed in SEEDS]
    return (*rendered, *(file.read_bytes() for file in sorted(CORPUS.glob("*.xml"))))


class Mutator:
    """An endless source of envelopes that are wrong in some way; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._bases = bases()
        self._names = 0

    def __next__(self) -> bytes:
        data = self._random.choice(self._bases)
        for _ in range(self._random.choice((1, 1, 1, 2, 3, 8))):
            data = self._random.choice(_MUTATIONS)(self, data)
        return data

    def __iter__(self) -> Iterator[bytes]:
        return self

    # -- bytes

    def flip(self, data: bytes) -> bytes:
        if not data:
            return data
        at = self._random.randrange(len(data))
        return data[:at] + bytes([data[at] ^ 1 << self._random.randrange(8)]) + data[at + 1 :]

    def cut(self, data: bytes) -> bytes:
        return data[: self._random.randrange(len(data) + 1)]

    def remove(self, data: bytes) -> bytes:
        start, end = self._span(data)
        return data[:start] + data[end:]

    def repeat(self, data: bytes) -> bytes:
        start, end = self._span(data)
        return data[:end] + data[start:end] * self._random.choice((1, 2, 50)) + data[end:]

    def insert(self, data: bytes) -> bytes:
        at = self._random.randrange(len(data) + 1)
        return data[:at] + self._random.choice((*RAW, self._random.randbytes(8))) + data[at:]

    def splice(self, data: bytes) -> bytes:
        other = self._random.choice(self._bases)
        return data[: self._random.randrange(len(data) + 1)] + other[self._random.randrange(len(other) + 1) :]

    def encode(self, data: bytes) -> bytes:
        return data.decode("utf-8", "replace").encode(self._random.choice(("utf-16", "utf-16-be", "utf-32", "utf-7")))

    # -- structure

    def text(self, data: bytes) -> bytes:
        text = self._random.choice(TEXTS).encode()
        return self._element(data, lambda found: b"<%s%s>%s</%s>" % (found[1], found[2], text, found[1]))

    def drop(self, data: bytes) -> bytes:
        return self._element(data, lambda found: b"")

    def double(self, data: bytes) -> bytes:
        times = self._random.choice((2, 2, 3, 100))
        return self._element(data, lambda found: found[0] * times)

    def nest(self, data: bytes) -> bytes:
        times = self._random.choice((1, 5, 63, 400))
        return self._element(data, lambda found: b"<n>" * times + found[0] + b"</n>" * times)

    def rename(self, data: bytes) -> bytes:
        self._names += 1
        name = self._random.choice((b"string", b"Name", b"Fault", b"cwmp:Reboot", b"x%d" % self._names))
        return self._element(data, lambda found: b"<%s%s>%s</%s>" % (name, found[2], found[3], name))

    def attribute(self, data: bytes) -> bytes:
        self._names += 1
        choices = (
            b'xsi:type="cwmp:InstallOpStruct"',
            b'xsi:nil="true"',
            b'mustUnderstand="1"',
            b'y%d:a=""' % self._names,
        )
        added = self._random.choice((*choices, b'xmlns="u"', b'xmlns:cwmp="u"', b'xml:space="default"'))
        return self._element(data, lambda found: b"<%s %s%s>%s</%s>" % (found[1], added, found[2], found[3], found[1]))

    def swap(self, data: bytes) -> bytes:
        found = list(_ELEMENT.finditer(data))
        if len(found) < 2:
            return data
        one, two = sorted(self._random.sample(found, 2), key=lambda match: match.start())
        middle = data[one.end() : two.start()]
        return data[: one.start()] + two[0] + middle + one[0] + data[two.end() :]

    def unclose(self, data: bytes) -> bytes:
        found = list(_TAG.finditer(data))
        if not found:
            return data
        tag = self._random.choice(found)
        return data[: tag.start()] + data[tag.end() :]

    def prefix(self, data: bytes) -> bytes:
        return data.replace(*self._random.choice(((b"cwmp:", b"c:"), (b"soap-env:", b""), (b"cwmp-1-2", b"cwmp-9-9"))))

    def doctype(self, data: bytes) -> bytes:
        declared = self._random.choice(
            (b"", b'[<!ENTITY e "e">]', b'SYSTEM "file:///etc/passwd"', b"[<!ENTITY % p '']")
        )
        return b"<!DOCTYPE a " + declared + b">" + re.sub(rb"^<\?xml[^>]*>", b"", data)

    def header(self, data: bytes) -> bytes:
        self._names += 1
        added = b'<h%d soap-env:mustUnderstand="%d"/>' % (self._names, self._random.randrange(2))
        return data.replace(b"<soap-env:Header>", b"<soap-env:Header>" + added, 1)

    def _span(self, data: bytes) -> tuple[int, int]:
        start = self._random.randrange(len(data) + 1)
        return start, min(len(data), start + self._random.choice((1, 4, 30, 200)))

    def _element(self, data: bytes, change: Callable[[re.Match[bytes]], bytes]) -> bytes:
        found = list(_ELEMENT.finditer(data))
        if not found:
            return data
        element = self._random.choice(found)
        return data[: element.start()] + change(element) + data[element.end() :]


_MUTATIONS: tuple[Callable[[Mutator, bytes], bytes], ...] = (
    *(Mutator.flip, Mutator.cut, Mutator.remove, Mutator.repeat, Mutator.insert, Mutator.splice, Mutator.encode),
    *(
        Mutator.text,
        Mutator.text,
        Mutator.text,
        Mutator.text,
        Mutator.drop,
        Mutator.double,
        Mutator.double,
        Mutator.nest,
    ),
    *(Mutator.rename, Mutator.attribute, Mutator.swap, Mutator.swap, Mutator.unclose, Mutator.prefix, Mutator.doctype),
    Mutator.header,
)


@dataclass
class Report:
    """What came of it. Seconds; growth of the resident memory in bytes, from the first tenth on."""

    inputs: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    """How many were malformed, not requests, and which methods were answered with what."""
    crashes: list[tuple[bytes, str]] = field(default_factory=list)
    slowest: float = 0.0
    slowest_input: bytes = b""
    hung: bool = False
    growth: int = 0
    seconds: float = 0.0

    @property
    def is_clean(self) -> bool:
        """No crash, and nothing took longer than it may. The growth is the caller's to judge."""
        return not self.crashes and not self.hung and self.slowest <= SLOWEST_ALLOWED

    @property
    def answered(self) -> int:
        """How many inputs reached the dispatcher."""
        return sum(count for outcome, count in self.outcomes.items() if outcome.startswith("answered"))


def run(count: int, seed: int, dispatch: Dispatch) -> Report:
    """Send ``count`` mutated envelopes through the parser; requests go on to ``dispatch``, answers to the renderer."""
    report = Report()
    inputs = Mutator(seed)
    began = time.perf_counter()
    before = 0
    while report.inputs < count and not report.hung:
        portion = [next(inputs) for _ in range(min(INPUTS_PER_THREAD, count - report.inputs))]
        thread = threading.Thread(target=_read_all, args=(portion, dispatch, report), daemon=True)
        thread.start()
        thread.join(_HUNG)
        report.hung = thread.is_alive()
        report.inputs += len(portion)
        if not before and report.inputs >= count // 10:
            before = resident()
    report.growth = resident() - before
    report.seconds = time.perf_counter() - began
    return report


def _read_all(portion: list[bytes], dispatch: Dispatch, report: Report) -> None:
    for data in portion:
        began = time.perf_counter()
        try:
            report.outcomes[_pass_through(data, dispatch)] += 1
        except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
            if len(report.crashes) < _KEPT:
                report.crashes.append((data, traceback.format_exc()))
        if (seconds := time.perf_counter() - began) > report.slowest:
            report.slowest, report.slowest_input = seconds, data


def _pass_through(data: bytes, dispatch: Dispatch) -> str:
    try:
        envelope = parse(data)
    except Malformed:
        return "malformed"
    if not isinstance(envelope.message, m.Request):
        return "no request"
    answer = dispatch(envelope.message)
    back = parse(render(m.Envelope(answer, id=envelope.id, version=envelope.version)))
    if type(back.message) is not type(answer):
        raise AssertionError(f"{m.name_of(answer)} is read as {m.name_of(back.message)}")
    return f"answered {answer.code}" if isinstance(answer, m.Fault) else "answered well"


def resident() -> int:
    give_back()  # as the agent does when a session has ended
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
