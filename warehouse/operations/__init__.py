"""Keeps a game's data safe: backup, restore, verify, adopt, prune, compact."""
