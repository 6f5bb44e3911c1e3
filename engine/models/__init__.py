"""What a model is to the worker that holds it, what wraps it, and where its files come from."""
