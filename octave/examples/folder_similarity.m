% Which images of a folder (a sub-folder a class) show the same texture?
folder = getenv ('IMAGES');
loaded = grainwise ('toolbox.load', folder);
items = cellfun (@(x) reshape (x, [1 size(x)]), loaded.values, 'UniformOutput', false);
images = cat (1, items{:});
found = grainwise ('similarity.evidence', images, 'dim', 2, 'family', 'spectrum', 'seed', 1);
[~, nearest] = max (found.scores, [], 2);  % NaN on the diagonal is passed over
for i = 1:numel (loaded.names)
  fprintf ('%s is most like %s, score %.1f\n', loaded.names{i}, loaded.names{nearest(i)}, ...
          found.scores(i, nearest(i)));
end
