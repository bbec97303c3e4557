"""Labels of items by their values: the same for the same values, of one or of millions."""

import hashlib

import numpy as np
import pytest

from toolbox.core.units import content_label, content_labels

SHAPES = ((), (1,), (3,), (5, 7), (32, 2), (33, 2), (40, 40))  # of float32, 256 bytes and more


@pytest.mark.parametrize("dtype", ["f4", ">f8", "u1", "?", "c8", "U3"])
@pytest.mark.parametrize("shape", SHAPES)
def test_an_item_has_the_label_that_it_has_alone(dtype, shape):
    items = np.random.default_rng(0).integers(0, 99, (4, *shape)).astype(dtype)
    items[3] = items[1]
    labels = content_labels(items)
    assert labels.tolist() == [content_label(items[i, ...]) for i in range(4)]
    assert labels[3] == labels[1]
    assert content_labels(np.asfortranarray(items)).tolist() == labels.tolist()
    assert {len(label) for label in labels} == {16}


def test_other_bits_types_and_shapes_have_other_labels():
    base = np.zeros(24, np.uint8)
    flips = np.packbits(np.eye(8 * 24, dtype=bool), axis=1)
    pairs = flips[:, None] | flips  # one or two bits of three words
    one_and_two = pairs[np.triu_indices(len(flips))]
    labels = content_labels(np.concatenate([base[None], one_and_two]))
    assert len(set(labels)) == 1 + 192 * 193 // 2
    others = (base.astype("i1"), base[:16], base[:8], base.reshape(2, 12), base.view("f4"))
    assert len({content_label(other) for other in (base, *others)}) == 6


def test_a_field_of_one_component_has_the_label_of_the_field():
    field = np.arange(12.0).reshape(3, 4)
    assert content_label(field) == content_label(field[None]) == content_label(field[None, None])
    assert content_label(field) != content_label(field[:, None])
    assert content_label(field[:1]) == content_label(field[0])


def test_every_digit_of_a_label_is_even():
    """Of 16 digits of 20,000 numbers in a row, none is off by more than five standard errors."""
    labels = content_labels(np.arange(20_000.0))
    digits = np.array([list(label) for label in labels])
    seen = np.array([(digits == digit).mean(axis=0) for digit in "0123456789abcdef"])
    assert np.abs(seen - 1 / 16).max() < 5 * np.sqrt(15 / 16**2 / 20_000)


@pytest.mark.parametrize("shape", SHAPES)
def test_items_have_the_start_of_their_sha256(shape):
    image = np.arange(float(np.prod(shape))).reshape(shape)
    text = f"<f8 {shape}".encode() + image.tobytes()
    assert content_label(image) == hashlib.sha256(text).hexdigest()[:16]
