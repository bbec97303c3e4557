"""Every public function says its equation and where it is from; those without say why.

An equation is what the docstring marks as math, which the website sets; its source is a year, of a
reference or a name. The list of functions without one only shrinks.
"""

import importlib
import inspect
import re

from toolbox.core.packages import PUBLIC

# Functions that compute nothing that a formula says.
WITHOUT = {
    "confidence.predict_series_votes": "asks networks that classify_series trained",
    "confidence.predict_votes": "asks networks that ensemble trained",
    "labelling.acquisition_from": "wraps a query strategy of another library",
    "labelling.ask_expert": "reads what a simulated expert says, who is drawn by its own law",
    "labelling.campaign": "repeats campaign_next until it is done",
    "labelling.campaign_next": "a rule in words over acquire, audit_plan and audits_needed",
    "labelling.export_ledger": "writes a file",
    "labelling.ledger": "opens a file",
    "labelling.serve": "shows a page",
    "labelling.simulated_expert": "its law is its arguments, each said with its own name",
    "labelling.tell": "writes what was said",
    "similarity.embed": "asks a network that siamese trained",
    "similarity.every_evidence": "evidence, of every family",
    "similarity.nuisance": "each kind's change is said beside its name",
    "synthesis.gan_samples": "asks networks that gan_member trained",
    "synthesis.oversample": "wavelet_synthesis, gate and quality, one after the other",
    "toolbox.check_split": "compares labels",
    "toolbox.components_first": "moves an axis",
    "toolbox.crops": "cuts windows out",
    "toolbox.doctor": "looks at the machine",
    "toolbox.load": "reads files",
    "toolbox.restore": "reads a file",
    "toolbox.retrain": "runs the user's function",
    "toolbox.save": "writes a file",
    "toolbox.split": "draws units",
    "toolbox.textures": "reads photographs",
    "toolbox.load_series": "reads files",
}
# Our own arithmetic of textbook quantities: there is nobody to name.
WITHOUT_SOURCE = {
    "confidence.members_needed": "the standard error of a mean, solved for the number of members",
    "labelling.audit_plan": "a mixture of two ways to draw",
    "labelling.settle_pairs": "a logistic line, and Bayes' rule of one answer",
    "toolbox.equality_test": "the normal test of a difference",
    "toolbox.monofractality_test": "a rank among simulations",
    "toolbox.scaling_test": "a rank among simulations",
    "toolbox.torch_function": "the chain rule",
}
MOST, MOST_WITHOUT_SOURCE = 27, 7
EXAMPLES = re.compile(r"\nExamples\n-+\n.*?(?=\n\w+\n-+\n|\Z)", re.DOTALL)


def documented():
    """Return the docstring, without its examples, of every public function."""
    found = {}
    for package in PUBLIC:
        module = importlib.import_module(package)
        for name in module.__all__:
            if inspect.isfunction(value := getattr(module, name)):
                found[f"{package}.{name}"] = EXAMPLES.sub("", inspect.getdoc(value))
    return found


def test_every_public_function_has_its_equation_or_a_reason():
    texts = documented()
    assert {name for name, text in texts.items() if "math:" not in text} == set(WITHOUT)
    assert all(len(reason.split()) > 1 for reason in WITHOUT.values())
    assert len(WITHOUT) <= MOST


def test_every_equation_has_its_source_or_a_reason():
    texts = {name: text for name, text in documented().items() if name not in WITHOUT}
    unsourced = {
        name for name, text in texts.items() if not re.search(r"\b(1[789]|20)\d\d\b", text)
    }
    assert unsourced == set(WITHOUT_SOURCE)
    assert len(WITHOUT_SOURCE) <= MOST_WITHOUT_SOURCE


def test_equations_are_closed_and_the_backslashes_are_there():
    for name, text in documented().items():
        for block in re.findall(r"\.\. math::((?: .*)?(?:\n+ {2,}.*)*)", text):
            assert block.strip(), name
            assert block.count("{") - block.count(r"\{") == block.count("}") - block.count(r"\}"), (
                name
            )
            assert block.count(r"\left") == block.count(r"\right"), name
            assert not re.search(r"[\t\f\r\b\a\v]", block), name  # \t of an unraw docstring
