"""Picture files: those that people send, and those that go out."""
