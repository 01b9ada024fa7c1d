"""The Makefile and the scripts behind it."""

import re
import subprocess
from pathlib import Path

import pytest
from tests.repository.tracked import ROOT, files

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_help_is_the_default_and_names_every_target() -> None:
    targets = set(re.findall(r"^\.PHONY: ([a-z-]+)$", MAKEFILE, re.MULTILINE))
    shown = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    assert set(re.findall(r"^  make (\S+) +\S", shown.stdout, re.MULTILINE)) == targets


SCRIPTS = [path for path in files() if path.parent.name in ("scripts", ".ci")]


@pytest.mark.parametrize("script", SCRIPTS, ids=[path.name for path in SCRIPTS])
def test_scripts_are_well_formed(script: Path) -> None:
    shell = "bash" if script.parent.name == ".ci" else "sh"
    subprocess.run([shell, "-n", str(script)], check=True)
