"""Correlations of phase harmonics of analytic band-pass coefficients.

With u = x * psi a complex coefficient, [u]^k = |u| e^{i k arg u}: [u]^0 is the modulus, [u]^1 the
coefficient itself, [u]^2 its phase doubled, which makes a coefficient comparable with one of twice
the frequency (Mallat, Zhang & Rochette 2020).

The convolution is periodic; weights say over which positions means are taken. Correlations of all
pairs are products of matrices, and each stage is compiled by itself, once for all scales.
"""

from jaxtyping import Complex, Float

from toolbox.kernels.arrays import Array, kernel, numpy_on_cpu, product, stack


@numpy_on_cpu
def phase_harmonic_statistics(
    x: Float[Array, " batch *space"],
    transfers: Float[Array, "J L *space"],
    weights: Float[Array, " J *space"],
) -> dict[str, Array]:
    """Return energies, mean moduli and correlations of every scale and of every two next scales.

    `transfers` are the filters of J scales and L orientations in the Fourier domain; `weights` sum
    to one. The correlations of moduli "within" a scale are (batch, J, L, L); those "across" it and
    the next are (batch, J - 1, 2 L, 3 L), from [u]^0, [u]^1 to [v]^0, [v]^1, [v]^2 of the coarser.
    """
    spectrum = transformed(x)
    found: dict[str, list[Array]] = {"energy": [], "modulus": [], "within": [], "across": []}
    fine = None
    for j in range(len(transfers)):
        coarse, weight = band_passed(spectrum, transfers[j]), weights[j].reshape(-1)
        for name, value in of_one_scale(coarse, weight).items():
            found[name].append(value)
        if fine is not None:
            found["across"].append(of_two_scales(fine, coarse, weight))
        fine = coarse
    return {name: stack(values, 1) for name, values in found.items() if values}


@kernel()
def transformed(x: Float[Array, " batch *space"]) -> Complex[Array, " batch *space"]:
    """Return the Fourier transform of each item without its mean."""
    axes = tuple(range(1, x.ndim))
    return x.__array_namespace__().fft.fftn(x - x.mean(axis=axes, keepdims=True), axes=axes)


@kernel()
def band_passed(
    spectrum: Complex[Array, " batch *space"], psi: Float[Array, " L *space"]
) -> Complex[Array, "batch L n"]:
    """Return the coefficients of one scale, their positions in one axis."""
    axes = tuple(range(2, psi.ndim + 1))
    u = psi.__array_namespace__().fft.ifftn(spectrum[:, None] * psi, axes=axes)
    return u.reshape(*u.shape[:2], -1)


@kernel()
def of_one_scale(u: Complex[Array, "batch L n"], weight: Float[Array, " n"]) -> dict[str, Array]:
    """Return mean squared and mean modulus, and the correlations of the moduli."""
    modulus = abs(u)
    return {
        "energy": product("bln,n->bl", modulus**2, weight),
        "modulus": product("bln,n->bl", modulus, weight),
        "within": correlations(modulus, modulus, weight),
    }


@kernel()
def of_two_scales(
    u: Complex[Array, "batch L n"], v: Complex[Array, "batch L n"], weight: Float[Array, " n"]
) -> Complex[Array, "batch P Q"]:
    """Return the correlations of the harmonics 0 and 1 of u with 0, 1 and 2 of v."""
    # Only [v]^2, as next scales are an octave apart: doubling the phase of the coarser one gives it
    # the frequency of the finer one, and their product no longer turns.
    xp, modulus = v.__array_namespace__(), abs(v)
    twice = v * v / xp.where(modulus > 0, modulus, 1)
    finer = xp.concatenate([abs(u).astype(u.dtype), u], axis=1)
    coarser = xp.concatenate([modulus.astype(v.dtype), v, twice], axis=1)
    return correlations(finer, coarser, weight)


def correlations(a: Array, b: Array, weight: Float[Array, " n"]) -> Array:
    """Return cov(a, b) = mean a conj(b) over both standard deviations, 0 where one of them is 0.

    `a` is (batch, P, n) and `b` (batch, Q, n), real or complex; the result (batch, P, Q).
    """
    xp = weight.__array_namespace__()
    a, b = (v - product("bpn,n->bp", v, weight)[..., None] for v in (a, b))
    size_a, size_b = (xp.sqrt(product("bpn,n->bp", abs(v) ** 2, weight)) for v in (a, b))
    products = product("bpn,bqn->bpq", a * weight, b.conj())
    sizes = size_a[:, :, None] * size_b[:, None, :]
    return xp.where(sizes > 0, products / xp.where(sizes > 0, sizes, 1), 0)
