"""Kandinsky 3: a T5 encoder reads the words, and there is no prior."""
