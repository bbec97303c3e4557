% A cell for every function of the package synthesis that MATLAB and Octave can call.
%
% Copy a cell and it runs, once the folder of grainwise.m is on the path; a first line "Needs ..."
% names the cells to run before it. Sizes and iterations are small, so that a cell takes a second,
% not so that its answer is good. Indices in results count from 0.

%% synthesis.wavelet_synthesis - textures with the exemplar's wavelet covariances
field = grainwise ('toolbox.multifractal_field', [32 32], 'hurst', .6, 'intermittency', .05, ...
                   'seed', 1);
made = grainwise ('synthesis.wavelet_synthesis', field.values, 'dim', 2, 'n', 2, 'seed', 1, ...
                  'iterations', 10, 'progress', false, ...  % leave 'iterations' out for good ones
                  'device', 'auto');  % 'cpu' and 'cuda:0' say where it is computed
disp (size (made.samples));  % 2 32 32
disp (made.losses(:, end));  % a misfit each, 0 when all statistics match

%% synthesis.filter_synthesis - textures with the exemplar's random-filter statistics
field = grainwise ('toolbox.fractional_field', [24 24], 'hurst', .4, 'seed', 1);
made = grainwise ('synthesis.filter_synthesis', field.values, 'dim', 2, 'seed', 1, ...
                  'iterations', 10, 'progress', false);
disp (made.losses([1 end]));  % the misfit, from the first iteration to the last

%% synthesis.patch_synthesis - textures whose patches are distributed as the exemplar's
field = grainwise ('toolbox.fractional_field', [24 24], 'hurst', .4, 'seed', 1);
made = grainwise ('synthesis.patch_synthesis', field.values, 'dim', 2, 'seed', 1, ...
                  'iterations', 10, 'progress', false);
disp (size (made.samples));  % 1 24 24

%% synthesis.network_synthesis - textures with the exemplar's statistics in a VGG-19
weights = getenv ('VGG19_WEIGHTS');  % your file of the network's weights, .pth or .safetensors
photograph = .5 + .5 * cos (reshape (1:256, 16, 16) .^ 1.5);  % grey, from 0 to 1
made = grainwise ('synthesis.network_synthesis', photograph, 'dim', 2, 'weights', weights, ...
                  'seed', 1, 'blocks', 1, 'iterations', 3, 'progress', false);
disp (made.losses);  % falls

%% synthesis.phase_randomised - the exemplar's spectrum and nothing else
walk = grainwise ('toolbox.fractional_field', 256, 'hurst', .6, 'seed', 1);
made = grainwise ('synthesis.phase_randomised', walk.values, 'dim', 1, 'n', 3, 'seed', 1);
disp (size (made.samples));  % 3 256: Gaussian surrogates, to test against

%% synthesis.iaaft - surrogates with exactly the exemplar's values and nearly its spectrum
walk = grainwise ('toolbox.fractional_field', 256, 'hurst', .6, 'seed', 1);
made = grainwise ('synthesis.iaaft', walk.values, 'dim', 1, 'seed', 1);
disp (isequal (sort (made.samples(:)), sort (walk.values(:))));  % 1

%% synthesis.quality - does a set pass for reals? (index 1 is best)
reals = grainwise ('toolbox.fractional_field', [32 32], 'hurst', .4, 'n', 20, 'seed', 3);
fakes = grainwise ('toolbox.fractional_field', [32 32], 'hurst', .8, 'n', 10, 'seed', 2);
good = grainwise ('synthesis.quality', reals.values(1:10, :, :), reals.values(11:20, :, :), ...
                  'dim', 2, 'seed', 1, 'resamples', 99);
bad = grainwise ('synthesis.quality', fakes.values, reals.values(11:20, :, :), 'dim', 2, ...
                 'seed', 1, 'resamples', 99);
fprintf ('reals: index %.1f, p = %.2f\n', good.index, good.p_value);
fprintf ('fakes: index %.1f, p = %.2f\n', bad.index, bad.p_value);  % small p: told apart

%% synthesis.frechet_distance - Frechet distance of two sets of features; smaller is better
% Needs the cell synthesis.quality.
a = grainwise ('toolbox.describe', reals.values, 'dim', 2);
b = grainwise ('toolbox.describe', fakes.values, 'dim', 2);
apart = grainwise ('synthesis.frechet_distance', b.values(:, 1:4), a.values(:, 1:4), 'dim', 0, ...
                   'seed', 1, 'resamples', 99);
fprintf ('%.2f, p = %.2f\n', apart.value, apart.p_value);  % 0 on average for one law

%% synthesis.kernel_distance - kernel distance of two sets of features; smaller is better
% Needs the cells synthesis.quality, synthesis.frechet_distance.
apart = grainwise ('synthesis.kernel_distance', b.values(:, 1:4), a.values(:, 1:4), 'dim', 0, ...
                   'seed', 1, 'resamples', 99);
fprintf ('%.2f, p = %.2f\n', apart.value, apart.p_value);  % 0 on average for one law

%% synthesis.precision_recall - are the samples realistic, and are they diverse?
t = (1:100)';
reals = [cos(t.^2) sin(sqrt(3)*t.^2)];
narrow = .3 * reals(1:50, :);  % realistic, not diverse
told = grainwise ('synthesis.precision_recall', narrow, reals(51:100, :), 'dim', 0);
fprintf ('precision %.2f, recall %.2f\n', told.precision, told.recall);

%% synthesis.stsim - structural similarity of every two textures; larger is more alike
noise = cos (reshape (1:2*64*64, 2, 64, 64) .^ 1.7);
images = cat (1, noise, cumsum (noise(1, :, :), 2));
disp (grainwise ('synthesis.stsim', images, 'dim', 2));  % the third is unlike the others

%% synthesis.gate - which candidates may pass for the rare class?
rare = grainwise ('toolbox.fractional_field', [32 32], 'hurst', .7, 'n', 12, 'seed', 1);
majority = grainwise ('toolbox.fractional_field', [32 32], 'hurst', .3, 'n', 30, 'seed', 2);
good = grainwise ('toolbox.fractional_field', [32 32], 'hurst', .7, 'n', 4, 'seed', 3);
bad = grainwise ('toolbox.fractional_field', [32 32], 'hurst', .3, 'n', 4, 'seed', 4);
passed = grainwise ('synthesis.gate', cat (1, good.values, bad.values), rare.values, ...
                    'majority', majority.values, 'dim', 2);
disp (passed.accepted);  % some of the first four, none of the last

%% synthesis.oversample - more items of a rare class, of which only accepted ones are returned
% Needs the cell synthesis.gate.
corner = @(x) x(:, 1:24, 1:24);  % of each field, for an answer in a second or two
more = grainwise ('synthesis.oversample', corner (rare.values), 'n', 2, ...
                  'majority', corner (majority.values), 'dim', 2, 'seed', 1);
fprintf ('%d of 2 accepted\n', size (more.samples, 1));

%% synthesis.gan_samples - images from every training of a GAN
runs = grainwise ('toolbox.restore', getenv ('GAN_RUNS'));  % trained in Python: gan_member says how
drawn = grainwise ('synthesis.gan_samples', runs, 'n', 2, 'seed', 1);
disp (size (drawn));  % trainings, images, components, height, width

%% synthesis.gan_reproducibility - is the next training as good as the best one?
% Needs the cell synthesis.gan_samples.
reals = grainwise ('toolbox.fractional_field', [32 32], 'hurst', .5, 'n', 12, 'seed', 1);
told = grainwise ('synthesis.gan_reproducibility', runs, reals.values, 'seed', 1, 'resamples', 19);
fprintf ('index %.1f at best, %.1f in the median, %.1f at worst\n', told.best, told.median, ...
         told.worst);

%% synthesis.scenes - textures of which the class of every pixel is known
drawn = grainwise ('synthesis.scenes', 'mosaic', 'n', 2, 'size', 32, 'classes', 3, 'seed', 0);
disp (mean (drawn.masks(:) == 0));  % share of the pixels that are of class 0
