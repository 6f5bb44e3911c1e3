"""How it looks: one package for each place where people ask."""
