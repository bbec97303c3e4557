"""A valid call of every public function of the package similarity."""

import numpy as np

import similarity
from tests.calls.arguments import (
    DIM1,
    DIM2,
    SEED,
    TWELVE,
    Argument,
    array,
    choice,
    count,
    given,
    labels,
    made,
    noise,
    number,
)
from tests.calls.valid_values import (
    a_classifier,
    a_clip,
    a_network,
    an_evidence,
    asked_folder,
    emoji_folder,
    folder,
    some_scenes,
    stamps_folder,
    two_towers,
)


def similarity_calls():
    """Return the arguments of every public function."""
    images, small = noise(12, 40, 40), noise(6, 40, 40)
    quiet = {"progress": given(False)}
    rows, columns = np.triu_indices(6, 1)
    pairs = given(np.stack([rows, columns, (rows < 3) == (columns < 3)], axis=1))
    return {
        similarity.capacity: {
            "network": given(a_classifier()),
            "data": array(noise(16, 3)),
            "seed": SEED,
            "trials": count(4),
            "accuracy": number(0.9),
            "steps": count(5),
            "rate": number(0.01),
            **quiet,
        },
        similarity.clusterable: {
            "x": array(noise(24, 3)),
            "labels": labels(np.repeat([0, 1, -1], 8)),
            "labelled": number(0.1),
            "seed": SEED,
        },
        similarity.clusterable_graph: {
            "within": number(0.5),
            "between": number(0.1),
            "items": count(20),
            "classes": count(3),
            "labelled": number(0.1),
        },
        similarity.cluster: {
            "evidence": array(-np.abs(np.subtract.outer(noise(12), noise(12)))),
            "k": count(3),
            "how": choice("agglomerative"),
            "seed": SEED,
        },
        similarity.clusterable_pairs: {
            "evidence": array(-np.abs(np.subtract.outer(noise(12), noise(12)))),
            "labels": labels(TWELVE),
            "labelled": number(0.1),
        },
        similarity.embed: {"siamese": made(a_network), "images": array(small)},
        similarity.evidence: {
            "images": array(small),
            "dim": DIM2,
            "family": choice("wavelet"),
            "units": labels(np.arange(6)),
            "pairs": pairs,
            "seed": SEED,
        },
        similarity.every_evidence: {
            "images": array(noise(6, 160)),
            "dim": DIM1,
            "families": given(("spectrum", "wavelet")),
            "units": labels(np.arange(6)),
            "pairs": pairs,
            "store": Argument("path", folder()),
            "seed": SEED,
        },
        similarity.nuisance: {
            "images": array(small),
            "kind": choice("gain"),
            "seed": SEED,
            "strength": number(0.5),
        },
        similarity.intrinsic_dimension: {
            "x": array(noise(24, 3)),
            "neighbours": count(5),
            "seed": SEED,
            "draws": count(1),
        },
        similarity.label_value: {
            "separation": number(1.5),
            "items": count(40),
            "dimensions": count(10),
            "classes": count(3),
            "labelled": array(np.array([0.1, 0.5])),
        },
        similarity.patch_transport: {
            "images": array(small),
            "dim": DIM2,
            "patch": count(3),
            "projections": count(5),
            "patches": count(40),
            "seed": SEED,
        },
        similarity.pool: {
            "evidences": made(lambda: [an_evidence(), an_evidence()]),
            "units": labels(np.arange(6)),
        },
        similarity.retrieval_scores: {
            "distances": array(np.abs(np.subtract.outer(noise(12), noise(12)))),
            "labels": labels(TWELVE),
            "seed": SEED,
            "resamples": count(19),
            "units": labels(np.arange(12)),
            "level": number(0.9),
            "clusters": labels(np.arange(12) % 3),
        },
        similarity.retrieve: {
            "queries": array(noise(12, 3)),
            "database": array(noise(9, 3)),
            "k": count(2),
            "measure": choice("cosine"),
        },
        similarity.same_probability: {
            "evidence": array(-np.abs(np.subtract.outer(noise(6), noise(6)))),
            "pairs": pairs,
            "prior": number(0.3),
            "error": number(0.1),
            "units": labels(np.arange(6)),
            "level": number(0.9),
            "resamples": count(39),
            "seed": SEED,
        },
        similarity.siamese: {
            "images": array(images),
            "dim": DIM2,
            "labels": labels(np.repeat([0, 1], 6)),
            "loss": choice("triplet"),
            "seed": SEED,
            "steps": count(2),
            "width": count(4),
            **quiet,
        },
        similarity.siamese_log_odds: {
            "networks": made(lambda: [a_network()]),
            "images": array(small),
        },
        similarity.siamese_same: {
            "siamese": made(a_network),
            "images_a": array(small[:3]),
            "images_b": array(small[3:]),
        },
        similarity.captioned_scenes: {
            "n": count(3),
            "size": count(24),
            "style": choice("noisy"),
            "held_out": number(0.3),
            "seed": SEED,
        },
        similarity.easy_vqa: {
            "path": Argument("path", asked_folder()),
            "split": choice("test"),
        },
        similarity.emoji: {
            "path": Argument("path", emoji_folder()),
            "font": Argument("path", emoji_folder() / "others"),
            "names": Argument("path", emoji_folder() / "names"),
            "size": count(8),
        },
        similarity.stamps: {
            "path": Argument("path", stamps_folder()),
            "languages": given(["en", "fr"]),
            "size": count(8),
        },
        similarity.scene_questions: {"scenes": made(some_scenes), "seed": SEED},
        similarity.image_text: {
            "images": array(noise(6, 16, 16)),
            "texts": given(["one cat", "two cats", "a dog"] * 2),
            "text_network": choice("transformer"),
            "steps": count(2),
            "width": count(3),
            "seed": SEED,
            **quiet,
        },
        similarity.embed_images: {
            "model": made(two_towers),
            "images": array(noise(3, 24, 24)),
        },
        similarity.embed_texts: {
            "model": made(two_towers),
            "texts": given(["a dot", "on ground"]),
        },
        similarity.zero_shot: {
            "model": made(two_towers),
            "images": array(noise(3, 24, 24)),
            "prompts": given(["one", "two"]),
            "templates": given("{} on ground"),
        },
        similarity.answer_questions: {
            "model": made(two_towers),
            "images": array(noise(3, 24, 24)),
            "questions": given("how many above a dot"),
            "candidates": given(["one", "two"]),
        },
        similarity.question_features: {
            "model": made(two_towers),
            "images": array(noise(3, 24, 24)),
            "questions": given("how many above a dot"),
        },
        similarity.load_clip: {
            "path": Argument("path", a_clip()[0]),
            "merges": Argument("path", a_clip()[1]),
            "activation": choice("gelu"),
            "head_width": count(16),
        },
        similarity.twins: {
            "kind": choice("hurst"),
            "n": count(2),
            "seed": SEED,
            "size": count(16),
            "classes": count(3),
            "step": number(0.1),
            "modulation": number(0.2),
        },
        similarity.texture_separation: {
            "spectrum_a": array(np.exp(noise(4, 4))),
            "spectrum_b": array(np.exp(noise(4, 4, name="other"))),
            "classes": count(3),
            "arrangement": choice("ring"),
            "step": given(0.1),
        },
    }
