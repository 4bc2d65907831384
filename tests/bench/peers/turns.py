# SPDX-License-Identifier: MIT
"""Engines in processes of their own that take turns. All others are stopped: spinning threads would disturb."""

import json
import math
import os
import selectors
import signal
import statistics
import subprocess
import tempfile
import time

LOAD_LIMIT_S = 600
RUN_LIMIT_S = 300
MAX_RUNS_PER_TURN = 40


class Lost(Exception):
    """Why a process takes part no more."""


class Contestant:
    """A worker process, stopped except while it answers."""

    def __init__(self, name, command, threads):
        self.name = name
        self.complaints = tempfile.TemporaryFile("w+")
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads), PYTHONWARNINGS="ignore")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.complaints,
                                        text=True, start_new_session=True, env=environment)
        self.answers = selectors.DefaultSelector()
        self.answers.register(self.process.stdout, selectors.EVENT_READ)
        self.times = []
        self.loaded = {}
        self.runs = 1

    def ask(self, request, limit_s=RUN_LIMIT_S):
        self.signal(signal.SIGCONT)
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            if not self.answers.select(limit_s):
                raise Lost(f"no answer within {limit_s} s")
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Lost(f"ended with {self.process.wait()}: {self.last_complaint()}")
        self.signal(signal.SIGSTOP)
        return json.loads(line)

    def load(self, case, turn_ms):
        """Loads, warms up and chooses how many runs make a turn."""
        self.loaded = self.ask(case, LOAD_LIMIT_S)
        if not self.loaded["ok"]:
            raise Lost(self.loaded["error"])
        once = min(self.ask({"run": 2})["ms"])
        self.runs = max(1, min(MAX_RUNS_PER_TURN, int(turn_ms / max(once, 1e-3))))

    def take_turn(self):
        # The first run after a stop finds cold caches and sleeping threads.
        extra = 1 if self.runs > 2 else 0
        self.times += self.ask({"run": self.runs + extra})["ms"][extra:]

    def signal(self, number):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def last_complaint(self):
        self.complaints.seek(0)
        lines = self.complaints.read().strip().splitlines()
        return lines[-1][:200] if lines else "said nothing"

    def end(self):
        self.signal(signal.SIGKILL)
        self.process.wait()
        self.complaints.close()

    def result(self):
        ordered = sorted(self.times)
        told = {key: self.loaded[key] for key in ("precision", "algorithms", "sample") if key in self.loaded}
        return {"median_ms": statistics.median(ordered), "min_ms": ordered[0],
                "p90_ms": ordered[math.ceil(0.9 * (len(ordered) - 1))], "runs": len(ordered),
                "open_ms": self.loaded["load_ms"] + self.loaded["first_ms"], **told}


def busy_share(seconds=0.05):
    """Share of the processors' time that others take while all contestants are stopped."""
    def snapshot():
        with open("/proc/stat", encoding="ascii") as stat:
            ticks = [int(field) for field in stat.readline().split()[1:9]]
        return sum(ticks), ticks[3] + ticks[4]
    before = snapshot()
    time.sleep(seconds)
    total, idle = (now - then for now, then in zip(snapshot(), before))
    return 1 - idle / total if total else 0.0


def compare(commands, case, rounds, turn_ms):
    """Times the engines of `commands` (name -> command line) on `case`. Returns name -> result or {"error": reason},
    and the median share of the machine that others took."""
    results, contestants, others = {}, [], []
    try:
        for name, command in commands.items():
            contestants.append(Contestant(name, command, case["threads"]))
            guarded(contestants, results, contestants[-1], lambda one: one.load(case, turn_ms))
        for index in range(rounds):
            others.append(busy_share())
            first = index % max(1, len(contestants))
            for contestant in contestants[first:] + contestants[:first]:
                guarded(contestants, results, contestant, Contestant.take_turn)
        results.update((contestant.name, contestant.result()) for contestant in contestants)
    finally:
        for contestant in contestants:
            contestant.end()
    return results, statistics.median(others)


def guarded(contestants, results, contestant, action):
    """A contestant that fails leaves with its reason."""
    try:
        action(contestant)
    except Lost as reason:
        results[contestant.name] = {"error": str(reason)}
        contestants.remove(contestant)
        contestant.end()
