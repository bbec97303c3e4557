"""The DCGAN's networks: their shapes, their first values, and one step against autograd's."""

import numpy as np
import pytest
import torch
from torch import nn

from toolbox.core.streams import generator
from toolbox.networks.dcgan import dcgan_discriminator, dcgan_generator, initialise
from toolbox.networks.dcgan_training import LOGS, Gan, both_networks, generated
from toolbox.networks.torch_devices import one_thread

PLAN = {"components": 2, "size": 32, "filters": 2, "depth": 1, "latent": 3, "bounded": 0}


def noise(*shape, name=""):
    draws = generator(3, "dcgan", name, *shape).standard_normal(shape)
    return draws.astype(np.float32)


def a_gan(**options):
    gan = Gan(PLAN | options, learning_rate=1e-3, device="cpu")
    gan.start(generator(0, "generator"), generator(0, "discriminator"))
    return gan


@pytest.mark.parametrize("size", [32, 64, 128, 256])
@pytest.mark.parametrize("depth", [1, 2])
def test_images_and_verdicts_have_their_shapes(size, depth):
    options = {"filters": 1, "depth": depth}
    made = dcgan_generator(3, size, **options, latent=5, bounded=True)
    judge = dcgan_discriminator(3, size, **options)
    for network in (made, judge):
        initialise(network, generator(0), "cpu")
    images = made(torch.from_numpy(noise(2, 5)))
    assert images.shape == (2, 3, size, size)
    assert images.abs().max() <= 1
    assert judge(images).shape == (2,)
    strided = [m for m in made if isinstance(m, nn.ConvTranspose2d)]
    assert [m.kernel_size for m in strided] == [(4, 4)] * (size.bit_length() - 2)
    assert sum(isinstance(m, nn.Conv2d) for m in made) == (depth - 1) * (len(strided) - 1)


def test_channels_are_those_of_the_published_architecture():
    made = dcgan_generator(3, 64, filters=64, depth=1, latent=100, bounded=True)
    channels = [m.out_channels for m in made if isinstance(m, nn.ConvTranspose2d)]
    assert channels == [512, 256, 128, 64, 3]
    judge = dcgan_discriminator(3, 64, filters=64, depth=1)
    assert [m.out_channels for m in judge if isinstance(m, nn.Conv2d)] == [64, 128, 256, 512, 1]
    wide = dcgan_generator(1, 256, filters=2, depth=1, latent=4, bounded=False)
    channels = [m.out_channels for m in wide if isinstance(m, nn.ConvTranspose2d)]
    assert channels == [16, 16, 16, 8, 4, 2, 1]  # eight times at most


def test_first_values_are_drawn_from_the_stream_and_from_nothing_else():
    before = torch.random.get_rng_state()
    made = dcgan_generator(3, 64, filters=16, depth=1, latent=50, bounded=False)
    initialise(made, generator(0, "a"), "cpu")
    assert torch.equal(before, torch.random.get_rng_state())
    weights = torch.cat([m.weight.flatten() for m in made if isinstance(m, nn.ConvTranspose2d)])
    weights = weights.detach()
    assert abs(float(weights.std()) / 0.02 - 1) < 4 / np.sqrt(2 * len(weights))
    assert abs(float(weights.mean())) < 4 * 0.02 / np.sqrt(len(weights))
    norms = [m for m in made if isinstance(m, nn.BatchNorm2d)]
    gains = torch.cat([m.weight.detach() for m in norms]) - 1
    assert 0 < float(gains.std()) < 0.04
    assert all(not m.bias.any() and not m.running_mean.any() for m in norms)


def test_torchs_default_precision_changes_nothing():
    expected = a_gan().epoch(noise(2, 4, 2, 32, 32), noise(2, 4, 3))
    torch.set_default_dtype(torch.float64)
    try:
        assert a_gan().epoch(noise(2, 4, 2, 32, 32), noise(2, 4, 3)) == expected
    finally:
        torch.set_default_dtype(torch.float32)


def test_one_step_is_adams_on_the_published_losses():
    gan, reference = a_gan(), a_gan()
    real, z = noise(1, 4, 2, 32, 32), noise(1, 4, 3)
    logs = gan.epoch(real, z)

    # The same step in the words of the definition: cross-entropies by torch, one network at a time.
    made, judge = reference.generator, reference.discriminator
    bce, ones, zeros = nn.BCEWithLogitsLoss(), torch.ones(4), torch.zeros(4)
    adams = [torch.optim.Adam(n.parameters(), 1e-3, (0.5, 0.999)) for n in (made, judge)]
    fake = made(torch.from_numpy(z[0]))
    told = judge(torch.from_numpy(real[0])), judge(fake.detach())
    d_loss = bce(told[0], ones) + bce(told[1], zeros)
    d_loss.backward()
    d_size = torch.stack([p.grad.norm() for p in judge.parameters()]).norm()
    adams[1].step()
    before = nn.utils.parameters_to_vector(made.parameters()).detach().clone()
    g_loss = bce(judge(fake), ones)
    g_loss.backward()
    g_size = torch.stack([p.grad.norm() for p in made.parameters()]).norm()
    adams[0].step()
    after = nn.utils.parameters_to_vector(made.parameters()).detach()
    right = ((told[0] > 0).float().mean() + (told[1] < 0).float().mean()) / 2
    expected = (g_loss, d_loss, right, g_size / d_size, (after - before).norm() / before.norm())
    values = [float(value.detach()) for value in expected]
    assert logs == pytest.approx(dict(zip(LOGS, values, strict=True)), rel=1e-4)
    for ours, theirs in zip(gan.generator.parameters(), made.parameters(), strict=True):
        assert torch.allclose(ours, theirs, atol=1e-6)


def test_what_is_kept_is_all_that_the_next_epoch_depends_on():
    gan = a_gan(depth=2)
    epochs = [(noise(2, 4, 2, 32, 32, name=str(e)), noise(2, 4, 3, name=str(e))) for e in range(3)]
    gan.epoch(*epochs[0])
    kept = gan.arrays()
    expected = [gan.epoch(*epochs[1]), gan.epoch(*epochs[2])]
    other = Gan(PLAN | {"depth": 2}, learning_rate=1e-3, device="cpu")
    other.restore(kept)
    assert [other.epoch(*epochs[1]), other.epoch(*epochs[2])] == expected
    final, again = gan.arrays(), other.arrays()
    assert final.keys() == again.keys()
    assert all(np.array_equal(final[name], again[name]) for name in final)


def test_an_image_does_not_depend_on_those_made_with_it():
    gan = a_gan()
    gan.epoch(noise(3, 4, 2, 32, 32), noise(3, 4, 3))
    z = noise(300, 3)
    together = generated(gan.arrays(), PLAN, z, device="cpu")
    alone = generated(gan.arrays(), PLAN, z[270:271], device="cpu")
    np.testing.assert_allclose(together[270:271], alone, atol=1e-5)


def test_settled_images_are_those_of_a_batch_of_the_final_weights():
    gan = a_gan()
    gan.epoch(noise(3, 4, 2, 32, 32), noise(3, 4, 3))
    z = noise(1, 64, 3)
    with torch.no_grad():
        expected = gan.generator(torch.from_numpy(z[0])).numpy()  # as in training
    late = generated(gan.arrays(), PLAN, z[0], device="cpu")
    assert late.std() < 0.2 * expected.std()  # statistics of training lag far behind
    gan.settle(z)
    settled = generated(gan.arrays(), PLAN, z[0], device="cpu")
    # A running variance has n - 1 in its denominator, a batch's own n, the fewest being 64 x 16.
    np.testing.assert_allclose(settled, expected, rtol=2e-3, atol=5e-3 * expected.std())


def test_threads_are_what_they_were():
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)


def test_both_networks_are_of_the_plan():
    plan = PLAN | {"depth": 2}
    (bounded, judge), (free, _) = (both_networks(plan | {"bounded": b}) for b in (1, 0))
    for network in (bounded, free, judge):
        initialise(network, generator(0), "cpu")
    z = torch.from_numpy(noise(4, 3))
    torch.testing.assert_close(bounded(z), torch.tanh(free(z)))
    kinds = (nn.Conv2d, nn.ConvTranspose2d)
    channels = [[m.out_channels for m in n if isinstance(m, kinds)] for n in (free, judge)]
    assert channels == [[8, 8, 4, 4, 2, 2, 2], [2, 2, 4, 4, 8, 8, 1]]
