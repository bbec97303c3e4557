"""Values, errors and the life of the worker, as a user of Octave meets them."""

from pathlib import Path

import pytest

from tests.octave.octave import octave

SHARED_MEMORY = Path("/dev/shm")

ROUND_TRIPS = """
nested.name = 'outer'; nested.inner.values = [1 2 3]; nested.inner.flag = true;
given = {
  magic(4), single([1 2; 3 4]), uint8([200 100; 1 2]), int64([-1 2; 3 4]), true, ...
  [true false; false true], 3.5, 1+2i, [1+2i 3; 4 5i], [1 2 3], NaN, [NaN Inf; -Inf 0], ...
  'texture', 'papier glac\\303\\251', '', reshape(1:24, 2, 3, 4), zeros(0, 3), [], nested, ...
  {1, 'two', {3, 'four', [5 6]}}, {[1 2; 3 4], {}}, ones(2, 1, 3), ...
};
for i = 1:numel(given)
  back = grainwise('echo', given{i});
  same = isequaln(back, given{i}) && strcmp(class(back), class(given{i}));
  if (! same), printf('%d comes back as ', i); disp(back); end
end
column = grainwise('echo', [1; 2; 3]);
assert(isequal(column, [1 2 3]));
structs = grainwise('echo', struct('age', {30, 40}));
assert(structs{2}.age, 40);
"""


def test_values_keep_their_meaning_both_ways():
    assert octave(ROUND_TRIPS) == ""


def test_arguments_in_order_and_by_name_and_results_as_structs():
    printed = octave(
        """
        x = reshape(sin((1:4800) .^ 1.3), 3, 40, 40);
        d = grainwise('toolbox.describe', x, 'dim', 2);
        e = grainwise('toolbox.describe', 'x', x, 'dim', 2);
        assert(isequal(d.values, e.values));
        printf('%d %d %s', size(d.values), d.names{1});
        """
    )
    assert printed == "3 63 energy[j=1,H]"


def test_integers_arrive_with_every_digit():
    printed = octave(
        """
        x = int64 ([16777216 5]); y = int64 ([16777217 5]);
        printf ('%g ', grainwise ('toolbox.energy_distance', x, y, 'unbiased', false));
        printf ('%g ', grainwise ('toolbox.energy_distance', double (x), double (y)));
        printf ('%g', grainwise ('toolbox.energy_distance', int32 (x), int32 (y)));
        """
    )
    assert printed == "0.5 0.5 0.5"


def test_a_result_may_be_given_to_a_later_call():
    printed = octave(
        """
        p = [.9 .1; .2 .8; .6 .4; .7 .3; .3 .7; .1 .9; .8 .2; .4 .6; .45 .55; .95 .05];
        c = grainwise('confidence.conformal', p, [0 1 0 0 1 1 0 1 1 0], 'alpha', '1/5');
        s = grainwise('confidence.conformal_sets', c, p);
        printf('%d %d', size(s.sets));
        c.record_id = 'Conformal:99';
        try, grainwise('confidence.conformal_sets', c, p); catch e, printf(' %s', e.message); end
        """
    )
    assert printed.startswith("10 2 arguments: wanted a result of this session")
    assert "compute it again" in printed


@pytest.mark.parametrize(
    ("call", "identifier", "text"),
    [
        ("grainwise('toolbox.describe', rand(3, 40, 40), 'dim', 3)", "InputError", "dim: wanted"),
        ("grainwise('toolbox.descibe', 1)", "InputError", "such as describe"),
        ("grainwise('os.system', 'ls')", "InputError", "function: wanted a name such as"),
        ("grainwise('toolbox.describe', rand(40), 'dim', 2, 'lewels', 3)", "InputError", "lewels"),
        ("grainwise('toolbox.describe', rand(40))", "TypeError", "dim"),
        ("grainwise(3)", "InputError", "function: wanted a name"),
        ("grainwise('toolbox.load', '/nowhere.mat', 'dim', 2)", "InputError", "does not exist"),
        ("grainwise('echo', @sin)", "", ""),
    ],
)
def test_errors_are_octaves_with_an_identifier(call, identifier, text):
    printed = octave(f"try, {call}; catch e, printf('%s|%s', e.identifier, e.message); end")
    assert printed.startswith(f"grainwise:{identifier}" if identifier else "")
    assert text in printed
    assert printed


def test_a_killed_worker_is_an_error_and_the_next_call_starts_another():
    before = set(SHARED_MEMORY.iterdir()) if SHARED_MEMORY.exists() else set()
    printed = octave(
        """
        grainwise('echo', 1);
        system(sprintf('(sleep 1; pkill -9 -P %d -f matlab_worker) &', getpid()));
        try
          grainwise('toolbox.multifractal_field', [1024 1024], 'hurst', .5, ...
                    'intermittency', .02, 'n', 40, 'seed', 1);
        catch e
          printf('%s ', e.identifier);
        end
        printf('%d', grainwise('echo', 5));
        """
    )
    assert printed == "grainwise:worker 5"
    if SHARED_MEMORY.exists():
        assert set(SHARED_MEMORY.iterdir()) <= before


def test_a_python_that_does_not_exist_is_named():
    printed = octave(
        "try, grainwise('echo', 1); catch e, printf('%s', e.identifier); end",
        GRAINWISE_PYTHON="/nowhere/python",
    )
    assert printed == "grainwise:worker"
