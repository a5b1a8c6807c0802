"""The report as Markdown and as JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .row import Bar, Measured, Missing, Row, Section, Seen


def number(value: float) -> str:
    """Three significant digits, without an exponent."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    digits = 0
    while digits < 9 and abs(value) * 10**digits < 100:
        digits += 1
    return f"{value:.{digits}f}"


def _with_unit(text: str, unit: str) -> str:
    return f"{text} {unit}" if unit else text


def _bar(bar: Bar | None, unit: str) -> str:
    if bar is None:
        return "none"
    sign = "≥" if bar.at_least else "≤"
    return _with_unit(f"{sign} {bar.limit:,g}", unit)


def _verdict(met: bool | None) -> str:
    return {None: "–", True: "met", False: "**not met**"}[met]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    return "\n".join(map(line, [head, ["---"] * len(head), *rows]))


def _cells(row: Row) -> list[str]:
    match row:
        case Measured(what, samples, unit, bar):
            figure = _with_unit(number(samples.median), unit)
            spread = f"{number(samples.least)}..{number(samples.most)} (n={len(samples.values)})"
            return [what, _bar(bar, unit), figure, spread, _verdict(row.met)]
        case Seen(what, must, met, seen):
            return [what, must, seen, "", _verdict(met)]
        case Missing(what, why, unit, bar):
            return [what, _bar(bar, unit), f"not measured: {why}", "", "–"]


def _section(section: Section) -> str:
    parts = [f"## {section.name}: {section.title}"]
    if section.rows:
        head = ["what", "bar", "median", "min..max", ""]
        parts.append(table(head, [_cells(row) for row in section.rows]))
    if section.notes:
        parts.append("\n".join(f"- {note}" for note in section.notes))
    parts.extend(section.tables)
    return "\n\n".join(parts)


def to_markdown(facts: dict[str, str], sections: Sequence[Section]) -> str:
    """`facts` are the machine, the versions, the date, in the order to show them."""
    verdicts = [row.met for section in sections for row in section.rows]
    bars = sum(1 for section in sections for row in section.rows if _has_bar(row))
    parts = [
        "# Comparison with peers",
        "Made by `scripts/bench`; [docs/performance.md](../../docs/performance.md) says how each "
        "figure is measured. Medians over the repetitions, which take ours and the peers in turn.",
        f"Of {bars} bars {verdicts.count(True)} are met, {verdicts.count(False)} are not, "
        f"{bars - verdicts.count(True) - verdicts.count(False)} were not measured.",
        table(["", ""], [[name, value] for name, value in facts.items()]),
        *(_section(section) for section in sections),
    ]
    return "\n\n".join(parts) + "\n"


def _has_bar(row: Row) -> bool:
    return isinstance(row, Seen) or row.bar is not None


def _row_object(row: Row) -> dict[str, Any]:
    match row:
        case Measured(what, samples, unit, bar):
            found: dict[str, Any] = {
                "median": samples.median,
                "min": samples.least,
                "max": samples.most,
                "samples": list(samples.values),
                "unit": unit,
            }
        case Seen(what, must, _, seen):
            bar = None
            found = {"must": must, "seen": seen}
        case Missing(what, why, unit, bar):
            found = {"not_measured": why, "unit": unit}
    limits = {} if bar is None else {"bar": {"at_least" if bar.at_least else "at_most": bar.limit}}
    return {"what": what, **found, **limits, "met": row.met}


def to_json(facts: dict[str, str], sections: Sequence[Section]) -> str:
    document = {
        "facts": facts,
        "sections": [
            {
                "name": section.name,
                "title": section.title,
                "rows": [_row_object(row) for row in section.rows],
                "notes": section.notes,
                "tables": section.tables,
            }
            for section in sections
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
