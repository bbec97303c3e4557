"""A CLIP read from a file gives what an independent forward pass gives, under both namings."""

import gzip

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from similarity import load_clip, zero_shot
from similarity.two_towers.tokens import pair_numbers
from tests.reference.clip import image_vector, text_vector, tokens_of_word
from toolbox import InputError
from toolbox.core.streams import generator
from toolbox.networks.two_towers.image_towers import vision_transformer_shapes
from toolbox.networks.two_towers.text_towers import causal_transformer_shapes

MERGES = [("c", "a"), ("ca", "t</w>"), ("d", "o"), ("do", "g</w>"), ("t", "h"), ("th", "e</w>")]
WORDS = 512 + len(MERGES) + 2
TEXTS = ["the cat", "the  Dog's 12 cats!?", "été, naïve — ça"]
HEADS = {"head_width": 8}


def merges_file(folder, *, zipped=False):
    lines = "\n".join(["#version: 0.2", *map(" ".join, MERGES), ""]).encode()
    path = folder / ("merges.txt.gz" if zipped else "merges.txt")
    path.write_bytes(gzip.compress(lines) if zipped else lines)
    return path


def random_clip():
    rng = generator(0, "random clip")
    image = {"components": 3, "width": 16, "depth": 2, "patch": 4, "places": 4, "embedding": 12}
    text = {"words": WORDS, "length": 40, "width": 24, "depth": 3, "embedding": 12}
    shapes = vision_transformer_shapes(**image) | causal_transformer_shapes(**text)
    drawn = {k: (0.3 * rng.standard_normal(s)).astype(np.float32) for k, s in shapes.items()}
    return drawn | {"logit_scale": np.array(2.0, np.float32)}


def hugging_face(weights):
    """Return the same weights under the names of transformers' CLIPModel, written out by hand."""
    named = {
        "logit_scale": weights["logit_scale"],
        "visual_projection.weight": weights["visual.proj"].T.copy(),
        "text_projection.weight": weights["text_projection"].T.copy(),
        "text_model.embeddings.token_embedding.weight": weights["token_embedding.weight"],
        "text_model.embeddings.position_embedding.weight": weights["positional_embedding"],
        "text_model.embeddings.position_ids": np.arange(40)[None],
    }
    vision = "vision_model.embeddings"
    named[f"{vision}.class_embedding"] = weights["visual.class_embedding"]
    named[f"{vision}.patch_embedding.weight"] = weights["visual.conv1.weight"]
    named[f"{vision}.position_embedding.weight"] = weights["visual.positional_embedding"]
    for part in ("weight", "bias"):
        named[f"vision_model.pre_layrnorm.{part}"] = weights[f"visual.ln_pre.{part}"]
        named[f"vision_model.post_layernorm.{part}"] = weights[f"visual.ln_post.{part}"]
        named[f"text_model.final_layer_norm.{part}"] = weights[f"ln_final.{part}"]
    for theirs, ours, depth in (
        ("vision_model.encoder.layers", "visual.transformer.resblocks", 2),
        ("text_model.encoder.layers", "transformer.resblocks", 3),
    ):
        for i in range(depth):
            for part in ("weight", "bias"):
                three = np.split(weights[f"{ours}.{i}.attn.in_proj_{part}"], 3)
                for letter, values in zip("qkv", three, strict=True):
                    named[f"{theirs}.{i}.self_attn.{letter}_proj.{part}"] = values.copy()
                for a, b in (
                    ("self_attn.out_proj", "attn.out_proj"),
                    ("layer_norm1", "ln_1"),
                    ("layer_norm2", "ln_2"),
                    ("mlp.fc1", "mlp.c_fc"),
                    ("mlp.fc2", "mlp.c_proj"),
                ):
                    named[f"{theirs}.{i}.{a}.{part}"] = weights[f"{ours}.{i}.{b}.{part}"]
    return named


def kept(weights, path):
    if path.suffix == ".safetensors":
        save_file(weights, path)
    else:
        torch.save({k: torch.tensor(v) for k, v in weights.items()}, path)
    return path


@pytest.mark.parametrize("kind", ["quick_gelu", "gelu"])
@pytest.mark.parametrize("name", ["open.safetensors", "open.pt", "hugging.safetensors"])
def test_the_forward_passes_are_those_of_the_reference(tmp_path, name, kind):
    weights = random_clip()
    theirs = hugging_face(weights) if name.startswith("hugging") else weights
    merges = merges_file(tmp_path, zipped=name.endswith(".pt"))
    model = load_clip(kept(theirs, tmp_path / name), merges=merges, activation=kind, **HEADS)
    exact = {k: v.astype(np.float64) for k, v in weights.items()}
    images = generator(1, "images").uniform(size=(2, 3, 8, 8))
    found = model.embed_images(images)
    for image, vector in zip(images, found, strict=True):
        centre = np.array([0.48145466, 0.4578275, 0.40821073])[:, None, None]
        scaled = (image - centre) / np.array([0.26862954, 0.26130258, 0.27577711])[:, None, None]
        wanted = image_vector(scaled, exact, depth=2, heads=2, kind=kind)
        np.testing.assert_allclose(vector, wanted, atol=1e-5)
    for text, vector in zip(TEXTS, model.embed_texts(TEXTS), strict=True):
        tokens = pair_numbers([text], model.vocabulary)[0]
        wanted = text_vector(tokens, exact, depth=3, heads=3, kind=kind)
        np.testing.assert_allclose(vector, wanted, atol=1e-5)


def test_tokens_are_those_of_merges_applied_in_their_order():
    split = {
        "the cat": ["the", "cat"],
        "the  Dog's 12 cats!?": ["the", "dog", "'s", "1", "2", "cats", "!?"],
        "été, naïve — ça": ["été", ",", "naïve", "—", "ça"],
    }
    merges = tuple(map(" ".join, MERGES))
    for text, words in split.items():
        wanted = [token for word in words for token in tokens_of_word(word, MERGES)]
        found = pair_numbers([text], merges)[0]
        assert found == [WORDS - 2, *wanted, WORDS - 1]
    assert pair_numbers(["the cat"], merges)[0] == [WORDS - 2, 512 + 5, 512 + 1, WORDS - 1]


def test_images_of_another_size_are_resized_and_cut(tmp_path):
    model = load_clip(kept(random_clip(), tmp_path / "w.pt"), merges=merges_file(tmp_path), **HEADS)
    flat = np.full((1, 3, 8, 8), 0.4)
    large = np.full((1, 3, 20, 33), 0.4)
    np.testing.assert_allclose(model.embed_images(large), model.embed_images(flat), atol=1e-5)
    told = zero_shot(model, large, ["cat", "dog"], templates=["a {}", "the {}"])
    cosines = told.similarities[0]
    np.testing.assert_allclose(
        told.votes[0, 0, 0], 1 / (1 + np.exp(np.exp(2.0) * (cosines[1] - cosines[0]))), rtol=1e-5
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda w: w.pop("visual.conv1.weight"), "no 'visual.conv1.weight'"),
        (lambda w: w.update(extra=np.zeros(2, np.float32)), "'extra' too: another network"),
        (lambda w: w.pop("ln_final.bias"), "wanted 'ln_final.bias' of shape"),
        (lambda w: w.pop("logit_scale"), "wanted 'logit_scale' of shape"),
        (lambda w: w["visual.proj"].fill(np.nan), "NaN or infinity"),
        (
            lambda w: w.update({"token_embedding.weight": np.zeros((9, 24), np.float32)}),
            "more than",
        ),
    ],
)
def test_another_networks_file_is_refused_in_one_line(tmp_path, change, said):
    weights = random_clip()
    change(weights)
    with pytest.raises(InputError, match="path: wanted") as caught:
        load_clip(kept(weights, tmp_path / "w.safetensors"), merges=merges_file(tmp_path), **HEADS)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


class Code:
    def __reduce__(self):
        return print, ("executed",)


def test_a_file_with_code_inside_is_refused_and_not_executed(tmp_path, capsys):
    path = tmp_path / "w.pt"
    torch.save({"visual.proj": Code()}, path)
    with pytest.raises(InputError, match="path: wanted a whole file of plain tensors") as caught:
        load_clip(path, merges=merges_file(tmp_path))
    assert "executed" not in capsys.readouterr().out
    assert str(caught.value).endswith("(other objects, or code, inside: not read)")


def test_a_text_longer_than_the_network_reads_is_refused_and_not_cut(tmp_path):
    model = load_clip(kept(random_clip(), tmp_path / "w.pt"), merges=merges_file(tmp_path), **HEADS)
    assert model.embed_texts(["1 " * 38]).shape == (1, 12)
    with pytest.raises(InputError, match=r"texts: wanted texts of at most 40 tokens, .* got 41"):
        model.embed_texts(["1 " * 38, "1 " * 39])


def test_merges_that_do_not_fit_are_refused(tmp_path):
    weights = kept(random_clip(), tmp_path / "w.safetensors")
    short = tmp_path / "short.txt"
    short.write_text("#version\nc a\n")
    for merges in (short, tmp_path / "none.txt", 7):
        with pytest.raises(InputError, match="merges: wanted"):
            load_clip(weights, merges=merges, **HEADS)
    with pytest.raises(InputError, match="head_width: wanted"):
        load_clip(weights, merges=merges_file(tmp_path), head_width=7)
