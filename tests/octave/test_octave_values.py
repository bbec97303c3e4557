"""Values, errors and the life of the worker, as a user of Octave meets them."""

import pytest

from tests.octave.octave import octave, octave_each

ROUND_TRIPS = """
nested.name = 'outer'; nested.inner.values = [1 2 3]; nested.inner.flag = true;
given = {
  magic(4), single([1 2; 3 4]), true, [true false; false true], 3.5, 1+2i, [1+2i 3; 4 5i], ...
  [1 2 3], NaN, [NaN Inf; -Inf 0], 'texture', 'papier glacé', 'ends in blanks  ', '', ...
  reshape(1:24, 2, 3, 4), zeros(0, 3), zeros(1, 0), single([]), [], {}, nested, struct(), ...
  {1, 'two', {3, 'four', [5 6]}}, {[1 2; 3 4], {}}, ones(2, 1, 3), 2^53, -2^53, ...
  {'Καλημέρα', 'Καλησπέρα', 'été', 'éte', '😀', 'αβγ 1', 'αβγ 2'}, ...
};
for i = 1:numel(given)
  back = grainwise('echo', given{i});
  same = isequaln(back, given{i}) && strcmp(class(back), class(given{i}));
  if (! same && ! isempty(given{i})), printf('%d comes back as ', i); disp(back); end
end
column = grainwise('echo', [1; 2; 3]);
assert(isequal(column, [1 2 3]));
structs = grainwise('echo', struct('age', {30, 40}));
assert(structs{2}.age, 40);
"""
AS_DOUBLES = """
given = {uint8([200 100; 1 2]), int64([-1 2; 3 4]), int8(-5), uint32(zeros(0, 2)), int16(1:3)};
for i = 1:numel(given)
  back = grainwise('echo', given{i});
  assert(isa(back, 'double') && isequal(back, double(given{i})));
end
for beyond = {int64([1 9007199254740993]), uint64(18446744073709551615)}
  assert(isequal(grainwise('echo', beyond{1}), beyond{1}));
end
found = grainwise('toolbox.crops', reshape(1:36, 6, 6), 'size', 3);
assert(isequal(found.origins / 2, double(found.origins) / 2));
assert(any(found.origins(:) / 2 == 1.5));
"""
SPARSE = """
mask = sparse(true(3, 1)); given = {mask, sparse([true false; false true]), sparse(2, 3), ...
  sparse([1 0; 0 2.5]), sparse([1+2i 0; 0 0]), eye(3)(:, [2 1 3]), eye(2)};
back = grainwise('echo', given);
for i = 1:numel(given)
  wanted = full(given{i});
  if (i == 1), wanted = wanted'; end
  assert(isequal(back{i}, wanted) && strcmp(class(back{i}), class(wanted)));
end
nested.inside = {sparse(true)};
back = grainwise('echo', nested);
assert(isequal(back.inside, {true}));
"""
LABELS = """
x = [zeros(10, 2); ones(10, 2)];
function classes = learnt(x, labels)
  made = grainwise('confidence.ensemble', x, labels, 'dim', 0, 'members', 2, 'seed', 1, ...
                   'steps', 1, 'progress', false);
  classes = made.classes;
end
for names = {{'lissé', 'lissè'}, {'τραχύ', 'τραχύς'}, {'papier glacé 1', 'papier glacé 2'}}
  labels = names{1}([ones(1, 10) 2*ones(1, 10)]);
  found = {learnt(x, labels), learnt(x, labels'), learnt(x, char(labels))};
  for k = 1:3, assert(isequal(sort(found{k}), sort(names{1}))); end
end
for given = {int64([3*ones(1, 10) 7*ones(1, 10)]), single([3*ones(10, 1); 7*ones(10, 1)])}
  assert(isequal(learnt(x, given{1}), [3 7]) && isa(learnt(x, given{1}), 'double'));
end
assert(numel(learnt(x, [true(1, 10) false(1, 10)])), 2);
"""

ARGUMENTS = """
x = reshape(sin((1:4800) .^ 1.3), 3, 40, 40);
d = grainwise('toolbox.describe', x, 'dim', 2);
e = grainwise('toolbox.describe', 'x', x, 'dim', 2);
assert(isequal(d.values, e.values));
printf('%d %d %s', size(d.values), d.names{1});
"""
INTEGERS = """
x = int64 ([16777216 5]); y = int64 ([16777217 5]);
printf ('%g ', grainwise ('toolbox.energy_distance', x, y, 'unbiased', false));
printf ('%g ', grainwise ('toolbox.energy_distance', double (x), double (y)));
printf ('%g', grainwise ('toolbox.energy_distance', int32 (x), int32 (y)));
"""
CONFORMAL = """
p = [.9 .1; .2 .8; .6 .4; .7 .3; .3 .7; .1 .9; .8 .2; .4 .6; .45 .55; .95 .05];
c = grainwise('confidence.conformal', p, [0 1 0 0 1 1 0 1 1 0], 'alpha', '1/5');
function attempt(c, p)
  try, grainwise('confidence.conformal_sets', c, p); disp('taken'); catch e, disp(e.message); end
end
"""
LATER = f"""{CONFORMAL}
s = grainwise('confidence.conformal_sets', c, p);
printf('%d %d', size(s.sets));
kept = tempname(); save('-v7', kept, 'c'); clear c; load(kept); unlink(kept);
attempt(orderfields(c), p);
"""
CHANGED = f"""{CONFORMAL}
d = c; d.threshold = d.threshold + 1e-9; attempt(d, p);
d = c; d.treshold = .5; attempt(d, p);
attempt(rmfield(c, 'threshold'), p);
d = c; d.record_id(end) = 'x'; attempt(d, p);
"""
SCRIPTS = {"any": ROUND_TRIPS, "whole": AS_DOUBLES, "sparse": SPARSE, "labels": LABELS}
SCRIPTS |= {"arguments": ARGUMENTS, "integers": INTEGERS, "later": LATER, "changed": CHANGED}
REFUSED = [
    ("grainwise('toolbox.describe', rand(3, 40, 40), 'dim', 3)", "dim: wanted"),
    ("grainwise('toolbox.descibe', 1)", "such as describe"),
    ("grainwise('os.system', 'ls')", "function: wanted a name such as"),
    ("grainwise('toolbox.describe', rand(40), 'dim', 2, 'lewels', 3)", "lewels"),
    ("grainwise('toolbox.describe', rand(40))", "wanted also dim, got only x"),
    ("grainwise(3)", "function: wanted a name"),
    ("grainwise('toolbox.load', '/nowhere.mat', 'dim', 2)", "does not exist"),
    ("grainwise('toolbox.multifractal', 1, 'dmi', 2)", "'dmi' (is it dim?)"),
    ("grainwise('toolbox.multifractal', 1, 'dmi', 2, 'seed', 1)", "'dmi' (is"),
    ("grainwise('toolbox.describe', rand(40), 'dim')", "none for 'dim'"),
    ("grainwise('echo', 1, @sin)", "argument 2: wanted numbers"),
    ("grainwise('echo', 1, {2, struct('f', @sin)})", "argument 2{2}.f: wanted"),
    ("grainwise('echo', containers.Map())", "got a containers.Map"),
    ("grainwise('echo', ['caf' char(233)])", "wanted text in UTF-8"),
    ("grainwise('toolbox.describe', 1i * rand(40), 'dim', 2)", "x: wanted"),
    ("grainwise('toolbox.describe', [], 'dim', 2)", "x: wanted"),
    (
        "grainwise('confidence.conformal', [.5 .5; .5 .5], [0 NaN], 'alpha', .5)",
        "labels: wanted",
    ),
]


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """Return what every script prints, and what every refused call says: one session for all."""
    scripts = SCRIPTS | {call: f"{call};" for call, _ in REFUSED}
    said = octave_each(scripts.values(), tmp_path_factory.mktemp("scripts"))
    return dict(zip(scripts, said, strict=True))


@pytest.mark.parametrize("script", ["any", "whole", "sparse", "labels"])
def test_values_keep_their_meaning_both_ways(printed, script):
    assert printed[script] == ""


def test_arguments_in_order_and_by_name_and_results_as_structs(printed):
    assert printed["arguments"] == "3 63 energy[j=1,H]"


def test_integers_arrive_with_every_digit(printed):
    assert printed["integers"] == "0.5 0.5 0.5"


def test_a_result_may_be_given_to_a_later_call(printed):
    assert printed["later"] == "10 2taken\n"


def test_a_changed_struct_is_refused_by_its_field(printed):
    edited, added, removed, renamed = printed["changed"].splitlines()
    changed = (
        "arguments: wanted a result of this session, as it was returned, got a Conformal whose"
    )
    assert edited.startswith(f"{changed} threshold was changed")
    assert added.startswith(f"{changed} treshold was changed")
    assert removed.startswith(f"{changed} threshold was changed")
    assert renamed.startswith("arguments: wanted a result of this session")


def test_a_struct_from_before_a_workers_death_stands_for_no_other():
    printed = octave(
        CONFORMAL
        + """
        try
          grainwise('echo', system(sprintf('pkill -9 -P %d -f matlab_worker', getpid())));
        catch e, disp(e.identifier);
        end
        other = grainwise('confidence.conformal', p, [0 1 0 1 0 1 0 1 0 1], 'alpha', '2/5');
        attempt(c, p);
        """
    )
    died, refused = printed.splitlines()
    assert died == "grainwise:worker"
    assert refused.startswith("arguments: wanted a result of this session")
    assert "of a Python process that has ended" in refused
    assert "compute it again" in refused


@pytest.mark.parametrize(("call", "text"), REFUSED)
def test_errors_are_octaves_with_an_identifier(printed, call, text):
    assert printed[call].startswith("<failed> grainwise:InputError|")
    assert text in printed[call]
