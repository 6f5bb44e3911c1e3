"""Measure a model on this machine, beside a plain script of diffusers."""
