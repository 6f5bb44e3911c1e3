"""Kandinsky 2.1: its decoder reads the words once more."""
