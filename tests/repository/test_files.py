"""What the repository holds, and what it must not."""

import re
import tomllib

import pytest
from tests.repository.tracked import ROOT, files, texts

# Spelled in halves, so that this file does not hold what it looks for.
_INDEXES = re.compile(
    "|".join(("py" + r"pi\.org", "python" + r"hosted\.org", "deb\\.deb" + r"ian\.org", "registry\\.np" + "mjs"))
)
_MACHINE_PATHS = re.compile(r"(?<![\w.*~-])/(" + "|".join(("wo" + "rk", "op" + "t", "ro" + "ot", "ho" + r"me/\w+")) + ")/")
_EMPTY_NAMES = re.compile(r"(^|/)(utils?|helpers?|common|misc|managers?)(\.|/|$)")


def test_no_file_names_a_package_index() -> None:
    assert [name for name, text in texts().items() if _INDEXES.search(text)] == []


def test_no_file_names_a_path_of_one_machine() -> None:
    assert [(name, found[0]) for name, text in texts().items() if (found := _MACHINE_PATHS.search(text))] == []


@pytest.mark.parametrize("text", ["https://py" + "pi.org/simple", "deb http://deb.deb" + "ian.org/debian bookworm"])
def test_knows_a_package_index(text: str) -> None:
    assert _INDEXES.search(text)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ('open("/wo' + 'rk/main/x")', True),
        ("see /ho" + "me/ada/x", True),
        ("~/wo" + "rk/x", False),
        ("framework/op" + "t/x", False),
    ],
)
def test_knows_a_path_of_one_machine(text: str, is_one: bool) -> None:
    assert bool(_MACHINE_PATHS.search(text)) is is_one


def test_the_licence_is_there_and_is_the_one_named() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert text.startswith("MIT License\n\nCopyright (c) The clone-cqrs authors\n")
    assert 'license = "MIT"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_every_name_says_what_is_inside() -> None:
    names = [path.relative_to(ROOT).as_posix() for path in files()]
    assert [name for name in names if _EMPTY_NAMES.search(name)] == []


def test_every_text_ends_with_one_line_end_and_has_no_merge_marker() -> None:
    def is_wrong(text: str) -> bool:
        return bool(text) and (not text.endswith("\n") or "\r" in text or bool(re.search(r"^[<>]{7} ", text, re.M)))

    assert [name for name, text in texts().items() if is_wrong(text)] == []


def test_programs_can_be_executed() -> None:
    programs = [path for path in files() if path.read_bytes()[:2] == b"#!"]
    assert [path.name for path in programs if not path.stat().st_mode & 0o111] == []


def test_every_python_file_is_checked_for_its_types() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    checked = tuple(f"{directory}/" for directory in project["tool"]["mypy"]["files"])
    assert [name for name in texts() if name.endswith(".py") and not name.startswith(checked)] == []
