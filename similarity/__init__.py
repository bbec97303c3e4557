"""Evidence that two textures are alike, Siamese networks, retrieval."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "benchmark_sets": ["Twins", "twins"],
        "image_nuisances": ["nuisance"],
        "pair_evidence": ["Evidence", "evidence"],
        "pooling": ["pool"],
        "siamese_networks": ["Siamese", "embed", "siamese", "siamese_same"],
        "retrieval": ["RetrievalScores", "retrieval_scores"],
    },
)
