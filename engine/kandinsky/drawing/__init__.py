"""The denoising loop that all families share, from the latents to the pictures."""
