"""Run members in this process: in a loop, several at a time, or all in one program."""

from collections.abc import Callable, Iterator

import numpy as np

from toolbox.retraining.studies.results import checked
from toolbox.retraining.studies.study import Study, is_jitted

Arrays = dict[str, np.ndarray]


def training(study: Study) -> Callable[[int], Arrays]:
    """Return the function that computes a member by its number."""
    if is_jitted(study.member):
        from toolbox.retraining.studies.compiled import trainer

        train = trainer(study.member, study.data, study.device)
        return lambda number: checked(train(study.streams[number]), number)

    def call(number: int) -> Arrays:
        extras = study.extras(number)
        return checked(study.member(study.streams[number], study.data, **extras), number)

    return call


def in_process(
    study: Study, engine: str, numbers: list[int], skip: Callable[[int], bool]
) -> Iterator[tuple[int, Arrays | None]]:
    """Yield each number with its result, or with None when it was to be skipped by then."""
    if engine == "vmap":
        from toolbox.retraining.studies.compiled import in_one_program

        streams = [study.streams[number] for number in numbers]
        results = in_one_program(study.member, study.data, streams, study.device)
        for number, result in zip(numbers, results, strict=True):
            yield number, checked(result, number)
        return
    train = training(study)

    def unless_skipped(number: int) -> Arrays | None:
        return None if skip(number) else train(number)

    if engine == "map":
        from toolbox.retraining.studies.compiled import at_once

        results = at_once(unless_skipped, numbers, study.device)
    else:
        results = map(unless_skipped, numbers)
    yield from zip(numbers, results, strict=True)
