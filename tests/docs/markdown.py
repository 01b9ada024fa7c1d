"""The fenced blocks of a Markdown page, in order, and what the page says about running them."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})(?P<language>[\w-]*)[^\n`]*$")
_NOT_RUN = re.compile(r"^<!-- no-run: (?P<reason>.+) -->$")


@dataclass(frozen=True)
class Block:
    """A fenced block. line: of its first line of text, from 1; not_run: the reason of a `<!-- no-run: ... -->` above it;
    output: the ```text block directly after it, if there is one."""

    language: str
    text: str
    line: int
    not_run: str | None
    output: str | None = None


def pages() -> list[Path]:
    """All pages for users and contributors. Decision records are of their time and not kept up to date."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")]
    return sorted(page for page in found if "decisions" not in page.parts)


def blocks(page: Path) -> list[Block]:
    """The blocks of a page; a ```text block that is the output of the one above it is not a block of its own.

    Raises: ValueError when a fence is not closed.
    """
    found: list[Block] = []
    lines = page.read_text(encoding="utf-8").split("\n")
    between: list[str] = []  # the lines with text since the last block
    number = 0
    while number < len(lines):
        opening = _FENCE.match(lines[number])
        if opening is None:
            between += [lines[number].strip()] if lines[number].strip() else []
            number += 1
            continue
        indent, closing = opening["indent"], opening["indent"] + opening["ticks"]
        try:
            end = lines.index(closing, number + 1)
        except ValueError:
            raise ValueError(f"{page.name}:{number + 1}: this block is not closed") from None
        text = "\n".join(line.removeprefix(indent) for line in lines[number + 1 : end])
        not_run = _NOT_RUN.match(between[-1]) if between else None
        block = Block(opening["language"], text, number + 2, not_run["reason"] if not_run else None)
        if block.language == "text" and found and not between:
            found[-1] = Block(found[-1].language, found[-1].text, found[-1].line, found[-1].not_run, output=text)
        else:
            found.append(block)
        between = []
        number = end + 1
    return found
