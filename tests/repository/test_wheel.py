"""The wheel that users install."""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.repository.tracked import ROOT, files


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    directory = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(directory)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (built,) = directory.glob("*.whl")
    with zipfile.ZipFile(built) as opened:
        yield opened


def test_holds_every_file_of_the_package(wheel: zipfile.ZipFile) -> None:
    source = ROOT / "src"
    expected = {path.relative_to(source).as_posix() for path in files() if path.is_relative_to(source)}
    assert expected - set(wheel.namelist()) == set()


def test_holds_the_licence_and_nothing_that_is_not_of_the_package(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert {Path(name).parts[0].split("-")[0] for name in names} == {"clone_cqrs"}


def test_says_that_the_package_is_typed(wheel: zipfile.ZipFile) -> None:
    assert "clone_cqrs/py.typed" in wheel.namelist()


def test_holds_the_sample_that_the_demo_imports(wheel: zipfile.ZipFile) -> None:
    sample = (ROOT / "examples" / "data" / "clone-commands.jsonl").read_bytes()
    assert wheel.read("clone_cqrs/cli/demo/clone-commands.jsonl") == sample
