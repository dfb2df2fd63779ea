"""The checkpoints: what Great Expectations has to say about the data of a built warehouse.

`suites.yml` says what is expected and `bounds.yml` what is allowed; both are data, and
`python -m warehouse check` (`command.py`) runs them.
"""
