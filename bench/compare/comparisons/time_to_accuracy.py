"""How long it takes to reach an accuracy: not yet."""

from __future__ import annotations

from ..context import Context
from ..row import Figure, Section


def run(context: Context) -> Section:
    section = Section("time-to-accuracy", "seconds until the validation error is reached")
    why = "not yet: belongs to a later piece of work"
    section.rows.append(Figure("time to accuracy", "s").missing(why))
    return section
