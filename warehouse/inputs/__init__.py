"""Checks the input files and registers the functions that SQL calls."""
