% A cell for every function of the package labelling that MATLAB and Octave can call.
%
% Copy a cell and it runs, once the folder of grainwise.m is on the path; a first line "Needs ..."
% names the cells to run before it. Items count from 0.

%% labelling.ledger - an append-only table of answers
book = grainwise ('labelling.ledger');  % in memory; with the path of a file it is on disk
fprintf ('%d answers\n', numel (book.items));

%% labelling.tell - add answers to it
% Needs the cell labelling.ledger.
told = grainwise ('labelling.tell', book, 'kind', 'label', 'items', [4 7], ...
                  'values', {'brick', 'grass'}, 'who', 'A', 'time', 0, 'cost', 3);
disp (told.items);  % 4 7; the ledger given stays as it was

%% labelling.answers - what the answers say together
% Needs the cells labelling.ledger, labelling.tell.
said = grainwise ('labelling.answers', told, 'combine', 'majority');
disp (said.labels);  % the columns of said.classes, -1 where there is no answer

%% labelling.class_posteriors - what answers that say only a part tell of each item's class
book = grainwise ('labelling.tell', grainwise ('labelling.ledger'), 'kind', 'not', 'items', 0, ...
                  'values', 0, 'who', 'A', 'time', 0);
found = grainwise ('labelling.class_posteriors', book, 'prior', [.5 .3 .2; .8 .1 .1], ...
                   'classes', [0 1 2]);
disp (found.probabilities);  % 0 .6 .4 for the first item

%% labelling.export_ledger - a table for others
% Needs the cells labelling.ledger, labelling.tell.
file = [tempname() '.csv'];
grainwise ('labelling.export_ledger', told, file);
fprintf ('%s\n', fileread (file));
delete (file);

%% labelling.acquire - which items to ask about next
votes = [.9 .1; .55 .45; .8 .2];  % P(class) of three items
asked = grainwise ('labelling.acquire', votes, 'labelled', [0 -1 -1], 'batch', 1, ...
                   'by', 'margin', 'seed', 0);
disp (asked.items);  % 1, the least sure

%% labelling.audit_plan - which predictions an audit reads, in which order
plan = grainwise ('labelling.audit_plan', zeros (1, 400), 'tolerance', .05, 'seed', 0);
disp (plan.order(1:5));  % read these first

%% labelling.cluster_audit_plan - is all of this cluster one paper? which pairs to judge first
wanted = grainwise ('labelling.cluster_audit_plan', zeros (1, 60), 'tolerance', .1, 'seed', 1);
disp ([wanted.items(1:3)(:) wanted.others(1:3)(:)]);  % pairs; audit (wanted.plan, ...) judges them

%% labelling.audit - what the answers certify
% Needs the cell labelling.audit_plan.
found = grainwise ('labelling.audit', plan, zeros (1, 70));  % 70 read, none wrong
fprintf ('certified: %d, after %d answers\n', found.certified, found.at);

%% labelling.audits_needed - what an audit costs, before it begins
cost = grainwise ('labelling.audits_needed', 'n', 1600, 'tolerance', .05, 'error', .01);
fprintf ('half of the audits take %d answers, nine of ten %d\n', cost.median, cost.upper);

%% labelling.rare_left - how many items of a rare class are left
left = grainwise ('labelling.rare_left', 'unlabelled', 1000, 'audited', 390, 'found', 0);
fprintf ('at most %d\n', left.at_most);

%% labelling.simulated_expert - an expert whose mistakes and price are known
expert = grainwise ('labelling.simulated_expert', [0 1 0 1], 'confusion', .1, 'price', 2, 'seed', 0);
disp (expert.confusion);  % P(said | true), a row a true class

%% labelling.ask_expert - what that expert answers
% Needs the cell labelling.simulated_expert.
replies = grainwise ('labelling.ask_expert', expert, [2 3], 'time', 0);
disp ([replies.values; replies.cost]);

%% labelling.campaign_next - what a campaign does next, from its ledger alone
x = [cos(1:20)' sin(1:20)'];  % 20 items, two features
step = grainwise ('labelling.campaign_next', x, grainwise ('labelling.ledger'), ...
                  'classes', [0 1], 'tolerance', .1, 'batch', 3, 'seed', 0);
disp (step.items);  % ask for their labels, tell the answers, and call it again

%% labelling.campaign - the same with a simulated expert, to its end
x = [cos(1:90)' sin(1:90)'];
expert = grainwise ('labelling.simulated_expert', double (x(:, 1) > 0), 'seed', 0);
done = grainwise ('labelling.campaign', x, expert, 'tolerance', .1, 'budget', 80, 'seed', 0);
fprintf ('certified: %d, asked %d\n', done.certified, done.asked);

%% labelling.choose_pairs - which pairs to ask about: are they the same?
log_odds = [0 3 -4; 3 0 .1; -4 .1 0];  % of three items, as similarity.evidence has them
asked = grainwise ('labelling.choose_pairs', log_odds, 'ledger', grainwise ('labelling.ledger'), ...
                   'batch', 1, 'by', 'uncertain', 'seed', 0);
disp ([asked.items asked.others]);  % 1 2, the pair of the largest entropy

%% labelling.settle_pairs - what the answers settle, for all pairs
% Needs the cell labelling.choose_pairs.
told = grainwise ('labelling.tell', grainwise ('labelling.ledger'), 'kind', 'pair', 'items', 1, ...
                  'others', 2, 'values', 1, 'who', 'A', 'time', 0);
settled = grainwise ('labelling.settle_pairs', log_odds, 'ledger', told);
disp (settled.groups);  % 0 1 1: items 1 and 2 are one group

%% labelling.pair_loss - how well log-odds agree with pairs that were held out
% Needs the cell labelling.choose_pairs.
disp (grainwise ('labelling.pair_loss', log_odds, [0 1 1; 1 2 0]));  % nats, lower is better

%% labelling.compare_descriptors - which description needs the fewest labels
y = mod (0:59, 2);
descriptors.good = [y' + sin(0:59)' / 4, cos(0:59)'];
descriptors.blind = cos (0:59)';
found = grainwise ('labelling.compare_descriptors', descriptors, y, 'batch', 4, 'budget', 12, ...
                   'repeats', 3, 'seed', 0);
disp (found.names{1});  % good

%% labelling.weaken - what an expert says of masks in less time than drawing them takes
drawn = grainwise ('synthesis.scenes', 'mosaic', 'n', 2, 'size', 32, 'classes', 3, 'seed', 0);
scribbles = grainwise ('labelling.weaken', drawn.masks, 'kind', 'scribble', 'classes', 3, 'seed', 0);
fprintf ('%d pixels in %g seconds\n', nnz (scribbles.labels >= 0), scribbles.seconds);

%% labelling.segment - train on whatever is known of the masks, several times
% Needs the cell labelling.weaken.
trained = grainwise ('labelling.segment', drawn.images, 'weak', scribbles, 'classes', 3, ...
                     'members', 2, 'network', 'linear', 'steps', 40, 'seed', 0);
fprintf ('%d images had labels\n', trained.labelled);

%% labelling.segment_votes - what each member says of each pixel
% Needs the cells labelling.weaken, labelling.segment.
votes = grainwise ('labelling.segment_votes', trained, drawn.images);
disp (size (votes));  % members, images, classes, rows, columns

%% labelling.segmentation_scores - how good masks are
% Needs the cells labelling.weaken, labelling.segment, labelling.segment_votes.
scored = grainwise ('labelling.segmentation_scores', votes, drawn.masks);
fprintf ('mean overlap %.2f\n', scored.mean_iou);

%% labelling.equivariance_error - how far masks of turned images are from turned masks
% Needs the cells labelling.weaken, labelling.segment.
disp (grainwise ('labelling.equivariance_error', trained, drawn.images, 'group', 'd2'));

%% labelling.disagreements - on which pixels an expert's word decides between two maps
[row, column] = ndgrid (1:32, 1:32);
first = reshape (double (row > 16), 1, 32, 32);
second = reshape (double (row > 12), 1, 32, 32);
points = grainwise ('labelling.disagreements', first, second, 'n', 12, 'seed', 0);
disp ([points.rows; points.columns]);  % ask for the classes there

%% labelling.guarded - the other map, where the answers prove that it is better
% Needs the cell labelling.disagreements.
found = grainwise ('labelling.guarded', first, second, 'points', points, 'answers', ones (1, 12));
fprintf ('accepted: %d, e-value %.0f\n', found.accepted, found.e_value);

%% labelling.uncertainty_maps - which pixels another training would change
p = reshape ([.9 .1; .2 .8], 2, 1, 2);  % two members, one image, two classes
votes = repmat (p, [1 1 1 4 4]);  % of four by four pixels
maps = grainwise ('labelling.uncertainty_maps', votes);
fprintf ('total %.2f, of it epistemic %.2f nats\n', maps.total(1), maps.epistemic(1));

%% labelling.conformal_pixels - sets of classes that hold most of an image
p = rand (9, 1, 8, 8);
votes = cat (2, p, 1 - p);  % probabilities of two classes in nine images
calibrated = grainwise ('labelling.conformal_pixels', votes, zeros (9, 8, 8), 'alpha', .1, ...
                        'level', .9);
fprintf ('threshold %.2f\n', calibrated.threshold);

%% labelling.pixel_sets - the sets of the pixels of new images
% Needs the cell labelling.conformal_pixels.
sets = grainwise ('labelling.pixel_sets', calibrated, votes);
fprintf ('%.2f classes a pixel\n', sum (sets(:)) / (9 * 64));

%% labelling.point_pictures - points as pictures for the expert's page
% Needs the cell labelling.disagreements.
shown = grainwise ('labelling.point_pictures', rand (1, 32, 32), points, 'size', 16);
disp (size (shown));  % save them, and open them with: grainwise label FILE --dim 2

%% labelling.point_answers - what was answered there, for the guard
% Needs the cell labelling.disagreements.
book = grainwise ('labelling.tell', grainwise ('labelling.ledger'), 'kind', 'label', ...
                  'items', 0:2, 'values', {'sky', 'road', 'sky'}, 'who', 'A', 'time', 0);
said = grainwise ('labelling.point_answers', book, points, 'classes', {'sky', 'road'});
disp (said);  % 0 1 0, and no more: the fourth point has no answer

%% labelling.analytic - a readout that learns exactly, in any order; empty at first
x = [cos(1:20)' sin(1:20)'];  % 20 items, two features
y = double (x(:, 1) > 0)';
empty = grainwise ('labelling.analytic', x, 'ridge', 1);

%% labelling.learn - teach it labels as they come
% Needs the cell labelling.analytic.
state = grainwise ('labelling.learn', empty, x, y);
disp (state.counts);  % items of each class

%% labelling.forget - take back what was learned
% Needs the cells labelling.analytic, labelling.learn.
without = grainwise ('labelling.forget', state, x(1:3, :), y(1:3));
disp (without.counts);  % as if these three had never been there

%% labelling.predict - what it answers, and what is left to a fallback
% Needs the cells labelling.analytic, labelling.learn.
told = grainwise ('labelling.predict', state, x(1:2, :), 'classes', [1 7], ...
                  'fallback', [.8 .2; .1 .9]);
disp (told.fell_back);  % 0 1: class 7 was never learned

%% labelling.stream - the answers of a ledger as what a learner must do
book = grainwise ('labelling.tell', grainwise ('labelling.ledger'), 'kind', 'label', ...
                  'items', [4 7], 'values', [0 1], 'who', 'A', 'time', 0);
book = grainwise ('labelling.tell', book, 'kind', 'label', 'items', 4, 'values', 1, ...
                  'who', 'A', 'time', 9);
events = grainwise ('labelling.stream', book);
disp ([events.items; events.signs]);  % 4 7 4 4; 1 1 -1 1: learned, learned, forgotten, learned

%% labelling.learn_stream - do so
% Needs the cells labelling.analytic, labelling.stream.
state = grainwise ('labelling.learn_stream', empty, x, events);
disp (state.counts);  % 2 items of class 1

%% labelling.propose - a class for each item, to be accepted or rejected
asked = grainwise ('labelling.propose', [.9 .1; .2 .8], 'explore', .2, 'seed', 0);
disp ([asked.labels; asked.propensity]);

%% labelling.learn_from_rewards - learn from accepted and rejected alone
% Needs the cells labelling.analytic, labelling.propose.
state = grainwise ('labelling.learn_from_rewards', empty, x(1:2, :), asked.labels, ...
                   'rewards', [1 0], 'propensity', asked.propensity);

%% labelling.labels_from_rewards - what acceptances and rejections say of the labels
% Needs the cell labelling.analytic.
said = grainwise ('labelling.labels_from_rewards', x, ones (1, 20), 'rewards', y, ...
                  'classes', [0 1]);
disp (said.posterior(1:3, :));  % of two classes, a rejection is a label

%% labelling.adapt - two towers learn a task, each member by itself
scenes = grainwise ('similarity.captioned_scenes', 40, 'size', 24, 'seed', 0);
towers = grainwise ('similarity.image_text', scenes.images, scenes.captions, 'seed', 0, ...
                    'steps', 2, 'width', 4, 'progress', false);
task = grainwise ('labelling.adapt', towers, scenes.images, scenes.attributes(:, 1)', ...
                  'candidates', {'one', 'two', 'three'}, 'members', 2, 'steps', 2, 'seed', 0);

%% labelling.adapted_votes - what each member answers
% Needs the cell labelling.adapt.
votes = grainwise ('labelling.adapted_votes', task, scenes.images, {'one', 'two', 'three'});
disp (size (votes));  % 2 members, 40 images, 3 candidates

%% labelling.pseudo_labels - what members agree on, as labels of items that have none
% Needs the cells labelling.adapt, labelling.adapted_votes.
told = grainwise ('labelling.pseudo_labels', votes);
fprintf ('%d of 40 labelled, with weights of %.1f on average\n', numel (told.items), ...
         mean (told.weights));
again = grainwise ('labelling.adapt', towers, scenes.images, told.shares, 'steps', 2, ...
                   'candidates', {'one', 'two', 'three'}, 'seed', 0);

%% labelling.continual_scores - what a sequence of tasks teaches and costs
found = grainwise ('labelling.continual_scores', [.9 .3; .6 .8], 'zero_shot', [.2 .2]);
fprintf ('last %.2f, forgetting %.2f\n', found.last, found.forgetting);
