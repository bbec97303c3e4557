% Multiscale statistics of an image, with intervals: is it multifractal?
field = grainwise ('toolbox.multifractal_field', [256 256], 'hurst', .6, 'intermittency', .04, ...
                   'seed', 1);
image = squeeze (field.values);
raw = grainwise ('toolbox.multifractal', image, 'dim', 2, 'resamples', 100, 'seed', 1);
% An image of this size biases the estimate; simulations of the fitted model tell by how much.
better = grainwise ('toolbox.calibrate', raw, 'seed', 2, 'draws', 20, 'progress', false);
for i = 1:2
  fprintf ('c%d = %.3f, calibrated %.3f in [%.3f, %.3f], true %.3f\n', i, raw.cumulants(i), ...
          better.cumulants(i), better.interval(i, :), field.cumulants(i));
end
