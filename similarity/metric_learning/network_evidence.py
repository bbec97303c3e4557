"""What several Siamese networks, trained from scratch, say of each pair."""

from typing import Any

import numpy as np

from similarity.metric_learning.siamese_networks import Siamese, embed
from toolbox.core.checks import refuse


def siamese_log_odds(networks: Any, images: Any, *, device: str = "auto") -> np.ndarray:
    r"""Return each network's log-odds that a pair of images is the same; higher = more alike.

    Parameters
    ----------
    networks
        A list of what `similarity.siamese` returned, one for each retraining from scratch, as
        from ``[siamese(images, ..., seed=s) for s in range(5)]``: another seed draws other
        initial weights, other views and another fifth to be held out.
    images
        ``(n, [components,] *space)``, n >= 2, as `similarity.embed` takes them.
    device
        "auto", "cpu" or "cuda:0".

    Returns
    -------
    array (R, n, n)
        Natural log-odds with even odds beforehand; the diagonal is NaN.

    Raises
    ------
    InputError
        If something in the list is no Siamese network, or the images are not as `embed` wants them.

    Notes
    -----
    With z the unit vectors of network r, and the line that it fitted (Platt, 1999) to the pairs
    held out of its training,

    .. math:: l_{r,ij} = a_r + b_r\, z_{r,i}^T z_{r,j}.

    Examples
    --------
    >>> import numpy as np
    >>> from similarity import same_probability, siamese
    >>> noise = np.random.Generator(np.random.Philox(0)).standard_normal((12, 32, 32))
    >>> networks = [siamese(noise, dim=2, seed=s, steps=1, width=4) for s in (0, 1)]
    >>> odds = siamese_log_odds(networks, noise)
    >>> odds.shape, same_probability(odds, seed=0).interval.shape
    ((2, 12, 12), (12, 12, 2))
    """
    given = [networks] if isinstance(networks, Siamese) else networks
    if not isinstance(given, list | tuple) or not given:
        refuse("networks", "a list of what similarity.siamese returned", type(given).__name__)
    wrong = [type(g).__name__ for g in given if not isinstance(g, Siamese)]
    if wrong:
        refuse("networks", "a list of what similarity.siamese returned", f"{wrong[0]} in it")
    tables = []
    for network in given:
        z = embed(network, images, device=device).astype(np.float64)
        if len(z) < 2:
            refuse("images", "at least two items", len(z))
        table = network.intercept + network.slope * (z @ z.T)
        np.fill_diagonal(table, np.nan)
        tables.append((table + table.T) / 2)
    return np.stack(tables)
