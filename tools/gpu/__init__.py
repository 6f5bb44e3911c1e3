"""Measure on a GPU all that the documents say is not measured, within nine minutes: make gpu."""
