"""Kandinsky through diffusers: the only place that imports torch."""
