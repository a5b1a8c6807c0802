"""The side-by-side comparison that scripts/bench runs. Python 3.11's standard library only."""
