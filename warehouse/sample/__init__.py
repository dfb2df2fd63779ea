"""Generates sample inputs: a small month with every fault, or a game of any size with its truth."""
