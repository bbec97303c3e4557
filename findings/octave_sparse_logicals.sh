#!/bin/sh
# Octave 7.3.0: save -v6 and -v7 write a sparse logical under a wrong class, and load gives others.
#
# x = sparse (true (5, 1)): the file says that x is a full logical (class mxUINT8), but what follows
# are the row indices, the columns and the values of a sparse matrix. load takes the row indices,
# 0 to 4, for the values, so that the first true comes back as false, without a word. Where there
# are not as many indices as values, other readers cannot read the file at all. full (x), and sparse
# matrices of doubles, come back as they were.
#
# Seen: "sparse logical 0 1 1 1 1, full logical 1 1 1 1 1, sparse double 1 1 1 1 1"
# Exit status: 0 while it is so, 1 once it has changed, 2 where Octave 7.3.0 is not installed.
# What we do: octave/grainwise.m sends full matrices; toolbox.load does not take indices for values.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
octave-cli --version 2> /dev/null | grep -q "version 7.3.0" || { echo "wants Octave 7.3.0"; exit 2; }
cd "$place"
cat > see.m <<'OCTAVE'
ways = {'sparse logical', sparse(true (5, 1)); 'full logical', true(5, 1); ...
        'sparse double', sparse(ones (5, 1))};
for version = {'-v6', '-v7'}
  said = cell (1, 3);
  for i = 1:3
    x = ways{i, 2};
    save (version{1}, 'x.mat', 'x');
    back = load ('x.mat');
    said{i} = [ways{i, 1} sprintf(' %d', full (back.x))];
  end
  printf ('%s\n', strjoin (said, ', '));
end
OCTAVE
said=$(octave-cli --quiet --norc see.m 2> see.err) || { cat see.err; exit 1; }
echo "Octave 7.3.0"
echo "$said"
seen="sparse logical 0 1 1 1 1, full logical 1 1 1 1 1, sparse double 1 1 1 1 1"
test "$said" = "$seen
$seen"
