"""Findings, told: what is wrong, then what may be, then what could not be looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text

from clone_cqrs.cli.plain import plain
from clone_cqrs.cli.screens import print_json, print_text, result_screen
from clone_cqrs.inspection import Finding


def tell_findings(
    findings: Sequence[Finding], not_checked: Sequence[str], *, as_json: bool, facts: Mapping[str, str] | None = None
) -> None:
    """Print them: {"findings": [{"about", "code", "message", "isWarning"}], "notChecked": [...]}, and "facts" where given."""
    ordered = sorted(findings, key=lambda finding: finding.is_warning)
    if as_json:
        told = {} if facts is None else {"facts": dict(facts)}
        print_json({**told, "findings": plain(ordered), "notChecked": list(not_checked)})
        return
    screen = result_screen()
    for name, fact in (facts or {}).items():
        screen.print(Text.assemble((f"{name}: ", "dim"), fact), soft_wrap=True)
    for finding in ordered:
        mark = ("warning: ", "bold yellow") if finding.is_warning else ("wrong: ", "bold red")
        screen.print(Text.assemble(mark, (finding.about, "bold"), f": {finding.message}"), soft_wrap=True)
    for each in not_checked:
        screen.print(Text.assemble(("not checked: ", "bold yellow"), each), soft_wrap=True)
    wrong = sum(not finding.is_warning for finding in findings)
    warnings = len(findings) - wrong
    if findings:
        print_text(f"{wrong} wrong, {warnings} warning{'' if warnings == 1 else 's'}")
    else:
        print_text("nothing is wrong, as far as could be seen" if not_checked else "nothing is wrong")
