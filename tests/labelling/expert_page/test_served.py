"""The page from Python: an expert's requests while it is there, and the ledger that comes back."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from labelling import choose_pairs, ledger, serve, settle_pairs
from tests.labelling.expert_page.pages import CLASSES, place, request, some_images
from toolbox import InputError

Y = np.arange(12) % 3
ODDS = np.where(Y[:, None] == Y, 2.0, -2.0) + 0.01 * np.add.outer(np.arange(12), np.arange(12))


def expert(address, answer_of, number):
    """Answer so many questions as a browser would."""
    ready = SimpleNamespace(address=address)
    port, token = place(ready)
    headers = {"Cookie": f"grainwise_{port}={token}", "Origin": f"http://127.0.0.1:{port}"}
    headers |= {"Content-Type": "application/json"}

    def post(path, **body):
        sent = json.dumps({"who": "Ada"} | body).encode()
        status, _, told = request(port, path, method="POST", body=sent, headers=headers)
        assert status == 200, told
        return json.loads(told)

    asked = []
    state = post("/next")
    for i in range(number):
        question = state["questions"][0]
        asked.append(question["items"])
        given = {name: question[name] for name in ("kind", "items", "proposed")}
        given |= {"seconds": 1.5, "value": None}
        answer = answer_of(question["items"])
        state = post("/answer", key=f"k{i}", **given | answer)
    return asked


@pytest.mark.parametrize("on_disk", [False, True])
def test_labels_that_are_given_while_the_page_is_there_come_back(on_disk, tmp_path):
    book = ledger(tmp_path / "answers.db") if on_disk else ledger()

    def until(address):
        expert(address, lambda items: {"answer": "class", "value": CLASSES[Y[items[0]]]}, 5)

    found = serve(book, some_images(), classes=CLASSES, until=until, seed=0)
    assert found.items.tolist() == [0, 1, 2, 3, 4]
    assert [json.loads(v) for v in found.values.tolist()] == [CLASSES[k] for k in Y[:5]]
    assert found.who.tolist() == ["Ada"] * 5
    if on_disk:
        assert ledger(tmp_path / "answers.db").chain == found.chain


def test_pairs_are_asked_by_evidence_as_answers_come():
    asked = []

    def until(address):
        same = lambda items: {"answer": "yes" if Y[items[0]] == Y[items[1]] else "no"}  # noqa: E731
        asked.extend(expert(address, same, 9))

    found = serve(ledger(), some_images(), question="pairs", evidence=ODDS, until=until, seed=3)
    first = choose_pairs(ODDS, ledger=ledger(), batch=16, seed=3)
    assert asked[0] == [first.items[0], first.others[0]]
    assert (Y[np.transpose(asked)[0]] == Y[np.transpose(asked)[1]]).all()
    assert settle_pairs(ODDS, ledger=found).groups.max() == 2  # nine answers tie all of twelve


def test_the_page_ends_as_it_should_when_it_is_interrupted():
    def until(address):
        raise KeyboardInterrupt

    assert len(serve(ledger(), some_images(), classes=CLASSES, until=until, seed=0).kind) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": ["a"]}, "classes: wanted two different names"),
        ({"classes": None}, "classes: wanted two different names"),
        ({"evidence": ODDS}, "evidence: wanted none for labels"),
        ({"question": "pairs"}, "classes: wanted none for pairs"),
        ({"question": "set"}, "question: wanted"),
        ({"question": "pairs", "classes": None, "evidence": ODDS[:5, :5]}, "evidence: wanted one"),
        ({"ledger": 3}, "ledger: wanted a Ledger"),
        ({"until": 3}, "until: wanted a function"),
    ],
)
def test_what_does_not_fit_is_refused(options, message):
    given = {"ledger": ledger(), "images": some_images(), "classes": CLASSES, "until": str}
    with pytest.raises(InputError, match=f"^{message}"):
        serve(**given | options, seed=0)
