"""Serve the expert's page on this machine alone, until it is stopped."""

import secrets
import socket
from pathlib import Path
from typing import Any, NamedTuple

from labelling.answers_ledger.ledgers import Ledger
from labelling.answers_ledger.sqlite_store import kept_open
from labelling.expert_page.pictures import Pictures
from labelling.expert_page.questions import Source
from toolbox.core.checks import count, refuse

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
