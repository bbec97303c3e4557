% A synthesis measured: does it pass for the real thing?
real = grainwise ('toolbox.multifractal_field', [64 64], 'hurst', .6, 'intermittency', .05, ...
                  'n', 24, 'seed', 1);
exemplars = real.values(1:12, :, :);
reference = real.values(13:24, :, :);
made = grainwise ('synthesis.phase_randomised', exemplars, 'dim', 2, 'n', 12, 'seed', 2);
bad = grainwise ('synthesis.quality', made.samples, reference, 'dim', 2, 'seed', 3);
good = grainwise ('synthesis.quality', exemplars, reference, 'dim', 2, 'seed', 3);
fprintf ('reals against reals:             index %.2f, p = %.3f\n', good.index, good.p_value);
fprintf ('random phases against reals:     index %.2f, p = %.3f\n', bad.index, bad.p_value);
