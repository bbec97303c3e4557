% A cell for every function of the package toolbox that MATLAB and Octave can call.
%
% Copy a cell and it runs, once the folder of grainwise.m is on the path; a first line "Needs ..."
% names the cells to run before it. Sizes are small, so that a cell takes a second, not so that its
% answer is good. Indices in results count from 0.

%% toolbox.load - an image, arrays of NumPy or MATLAB, a WFDB record, or a folder of images
file = [tempname() '.mat'];
signals = cumsum (cos ((1:512) .^ 1.5) .* [1; 2; 3], 2);
save (file, 'signals', '-v7');
loaded = grainwise ('toolbox.load', file, 'dim', 1);
disp (size (loaded.values));  % 3 512; a folder or a record also has .labels, .rate, ...
% 'grey', true reads grey and colour together; 'skip', true goes on without files that are broken
% and lists them in loaded.skipped; 'largest', 1e9 refuses what would take more bytes; 'lazy' is for
% Python, which has the arrays of Dask.
delete (file);

%% toolbox.load_series - satellite series of a folder, their dates, clouds, classes and parcels
folder = tempname ();
mkdir (folder);
for day = [100 130]
  imwrite (uint16 (900 * ones (4, 6)), fullfile (folder, sprintf ('S2_2019-%02d-10.tif', day / 10 - 6)));
end
series = grainwise ('toolbox.load_series', folder, 'scale', 1e-4);
disp (size (series.values));  % 24 pixels, 2 dates, 1 band
disp (series.dates(:)');  % 100 191: days from 1 January of series.year; .clear says where no cloud is
% 'layout' is "pastis", "breizhcrops", "folder" or "auto"; 'offset' and 'nodata' are the product's;
% 'largest', 1e9 refuses what would take more bytes; 'lazy' is for Python, which has Dask's arrays.
delete (fullfile (folder, '*.tif'));
rmdir (folder);

%% toolbox.components_first - colours in front of space, as every function wants them
photo = repmat (reshape ([.9 .5 .1], 1, 1, 3), 48, 64);  % as imread gives it, here all orange
image = grainwise ('toolbox.components_first', photo);
disp (size (image));  % 3 48 64: one item of three components is reshape (image, [1 3 48 64])

%% toolbox.textures - three real photographs: brick, grass and gravel
photographs = grainwise ('toolbox.textures');
grass = squeeze (photographs.values(2, :, :));  % 512 x 512, single, from 0 to 1
fprintf ('%s: mean grey %.2f\n', photographs.names{2}, mean (grass(:)));

%% toolbox.crops - disjoint pieces of an image
image = reshape (1:30, 5, 6);
cut = grainwise ('toolbox.crops', image, 'size', 2);
disp (size (cut.values));  % 6 2 2: six crops of 2 x 2
disp (cut.origins);  % their upper left pixels, counted from 0
drawn = grainwise ('toolbox.crops', image, 'size', [5 2], 'n', 2, 'seed', 1);  % two at random

%% toolbox.split - training and test items, class by class, families never torn apart
class = [0 0 0 0 1 1 1 1];
sheet = [1 1 2 2 3 3 4 4];  % two crops of each sheet of paper
parts = grainwise ('toolbox.split', class, 'parents', sheet, 'fractions', [.5 .5], 'seed', 1);
train = parts.train + 1;  % MATLAB counts from 1
disp (sheet(train));  % whole sheets, one of each class

%% toolbox.check_split - an error if a family sits on two sides of a split
sheet = {'a', 'a', 'b', 'b'};
grainwise ('toolbox.check_split', sheet, {[0 1], [2 3]});  % silence: nothing is wrong
try
  grainwise ('toolbox.check_split', sheet, {[0 2], [1 3]});
catch problem
  disp (problem.message);  % names the family and its items
end

%% toolbox.fractional_field - fractional Brownian motions and fields
field = grainwise ('toolbox.fractional_field', [64 64], 'hurst', .3, 'n', 2, 'seed', 1);
disp (size (field.values));  % 2 64 64; for a signal give one size: 'toolbox.fractional_field', 1024
disp (field.cumulants);  % 0.3 0 0: the true c1, c2 and c3

%% toolbox.multifractal_field - multifractal random walks and fields
walk = grainwise ('toolbox.multifractal_field', 1024, 'hurst', .5, 'intermittency', .05, 'seed', 1);
disp (walk.cumulants);  % 0.55 -0.05 0: c1 = H + lambda^2, c2 = -lambda^2

%% toolbox.multivariate_field - components that are irregular at the same places, or not
pair = grainwise ('toolbox.multivariate_field', 256, 'hurst', [.6 .7], 'intermittency', .04, ...
                  'noise_correlation', .5, 'multifractal_correlation', -.8, 'seed', 1);
disp (size (pair.values));  % 1 2 256: items, components, samples
disp (pair.cross_cumulants);  % off the diagonal 0.032 = 0.8 * 0.04

%% toolbox.anisotropic_field - fields that are rougher in one direction
streaks = grainwise ('toolbox.anisotropic_field', [64 64], 'hurst', .4, 'anisotropy', .7, ...
                     'angle', 0, 'seed', 1);
disp (streaks.cumulants(1));  % 0.308: H / (2 - alpha), what an isotropic analysis finds

%% toolbox.lognormal_cascade - densities of cascades with two cumulants
cascade = grainwise ('toolbox.lognormal_cascade', [64 64], 'intermittency', .1, 'seed', 1);
disp (cascade.cumulants);  % 0.05 -0.1 0

%% toolbox.logpoisson_cascade - densities of cascades with a third cumulant
cascade = grainwise ('toolbox.logpoisson_cascade', 256, 'singularity', .4, 'ratio', .5, 'seed', 1);
disp (cascade.cumulants);  % 0.155 -0.384 0.266

%% toolbox.skewed_walk - walks whose falls are followed by agitation, as in turbulence
walk = grainwise ('toolbox.skewed_walk', 1024, 'hurst', .35, 'intermittency', .03, ...
                  'asymmetry', .5, 'seed', 1);
disp (all (walk.third_moments(2:end) < 0));  % 1: cubes of increments are negative on average

%% toolbox.spectral_field - Gaussian signals and images of a given spectrum
smooth = grainwise ('toolbox.spectral_field', [32 32], 'spectrum', [1 .1 .01 .001], 'n', 2, ...
                    'seed', 1);
disp (size (smooth.values));  % 2 32 32

%% toolbox.wavelet_coefficients - discrete wavelet coefficients that no border touches
ramp = 1:64;
c = grainwise ('toolbox.wavelet_coefficients', ramp, 'dim', 1, 'wavelet', 'db2', 'levels', 2);
disp (max (abs (c.details{1})));  % 0 to rounding: db2 does not see a straight line
disp (c.first');  % coefficient 1 of a scale j begins at sample 2^j * first, counted from 0

%% toolbox.wavelet_leaders - the largest coefficient near a position at its and finer scales
x = zeros (1, 64);
x(33) = 1;  % a spike
leaders = grainwise ('toolbox.wavelet_leaders', x, 'dim', 1, 'wavelet', 'db1', 'levels', 2);
disp (find (leaders.values{1}) - 1 + leaders.first(1));  % 15 16 17: who sees it, times 2 samples

%% toolbox.multifractal - how regular an item is, and how much its regularity varies
walk = grainwise ('toolbox.multifractal_field', 1024, 'hurst', .6, 'intermittency', .04, 'seed', 1);
estimate = grainwise ('toolbox.multifractal', walk.values, 'dim', 1, 'resamples', 50, 'seed', 1);
disp (estimate.cumulants);  % near the true 0.64 -0.04 0; toolbox.calibrate takes the bias off
disp (squeeze (estimate.interval));  % a row a cumulant: low, high
disp ([estimate.q; estimate.zeta]');  % q and zeta(q): a straight line if monofractal, else concave

%% toolbox.calibrate - the estimate without the bias of small images and signals
walks = grainwise ('toolbox.fractional_field', 1024, 'hurst', .3, 'n', 8, 'seed', 1);
raw = grainwise ('toolbox.multifractal', walks.values, 'dim', 1);
better = grainwise ('toolbox.calibrate', raw, 'seed', 1, 'draws', 8);
fprintf ('c1 raw %.3f, calibrated %.3f, true 0.3\n', mean (raw.cumulants(:, 1)), ...
         mean (better.cumulants(:, 1)));

%% toolbox.equality_test - do two textures have the same cumulants?
rough = grainwise ('toolbox.fractional_field', 1024, 'hurst', .4, 'seed', 1);
smooth = grainwise ('toolbox.fractional_field', 1024, 'hurst', .8, 'seed', 2);
options = {'dim', 1, 'scales', [2 6], 'gamma', .5, 'resamples', 50, 'seed', 1};
a = grainwise ('toolbox.multifractal', rough.values, options{:});
b = grainwise ('toolbox.multifractal', smooth.values, options{:});
test = grainwise ('toolbox.equality_test', a, b);
disp (test.p_value);  % small: they differ

%% toolbox.monofractality_test - is c2 below 0? (is it multifractal?)
walk = grainwise ('toolbox.multifractal_field', 1024, 'hurst', .6, 'intermittency', .15, 'seed', 1);
estimate = grainwise ('toolbox.multifractal', walk.values, 'dim', 1);
test = grainwise ('toolbox.monofractality_test', estimate, 'seed', 1, 'draws', 19);
disp (test.p_value);  % small: multifractal; 19 draws allow 0.05 at best, give 199

%% toolbox.scaling_test - do the scales of the fit scale together?
walk = grainwise ('toolbox.fractional_field', 1024, 'hurst', .6, 'seed', 1);
estimate = grainwise ('toolbox.multifractal', walk.values, 'dim', 1, 'scales', [2 6]);
test = grainwise ('toolbox.scaling_test', estimate, 'seed', 1, 'draws', 19);
disp (test.p_value);  % small: they do not, choose other scales

%% toolbox.regularity_map - where a texture is smooth and where it is rough
rough = grainwise ('toolbox.fractional_field', [64 64], 'hurst', .2, 'seed', 1);
smooth = grainwise ('toolbox.fractional_field', [64 64], 'hurst', .8, 'seed', 1);
both = cat (1, rough.values, smooth.values);
map = grainwise ('toolbox.regularity_map', both, 'dim', 2, 'scales', [1 3]);
disp (size (map.values));  % 2 images of local regularities, a pixel every map.step pixels
disp (mean (map.values(:, :), 2)');  % larger for the smooth one

%% toolbox.whittle_c2 - c2 of a few items by a likelihood
field = grainwise ('toolbox.multifractal_field', [128 128], 'hurst', .6, 'intermittency', .05, ...
                   'seed', 1);
estimate = grainwise ('toolbox.whittle_c2', field.values, 'dim', 2);
fprintf ('c2 = %.3f in [%.3f, %.3f], true -0.05\n', estimate.c2, estimate.interval);

%% toolbox.cross_multifractal - are the components of an item irregular at the same places?
pairs = grainwise ('toolbox.multivariate_field', 2048, 'hurst', .7, 'intermittency', .1, ...
                   'noise_correlation', 0, 'multifractal_correlation', -.9, 'n', 16, 'seed', 1);
cross = grainwise ('toolbox.cross_multifractal', pairs.values, 'dim', 1, 'gamma', .5);
disp (mean (cross.c11(:, 1, 2)));  % true 0.09; above 0: one is regular where the other is not

%% toolbox.calibrate_cross - the same without the bias of short signals
% Needs the cell toolbox.cross_multifractal.
better = grainwise ('toolbox.calibrate_cross', cross, 'seed', 1, 'draws', 8);
fprintf ('c1 raw %.3f, calibrated %.3f, true 0.8\n', mean (cross.c1(:)), mean (better.c1(:)));

%% toolbox.hyperbolic_energy - energies at every pair of scales along the two axes
photographs = grainwise ('toolbox.textures');
energy = grainwise ('toolbox.hyperbolic_energy', photographs.values(:, 1:64, 1:64), 'levels', 3);
disp (size (energy.values));  % 3 3 3: images, scales down the rows, scales along them

%% toolbox.hyperbolic_distance - how unlike these energies are
% Needs the cell toolbox.hyperbolic_energy.
distance = grainwise ('toolbox.hyperbolic_distance', energy);
disp (distance);  % smaller = more alike; 1 is a factor of two in energy

%% toolbox.describe - multiscale statistics of items, without knowledge of what they show
fields = grainwise ('toolbox.fractional_field', [40 40], 'hurst', .5, 'n', 3, 'seed', 1);
description = grainwise ('toolbox.describe', fields.values, 'dim', 2);
disp (size (description.values));  % a row an item, a column a statistic
disp (description.names{1});  % what the first column is; .groups tells its kind

%% toolbox.phase_harmonics - what the spectrum does not see: phases and moduli across scales
fields = grainwise ('toolbox.fractional_field', [40 40], 'hurst', .5, 'n', 3, 'seed', 1);
harmonics = grainwise ('toolbox.phase_harmonics', fields.values, 'dim', 2);
disp (size (harmonics.values));  % a row an item, a column a statistic, named in .names

%% toolbox.phenology - seasons of crops as Sentinel-2 sees them, of known truth
fields = grainwise ('toolbox.phenology', 'n', 12, 'seed', 1, 'dates', 60:20:260);
disp (size (fields.values));  % 12 items, 11 dates, 10 bands
disp (mean (fields.clear(:)));  % about half of the dates are clear

%% toolbox.additive_phenology - series in which the role of every cell is known exactly
world = grainwise ('toolbox.additive_phenology', 'n', 6, 'seed', 1);
disp (size (world.contributions));  % 6 items, 24 dates, 6 bands

%% toolbox.fetal_heart_rates - births whose events and outcome are known
births = grainwise ('toolbox.fetal_heart_rates', 'n', 2, 'minutes', 10, 'seed', 1);
disp (size (births.heart_rate));  % 2 births, 2400 samples of a quarter of a second; NaN: lost

%% toolbox.fetal_features - baseline, variability, events by FIGO's rules, scaling
% Needs the cell toolbox.fetal_heart_rates.
found = grainwise ('toolbox.fetal_features', births.heart_rate, 'rate', births.rate, ...
                   'contractions', births.contractions);
disp (found.values(:, 1));  % baseline in beats a minute; found.names says what the columns are

%% toolbox.load_ctg - recordings as hospitals keep them, with the outcome in their headers
folder = tempname ();  mkdir (folder);
samples = int16 ([repmat(14000, 1, 2400); repmat(1000, 1, 2400)]);  % hundredths; 0 is lost
handle = fopen (fullfile (folder, '1001.dat'), 'w');  fwrite (handle, samples, 'int16', 0, 'ieee-le');
fclose (handle);
handle = fopen (fullfile (folder, '1001.hea'), 'w');
fprintf (handle, '1001 2 4 2400\n1001.dat 16 100/bpm\n1001.dat 16 100/nd\n#pH           7.04\n');
fclose (handle);
recordings = grainwise ('toolbox.load_ctg', folder);
disp (recordings.ph);  % 7.0400; recordings.note says what is not as usual

%% toolbox.windows - windows counted back from delivery; their units are the subjects
% Needs the cell toolbox.load_ctg.
cut = grainwise ('toolbox.windows', recordings, 'length', 5);
disp (cut.minutes_before);  % 0 5

%% toolbox.load_papers - images of papers with their sheet, package and maker
folder = tempname ();  mkdir (folder);
grain = mod ((1:40)' .^ 2 * (1:50), 251);
imwrite (uint8 (grain), fullfile (folder, 'a.png'));
imwrite (uint8 (grain(end:-1:1, :)), fullfile (folder, 'b.png'));
handle = fopen (fullfile (folder, 'papers.csv'), 'w');
fprintf (handle, 'name,maker\na.png,Agfa\nb.png,Kodak\n');  fclose (handle);
papers = grainwise ('toolbox.load_papers', folder, 'size', 32);
disp (papers.resemblance);  % 3 one sheet, 2 one package, 1 one maker, 0 two makers, -1 unknown

%% toolbox.energy_distance - distance of two clouds of points
x = cos ((1:40)' * [1 2 3]);
disp (grainwise ('toolbox.energy_distance', x, x));  % 0
disp (grainwise ('toolbox.energy_distance', x, x + 1));  % larger = less alike

%% toolbox.sliced_wasserstein - transport between two clouds, along many lines
x = cos ((1:40)' * [1 2 3]);
disp (grainwise ('toolbox.sliced_wasserstein', x, x + 1, 'seed', 1));  % near 1

%% toolbox.wasserstein - transport between two clouds, exact or with 'regularisation'
x = cos ((1:40)' * [1 2]);
disp (grainwise ('toolbox.wasserstein', x, x + [3 4]));  % 5, the length of the shift

%% toolbox.mmd - kernel discrepancy of two clouds
x = cos ((1:40)' * [1 2 3]);
disp (grainwise ('toolbox.mmd', x(1:2:end, :), x(2:2:end, :)));  % near 0: alike
disp (grainwise ('toolbox.mmd', x(1:2:end, :), x(2:2:end, :) + 1));  % larger: not alike

%% toolbox.bootstrap_interval - a mean or a median with an interval for few units
accuracy = [.81 .84 .79 .86 .83 .85];  % of six trainings
mean_of = grainwise ('toolbox.bootstrap_interval', accuracy, 'seed', 1);
fprintf ('%.3f in [%.3f, %.3f]\n', mean_of.value, mean_of.low, mean_of.high);

%% toolbox.permutation_p_value - do two samples come from one law?
test = grainwise ('toolbox.permutation_p_value', [1 2 3 4], [11 12 13 14], 'seed', 1);
disp (test.p_value);  % 2/70: two of all arrangements are as far apart; small = different

%% toolbox.save - a result kept in a file
cut = grainwise ('toolbox.crops', magic (4), 'size', 2);
kept = [tempname() '.npz'];
grainwise ('toolbox.save', cut, kept);

%% toolbox.restore - the result brought back, in another session or in Python
% Needs the cell toolbox.save.
back = grainwise ('toolbox.restore', kept);
disp (isequal (back.values, cut.values));  % 1

%% toolbox.doctor - is this installation fit for work?
report = grainwise ('toolbox.doctor');
disp (report.healthy);  % 1; otherwise read report.clashes and report.versions
