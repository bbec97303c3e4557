"""Pages served in a thread, for the tests, and requests to them that no browser would send."""

import http.client
import threading
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import numpy as np

from labelling.answers_ledger.ledgers import ledger
from labelling.expert_page.pictures import pictures_of
from labelling.expert_page.questions import PAIR, Question, in_order, listed
from labelling.expert_page.serving import page

CLASSES = ["brick", "grass", "gravel"]


def some_images(n=12, size=24):
    rng = np.random.default_rng(0)
    return np.rint(rng.random((n, size, size)) * 255) / 255


@contextmanager
def served(pictures=None, *, source=None, book=None, **more):
    """Serve a page of labels; yields it."""
    pictures = pictures or pictures_of(some_images(), dim=2)
    n = len(pictures.names)
    made = {"source": source or in_order(n), "classes": CLASSES, "total": n}
    ready = page(pictures, book=book or ledger(), **made | more)
    thread = threading.Thread(target=ready.run)
    thread.start()
    try:
        yield ready
    finally:
        ready.stop()
        thread.join()


def served_pairs(pairs, **more):
    source = listed([Question(PAIR, pair) for pair in pairs])
    return served(source=source, **{"classes": [], "total": len(pairs)} | more)


def place(ready):
    """Return the port and the token of a page."""
    parts = urlsplit(ready.address)
    return parts.port, parse_qs(parts.query)["token"][0]


def request(port, path, *, method="GET", body=None, headers=()):
    """Send one request as it stands; return status, headers and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        sent = {"Host": f"127.0.0.1:{port}"} | dict(headers)
        for name, value in sent.items():
            if value is not None:
                connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        reply = connection.getresponse()
        return reply.status, dict(reply.getheaders()), reply.read()
    finally:
        connection.close()
