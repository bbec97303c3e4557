"""Accuracy of pymultifracs on the figure's signals, kept for machines that do not have it.

python -m paper_figures.multiscale.peer_accuracy writes peer_accuracy.json beside it (a minute of
one core) and needs the extra [bench].
"""

import datetime
import json
import platform

import numpy as np

import toolbox
from paper_figures.multiscale import multiscale_accuracy
from paper_figures.multiscale.multiscale_accuracy_numbers import COMMITTED, PEER, errors
from paper_figures.runner.written_files import write

DRAWS, SEED = 200, 1


def main() -> None:
    """Analyse every signal of the figure, of a seed of its own, and write the JSON."""
    settings = multiscale_accuracy.SETTINGS["full"] | {"seed": SEED}
    signals = [law for law in multiscale_accuracy.LAWS if "field" not in law]
    kept = {
        "version": multiscale_accuracy.peer_version(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "python": platform.python_version(),
        "samples": settings["samples"],
        "draws": DRAWS,
        "seed": SEED,
        "laws": {law: figures(law, settings) for law in signals},
    }
    write(COMMITTED, json.dumps(kept, indent=1) + "\n")
    print(f"{COMMITTED}: {PEER} {kept['version']}")


def figures(law: str, settings: dict) -> dict:
    """Return the peer's errors on one law, over the scales that `multifractal` takes."""
    x, truth, dim = multiscale_accuracy.drawn(law, settings, n=DRAWS, purpose="accuracy")
    scales = toolbox.multifractal(x[:1], dim=dim).scales
    gamma = multiscale_accuracy.LAWS[law][2]
    found = errors(multiscale_accuracy.peer(x, scales=scales, gamma=gamma) - truth)
    rounded = {k: np.round(v, 6).tolist() if k != "draws" else v for k, v in found.items()}
    return rounded | {"gamma": gamma}


if __name__ == "__main__":
    main()
