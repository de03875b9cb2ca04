"""What the rows say: every field judged, every person unified, in DuckDB."""
