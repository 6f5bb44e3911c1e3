"""Thousands of jobs through one bot: what it holds must not grow with what it did.

`python -m tests.soak --jobs 20000 --csv soak.csv --svg soak.svg` runs the long one; the suite runs a short one.
"""
