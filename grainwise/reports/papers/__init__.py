"""Reports of photographic papers, for curators."""
