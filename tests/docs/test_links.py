"""Links and file names on the pages lead somewhere."""

import re
from pathlib import Path

import pytest
from tests.docs.markdown import ROOT, pages

_FENCED = re.compile(r"^( *)(`{3,}).*?^\1\2$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$", re.MULTILINE)
_FILE_NAME = re.compile(r"[\w./-]+/[\w.-]+\.(py|sql|md|toml|jsonl?|txt)")
_ELSEWHERE = re.compile(r"[a-z]+:")
# Where a reader looks for a file that a page names.
_PLACES = (ROOT, ROOT / "src", ROOT / "src" / "clone_cqrs")


def prose(page: Path) -> str:
    return _FENCED.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def every_page() -> list[Path]:
    return sorted({*pages(), *ROOT.glob("docs/decisions/*.md")})


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", every_page(), ids=name)
def test_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    broken = []
    for inline, reference in _LINK.findall(_CODE.sub("", prose(page))):
        link = inline or reference
        if _ELSEWHERE.match(link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", pages(), ids=name)
def test_file_names_are_those_of_files_that_exist(page: Path) -> None:
    named = [text for text in _CODE.findall(prose(page)) if _FILE_NAME.fullmatch(text)]
    assert [text for text in named if not any((place / text).exists() for place in (page.parent, *_PLACES))] == []


@pytest.mark.parametrize("page", sorted(ROOT.glob("docs/*.md")), ids=name)
def test_every_page_is_found_from_the_index(page: Path) -> None:
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / inline).resolve() for inline, _ in _LINK.findall(index.read_text(encoding="utf-8"))}
    assert page == index or page in linked
