"""The warehouse: everything around the DuckDB file that is not SQL."""

__version__ = "1.0.0"
