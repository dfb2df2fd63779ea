"""The game API: a small backend for game clients, and the source of game events."""
