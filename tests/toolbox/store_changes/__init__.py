"""A study with very many things that its result depends on, and ways to change each of them."""
