"""Evidence that two textures are alike, Siamese networks, retrieval, clusterability."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "benchmark_sets": ["Twins", "twins"],
        "image_nuisances": ["nuisance"],
        "patch_distances": ["patch_transport"],
        "evidence_records": ["Evidence"],
        "pair_evidence": ["evidence"],
        "pooling": ["pool"],
        "same_probabilities": ["SameProbability", "same_probability"],
        "network_evidence": ["siamese_log_odds"],
        "nearest_items": ["Retrieved", "retrieve"],
        "evidence_clusters": ["Clusters", "cluster"],
        "siamese_networks": ["Siamese", "embed", "siamese", "siamese_same"],
        "retrieval": ["RetrievalScores", "retrieval_scores"],
        "verdicts": ["Verdict"],
        "clusterability": ["clusterable"],
        "pair_clusterability": ["clusterable_graph", "clusterable_pairs"],
        "label_worth": ["LabelValue", "label_value"],
        "intrinsic_dimensions": ["IntrinsicDimension", "intrinsic_dimension"],
        "texture_separations": ["TextureSeparation", "texture_separation"],
        "network_capacity": ["Capacity", "capacity"],
    },
)
