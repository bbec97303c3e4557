"""Serve the expert's page on this machine alone, until it is stopped."""

import secrets
import socket
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from labelling.answers_ledger.ledgers import Ledger
from labelling.answers_ledger.ledgers import ledger as open_ledger
from labelling.answers_ledger.sqlite_store import kept_open
from labelling.expert_page.mixed_sources import pairs_by_evidence
from labelling.expert_page.pictures import Pictures, pictures_of
from labelling.expert_page.questions import (
    PAIR,
    Question,
    Source,
    in_order,
    listed,
    names_to_choose_from,
    random_pairs,
)
from labelling.pair_questions.settled_pairs import settle_pairs
from toolbox.core import checks
from toolbox.core.checks import count, refuse
from toolbox.core.records import is_record

LOOPBACK = "127.0.0.1"
USUAL_PORT = 8642  # the same each time, so that a browser finds an answer that it still holds


class Page(NamedTuple):
    """A page that is ready to be served: its address holds the token."""

    address: str
    server: Any
    listening: socket.socket
    session: Any  # its book grows with the answers

    def run(self) -> None:
        """Serve until the process is interrupted or `stop` is called."""
        with self.listening, kept_open(self.session.book.path):
            self.server.run(sockets=[self.listening])

    def stop(self) -> None:
        """Ask the server to end, once it has answered what it is at."""
        self.server.should_exit = True


def serve(
    ledger: Ledger,
    images: Any,
    *,
    question: str = "labels",
    classes: Any = None,
    evidence: Any = None,
    dim: int | None = None,
    until: Callable[[str], Any] | None = None,
    seed: int,
) -> Ledger:
    """Let experts label items, or judge pairs, on a page in this machine's browser (Python only).

    Only this machine reaches the page, with an address that holds a token; an answer is in the
    ledger before the next question is shown. From MATLAB and on terminals the same page is
    ``grainwise label FOLDER``, which also mixes audits in. Needs the extra ``[page]``.

    Parameters
    ----------
    ledger : Ledger
        Where the answers go, on disk if they are to outlive this program; what an expert has
        answered in it is not asked again.
    images : path or array (n, [K,] height, width) or (n, [K,] length)
        A folder of images, a file of images or signals, or the items.
    question : str
        "labels": the class of each item, in their order; "pairs": whether two are the same.
    classes : array (C,), optional
        For labels, those to choose from; by default a folder's sub-folders.
    evidence : Evidence or array (n, n), optional
        For pairs: `choose_pairs` asks by it for the most alike, anew as answers come. By default
        all pairs are asked in a random order, 10,000 at most.
    dim : int, optional
        1 for signals, 2 for images; by default 2.
    until : callable, optional
        Called with the address; the page is there until it returns. By default the browser opens,
        and an interrupt (Ctrl-C, a notebook's stop) ends it.
    seed : int
        Draws pairs, and breaks ties.

    Returns
    -------
    Ledger
        With all that was answered.

    Raises
    ------
    InputError
        Fewer than two classes or items, evidence of other items, no browser and no `until`.
    ImportError
        Without the extra ``[page]``.

    Examples
    --------
    >>> import numpy as np
    >>> from labelling import ledger, serve
    >>> images = np.random.default_rng(0).random((6, 32, 32))
    >>> def until(address):          # a person would open it; input(address) waits for Enter
    ...     print(address.partition("=")[0])
    >>> classes = ["brick", "grass"]
    >>> book = serve(ledger(), images, classes=classes, until=until, seed=0)  # doctest: +ELLIPSIS
    http://127.0.0.1:...token
    """
    if not is_record(ledger) or not isinstance(ledger, Ledger):
        refuse("ledger", "a Ledger", checks.describe_value(ledger))
    kind = checks.choice(question, "question", ("labels", "pairs"))
    if until is None:
        until = _browser()
    elif not callable(until):
        refuse("until", "a function that is called with the address", checks.describe_value(until))
    pictures = pictures_of(images, dim=dim)
    drawn = checks.seed(seed)
    if kind == "labels":
        source, named = _labels(pictures, classes, evidence)
        total = len(pictures.names)
    else:
        source, total = _pairs(ledger, len(pictures.names), classes, evidence, drawn)
        named = []
    ready = page(pictures, book=ledger, source=source, classes=named, total=total)
    _serve_until(ready, until)
    return open_ledger(ledger.path) if ledger.path else ready.session.book


def _browser() -> Callable[[str], None]:
    """Return what opens the browser and waits to be interrupted."""
    try:
        found = webbrowser.get()
    except webbrowser.Error:
        refuse("until", "a function that is told the address, as no browser is here", "None")

    def until(address: str) -> None:
        found.open(address)
        threading.Event().wait()

    return until


def _labels(pictures: Pictures, classes: Any, evidence: Any) -> tuple[Source, list]:
    if evidence is not None:
        refuse("evidence", "none for labels: it is about pairs", checks.describe_value(evidence))
    named = pictures.classes if classes is None else checks.labels(classes, "classes").tolist()
    return in_order(len(pictures.names)), names_to_choose_from(named)


def _pairs(book: Ledger, n: int, classes: Any, evidence: Any, seed: int) -> tuple[Source, int]:
    if classes is not None:
        refuse("classes", "none for pairs, which are the same or not", f"{classes!r}")
    if n < 2:
        refuse("images", "at least two items to make pairs of", n)
    if evidence is None:
        wanted = random_pairs(n, seed=seed)
        return listed([Question(PAIR, pair) for pair in wanted]), len(wanted)
    settled = settle_pairs(evidence, ledger=book)
    if len(settled.groups) != n:
        refuse("evidence", f"one of {n} items, as images has", len(settled.groups))
    return pairs_by_evidence(evidence, seed=seed), settled.open


def _serve_until(ready: Page, until: Callable[[str], Any]) -> None:
    """Serve beside the caller, whose notebook may run a loop of its own, until a function ends."""
    serving = threading.Thread(target=ready.run)
    serving.start()
    try:
        until(ready.address)
    except KeyboardInterrupt:
        pass  # the usual end
    finally:
        ready.stop()
        serving.join()


def page(
    pictures: Pictures,
    *,
    book: Ledger,
    source: Source,
    classes: list,
    total: int,
    port: int | None = None,
    title: str = "grainwise",
    who: str = "",
    language: str = "en",
    blind: bool = False,
    opinions: tuple[str, ...] = (),
) -> Page:
    """Return the page of these items and questions, listening on 127.0.0.1 and nowhere else.

    Without `port` it is 8642, or a free one where that is taken. Needs the extra ``[page]``.
    """
    try:
        import uvicorn

        from labelling.expert_page.application import Settings, application
    except ImportError as error:
        wanted = "the expert's page needs an extra: pip install 'grainwise[page]'"
        raise ImportError(wanted) from error
    from labelling.expert_page.guard import guarded
    from labelling.expert_page.sessions import Session

    session = Session(book, source, classes=classes, items=len(pictures.names))
    settings = Settings(title, language, who, total, blind, opinions)
    listening = _listen(port)
    port, token = listening.getsockname()[1], secrets.token_urlsafe(32)
    inside = guarded(application(session, pictures, settings), token=token, port=port)
    config = uvicorn.Config(
        inside,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # nothing stands in front of us: what a header says of it is untrue
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        timeout_graceful_shutdown=2,
    )
    address = f"http://{LOOPBACK}:{port}/?token={token}"
    return Page(address, uvicorn.Server(config), listening, session)


def default_ledger(source: Path) -> Path:
    """Return where the answers go by default: beside nobody's images, in the current folder."""
    return Path(f"{source.resolve().stem or 'answers'}.answers.db")


def _listen(port: int | None) -> socket.socket:
    if port is not None:
        number = count(port, "port", minimum=1, maximum=65535)
        try:
            return _bound(number)
        except OSError as error:
            refuse("port", "a port that is free", f"{number} ({error.strerror})")
    try:
        return _bound(USUAL_PORT)
    except OSError:
        return _bound(0)


def _bound(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # at once after a kill
        made.bind((LOOPBACK, port))
        made.listen(64)
    except OSError:
        made.close()
        raise
    return made
