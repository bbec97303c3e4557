"""Evidence that two textures are alike, Siamese networks, retrieval, clusterability."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "benchmark_sets.asked_images": ["AskedImages", "easy_vqa"],
        "named_pictures.captioned_stamps": ["Stamps", "stamps"],
        "named_pictures.emoji_designs": ["Emoji", "emoji"],
        "benchmark_sets.twins": ["Twins", "twins"],
        "benchmark_sets.scenes_with_captions": [
            "CaptionedScenes",
            "SceneQuestions",
            "captioned_scenes",
            "scene_questions",
        ],
        "benchmark_sets.nuisances": ["nuisance"],
        "families.patch_transport": ["patch_transport"],
        "verification.records": ["Evidence"],
        "verification.pair_evidence": ["every_evidence", "evidence"],
        "verification.pooling": ["pool"],
        "verification.same_probability": ["SameProbability", "same_probability"],
        "metric_learning.network_evidence": ["siamese_log_odds"],
        "two_towers.clip_weights": ["load_clip"],
        "two_towers.contrastive_pairs": ["image_text"],
        "two_towers.models": ["ImageText", "embed_images", "embed_texts"],
        "two_towers.zero_shot_answers": [
            "ZeroShot",
            "answer_questions",
            "question_features",
            "zero_shot",
        ],
        "retrieval.nearest_items": ["Retrieved", "retrieve"],
        "retrieval.evidence_clusters": ["Clusters", "cluster"],
        "metric_learning.siamese_networks": ["Siamese", "embed", "siamese", "siamese_same"],
        "retrieval.retrieval_scores": ["RetrievalScores", "retrieval_scores"],
        "clusterability.verdict": ["ClusteringTask", "Verdict"],
        "clusterability.vectors": ["clusterable"],
        "clusterability.pairs_and_graphs": ["clusterable_graph", "clusterable_pairs"],
        "clusterability.label_value": ["LabelValue", "label_value"],
        "clusterability.intrinsic_dimension": ["IntrinsicDimension", "intrinsic_dimension"],
        "clusterability.texture_separation": ["TextureSeparation", "texture_separation"],
        "network_capacity.capacity": ["Capacity", "capacity"],
    },
)
