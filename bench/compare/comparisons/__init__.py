"""One module a comparison; each has `run(context)`, which returns its section of the report."""
