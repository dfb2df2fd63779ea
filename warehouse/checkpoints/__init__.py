"""The checkpoints: expectations of Great Expectations on the data of a built warehouse.

`suites.yml` contains the expectations and `bounds.yml` the allowed numbers.
"""
