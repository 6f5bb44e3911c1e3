"""The words and sentence patterns of each language."""
