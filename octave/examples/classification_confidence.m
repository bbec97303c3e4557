% Networks trained from scratch, and how far their answer can be trusted.
rough = grainwise ('toolbox.fractional_field', [32 32], 'hurst', .3, 'n', 30, 'seed', 1);
smooth = grainwise ('toolbox.fractional_field', [32 32], 'hurst', .6, 'n', 30, 'seed', 2);
features = grainwise ('toolbox.describe', cat (1, rough.values, smooth.values), 'dim', 2);
labels = [zeros(1, 30) ones(1, 30)];
train = [1:20 31:50];
test = [21:30 51:60];
networks = grainwise ('confidence.ensemble', features.values(train, :), labels(train), 'dim', 0, ...
                      'members', 5, 'seed', 3, 'progress', false);
votes = grainwise ('confidence.predict_votes', networks, features.values(test, :));
told = grainwise ('confidence.assess', votes, 'redrawn', {'init', 'order'});
fprintf ('image %2d: P(smooth) = %.2f +- %.2f, truth %d\n', ...
        [test - 1; told.mean(:, 2)'; told.standard_error(:, 2)'; labels(test)]);
