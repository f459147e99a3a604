"""Runs an outbreak of the same people, days and share infected in other simulators.

Reads {"people", "days", "attack"} from standard input; the last line of standard output is a list
of {"name", "missing" or "cpu_seconds" and "attack"}. Each runs in a process of its own. The
transmission is first matched on a smaller population, which is not timed; compilation and the
making of the people are not timed either.
"""

import json
import multiprocessing
import os
import resource
import subprocess
import sys
import time

SMALL = 20_000
# Processor seconds that a peer may take with everything; the machine may be busy with other things.
MOST = 240


def covasim(people, days, beta):
    import covasim as cv

    cv.options(verbose=0)
    sim = cv.Sim(
        pop_size=people,
        n_days=days,
        pop_type="hybrid",
        beta=beta,
        pop_infected=max(10, people // 10_000),
        rand_seed=1,
        rescale=False,
        use_waning=False,
    )
    sim.initialize()
    started = time.process_time()
    sim.run()
    spent = time.process_time() - started
    return spent, float(sim.results["cum_infections"][-1]) / people


def epiworld(people, days, beta):
    import epiworldpy as epi

    model = epi.epimodels.ModelSEIRCONN("x", people, 0.0001, 8.0, beta, 3.0, 0.2)
    model.verbose_off()
    started = time.process_time()
    model.run(days, 1)
    spent = time.process_time() - started
    # Counts go day by day through the states, the susceptible first; their names do not come
    # through in 0.17.0.post2.
    counts = model.get_db().get_hist_total()["counts"]
    left = counts[-model.get_n_states()]
    return spent, 1.0 - float(left) / people


def laser(people, days, beta):
    import numba as nb
    import numpy as np
    from laser.core import LaserFrame

    @nb.njit
    def step(state, timer, force, incubation, infectious):
        found = 0
        for i in range(len(state)):
            s = state[i]
            if s == 0:
                if np.random.random() < force:
                    state[i] = 1
                    timer[i] = incubation
                    found += 1
            elif s < 3:
                timer[i] -= 1
                if timer[i] == 0:
                    state[i] = s + 1
                    timer[i] = infectious
        return found

    frame = LaserFrame(people)
    frame.add_scalar_property("state", dtype=np.uint8)
    frame.add_scalar_property("timer", dtype=np.uint8)
    first = max(10, people // 10_000)
    frame.state[:first] = 2
    frame.timer[:first] = 5
    step(frame.state[:1].copy(), frame.timer[:1].copy(), 0.0, 3, 5)
    infected = first
    started = time.process_time()
    for _ in range(days):
        ill = int((frame.state == 2).sum())
        force = 1.0 - np.exp(-beta * ill / people)
        infected += step(frame.state, frame.timer, force, 3, 5)
    spent = time.process_time() - started
    return spent, infected / people


def ixa(people, days, beta):
    program = os.path.join(os.path.dirname(os.path.dirname(sys.executable)), "peer-ixa")
    told = subprocess.run([program, str(people), str(days), str(beta)], check=True, capture_output=True)
    spent, attack = told.stdout.split()
    return float(spent), float(attack)


PEERS = {
    "Covasim": (covasim, 0.001, 0.2),
    "epiworld": (epiworld, 0.01, 0.9),
    "ixa (SEIR)": (ixa, 0.1, 3.0),
    "LASER (SEIR)": (laser, 0.1, 3.0),
}


def measure(name, task, to):
    resource.setrlimit(resource.RLIMIT_CPU, (MOST, MOST))
    # What a peer says goes with the messages: the answer has the standard output for itself.
    os.dup2(2, 1)
    run, low, high = PEERS[name]
    try:
        for _ in range(9):
            middle = (low * high) ** 0.5
            _, attack = run(SMALL, task["days"], middle)
            if attack < task["attack"]:
                low = middle
            else:
                high = middle
        seconds, attack = run(task["people"], task["days"], (low * high) ** 0.5)
        to.send({"name": name, "cpu_seconds": seconds, "attack": attack})
    except Exception as error:  # whatever a peer stumbles over is its answer
        to.send({"name": name, "missing": f"{type(error).__name__}: {error}"[:120]})


def main():
    task = json.load(sys.stdin)
    answers = []
    for name in PEERS:
        receive, send = multiprocessing.Pipe(duplex=False)
        worker = multiprocessing.Process(target=measure, args=(name, task, send))
        worker.start()
        send.close()
        try:
            answers.append(receive.recv())
        except EOFError:
            why = f"took more than {MOST} s of processor time"
            answers.append({"name": name, "missing": why})
        worker.join()
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
