"""The warehouse: everything around the DuckDB file that is not SQL."""
