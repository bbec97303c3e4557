"""Units do not matter: what is free of gain keeps every bit of its result under any gain.

Strains of gravitational waves are around 1e-21, fields in tesla 1e-12, radiances 1e18. Gains are
powers of two, which round nothing, from 1e-30 to 1e30 in float32 and from 1e-150 to 1e150 in
float64. A public function that is in no table below must return the same bits; the tables say what
carries the gain, and which functions take numbers that have no unit.
"""

from fnmatch import fnmatch

import numpy as np
import pytest

from tests.calls.calls import calls
from tests.calls.results import assert_same, parts

CALLS = calls()
GAINS = {np.float32: (-100, -70, 60, 100), np.float64: (-498, 498)}

# Probabilities, log-odds, shares, cluster labels, exponents; features that a kernel or a network
# has a scale for.
WITHOUT_UNIT = {
    *(n for n, (_, a) in CALLS.items() if {"votes", "probabilities", "prior"} & set(a)),
    "confidence.consensus_matrix",
    "confidence.explain",  # as predict_votes, and so is the next
    "confidence.predict_series_votes",
    "confidence.score_explanation",  # of contributions to log-odds
    "confidence.predict_votes",  # in the units of the training: see test_ensembles
    "labelling.adapt",  # in the units of the towers' training, and so is the next
    "labelling.adapted_votes",
    "labelling.analytic",  # the ridge is in their units
    "labelling.choose_pairs",
    "labelling.continual_scores",
    "labelling.forget",
    "labelling.labels_from_rewards",  # rewards are shares; its own test has the features' gain
    "labelling.learn",
    "labelling.learn_from_rewards",
    "labelling.learn_stream",
    "labelling.pair_loss",
    "labelling.predict",
    "labelling.settle_pairs",
    "labelling.tell",  # what was paid, beside a digest of it
    "similarity.capacity",
    "similarity.cluster",
    "similarity.clusterable_pairs",
    "similarity.embed_images",  # in the units of the training, as the next three
    "similarity.answer_questions",
    "similarity.question_features",
    "similarity.zero_shot",
    "similarity.label_value",
    "similarity.same_probability",
    "synthesis.kernel_distance",
    "synthesis.network_synthesis",
    "toolbox.fetal_features",  # beats a minute: other units are refused
    "toolbox.multivariate_field",
    "toolbox.split",
}
# Numbers that change with the arrays.
ALSO_IN_UNITS = {"toolbox.mmd": ("bandwidth",), "toolbox.bootstrap_interval": ("bounds",)}

# Results that are multiplied by a power of the gain: (function, part of the result), the power.
SCALED = {
    ("confidence.classify_series", "baseline"): 1,
    ("confidence.classify_series", "centre"): 1,
    ("confidence.classify_series", "scale"): 1,
    ("confidence.ensemble", "centre"): 1,
    ("confidence.ensemble", "scale"): 1,
    ("confidence.ood_scores", "threshold"): 1,
    ("similarity.image_text", "centre"): 1,
    ("similarity.image_text", "deviation"): 1,
    ("similarity.nuisance", ""): 1,
    ("similarity.patch_transport", ""): 1,
    ("labelling.point_pictures", ""): 1,
    ("similarity.retrieve euclidean", "distances"): 1,
    ("synthesis.*synthesis", "samples"): 1,
    ("synthesis.frechet_distance", "plug_in"): 2,
    ("synthesis.frechet_distance", "value"): 2,
    ("synthesis.iaaft", "samples"): 1,
    ("synthesis.oversample", "samples"): 1,
    ("synthesis.phase_randomised", "samples"): 1,
    ("toolbox.bootstrap_interval", "low"): 1,
    ("toolbox.bootstrap_interval", "high"): 1,
    ("toolbox.bootstrap_interval", "value"): 1,
    ("toolbox.components_first", ""): 1,
    ("toolbox.crops", "values"): 1,
    ("toolbox.energy_distance", ""): 1,
    ("toolbox.hyperbolic_distance", ""): 1,
    ("toolbox.sliced_wasserstein", ""): 1,
    ("toolbox.spectral_field", "values"): 0.5,  # a spectrum is a power
    ("toolbox.wasserstein", ""): 1,
    ("toolbox.wavelet_coefficients", "details*"): 1,
    ("toolbox.wavelet_coefficients", "approximation"): 1,
    ("toolbox.wavelet_leaders*", "values*"): 1,
}
# Logarithms, to which a multiple of log2 of the gain is added.
SHIFTED = {
    ("synthesis.gan_reproducibility", "model"): np.array([[2], [np.log(2)], [0]]),
    ("toolbox.hyperbolic_energy", "values"): 2,
    ("toolbox.multifractal*", "log_cumulants"): np.log(2) * np.array([1, 0]),
    ("toolbox.multifractal*", "structure_functions"): np.arange(-5.0, 6.0),
    ("toolbox.regularity_map", "level"): 1,
}
# Free of gain, but behind logarithms that are not.
ROUNDED = {("synthesis.gan_reproducibility", "model_spread"): 1e-9}

VARIANTS = {
    "toolbox.multifractal p=10": {"p": 10},
    "toolbox.multifractal p=inf": {"p": np.inf, "missing": None},
    "toolbox.wavelet_leaders p=10": {"p": 10},
    "similarity.retrieve euclidean": {"measure": "euclidean"},
    "synthesis.stsim contrast": {"kind": "STSIM-2", "invariant": False},
}


def arguments_of(case):
    """Return a function and its valid arguments."""
    function, arguments = CALLS[case.split()[0]]
    return function, {name: value for name, (_, value) in arguments.items()} | VARIANTS.get(
        case, {}
    )


def with_unit(case):
    """Return the names of the arguments that have a unit."""
    return [
        name
        for name, valid in CALLS[case.split()[0]][1].items()
        if valid.kind != "made"
        and (valid.kind == "array" or isinstance(valid.value, np.ndarray))
        and name != "shape"
        and np.asarray(valid.value).dtype.kind == "f"
    ]


CASES = [
    case for case in [*CALLS, *VARIANTS] if case.split()[0] not in WITHOUT_UNIT and with_unit(case)
]


def rule(table, case, part):
    """Return what a table says of a part of a result, None where it says nothing."""
    return next((v for (c, p), v in table.items() if fnmatch(case, c) and fnmatch(part, p)), None)


def moved(case, part, value, exponent):
    """Return a part of a result as it must be under a gain of 2^exponent, and how nearly."""
    power, shift = rule(SCALED, case, part), rule(SHIFTED, case, part)
    if power is not None:
        exact = np.asarray(value) * np.asarray(2.0 ** (power * exponent), np.asarray(value).dtype)
        return exact, 1e-12 * (power == 2)
    if shift is not None:
        precision = np.finfo(np.asarray(value).dtype).eps
        return value + shift * float(exponent), 8 * precision * abs(exponent)
    return value, rule(ROUNDED, case, part) or 0.0


@pytest.mark.parametrize("dtype", GAINS)
@pytest.mark.parametrize("case", CASES)
def test_gain_changes_what_carries_it_and_nothing_else(case, dtype):
    function, plain = arguments_of(case)
    units = ALSO_IN_UNITS.get(case, ())
    single = {name: np.asarray(plain[name]).astype(dtype) for name in with_unit(case)}
    expected = parts(function(**plain | single))
    for exponent in GAINS[dtype]:
        gain = np.asarray(2.0**exponent, dtype)
        scaled = {name: value * gain for name, value in single.items()}
        scaled |= {name: np.multiply(plain[name], 2.0**exponent) for name in units}
        found = parts(function(**plain | scaled))
        assert found.keys() == expected.keys()
        for part, value in expected.items():
            if part.endswith("verified"):  # what was in the store before
                continue
            if part == "units" and value.dtype.kind == "U":  # labels of values: others, as many
                assert len(np.unique(found[part])) == len(np.unique(value))
                continue
            wanted, error = moved(case, part, value, exponent)
            if error:
                np.testing.assert_allclose(found[part], wanted, rtol=error, atol=error)
            elif isinstance(wanted, np.ndarray | np.number | float):
                np.testing.assert_array_equal(found[part], wanted, err_msg=part)
            else:
                assert_same(found[part], wanted)


def test_the_tables_name_what_exists():
    names = {n for n, _ in [*SCALED, *SHIFTED, *ROUNDED]}
    assert WITHOUT_UNIT | set(ALSO_IN_UNITS) <= set(CALLS)
    assert {n.split()[0] for n in VARIANTS} <= set(CALLS)
    assert all(any(fnmatch(case, name) for case in CASES) for name in names)
