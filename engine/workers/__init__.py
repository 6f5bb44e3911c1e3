"""Workers: the seam, and what stands behind it."""
