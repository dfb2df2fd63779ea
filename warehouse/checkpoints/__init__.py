"""The checkpoints: what Great Expectations has to say about the data of a built warehouse.

`gx/` is the Great Expectations project and `bounds.yml` what its suites allow; both are data, and
`python -m warehouse check` (`command.py`) runs them.
"""
