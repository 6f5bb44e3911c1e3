"""Who may ask for what, where and how much, and what people and servers set for themselves."""
