"""Train the embedded model, a miniature Kandinsky 2.2, on pictures and captions it draws itself."""
