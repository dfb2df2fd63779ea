"""What stands in front of the SQL: headers, files, row counts, functions that SQL calls."""
