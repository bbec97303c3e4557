function result = grainwise (name, varargin)
% GRAINWISE  Call a public function of the Python toolbox grainwise.
%
%   r = grainwise ('toolbox.multifractal', x, 'dim', 2)
%
% returns the function's result, a struct for a record. Arguments come in the function's order, then
% as 'name', value pairs. Images are arrays  items x height x width,  signals  items x samples  (one
% signal may be a row or a column). Indices in results count from 0, as in Python. A struct that this
% function returned may be given to a later call, as it is, in the same session.
%
% Errors have the identifier 'grainwise:InputError' when an argument is not what was wanted, and
% 'grainwise:worker' when the Python process died; the next call starts a new one.
%
% Octave starts a Python process and keeps it: the one named by the environment variable
% GRAINWISE_PYTHON, otherwise python3. MATLAB calls Python in its own process (see pyenv).

  if (nargin < 1 || ~ischar (name))
    error ('grainwise:InputError', 'function: wanted a name such as ''toolbox.describe''');
  end
  folder = exchange_folder ();
  tidy = onCleanup (@() remove_folder (folder));
  given = varargin;
  if (is_octave ())
    save ('-v6', fullfile (folder, 'request.mat'), 'given');
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

function folder = exchange_folder ()
% A new folder that only its owner may enter, in memory where the system has such a place.
  place = tempdir ();
  if (exist ('/dev/shm', 'dir'))
    place = '/dev/shm';
  end
  folder = tempname (place);
  if (is_octave ())
    before = umask (63);  % octal 077: nobody else
    made = mkdir (folder);
    umask (before);
  else
    made = mkdir (folder);
  end
  if (~made)
    error ('grainwise:worker', 'no folder could be made in %s', place);
  end
end

function remove_folder (folder)
  if (is_octave ())
    confirm_recursive_rmdir (false, 'local');
  end
  rmdir (folder, 's');
end

function reply = ask (request)
% Send one line to the worker, started if need be, and wait for the line that answers it.
  persistent worker number
  if (isempty (worker))
    worker = start_worker ();
    number = 0;
  end
  number = number + 1;  % the late answer to an interrupted call is passed over
  request.number = number;
  reply = struct ('number', 0);
  try
    fputs (worker.in, [jsonencode(request) char(10)]);
    fflush (worker.in);
    while (reply.number < number)
      reply = jsondecode (wait_for_line (worker));
    end
  catch
    stop_worker (worker);
    worker = [];
    error ('grainwise:worker', ['the Python process ended during the call (is ' python() ...
           ' the right one?); the next call starts another']);
  end
end

function worker = start_worker ()
  [in, out, pid] = popen2 (python (), {'-m', 'grainwise.matlab_worker'});
  worker = struct ('in', in, 'out', out, 'pid', pid);
end

function program = python ()
  program = getenv ('GRAINWISE_PYTHON');
  if (isempty (program))
    program = 'python3';
  end
end

function stop_worker (worker)
  fclose (worker.in);
  fclose (worker.out);
  signals = SIG ();
  [~, ~] = kill (worker.pid, signals.KILL);  % no error where it is gone already
  waitpid (worker.pid);
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
