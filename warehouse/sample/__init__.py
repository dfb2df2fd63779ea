"""Generates inputs: a sample month with every fault, or a game of any size with its results."""
