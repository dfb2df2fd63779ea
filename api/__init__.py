"""The game API: a small backend that game clients talk to, and where its events begin."""
