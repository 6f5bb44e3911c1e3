"""Models that draw nothing: they translate, find things in pictures, and judge them."""
