"""A password is kept so that it cannot be read, and compared so that nothing is learned from how long it takes."""

import ast
import inspect
import subprocess
import sys

import pytest

from agent.web import access, password

CHEAP = 2**4


def test_a_password_is_known_again_and_no_other_is() -> None:
    kept = password.kept("correct horse", CHEAP)
    assert "correct" not in kept
    assert kept.startswith("scrypt:16:")
    assert password.is_right("correct horse", kept)
    assert not password.is_right("correct horsf", kept)
    assert not password.is_right("", kept)
    assert kept != password.kept("correct horse", CHEAP)


@pytest.mark.parametrize(
    "kept", ["", "scrypt", "scrypt:16:??:??", "scrypt:x:AA==:AA==", "plain:16:AA==:AA==", "scrypt:17:AA==:AA=="]
)
def test_what_is_kept_in_another_form_is_nobodys_password(kept: str) -> None:
    assert not password.is_right("", kept)
    assert not password.is_right("correct horse", kept)


def test_short_and_simple_passwords_are_refused() -> None:
    assert "fewer than 8" in password.problem_of("1234567")
    assert "more than 256" in password.problem_of("x" * 300)
    assert password.problem_of("aaaaaaaaaa")
    assert password.problem_of("correct horse") == ""


def test_a_password_as_it_is_kept_by_default_takes_the_work_it_should() -> None:
    assert password.COST >= 2**14
    assert password.is_right("correct horse", password.kept("correct horse"))


MANY = """
import re, threading
from pathlib import Path
from agent.web import password
from agent.web.pool import MOST

def resident(which):
    return int(re.search(which + r":\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])

kept = password.kept("correct horse")
before = resident("VmRSS")
threads = [threading.Thread(target=password.is_right, args=("wrong", kept)) for _ in range(MOST)]
for one in threads: one.start()
for one in threads: one.join()
print(resident("VmRSS") - before, resident("VmHWM") - before)
"""


@pytest.mark.slow
def test_many_who_try_at_once_cost_the_memory_of_one() -> None:
    told = subprocess.run([sys.executable, "-c", MANY], check=True, capture_output=True, text=True)
    stays, at_most = map(int, told.stdout.split())
    assert stays < 4_000
    assert at_most < 30_000


@pytest.mark.parametrize("module", [password, access])
def test_no_secret_is_compared_by_a_plain_equality(module: object) -> None:
    tree = ast.parse(inspect.getsource(module))  # type: ignore[arg-type]
    compared = {
        name.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare) and any(isinstance(one, (ast.Eq, ast.NotEq)) for one in node.ops)
        for name in ast.walk(node)
        if isinstance(name, ast.Name)
    }
    assert not compared & {"digest", "found", "wanted", "cookie", "csrf", "shown", "password", "secret"}
