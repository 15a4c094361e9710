"""The page's own files are served, compressed, with what lets a browser keep them; nothing else is."""

import gzip
from pathlib import Path

import pytest

from agent.web.requests_in import read_head
from agent.web.responses import Response
from agent.web.static_files import FOR_EVER, StaticFiles


@pytest.fixture
def files(tmp_path: Path) -> StaticFiles:
    (tmp_path / "static").mkdir()
    (tmp_path / "secret.js").write_text("secret")
    (tmp_path / "static/index.html").write_text('<script type="module" src="/static/app.js"></script>')
    (tmp_path / "static/app.js").write_text("app")
    (tmp_path / "static/notes.txt").write_text("not served")
    (tmp_path / "static/.hidden.js").write_text("not served")
    return StaticFiles(str(tmp_path / "static"))


def get(files: StaticFiles, path: str, *fields: str) -> Response | None:
    lines = [f"GET {path} HTTP/1.1", "Host: a", *fields, "", ""]
    return files.answer(read_head("\r\n".join(lines).encode()))


def body(answer: Response | None) -> bytes:
    assert answer is not None
    assert isinstance(answer.body, bytes)
    return answer.body


def test_the_index_names_files_by_a_version_and_those_are_kept_for_ever(files: StaticFiles) -> None:
    index = get(files, "/")
    assert index is not None
    assert dict(index.fields)["Cache-Control"] == "no-cache"
    source = body(index).decode().split('"')[3]
    script = get(files, source)
    assert body(script) == b"app"
    assert script is not None
    assert dict(script.fields)["Cache-Control"] == FOR_EVER
    assert script.type.startswith("text/javascript")
    plain = get(files, "/static/app.js")
    assert plain is not None
    assert dict(plain.fields)["Cache-Control"] == "no-cache"


def test_who_takes_gzip_gets_it_and_who_has_it_already_gets_nothing(files: StaticFiles) -> None:
    answer = get(files, "/static/app.js", "Accept-Encoding: br, gzip")
    assert answer is not None
    assert gzip.decompress(body(answer)) == b"app"
    tag = dict(answer.fields)["ETag"]
    again = get(files, "/static/app.js", f"If-None-Match: {tag}")
    assert again is not None
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/static/../secret.js", "/static/%2e%2e/secret.js", "/static//secret.js", "/static/..%2fsecret.js",
        "/secret.js", "/static/notes.txt", "/static/.hidden.js", "/static/", "/static", "/static/nothing.js",
        "//etc/passwd", "/static/000000000000/app.js", "/index.html", "/static/app.js/", "/static/app.js%00.png",
    ],
)  # fmt: skip
def test_nothing_else_is_served(files: StaticFiles, path: str) -> None:
    assert get(files, path) is None


def test_a_changed_file_is_another_one_at_once(files: StaticFiles, tmp_path: Path) -> None:
    before = body(get(files, "/"))
    (tmp_path / "static/app.js").write_text("another app")
    assert body(get(files, "/static/app.js")) == b"another app"
    assert body(get(files, "/")) != before


def test_scripts_go_without_their_indentation_and_all_else_as_it_is(files: StaticFiles, tmp_path: Path) -> None:
    (tmp_path / "static/app.js").write_text('if (a)\n    b("  ");\n')
    (tmp_path / "static/a.png").write_bytes(b"\n    \0")
    assert body(get(files, "/static/app.js")) == b'if (a)\nb("  ");\n'
    assert body(get(files, "/static/a.png")) == b"\n    \0"


def test_what_is_forgotten_is_read_again(files: StaticFiles) -> None:
    body(get(files, "/"))
    files.forget()
    assert body(get(files, "/static/app.js")) == b"app"


def test_the_page_of_this_project_is_small() -> None:
    assert 0 < StaticFiles().bytes_in_all() <= 60_000
