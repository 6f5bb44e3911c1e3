"""Power cuts: what a real store asked of the disk is recorded, and cut off wherever a disk may forget."""
