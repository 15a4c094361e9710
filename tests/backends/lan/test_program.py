"""A small program says when it works, and is told by signals."""

import signal
import subprocess
import sys
from pathlib import Path

from tests.waiting import PATIENCE, until

ECHO = """
import signal, sys
from backends.lan import program

class Echo:
    def __init__(self, path):
        self.path = path
    def reload(self):
        self.word = self.path.read_text()
    def run(self, wake):
        while (number := wake.recv(1)[0]) != signal.SIGTERM:
            self.reload()
            print(self.word, flush=True)

program.run(Echo, sys.argv[1:])
"""


def test_it_reads_its_file_tells_that_it_works_and_gets_its_signals(tmp_path: Path) -> None:
    file, ready = tmp_path / "file", tmp_path / "ready"
    file.write_text("one")
    with subprocess.Popen([sys.executable, "-c", ECHO, file, ready], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert until(ready.exists)
            file.write_text("two")
            process.send_signal(signal.SIGHUP)
            assert process.stdout.readline() == "two\n"
            process.terminate()
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
