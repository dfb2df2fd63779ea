"""Reads input files ahead of the SQL: headers, encodings, row counts, and the functions SQL calls."""
