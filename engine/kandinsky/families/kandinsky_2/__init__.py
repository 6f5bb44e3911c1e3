"""What Kandinsky 2.1 and 2.2 share: the prior, the decoder, and the modes."""
