// What a driver or a volunteer brings, as this device knows it: what the server said, and what was recorded here since.

import type { Micros } from "./clock";
import { entry, type Stamp } from "./actions";
import type { Change, State } from "./state";
import type { Deliveries, DeliveryBatch, DeliveryOrder, HolderCode, Proof } from "./wire";

/** Where an order stands, here and now. */
export type OrderState = "to-pack" | "packed" | "out" | "received" | "came-back" | "passed-on";

/** An order as it stands. */
export interface OrderNow {
  readonly order: DeliveryOrder;
  readonly state: OrderState;
  /** Who has it from now on, when it was passed on. */
  readonly carrier?: HolderCode;
}

/** A batch as it stands. */
export interface BatchNow {
  readonly batch: DeliveryBatch;
  readonly out: boolean;
  /** The places where the vehicle was. */
  readonly been: ReadonlySet<string>;
}

const NONE: Deliveries = { batches: [], orders: [] };

/** What the server said. */
export function deliveriesOf(state: State): Deliveries {
  return state.bundle?.deliveries ?? NONE;
}

/** What was recorded here and was not refused, oldest first. */
function recorded(state: State) {
  return state.entries.flatMap(({ command, state: stands, madeAt }) =>
    stands !== "refused" && stands !== "read" && "supply" in command ? [{ supply: command.supply, madeAt }] : [],
  );
}

/** The batches: what was recorded here counts before what the server had said. */
export function batchesNow(state: State): BatchNow[] {
  const left = new Set<string>();
  const been = new Map<string, Set<string>>();
  for (const { supply } of recorded(state)) {
    if (!("deliver" in supply)) continue;
    const { deliver } = supply;
    if ("depart" in deliver) left.add(deliver.depart.batch);
    if ("arrive" in deliver) {
      const places = been.get(deliver.arrive.batch) ?? new Set();
      been.set(deliver.arrive.batch, places.add(deliver.arrive.place));
    }
  }
  return deliveriesOf(state).batches.map((batch) => ({
    batch,
    out: batch.out || left.has(batch.id),
    been: new Set([...batch.stops.filter((stop) => stop.been).map((stop) => stop.place), ...(been.get(batch.id) ?? [])]),
  }));
}

/** The orders: no order disappears, whatever is recorded. */
export function ordersNow(state: State): OrderNow[] {
  const said = new Map<string, { state: OrderState; carrier?: HolderCode }>();
  for (const { supply } of recorded(state)) {
    if ("order" in supply) {
      if ("receive" in supply.order) said.set(supply.order.receive.order, { state: "received" });
      else said.set(supply.order.come_back.order, { state: "came-back" });
    } else if ("deliver" in supply && "pass_on" in supply.deliver) {
      const { orders, carrier } = supply.deliver.pass_on;
      for (const order of orders) said.set(order, { state: "passed-on", carrier });
    }
  }
  const gone = new Set(batchesNow(state).filter((now) => now.out).flatMap(({ batch }) => batch.stops.flatMap((stop) => stop.orders)));
  return deliveriesOf(state).orders.map((order) => {
    const here = said.get(order.id);
    if (here !== undefined) return { order, ...here };
    if (order.stage === "out" || gone.has(order.id)) return { order, state: "out" as const };
    return { order, state: order.stage === "accepted" ? ("to-pack" as const) : ("packed" as const) };
  });
}

/** How many stand where: their sum is the number of orders, always. */
export function countOrders(orders: readonly OrderNow[]) {
  const of = (...states: readonly OrderState[]) => orders.filter(({ state }) => states.includes(state)).length;
  return { all: orders.length, todo: of("to-pack", "packed", "out"), received: of("received"), back: of("came-back"), passed: of("passed-on") };
}

/** Entrance by entrance, in the order of the codes: whoever is called down comes to it. */
export function byEntrance(orders: readonly OrderNow[]): ReadonlyMap<string, OrderNow[]> {
  const found = new Map<string, OrderNow[]>();
  for (const now of [...orders].sort((a, b) => compare(a.order.place, b.order.place) || compare(a.order.door, b.order.door))) {
    found.set(now.order.place, [...(found.get(now.order.place) ?? []), now]);
  }
  return found;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** The household has its order. */
export function receiveOrder(state: State, order: DeliveryOrder, proof: Proof, stamp: Stamp): Change {
  return { add: [entry(state, { supply: { order: { receive: { household: order.household, order: order.id, proof } } } }, stamp)] };
}

/** Nobody took it. */
export function orderCameBack(state: State, order: DeliveryOrder, reason: string, stamp: Stamp): Change {
  return { add: [entry(state, { supply: { order: { come_back: { order: order.id, reason } } } }, stamp)] };
}

/** A batch leaves. */
export function departBatch(state: State, batch: string, stamp: Stamp): Change {
  return { add: [entry(state, { supply: { deliver: { depart: { batch } } } }, stamp)] };
}

/** The vehicle is at a gate. */
export function arriveAt(state: State, batch: string, place: string, stamp: Stamp): Change {
  return { add: [entry(state, { supply: { deliver: { arrive: { batch, place } } } }, stamp)] };
}

/** Orders go to a volunteer at the gate. */
export function passOn(state: State, orders: readonly string[], carrier: HolderCode, stamp: Stamp): Change {
  return { add: [entry(state, { supply: { deliver: { pass_on: { orders, carrier } } } }, stamp)] };
}

/** What a code or a word proves: six digits are the household's code. Nothing when there is neither. */
export function proofOf(code: string, said: string): Proof | undefined {
  const digits = code.replace(/\D/g, "");
  if (digits.length === 6) return { code: digits };
  return said.trim() === "" ? undefined : { said: said.trim() };
}

/** When the next is due, of what is still to be brought. */
export function nextDue(orders: readonly OrderNow[]): Micros | undefined {
  const due = orders.filter(({ state }) => state === "out").map(({ order }) => order.due);
  return due.length === 0 ? undefined : Math.min(...due);
}
