"""Jobs and pictures on the disk."""
