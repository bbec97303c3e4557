"""``grainwise label``: a page in the browser on which experts give labels or judge pairs."""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro


def label(
    path: Annotated[Path, tyro.conf.Positional],
    *,
    question: Literal["labels", "pairs"] = "labels",
    classes: tuple[str, ...] = (),
    ledger: Path | None = None,
    who: str = "",
    pairs: Path | None = None,
    number: int | None = None,
    features: Path | None = None,
    predictions: Path | None = None,
    tolerance: float = 0.05,
    again: int = 0,
    dim: int | None = None,
    blind: bool = False,
    language: Literal["en", "fr"] = "en",
    port: int | None = None,
    browser: bool = True,
    seed: int = 0,
) -> int:
    """Open a page on which experts label items or judge pairs; stop it with Ctrl-C.

    Only this machine reaches the page, with the address that is printed. Each answer is in the
    ledger, on the disk, before the next question is shown; the same command goes on where it was
    stopped. Keys: y yes or the same, n no or different, 1 to 9 the class of that number, space
    cannot tell, u undo, r redo, + - 0 zoom, s raking light, t turns it, b names, l French or
    English, h this list.

    Parameters
    ----------
    path
        A folder of images (its sub-folders are the classes, unless `classes` says others; for
        pairs, images at any depth), or a file of images or signals.
    question
        "labels" asks for the class of each item, "pairs" whether two items are the same.
    classes
        The classes to choose from.
    ledger
        The database of answers, made if it is not there; by default NAME.answers.db in the current
        folder, of the items' NAME. Several experts, and several pages, may answer into one.
    who
        The expert's name; by default the page asks for it.
    pairs
        A CSV file of pairs to judge in its order, with columns first and second (names of items),
        as `grainwise compare` writes it; by default all pairs in a random order, 10,000 at most.
    number
        How many random pairs to ask.
    features
        A NumPy or MATLAB file with a row of numbers for each item, a description of it: labels are
        then asked of the item farthest from all that were answered, instead of in order.
    predictions
        A CSV file with columns name and class: a model's predictions of items. An audit of them is
        mixed in unseen, of those that nobody has labelled yet, and neither names nor predictions
        are shown; what it certifies is printed at the end.
    tolerance
        Share of wrong predictions that the audit tolerates.
    again
        Ask one question in so many of what another expert answered already, to see them agree.
    dim
        1 for signals, 2 for images; needed for arrays.
    blind
        Show no names, whatever the expert presses.
    language
        The page's language at its start.
    port
        By default 8642, or a free one.
    browser
        Open the page in this machine's browser.
    seed
        Draws pairs and the audit.
    """
    from grainwise.label_questions import asked
    from labelling.answers_ledger.ledgers import ledger as open_ledger
    from labelling.expert_page.pictures import pictures_of
    from labelling.expert_page.serving import default_ledger, page

    pictures = pictures_of(path, dim=dim, deep=question == "pairs")
    for text in pictures.skipped:
        print(f"left out {text}")
    place = ledger or default_ledger(path)
    book = open_ledger(place)
    plan = asked(
        pictures.names,
        book=book,
        classes=list(classes) or pictures.classes,
        question=question,
        pairs=pairs,
        number=number,
        features=features,
        predictions=predictions,
        tolerance=tolerance,
        again=again,
        seed=seed,
    )
    ready = page(
        pictures,
        book=plan.book,
        source=plan.source,
        classes=plan.classes,
        total=plan.total,
        port=port,
        title=path.resolve().name,
        who=who,
        language=language,
        blind=blind or predictions is not None,
    )
    _serve(ready, f"answers go to {place}; Ctrl-C ends", browser=browser)
    print(plan.ending(open_ledger(place)))
    return 0


def _serve(ready: Any, said: str, *, browser: bool) -> None:
    """Tell the address and serve until Ctrl-C; on a terminal the browser is opened beside."""
    try:
        print(f"{ready.address}\n{said}", flush=True)
        if browser and sys.stdout.isatty():
            import webbrowser

            webbrowser.open(ready.address)
        ready.run()
    except KeyboardInterrupt:
        print()
