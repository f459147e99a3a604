"""PyVRP, OR-Tools and VROOM on the instance that `songhua bench routes --peers` gives them.

Each is told to stop after so many seconds of processor time, or stops by itself (VROOM).
"""

import contextlib
import json
import sys
import time

import numpy as np

task = json.load(sys.stdin)
places = np.column_stack([task["x"], task["y"]])
length = np.hypot(*(places[:, None, :] - places[None, :, :]).transpose(2, 0, 1))
if task["rounding"] == "tenths":
    length = np.floor(length * 10).astype(np.int64)
else:
    length = np.floor(length + 0.5).astype(np.int64)
timed, size, seconds = task["timed"], len(places), task["seconds"]


def cost_of(routes):
    """The cost of routes, each a list of customers, or None where they break a rule."""
    seen, cost = [], 0
    for route in routes:
        if sum(task["demand"][c] for c in route) > task["capacity"]:
            return None
        now, at = task["open"][0], 0
        for c in [*route, 0]:
            cost += int(length[at, c])
            now = max(now + int(length[at, c]), task["open"][c])
            if timed and now > task["close"][c]:
                return None
            now, at = now + task["service"][c], c
        seen += route
    return cost if sorted(seen) == list(range(1, size)) else None


def pyvrp():
    from pyvrp import Model

    start = time.process_time()
    model = Model()
    window = lambda c: {"tw_early": task["open"][c], "tw_late": task["close"][c]} if timed else {}
    x, y = task["x"], task["y"]
    depot = model.add_depot(x[0], y[0], **window(0))
    nodes = [depot]
    for c in range(1, size):
        service = {"service_duration": task["service"][c]} if timed else {}
        nodes.append(model.add_client(x[c], y[c], delivery=task["demand"][c], **service, **window(c)))
    model.add_vehicle_type(task["vehicles"], capacity=task["capacity"], **window(0))
    for i in range(size):
        for j in range(size):
            if i != j:
                model.add_edge(nodes[i], nodes[j], distance=length[i, j], duration=length[i, j] if timed else 0)
    built = time.process_time()
    best = model.solve(stop=lambda _: time.process_time() - built > seconds, seed=1, display=False).best
    routes = [list(route.visits()) for route in best.routes()]
    return cost_of(routes), time.process_time() - start


def ortools():
    if size > 1_500:
        return None, 0.0
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    start = time.process_time()
    manager = pywrapcp.RoutingIndexManager(size, task["vehicles"], 0)
    routing = pywrapcp.RoutingModel(manager)
    way = routing.RegisterTransitMatrix(length.tolist())
    routing.SetArcCostEvaluatorOfAllVehicles(way)
    load = routing.RegisterUnaryTransitVector(task["demand"])
    routing.AddDimension(load, 0, task["capacity"], True, "load")
    if timed:
        taken = length + np.array(task["service"])[:, None]
        clock = routing.RegisterTransitMatrix(taken.tolist())
        horizon = task["close"][0]
        routing.AddDimension(clock, horizon, horizon, False, "time")
        dimension = routing.GetDimensionOrDie("time")
        for c in range(1, size):
            dimension.CumulVar(manager.NodeToIndex(c)).SetRange(task["open"][c], task["close"][c])
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    first, local = routing_enums_pb2.FirstSolutionStrategy, routing_enums_pb2.LocalSearchMetaheuristic
    parameters.first_solution_strategy = first.PARALLEL_CHEAPEST_INSERTION if timed else first.SAVINGS
    parameters.local_search_metaheuristic = local.GUIDED_LOCAL_SEARCH
    # In wall-clock time the limit is generous; the processor time is what ends the search.
    parameters.time_limit.FromSeconds(seconds * 20)
    stop = routing.solver().CustomLimit(lambda: time.process_time() - start > seconds)
    routing.AddSearchMonitor(stop)
    found = routing.SolveWithParameters(parameters)
    if not found:
        return None, time.process_time() - start
    routes = []
    for vehicle in range(task["vehicles"]):
        index, route = routing.Start(vehicle), []
        while not routing.IsEnd(index):
            if manager.IndexToNode(index):
                route.append(manager.IndexToNode(index))
            index = found.Value(routing.NextVar(index))
        if route:
            routes.append(route)
    return cost_of(routes), time.process_time() - start


def vroom():
    if size > 3_500:
        return None, 0.0
    import vroom as v

    start = time.process_time()
    problem = v.Input()
    problem.set_durations_matrix("car", length.astype(np.uint32))
    for c in range(1, size):
        when = {"time_windows": [v.TimeWindow(task["open"][c], task["close"][c])]} if timed else {}
        service = task["service"][c] if timed else 0
        problem.add_job(v.Job(c, c, delivery=[task["demand"][c]], service=service, **when))
    for vehicle in range(task["vehicles"]):
        when = {"time_window": v.TimeWindow(task["open"][0], task["close"][0])} if timed else {}
        problem.add_vehicle(v.Vehicle(vehicle + 1, 0, 0, capacity=[task["capacity"]], **when))
    answer = problem.solve(exploration_level=5, nb_threads=1).to_dict()
    routes = [
        [step["job"] if "job" in step else step["id"] for step in route["steps"] if step["type"] == "job"]
        for route in answer["routes"]
    ]
    return cost_of(routes), time.process_time() - start


answers = []
for name, run in [("PyVRP", pyvrp), ("OR-Tools", ortools), ("VROOM", vroom)]:
    try:
        with contextlib.redirect_stdout(sys.stderr):
            cost, used = run()
    except Exception as error:  # One peer that fails must not hide the others.
        print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
        cost, used = None, 0.0
    answers.append((name, cost, used))
print(json.dumps({"peers": answers}))
