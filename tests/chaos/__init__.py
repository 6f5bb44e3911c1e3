"""Break the whole bot at random, with a seed, and judge what people's apps saw."""
