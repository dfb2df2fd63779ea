"""Writes the page `reports/index.html`, which shows a build."""
