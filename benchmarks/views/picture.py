"""Cost against size, drawn: both axes in powers of ten, so that what grows with the table rises and what does not is level."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.measure import Spread
from benchmarks.report import Picture, Report
from benchmarks.views.refreshing import SOME


@dataclass(frozen=True)
class Measured:
    """The tables of one size."""

    points: Report
    lists: Report
    written: Report
    seen: Report
    refresh: Report

    @property
    def reports(self) -> Sequence[Report]:
        return (self.points, self.lists, self.written, self.seen, self.refresh)


def _of(report: Report, line: str) -> dict[str, Any]:
    return next((each.figures for each in report.lines if each.name == line), {})


def _fresh(report: Report, line: str) -> Spread | None:
    """With the most changes."""
    return next(reversed(list(_of(report, line).get("fresh_us", {}).values())), None)


def _refresh_us(found: Measured) -> Spread:
    seconds: Spread = _of(found.refresh, "conversation_session_summary_view")[SOME]
    return Spread(*(1e6 * each for each in (seconds.median, seconds.low, seconds.high, seconds.best)))


_HEAVY = "user with 5,001 sessions, none changed"
# Colours of middling lightness: they read on white and on black.
_LINES: Final[Mapping[str, tuple[str, Callable[[Measured], Spread | None]]]] = {
    "REFRESH of one view": ("#e5534b", _refresh_us),
    "20 of 5,001, fresh": ("#4184e4", lambda found: _fresh(found.lists, _HEAVY)),
    "20 of 5,001, view": ("#82a9dc", lambda found: _of(found.lists, _HEAVY).get("view_us")),
    "a changed row, fresh": ("#c6902d", lambda found: _fresh(found.points, "session summary, changed")),
    "an unchanged row, fresh": ("#46954a", lambda found: _fresh(found.points, "session summary, unchanged")),
    "a row of the view": ("#8b949e", lambda found: _of(found.points, "session summary, unchanged").get("view_us")),
    "noting a change": ("#a371f7", lambda found: _of(found.written, "one row, spread over keys, 1 client").get("added_us")),
}
_INK = "#7d8590"
_WIDTH, _HEIGHT = 860, 460
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 600, 46, 410
_LABEL_HEIGHT = 18
_UNITS = ((1e6, "s"), (1e3, "ms"), (1.0, "µs"))


def picture(measured: Mapping[int, Measured], version: str) -> Picture:
    """What a read, a write and a refresh cost, over the number of users."""
    series = {
        name: (
            colour,
            [(users, found.median) for users, each in measured.items() if (found := of(each)) is not None and found.median > 0],
        )
        for name, (colour, of) in _LINES.items()
    }
    drawn = {name: (colour, points) for name, (colour, points) in series.items() if points}
    alt = (
        "Cost against the number of users, both in powers of ten: refreshing a view grows with its rows; reading it fresh and "
        "noting changes do not."
    )
    return Picture(f"views-cost-{version}.svg", alt, _svg(drawn, alt))


def _svg(series: Mapping[str, tuple[str, list[tuple[int, float]]]], alt: str) -> str:
    sizes = [users for _, points in series.values() for users, _ in points]
    costs = [cost for _, points in series.values() for _, cost in points]
    x_from, x_to = _decades(sizes)
    y_from, y_to = _decades(costs)

    def x(users: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * (math.log10(users) - x_from) / (x_to - x_from)

    def y(cost: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * (math.log10(cost) - y_from) / (y_to - y_from)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{alt}"'
        ' font-family="system-ui, sans-serif" font-size="13">',
        f'<text x="{_LEFT}" y="24" fill="{_INK}" font-size="15">What it costs, over the number of users</text>',
    ]
    for decade in range(y_from, y_to + 1):
        at = y(10.0**decade)
        parts.append(f'<path d="M{_LEFT} {at:.1f}H{_RIGHT}" stroke="{_INK}" stroke-opacity=".3"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{at + 4:.1f}" fill="{_INK}" text-anchor="end">{_told(10.0**decade)}</text>')
    for users in sorted(set(sizes)):
        at = x(users)
        parts.append(f'<path d="M{at:.1f} {_TOP}V{_BOTTOM}" stroke="{_INK}" stroke-opacity=".15"/>')
        parts.append(f'<text x="{at:.1f}" y="{_BOTTOM + 20}" fill="{_INK}" text-anchor="middle">{users:,}</text>')
    parts.append(f'<text x="{(_LEFT + _RIGHT) / 2}" y="{_BOTTOM + 40}" fill="{_INK}" text-anchor="middle">users</text>')
    heights = _apart({name: y(points[-1][1]) for name, (_, points) in series.items()})
    for name, (colour, points) in series.items():
        placed = [(x(users), y(cost)) for users, cost in points]
        line = " ".join(f"{a:.1f},{b:.1f}" for a, b in placed)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="{colour}"/>' for a, b in placed]
        parts.append(
            f'<path d="M{placed[-1][0] + 6:.1f} {placed[-1][1]:.1f}L{_RIGHT + 12} {heights[name]:.1f}" stroke="{colour}"/>'
        )
        parts.append(
            f'<text x="{_RIGHT + 16}" y="{heights[name] + 4:.1f}" fill="{colour}">{name}: {_told(points[-1][1])}</text>'
        )
    return "\n".join([*parts, "</svg>\n"])


def _decades(values: Sequence[float]) -> tuple[int, int]:
    first, last = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return first, max(last, first + 1)


def _told(us: float) -> str:
    size, unit = next(((size, unit) for size, unit in _UNITS if us >= size), _UNITS[-1])
    return f"{us / size:.3g} {unit}"


def _apart(wanted: Mapping[str, float]) -> dict[str, float]:
    """Heights of labels, near those wanted, and none upon another."""
    placed: dict[str, float] = {}
    last = -math.inf
    for name, at in sorted(wanted.items(), key=lambda each: each[1]):
        placed[name] = last = max(at, last + _LABEL_HEIGHT)
    below = max(0.0, last - _BOTTOM)
    return {name: at - below for name, at in placed.items()}
