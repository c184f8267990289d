"""CPython's own tests, one file after the other: a line of figures each, and the names of what failed.

Runs inside a guest, under Perilune or under Linux: see tests/programs/cpython.
"""

import os
import re
import subprocess
import sys

TIMEOUT = 900  # seconds for one file


def figures(text):
    """What unittest summed up: run, failed (errors with them), skipped; and who failed."""
    total = re.search(r"^Total tests: run=([\d,]+)(.*)$", text, re.M)
    run = int(total.group(1).replace(",", "")) if total else 0
    skipped = re.search(r"skipped=([\d,]+)", total.group(2)) if total else None
    names = sorted(set(re.findall(r"^(?:FAIL|ERROR): (\S+ \([^)]*\))", text, re.M)))
    return run, names, int(skipped.group(1).replace(",", "")) if skipped else 0


def run_file(name, patterns):
    command = [sys.executable, "-m", "test", "-v", "--timeout", str(TIMEOUT)]
    for pattern in patterns:
        command += ["-m", pattern]
    environment = {"HOME": "/tmp", "PATH": os.environ["PATH"], "TERM": "dumb", "PYTHON_COLORS": "0"}
    try:
        done = subprocess.run(command + [name], env=environment, cwd="/tmp", stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT + 60)
        text, how = done.stdout.decode(errors="replace"), done.returncode
    except subprocess.TimeoutExpired as late:
        text, how = (late.stdout or b"").decode(errors="replace"), "timeout"
    run, names, skipped = figures(text)
    print(f"{name} run={run} failed={len(names)} skipped={skipped} exit={how}")
    for failed in names:
        print(f"  {failed}")
    for skip in re.findall(r"^(\S+ \(\S+\) \.\.\. skipped .*)$", text, re.M):
        print(f"  {skip}")
    if how != 0:
        print("\n".join(f"  | {line}" for line in text.splitlines()[-25:]))
    sys.stdout.flush()
    with open(f"/tmp/{name}.log", "w") as log:
        log.write(text)


for word in sys.argv[1:]:
    # FILE or FILE:PATTERN,PATTERN
    file, _, chosen = word.partition(":")
    run_file(file, chosen.split(",") if chosen else [])
