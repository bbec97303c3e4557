"""Random filters against plain loops, and the whitening that they promise."""

import numpy as np
import torch

from tests.reference.texture_grams import blurred_half, filter_response
from toolbox.core.streams import generator
from toolbox.torch_features.random_filters import filter_features, patches, random_bank


def test_features_agree_with_plain_loops():
    rng = generator(0, "features")
    x = rng.standard_normal((1, 2, 8, 12))
    draws = [rng.standard_normal((4, 2, 3, 3)) for _ in range(2)]
    bank = random_bank(draws, [np.eye(18)] * 2, floor=1e-3)
    found = filter_features(torch.tensor(x, dtype=torch.float32), bank)
    levels = [x[0], np.stack([blurred_half(component) for component in x[0]])]
    for values, features, filters in zip(levels, found, bank.filters, strict=True):
        for channel in range(4):
            wanted = filter_response(
                values, filters[channel].double().numpy(), float(bank.thresholds[channel])
            )
            np.testing.assert_allclose(features[0, channel].numpy(), wanted, atol=1e-5)


def test_whitened_filters_answer_with_variance_one():
    rng = generator(0, "white")
    x = rng.standard_normal((1, 1, 64, 64))
    x = x + np.roll(x, 1, axis=3)  # neighbours are correlated
    p = patches(torch.tensor(x), (3, 3))[0]
    covariance = (p @ p.T / p.shape[1]).numpy()
    bank = random_bank([rng.standard_normal((6, 1, 3, 3))], [covariance], floor=0.0)
    answers = bank.filters[0].double().flatten(1) @ p
    np.testing.assert_allclose((answers**2).mean(dim=1).numpy(), 1.0, rtol=1e-4)


def test_patches_are_what_a_filter_sees():
    x = torch.tensor(generator(0, "p").standard_normal((2, 3, 20)), dtype=torch.float32)
    draws = [generator(0, "w").standard_normal((5, 3, 9))]
    bank = random_bank(draws, [np.eye(27)], floor=1e-3)
    answers = bank.filters[0].flatten(1) @ patches(x, (9,))
    wanted = torch.relu(answers - bank.thresholds[:, None])
    torch.testing.assert_close(filter_features(x, bank)[0], wanted, atol=1e-5, rtol=0)
