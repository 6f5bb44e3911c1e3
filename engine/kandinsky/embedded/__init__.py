"""The small model that comes with the project."""
