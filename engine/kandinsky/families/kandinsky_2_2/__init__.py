"""Kandinsky 2.2: its decoder draws from image embeddings alone."""
