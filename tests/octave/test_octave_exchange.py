"""The folder that users' data travel in: nobody else reads it, and it goes with the processes."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.octave.octave import HOME, command, octave, surroundings

WATCHED = """#!{python}
# The worker, which also notes who may read the files of a call, their folder and the session's.
import grainwise.matlab_worker as worker

def noted(path):
    with open("{log}", "a") as log:
        for place in (path, path.parent, path.parent.parent):
            print(f"{{place.stat().st_mode & 0o777:o}} {{place.suffix or 'folder'}}", file=log)

read, write = worker.read_mat, worker.write_mat
worker.read_mat = lambda path: (noted(path), read(path))[1]
worker.write_mat = lambda path, values: (write(path, values), noted(path))[0]
worker.main()
"""
LONG_CALL = """
  grainwise ('echo', 1); disp ('ready'); fflush (stdout);
  grainwise ('toolbox.multifractal_field', [1024 1024], 'hurst', .5, 'intermittency', .02, ...
             'n', 40, 'seed', 1);
"""
IDLE = "grainwise ('echo', 1); disp ('ready'); fflush (stdout); pause (120);"


def comes_true(condition, seconds=60):
    """Say whether a condition comes true in time."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def left(place):
    return sorted(place.glob("grainwise-matlab-*"))


@pytest.fixture
def started(tmp_path):
    """Return what starts Octave on a script: the process and the worker's number, once ready."""
    running = []

    def start(code):
        process = subprocess.Popen(
            command(code),
            cwd=HOME,
            env=surroundings(GRAINWISE_EXCHANGE=str(tmp_path)),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        running.append(process)
        assert process.stdout.readline() == "ready\n"
        (worker,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert len(left(tmp_path)) == 1
        return process, int(worker)

    yield start
    for process in running:
        process.kill()
        process.communicate()


def ended(number):
    """Say whether a process has ended; a zombie of a container without an init has."""
    try:
        return re.sub(r".*\)", "", Path(f"/proc/{number}/stat").read_text()).split()[0] == "Z"
    except OSError:
        return True


def test_only_the_owner_enters_folders_and_reads_files(tmp_path):
    log, program = tmp_path / "log", tmp_path / "worker.py"
    program.write_text(WATCHED.format(python=sys.executable, log=log))
    program.chmod(0o700)
    printed = octave(
        "umask (0); for i = 1:2, grainwise ('echo', rand (8)); end, printf ('%d', umask (0))",
        GRAINWISE_PYTHON=str(program),
    )
    assert printed == "0"  # what the user had set is set again
    assert log.read_text().splitlines() == ["600 .mat", "700 folder", "700 folder"] * 4


def test_a_call_leaves_no_file_and_the_session_no_folder(tmp_path):
    printed = octave(
        """
        grainwise ('echo', 1);
        try, grainwise ('toolbox.describe', 1, 'dim', 2); end
        folder = glob ([getenv('GRAINWISE_EXCHANGE') '/grainwise-matlab-*']);
        printf ('%d ', numel (folder), numel (readdir (folder{1})) - 2);
        """,
        GRAINWISE_EXCHANGE=str(tmp_path),
    )
    assert printed == "1 0 "
    assert comes_true(lambda: not left(tmp_path))


def test_a_session_ends_quietly_though_python_takes_its_time(tmp_path):
    program = tmp_path / "worker.py"
    slow = "import atexit, time, grainwise.matlab_worker as worker; atexit.register(time.sleep, 2)"
    program.write_text(f"#!{sys.executable}\n{slow}\nworker.main()\n")
    program.chmod(0o700)
    run = subprocess.run(  # ends when the worker has closed its stderr
        command("grainwise ('echo', 1);"),
        env=surroundings(GRAINWISE_PYTHON=str(program)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stderr == ""


@pytest.mark.parametrize("code", [IDLE, LONG_CALL], ids=["idle", "computing"])
def test_the_folder_goes_when_octave_is_killed(started, tmp_path, code):
    octave_process, worker = started(code)
    time.sleep(0.5)
    octave_process.kill()
    octave_process.wait()
    assert comes_true(lambda: not left(tmp_path), seconds=10)
    assert comes_true(lambda: ended(worker))
    assert not left(tmp_path)


def test_what_both_left_when_killed_goes_with_the_next_session(started, tmp_path):
    octave_process, worker = started(IDLE)
    os.kill(worker, signal.SIGKILL)
    octave_process.kill()
    octave_process.wait()
    (folder,) = left(tmp_path)
    (folder / "request.mat").write_bytes(b"of a patient")
    os.utime(folder, (0, 0))
    octave("grainwise ('echo', 1);", GRAINWISE_EXCHANGE=str(tmp_path))
    assert not folder.exists()


def test_a_killed_worker_is_an_error_and_the_next_call_starts_another(tmp_path):
    printed = octave(
        """
        grainwise('echo', 1);
        system(sprintf('(sleep 1; pkill -9 -P %d -f matlab_worker) &', getpid()));
        try
          grainwise('toolbox.multifractal_field', [1024 1024], 'hurst', .5, ...
                    'intermittency', .02, 'n', 40, 'seed', 1);
        catch e
          printf('%s ', e.identifier);
        end
        printf('%d ', numel (glob ([getenv('GRAINWISE_EXCHANGE') '/grainwise-matlab-*'])));
        printf('%d', grainwise('echo', 5));
        """,
        GRAINWISE_EXCHANGE=str(tmp_path),
    )
    assert printed == "grainwise:worker 0 5"
    assert comes_true(lambda: not left(tmp_path))


def test_a_python_that_does_not_exist_is_named():
    printed = octave(
        "try, grainwise('echo', 1); catch e, printf('%s %s', e.identifier, e.message); end",
        GRAINWISE_PYTHON="/nowhere/python",
    )
    assert printed.startswith("grainwise:worker no Python process with grainwise could be started")
    assert "/nowhere/python" in printed


def test_fclose_all_starts_another_worker_and_writes_into_no_file_of_the_users(tmp_path):
    printed = octave(
        f"""
        disp (grainwise ('echo', 1));
        fclose ('all');
        for k = 1:4  % whose numbers the pipes had
          own(k) = fopen (fullfile ('{tmp_path}', sprintf ('%d.txt', k)), 'w');
        end
        disp (grainwise ('echo', 2));
        arrayfun (@fclose, own);
        disp (grainwise ('echo', 3));
        """
    )
    assert printed.split() == ["1", "2", "3"]
    assert [file.read_text() for file in sorted(tmp_path.glob("*.txt"))] == [""] * 4
