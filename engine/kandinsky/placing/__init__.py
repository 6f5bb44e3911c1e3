"""Where networks are kept, on which device and in which precision, and how they come there."""
