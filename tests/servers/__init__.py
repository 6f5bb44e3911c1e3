"""Speak the chat platforms' real protocols on 127.0.0.1."""
