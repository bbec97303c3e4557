function result = grainwise (name, varargin)
% GRAINWISE  Call a public function of the Python toolbox grainwise.
%
%   r = grainwise ('toolbox.multifractal', x, 'dim', 2)
%
% returns the function's result, a struct for a record. Arguments come in the function's order, then
% as 'name', value pairs. Images are arrays  items x height x width,  signals  items x samples  (one
% signal may be a row or a column). Indices in results count from 0, as in Python. Whole numbers
% come back as doubles (beyond 2^53 as int64 or uint64), text as UTF-8, sparse matrices go as full
% ones; what Python has no value for, such as a function handle, is refused by its place.
%
% A struct that this function returned may be given to a later call in the same session. It stands
% for the result that Python keeps (the latest 2 GiB of them), so it must be as it was returned: a
% changed one is refused. Give the changed array itself, or keep results for another session with
% 'toolbox.save' and 'toolbox.restore'.
%
% Errors have the identifier 'grainwise:InputError' when an argument is not what was wanted, and
% 'grainwise:worker' when the Python process died; the next call starts a new one.
%
% Octave starts a Python process and keeps it: the one named by the environment variable
% GRAINWISE_PYTHON, otherwise python3. MATLAB calls Python in its own process (see pyenv). Values
% travel in a folder that only you may enter and that goes with the process: in memory (/dev/shm)
% where the system has such a place, or in the one that GRAINWISE_EXCHANGE names.

  if (nargin < 1 || ~(ischar (name) || isa (name, 'string')))
    error ('grainwise:InputError', 'function: wanted a name such as ''toolbox.describe''');
  end
  name = char (name);
  given = varargin;
  for i = 1:numel (given)
    given{i} = ready (given{i}, sprintf ('argument %d', i));
  end
  folder = exchange_folder ();
  tidy = onCleanup (@() remove_folder (folder));
  if (is_octave ())
    save_for_owner (fullfile (folder, 'request.mat'), given);
    reply = ask (struct ('function', name, 'folder', folder));
    if (~isempty (reply.error))
      error (reply.error, '%s', reply.message);
    end
  else
    save (fullfile (folder, 'request.mat'), 'given', '-v7');
    py.grainwise.matlab_worker.answer (name, folder);
  end
  loaded = load (fullfile (folder, 'answer.mat'));
  result = loaded.result;
end

function yes = is_octave ()
  yes = exist ('OCTAVE_VERSION', 'builtin') > 0;
end

% ------------------------------------------------------------------------------------- values

function value = ready (value, place)
% What a file carries to Python whole. Octave would write sparse logicals with a wrong class, mix the
% bytes of char matrices and leave out what it cannot write.
  if (isa (value, 'string'))  % MATLAB's text in double quotes
    value = cellstr (value);
    if (isscalar (value))
      value = value{1};
    end
  end
  if (iscell (value))
    value = ready_cell (value, place);
  elseif (isstruct (value))
    names = fieldnames (value);
    for i = 1:numel (value)
      for j = 1:numel (names)
        value(i).(names{j}) = ready (value(i).(names{j}), [place '.' names{j}]);
      end
    end
  elseif (ischar (value))
    value = ready_text (value, place);
  elseif (~(isnumeric (value) || islogical (value)))
    error ('grainwise:InputError', ['%s: wanted numbers, logicals, text, a cell or a struct, ' ...
           'got a %s'], place, class (value));
  elseif (issparse (value))
    value = full (value);
  end
end

function value = ready_cell (value, place)
  if (iscellstr (value) && all (cellfun ('size', value(:), 1) < 2) && is_plain ([value{:}]))
    return  % thousands of labels need no look at each
  end
  for i = 1:numel (value)
    value{i} = ready (value{i}, sprintf ('%s{%d}', place, i));
  end
end

function value = ready_text (value, place)
% Text outside ASCII goes as its bytes from Octave, whose text is bytes of UTF-8.
  if (size (value, 1) > 1)
    value = ready_cell (cellstr (value), place);
  elseif (is_octave () && ~is_plain (value))
    value = struct ('utf8_text', uint8 (value));
  end
end

function yes = is_plain (text)
  yes = all (text < 128);
end

% -------------------------------------------------------------------------------------- files

function folder = exchange_folder ()
% A new folder within the session's, which only its owner may enter.
  if (is_octave ())
    worker = the_worker ('start');
    folder = tempname (worker.folder);
    before = umask (77);  % Octave reads the digits as octal: nobody else
    back = onCleanup (@() umask (before));
  else
    folder = tempname (char (py.grainwise.matlab_exchange.session_folder ()));
  end
  if (~mkdir (folder))
    error ('grainwise:worker', 'no folder could be made: %s', folder);
  end
end

function save_for_owner (file, given)
  before = umask (77);
  back = onCleanup (@() umask (before));
  save ('-v6', file, 'given');
end

function remove_folder (folder)
  if (is_octave ())
    confirm_recursive_rmdir (false, 'local');
  end
  if (exist (folder, 'dir'))
    rmdir (folder, 's');
  end
end

% ------------------------------------------------------------------------------------- worker

function reply = ask (request)
% Send one line to the worker and wait for the line that answers it.
  persistent number
  if (isempty (number))
    number = 0;
  end
  number = number + 1;  % the late answer to an interrupted call is passed over
  request.number = number;
  worker = the_worker ('start');
  reply = struct ('number', 0);
  try
    fputs (worker.in, [jsonencode(request) char(10)]);
    fflush (worker.in);
    while (reply.number < number)
      reply = jsondecode (wait_for_line (worker));
    end
  catch
    the_worker ('drop');
    error ('grainwise:worker', ['the Python process ended during the call (is ' python() ...
           ' the right one?); the next call starts another']);
  end
end

function worker = the_worker (wish)
% The process that answers, started if need be, or dropped.
  persistent running
  if (strcmp (wish, 'drop'))
    stop_worker (running);
    running = [];
  elseif (isempty (running))
    running = start_worker ();
  elseif (~ is_our_pipe (running.in, 'w') || ~ is_our_pipe (running.out, 'r'))
    stop_worker (running);
    running = start_worker ();
  end
  worker = running;
end

function worker = start_worker ()
  [in, out, pid] = popen2 (python (), {'-m', 'grainwise.matlab_worker'});
  worker = struct ('in', in, 'out', out, 'pid', pid, 'folder', '');
  try
    first = jsondecode (wait_for_line (worker));
    worker.folder = first.folder;
  catch
    stop_worker (worker);
    error ('grainwise:worker', ['no Python process with grainwise could be started (is ' ...
           python() ' the right one?)']);
  end
end

function program = python ()
  program = getenv ('GRAINWISE_PYTHON');
  if (isempty (program))
    program = 'python3';
  end
end

function ours = is_our_pipe (stream, mode)
% `fclose ('all')` closes the pipes too, and a file of the user's may take their numbers.
  ours = false;
  if (is_valid_file_id (stream))
    [name, found] = fopen (stream);
    ours = strcmp (found, mode) && ~ exist (name, 'file');
  end
end

function stop_worker (worker)
  if (is_our_pipe (worker.in, 'w'))
    fclose (worker.in);
  end
  if (is_our_pipe (worker.out, 'r'))
    fclose (worker.out);
  end
  signals = SIG ();
  [~, ~] = kill (worker.pid, signals.KILL);  % no error where it is gone already
  waitpid (worker.pid);
  remove_folder (worker.folder);
end

function line = wait_for_line (worker)
% Poll: a process that died must not leave the caller waiting for ever.
  line = '';
  while (isempty (line) || line(end) ~= char (10))
    part = fgets (worker.out);
    if (ischar (part))
      line = [line part];
    else
      fclear (worker.out);
      if (waitpid (worker.pid, WNOHANG ()) == worker.pid)
        error ('grainwise:worker', 'gone');
      end
      pause (0.0003);
    end
  end
end
