"""OR-Tools' min-cost flow on the instance that `songhua bench beds --peers` gives it."""

import importlib.metadata
import json
import sys
import time

import numpy as np
from ortools.graph.python import min_cost_flow

task = json.load(sys.stdin)
sizes = np.fromfile(task["sizes"], dtype="<i8")
costs = np.fromfile(task["costs"], dtype="<i8").reshape(len(sizes), -1)
capacity = np.array(task["capacity"] + [int(sizes.sum())], dtype=np.int64)
group = np.array(task["group"] + [-1])
group_capacity = np.array(task["group_capacity"], dtype=np.int64)

# Nodes: parties, pools (the last one is the wait), groups, sink.
parties, pools, groups = len(sizes), costs.shape[1], len(group_capacity)
sink = parties + pools + groups
party, pool = np.nonzero(costs < task["never"])
tail = [party, parties + np.arange(pools), parties + pools + np.arange(groups)]
above = np.where(group < 0, sink, parties + pools + group)
head = [parties + pool, above, np.full(groups, sink)]
limit = [sizes[party], capacity, group_capacity]
price = [costs[party, pool], np.zeros(pools, np.int64), np.zeros(groups, np.int64)]

flow = min_cost_flow.SimpleMinCostFlow()
flow.add_arcs_with_capacity_and_unit_cost(
    np.concatenate(tail).astype(np.int32),
    np.concatenate(head).astype(np.int32),
    np.concatenate(limit).astype(np.int64),
    np.concatenate(price).astype(np.int64),
)
supply = np.zeros(sink + 1, np.int64)
supply[:parties] = sizes
supply[sink] = -sizes.sum()
flow.set_nodes_supplies(np.arange(sink + 1), supply)
start = time.process_time()
status = flow.solve()
seconds = time.process_time() - start
if status != flow.OPTIMAL:
    sys.exit(f"OR-Tools ended with {status}")
version = importlib.metadata.version("ortools")
print(json.dumps({"version": version, "cost": flow.optimal_cost(), "seconds": seconds}))
