% A cell for every function of the package confidence that MATLAB and Octave can call.
%
% Copy a cell and it runs, once the folder of grainwise.m is on the path; a first line "Needs ..."
% names the cells to run before it. Votes are members x items x classes, labels count from 0.

%% confidence.ensemble - a small classifier trained from scratch several times
x = cos ((1:40)' * [1 2]);  % 40 items, two features
y = double (x(:, 1) > 0);
networks = grainwise ('confidence.ensemble', x, y, 'dim', 0, 'members', 3, 'seed', 1, ...
                      'steps', 50, 'progress', false);
disp (networks.classes);  % 0 1; images are items x height x width with 'dim', 2

%% confidence.predict_votes - what each member says of new items
% Needs the cell confidence.ensemble.
votes = grainwise ('confidence.predict_votes', networks, [.9 0; .1 0; -.9 0]);
disp (votes(:, :, 2));  % P(class 1): a row a member, a column an item
% 'units', [1 1 2 2] says which items are of one parcel: they share the mean of their votes.

%% confidence.classify_series - networks for satellite series, each on resampled parcels
world = grainwise ('toolbox.additive_phenology', 'n', 60, 'dates', 6, 'planted', 3, 'seed', 1);
series = world.values;
networks = grainwise ('confidence.classify_series', series, world.labels, 'members', 3, ...
                      'seed', 1, 'network', 'linear', 'steps', 50, 'progress', false);
disp (networks.dates);  % without 'dates' every five days

%% confidence.predict_series_votes - what each member says of new series
% Needs the cell confidence.classify_series.
votes = grainwise ('confidence.predict_series_votes', networks, series(1:4, :, :));
disp (votes(:, :, 2));  % P(class 1): a row a member, a column an item

%% confidence.explain - what each cell adds to the log-odds, in each member
% Needs the cell confidence.classify_series.
told = grainwise ('confidence.explain', networks, series);
disp (told.role);  % dates x bands; told.role_confident says which are sure not to be 0

%% confidence.score_explanation - how right that is, where the truth is known
% Needs the cells confidence.classify_series, confidence.explain.
scores = grainwise ('confidence.score_explanation', told, world.contributions);
disp (scores.precision);  % share of the planted cells among those of largest role

%% confidence.role_sizes - how large a role is, by labels held out of the training
% Needs the cells confidence.classify_series, confidence.explain.
sizes = grainwise ('confidence.role_sizes', told, world.labels);
disp (sizes.scale);  % below 1 where the members were too sure

%% confidence.assess - what an ensemble answers, how sure it is, how precise that figure is
p = [.9 .7 .2; .8 .6 .4; .95 .4 .1; .85 .55 .3];  % P(class 1): 4 members, 3 items
votes = cat (3, 1 - p, p);
told = grainwise ('confidence.assess', votes, [1 1 0], 'redrawn', 'init');
disp ([told.mean(:, 2) told.standard_error(:, 2)]);  % a row an item: P(class 1) and its error
disp (told.epistemic);  % how far the members contradict each other, in nats

%% confidence.nll - negative log-likelihood; smaller is better
score = grainwise ('confidence.nll', [.5 .5; .25 .75], [0 1]);
disp (score.value);  % 0.4904 nats; score.interval is around it

%% confidence.brier - squared error of the probabilities; smaller is better
score = grainwise ('confidence.brier', [.5 .5; .25 .75], [0 1]);
disp (score.value);  % 0.3125; score.reliability and score.resolution are its parts

%% confidence.subject_scores - a rare outcome, over subjects and over retrainings
p = [.1 .2 .3 .35 .4 .6 .3 .5 .7 .8 .9; .2 .1 .3 .3 .5 .6 .4 .5 .6 .8 .9];  % 2 members
scores = grainwise ('confidence.subject_scores', cat (3, 1 - p, p), [0 0 0 0 0 0 1 1 1 1 1], ...
                    'seed', 1);
disp ([scores.auc; scores.auc_interval(:)]);  % and scores.sensitivity at 90 and 95 % specificity

%% confidence.held_out_votes - votes on subjects that no member was trained on
x = cos ((1:40)' * [1 2]);
held = grainwise ('confidence.held_out_votes', x, double (x(:, 1) > 0), 'dim', 0, 'members', 2, ...
                  'folds', 2, 'seed', 1, 'progress', false);
disp (size (held.votes));  % 2 members, 40 items, 2 classes

%% confidence.balanced_accuracy - mean share found over classes; larger is better
score = grainwise ('confidence.balanced_accuracy', [.9 .1; .6 .4; .8 .2; .3 .7], [0 0 1 1]);
disp (score.value);  % 0.75

%% confidence.class_recall - share found of each class
recall = grainwise ('confidence.class_recall', [.9 .1; .6 .4; .8 .2; .3 .7], [0 0 1 1]);
disp ([recall.values' recall.intervals]);  % a row a class: 1 and 0.5, each with its interval

%% confidence.reliability - do answers of 90 % come true nine times of ten?
p = [repmat([.9 .1], 8, 1); repmat([.3 .7], 8, 1)];
labels = [zeros(1, 10) ones(1, 6)];
told = grainwise ('confidence.reliability', p, labels, 'seed', 1);
fprintf ('ECE %.3f, p = %.2f\n', told.ece, told.p_value);  % a small p-value: not calibrated

%% confidence.risk_coverage - how wrong are the surest answers?
p = [.9 .1; .8 .2; .4 .6; .4 .6];
curve = grainwise ('confidence.risk_coverage', p, [0 1 1 0]);
disp ([curve.coverage; curve.risk]);  % share of items answered, share of these that is wrong

%% confidence.ood_scores - does an uncertainty tell outliers?
scores = grainwise ('confidence.ood_scores', [.1 .2 .3 .6], [.4 .6 .9]);
fprintf ('AUROC %.3f (larger is better), FPR95 %.2f\n', scores.auroc, scores.fpr95);

%% confidence.temperature - how far the probabilities must be flattened
votes = cat (3, .9 * ones (1, 4), .1 * ones (1, 4));  % one member, as sure as 9 to 1
fitted = grainwise ('confidence.temperature', votes, [0 0 0 1]);  % but right 3 times in 4
disp (fitted.values);  % 2: above 1 means overconfident

%% confidence.apply_temperature - calibrated probabilities of new votes
% Needs the cell confidence.temperature.
calibrated = grainwise ('confidence.apply_temperature', fitted, votes);
disp (calibrated(1, :));  % 0.75 0.25

%% confidence.conformal - the threshold of sets that hold the truth with 1 - alpha
p = linspace (.5, .95, 19)';  % P(class 0) of 19 items of class 0, on which nobody was trained
found = grainwise ('confidence.conformal', [p 1-p], zeros (1, 19), 'alpha', .1);
disp (found.threshold);  % 0.475: a class is in the set if its probability is at least 1 - 0.475

%% confidence.conformal_sets - these sets for new items
% Needs the cell confidence.conformal.
new = grainwise ('confidence.conformal_sets', found, [.6 .4; .5 .5]);
disp (new.sets);  % a row an item, a column a class: {0}, and the empty set

%% confidence.members_needed - how many members for a wanted precision
p = [.9; .7; .8];  % P(class 0): 3 members, one item
needed = grainwise ('confidence.members_needed', cat (3, p, 1 - p), 'error', .02);
disp (needed.needed);  % 25 = (0.1 / 0.02)^2

%% confidence.sequential_stopping - may we stop adding members?
p = [repmat([.9 .6], 8, 1); repmat([.8 .3], 7, 1)];  % P(class 0): 15 members, two items
told = grainwise ('confidence.sequential_stopping', cat (3, p, 1 - p));
disp (told.settled);  % 1 0: the second item's majority may still turn
disp (told.stop);  % 0: go on

%% confidence.variance_components - which random choice moves the answers?
[order, init] = ndgrid (0:3, 0:2);
design = [init(:) order(:)];  % 12 members: every init with every order
p = .5 + .1 * design(:, 1);  % one item; the first factor alone moves it
parts = grainwise ('confidence.variance_components', cat (3, p, 1 - p), design, ...
                   'names', {'init', 'order'});
disp (parts.shares);  % 1 0 0: of init, order and their interaction

%% confidence.cluster_confidence - are there clusters, how many, how stable is each subject's?
x = [cos((1:20)' * [1 2]); 9 + cos((21:40)' * [1 2])];
told = grainwise ('confidence.cluster_confidence', x, 'ks', [1 2 3], 'seed', 1, 'resamples', 20);
fprintf ('%d clusters, the least stable subject %.2f\n', told.number, min (told.stability));

%% confidence.consensus_matrix - how often two subjects share a cluster, over runs
runs = [0 0 1; 5 5 5; 1 0 -1];  % a row a run, whatever its names; -1 was not sampled
matrix = grainwise ('confidence.consensus_matrix', runs);
disp (matrix.values);
