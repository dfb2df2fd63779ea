"""Ships committed players and events from the store to the DuckDB file or the lake."""
