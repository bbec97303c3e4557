"""A priori indices: how a training went, read from its logs alone, before any sample is drawn."""

import numpy as np

LOSSES = ("generator_loss", "discriminator_loss")
STATES = ("discriminator_accuracy", "gradient_ratio", "weight_motion")
INDICES = (
    *(f"{loss}_{what}" for loss in LOSSES for what in ("final", "median", "slope", "variance")),
    *STATES,
)
_LAST = 4  # the last quarter of the epochs is what "last" means
_FEWEST = 3  # epochs of it
_TINY = 1e-300  # in place of a gradient or a motion that is exactly 0


def training_indices(logs: dict[str, np.ndarray]) -> np.ndarray:
    """Return the indices (R, A), in the order of `INDICES`, from logs (R, epochs).

    Of each loss: its last value, its median over all epochs, and over the last quarter of the
    epochs (at least 3) its slope an epoch and its variance about that slope's line. Of the
    discriminator's accuracy and of the logarithms of gradient ratio and weight motion: the mean
    over the last quarter.
    """
    columns = []
    for loss in LOSSES:
        values = logs[loss]
        slope, variance = _line(_last(values))
        columns += [values[:, -1], np.median(values, axis=1), slope, variance]
    accuracy, *positive = (_last(logs[name]) for name in STATES)
    columns += [accuracy.mean(axis=1)]
    columns += [np.log(np.maximum(values, _TINY)).mean(axis=1) for values in positive]
    return np.stack(columns, axis=1)


def _last(values: np.ndarray) -> np.ndarray:
    epochs = values.shape[1]
    return values[:, -max(_FEWEST, epochs // _LAST) :]


def _line(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return slope and residual variance of a straight line through each row."""
    time = np.arange(values.shape[1]) - (values.shape[1] - 1) / 2
    slope = values @ time / (time @ time)
    residuals = values - values.mean(axis=1, keepdims=True) - np.outer(slope, time)
    return slope, (residuals**2).sum(axis=1) / (len(time) - 2)
