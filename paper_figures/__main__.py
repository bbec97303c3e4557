"""``python -m paper_figures [NAME ...] [--quick | --full] [--images FOLDER] ...``."""

import argparse
import importlib
import sys
from pathlib import Path

from paper_figures import runner
from toolbox import InputError

FIGURES = {
    "rare_class": "rare-class oversampling by synthesis, gated, with its confidence",
    "synthesis_gallery": "synthesisers on three photographs, how far each child is from real crops",
    "signal_asymmetry": "what of a signal's asymmetry in time synthesis and surrogates keep",
    "multiscale_accuracy": "bias, spread and coverage of log-cumulants, ours and a peer's",
    "cubic_toy": "networks retrained on the cubic of Lakshminarayanan et al. (2017)",
    "pool_then_calibrate": "in which order to pool an ensemble and to calibrate it",
    "variance_shares": "what moves a retrained network's answer, and its standard error",
    "ensemble_sizes": "whether the members that a pilot asks for reach the error asked for",
    "index_null_and_power": "the quality index: level under the null, power beside other distances",
    "conformal_coverage": "realised coverage of conformal sets, by our rank and by peers'",
    "gan_training": "GANs from scratch on multifractal fields: how good, how reproducible",
    "single_gaussian": "consensus clustering cuts a single Gaussian; a null of one cluster says so",
    "twins_table": "what each family of evidence sees on the twins, beside an oracle",
    "same_probability_calibration": "whether P(same) is what it says, on pairs nobody judged",
    "paper_challenge": "the photographic-paper protocol on its synthetic twin",
    "clustering_thresholds": "when clusters can be found, and what labels are worth, predicted",
    "capacity_frontier": "separation of a task x size of a network: what is learned, predicted",
}
OWN_IMAGES = "rare_class"  # the figure that can be made from a user's images
HERE = Path(__file__).resolve().parent


def main(arguments: list[str] | None = None) -> int:
    """Regenerate figures; return 0, 1 where a claim fails, 2 where an argument is wrong."""
    command = parser()
    options = command.parse_args(arguments)
    names = asked(command, options)
    if options.list:
        print("\n".join(f"{name}: {what}" for name, what in FIGURES.items()))
        return 0
    status = 0
    for name in names:
        script = importlib.import_module(f"paper_figures.{name}")
        settings = dict(script.SETTINGS["full" if options.full else "quick"])
        if options.images:
            settings |= {"images": str(options.images), "rare": options.rare}
        if options.size:
            settings["size"] = options.size
        try:
            runner.run(script, settings, out=options.out, cache=HERE / "cache")
        except InputError as error:
            print(error, file=sys.stderr)
            return 2
        except runner.FailedClaim as error:  # what was asked for is written; so are the others
            print(error, file=sys.stderr)
            status = 1
    return status


def asked(command: argparse.ArgumentParser, options: argparse.Namespace) -> list[str]:
    """Return the figures to make; refuse unknown ones, and own images for figures of none."""
    own = bool(options.images or options.rare or options.size)
    for name in options.names:
        if name not in FIGURES:
            command.error(f"NAME: wanted one of {', '.join(FIGURES)}, got {name}")
        if own and name != OWN_IMAGES:
            wanted = f"{OWN_IMAGES} alone with --images, --rare or --size"
            command.error(f"NAME: wanted {wanted}, got {name}")
    return options.names or ([OWN_IMAGES] if own else list(FIGURES))


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    p = argparse.ArgumentParser(prog="python -m paper_figures", description=__doc__)
    p.add_argument("names", nargs="*", metavar="NAME", help="figures to make (default: all)")
    mode = p.add_mutually_exclusive_group()
    mode.add_argument("--quick", action="store_true", help="minutes on two cores (the default)")
    mode.add_argument("--full", action="store_true", help="the paper's setting")
    p.add_argument("--list", action="store_true", help="list the figures and stop")
    p.add_argument("--images", type=Path, help="your own images: one sub-folder a class")
    p.add_argument("--rare", default="", help="the rare class (default: the one with fewest crops)")
    p.add_argument("--size", type=int, help="pixels of a crop (default: 36)")
    p.add_argument("--out", type=Path, default=HERE / "out", help="where the results go")
    return p


if __name__ == "__main__":
    sys.exit(main())
