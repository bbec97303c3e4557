% A cell for every function of the package similarity that MATLAB and Octave can call.
%
% Copy a cell and it runs, once the folder of grainwise.m is on the path; a first line "Needs ..."
% names the cells to run before it. Sizes are small, so that a cell takes a second, not so that its
% answer is good. Indices and labels in results count from 0.

%% similarity.twins - textures that are hard to tell apart, and an oracle's answer
set = grainwise ('similarity.twins', 'hurst', 'n', 6, 'classes', 2, 'step', .4, 'size', 32, ...
                 'seed', 1);
disp (size (set.values));  % 12 32 32: six images of each of two classes, named in set.labels
disp (set.bayes_accuracy);  % no method can be right more often

%% similarity.nuisance - what should not make an image another texture
turned = grainwise ('similarity.nuisance', magic (16), 'rotation', 'seed', 1);
disp (size (turned));  % 16 16: the same image, rotated at random

%% similarity.evidence - how alike two images are; log-odds with judged pairs or units
% Needs the cell similarity.twins.
found = grainwise ('similarity.evidence', set.values, 'dim', 2, 'family', 'spectrum', 'seed', 1);
fprintf ('score: one class %.1f, two classes %.1f\n', found.scores(1, 2), found.scores(1, 7));
disp (found.level);  % none: with 'pairs' or 'units', found.matrix holds log-odds
fprintf ('p-values of "same law": %.2g and %.2g\n', found.p_values(1, 2), found.p_values(1, 7));

%% similarity.every_evidence - which family of features tells these textures apart?
% Needs the cell similarity.twins.
each = grainwise ('similarity.every_evidence', set.values, 'dim', 2, 'seed', 1);
for k = 1:numel (each)
  fprintf ('%-10s %4.1f %5.1f\n', each{k}.family, each{k}.scores(1, 2), each{k}.scores(1, 7));
end

%% similarity.pool - the evidence of several families together
% Needs the cells similarity.twins, similarity.evidence.
other = grainwise ('similarity.evidence', set.values, 'dim', 2, 'family', 'whitened', 'seed', 1);
pooled = grainwise ('similarity.pool', {found, other});
disp (pooled.note);  % the weights; with 'pairs', judged pairs, they are learned

%% similarity.same_probability - the probability that a pair is the same, with its interval
% Needs the cells similarity.twins, similarity.evidence.
[i, j] = find (tril (ones (12), -1));  % all pairs, judged by somebody: same 1, different 0
judged = [i - 1, j - 1, set.labels(i)' == set.labels(j)'];  % items count from 0
told = grainwise ('similarity.same_probability', found, 'pairs', judged, 'seed', 1, ...
                  'resamples', 39);
fprintf ('P(same) = %.2f in [%.2f, %.2f]\n', told.matrix(1, 2), told.interval(1, 2, :));

%% similarity.retrieve - the items that are nearest to each query
points = [0 0; 3 3; 1 1; 3 4];
near = grainwise ('similarity.retrieve', points, 'k', 2);
disp (near.indices);  % a row a query, nearest first, counted from 0
disp (near.distances);

%% similarity.retrieval_scores - do small distances find items of the same label?
points = [0 .1 1 1.1 .95];
scores = grainwise ('similarity.retrieval_scores', abs (points' - points), [0 0 1 1 0], 'seed', 1);
disp (scores.p_at_1);  % 0.6: the nearest item has the same label for three of five

%% similarity.cluster - groups of items by the evidence of their pairs
kind = [0 1 0 1 2 2 0 1 2 0 1 2];
log_odds = 6 * (kind' == kind) - 3;
groups = grainwise ('similarity.cluster', log_odds, 'seed', 1);
disp ([kind; groups.labels]);  % three groups, as made

%% similarity.clusterable - can classes be found without labels, and what are labels worth?
verdict = grainwise ('similarity.clusterable', 'separation', .9, 'items', 400, ...
                     'dimensions', 400, 'labelled', .05);
disp (verdict.verdict);
fprintf ('error %.2f without labels, %.2f with 5 %%\n', verdict.error_unlabelled, ...
         verdict.error_labelled);

%% similarity.clusterable_graph - can the classes of a random graph be found from its links?
verdict = grainwise ('similarity.clusterable_graph', .06, .02, 'items', 1000);
disp (verdict.verdict);  % links: 6 % within a class, 2 % between classes

%% similarity.clusterable_pairs - is a matrix of similarities good enough to cluster by?
class = [zeros(1, 20) ones(1, 20)];
noise = cos ((1:40)' * (1:40) * 7);  % symmetric
verdict = grainwise ('similarity.clusterable_pairs', (class' == class) + noise, 'labels', class);
disp (verdict.verdict);

%% similarity.label_value - by how much do labels of some items lower the error on the others?
worth = grainwise ('similarity.label_value', .9, 'items', 400, 'dimensions', 400, ...
                   'labelled', [.05 .2 1]);
disp ([worth.labelled; worth.value]);  % share labelled, error saved: 0.04, 0.09, 0.16

%% similarity.intrinsic_dimension - how many numbers does an item of this cloud need?
t = (1:200)';
plane = [cos(t.^2) sin(sqrt(3)*t.^2)] * [1 0 1 2; 0 1 -1 1];  % 200 points of a plane, in four axes
found = grainwise ('similarity.intrinsic_dimension', plane, 'seed', 1);
fprintf ('%.1f by TwoNN, %.1f by maximum likelihood\n', found.two_nn, found.mle);

%% similarity.texture_separation - how far apart are two Gaussian textures, at best?
f = min (0:63, 64 - (0:63)) / 64;
k = sqrt (f .^ 2 + f' .^ 2);
k(1, 1) = Inf;  % no power at frequency 0
apart = grainwise ('similarity.texture_separation', k .^ -3, k .^ -3.1);  % H = 0.5 and 0.55
disp (apart.accuracy);  % of the best classifier

%% similarity.patch_transport - distance between the patches of two images
noise = cos (reshape (1:2*32*32, 2, 32, 32) .^ 1.7);
images = cat (1, noise, cumsum (noise(1, :, :), 2));
disp (grainwise ('similarity.patch_transport', images, 'dim', 2, 'seed', 1));  % the third is far

%% similarity.siamese - a network trained from scratch to tell whether two items are the same
% Needs the cell similarity.twins.
network = grainwise ('similarity.siamese', set.values, 'dim', 2, 'labels', set.labels, ...
                     'seed', 1, 'steps', 60, 'width', 4, 'progress', false);
disp (network.losses([1 end]));  % falls; leave 'steps' and 'width' out for a good network

%% similarity.embed - a network's vectors, near each other for like items
% Needs the cells similarity.twins, similarity.siamese.
vectors = grainwise ('similarity.embed', network, set.values);
disp (size (vectors));  % 12 32, each of length one: cosines are vectors * vectors'

%% similarity.siamese_same - a network's probability that two items are the same
% Needs the cells similarity.twins, similarity.siamese.
p = grainwise ('similarity.siamese_same', network, set.values([1 1], :, :), ...
               set.values([2 7], :, :));
disp (p);  % of the pairs (1, 2), which is, and (1, 7), which is not

%% similarity.siamese_log_odds - what networks trained independently say of all pairs
% Needs the cells similarity.twins, similarity.siamese.
second = grainwise ('similarity.siamese', set.values, 'dim', 2, 'labels', set.labels, ...
                    'seed', 2, 'steps', 60, 'width', 4, 'progress', false);
odds = grainwise ('similarity.siamese_log_odds', {network, second}, set.values);
disp (squeeze (odds(:, 1, 2))');  % their spread is the confidence in the pair (1, 2)

%% similarity.captioned_scenes - scenes with captions that are true
scenes = grainwise ('similarity.captioned_scenes', 40, 'size', 24, 'seed', 0);
disp (scenes.captions{1});

%% similarity.scene_questions - a question about each, and its answer
% Needs the cell similarity.captioned_scenes.
asked = grainwise ('similarity.scene_questions', scenes, 'seed', 0);
fprintf ('%s? %s\n', asked.questions{1}, asked.answers{1});

%% similarity.easy_vqa - images and questions of the package easy-vqa, or a folder like its data
folder = tempname ();  mkdir (fullfile (folder, 'test', 'images'));
imwrite (uint8 (rand (8, 8, 3) * 255), fullfile (folder, 'test', 'images', '0.png'));
handle = fopen (fullfile (folder, 'test', 'questions.json'), 'w');
fprintf (handle, '[["is it red?", "no", 0]]');  fclose (handle);
asked = grainwise ('similarity.easy_vqa', 'split', 'test', 'path', folder);
disp (asked.answers);

%% similarity.emoji - emoji in two designs with their names, of packages that you installed
folder = tempname ();  design = fullfile (folder, 'img', 'twitter', '64');  mkdir (design);
imwrite (uint8 (rand (8, 8, 3) * 255), fullfile (design, '1f600.png'));
row = ['<l><annotation cp="' char([240 159 152 128]) '" type="tts">%s</annotation></l>'];
texts = {'[{"unified": "1F600", "image": "1f600.png", "category": "Smileys & Emotion"}]', ...
         sprintf(row, 'grinning face'), sprintf(row, 'visage rieur')};
files = {'emoji.json', 'annotations/en.xml', 'annotations/fr.xml', 'annotationsDerived/en.xml', ...
         'annotationsDerived/fr.xml'};  texts(4:5) = strrep (texts(2:3), char (128), char (129));
for i = 1:5, file = fullfile (folder, files{i});  [~, ~] = mkdir (fileparts (file));
  handle = fopen (file, 'w');  fwrite (handle, texts{i});  fclose (handle);
end
signs = grainwise ('similarity.emoji', folder, 'font', design, 'names', folder);
disp (signs.names.fr{1});  % by default the font and the names are Debian's

%% similarity.stamps - the stamps of Tux Paint, or a folder like theirs
folder = tempname ();  mkdir (fullfile (folder, 'animals'));
imwrite (uint8 (rand (8, 8, 3) * 255), fullfile (folder, 'animals', 'cat.png'));
handle = fopen (fullfile (folder, 'animals', 'cat.txt'), 'w');
fprintf (handle, 'A cat.\nfr.utf8=Un chat.\n');  fclose (handle);
drawn = grainwise ('similarity.stamps', folder);
disp (drawn.captions.fr{1});

%% similarity.image_text - two towers from scratch: images and texts in one space
% Needs the cell similarity.captioned_scenes.
towers = grainwise ('similarity.image_text', scenes.images, scenes.captions, 'seed', 0, ...
                    'steps', 10, 'width', 4, 'progress', false);
disp (towers.losses(end));  % 600 steps and more scenes make it a good one

%% similarity.embed_images - unit vectors of images
% Needs the cells similarity.captioned_scenes, similarity.image_text.
u = grainwise ('similarity.embed_images', towers, scenes.images(1:2, :, :));

%% similarity.embed_texts - and of texts: the higher the cosine, the better one fits the other
% Needs the cells similarity.captioned_scenes, similarity.image_text, similarity.embed_images.
v = grainwise ('similarity.embed_texts', towers, {'two circles', 'one cross'});
disp (u * v');

%% similarity.zero_shot - which text fits each image, without a label
% Needs the cells similarity.captioned_scenes, similarity.image_text.
told = grainwise ('similarity.zero_shot', towers, scenes.images(1:2, :, :), {'one', 'two'}, ...
                  'templates', '{} above a dot');
disp (told.similarities);

%% similarity.answer_questions - which answer to a question fits each image
% Needs the cells similarity.captioned_scenes, similarity.image_text.
told = grainwise ('similarity.answer_questions', towers, scenes.images(1:2, :, :), ...
                  'ground like', 'candidates', {'plain', 'striped'});
disp (squeeze (told.votes));

%% similarity.question_features - what a readout learns answers from
% Needs the cells similarity.captioned_scenes, similarity.image_text.
f = grainwise ('similarity.question_features', towers, scenes.images(1:2, :, :), 'ground');
disp (size (f));  % 2 x 192: the image's vector, the question's, their products

%% similarity.load_clip - a CLIP of yours, from files on this machine
if (~isempty (getenv ('CLIP_WEIGHTS')))  % and CLIP_MERGES: the paths of the two files
  clip = grainwise ('similarity.load_clip', getenv ('CLIP_WEIGHTS'), ...
                    'merges', getenv ('CLIP_MERGES'));
  disp (clip.note);
end
