// What a driver and a volunteer bring: batches with their stops, orders door by door. It needs no network.

import { useState } from "preact/hooks";
import { arriveAt, batchesNow, type BatchNow, byEntrance, countOrders, departBatch, orderCameBack, type OrderNow, ordersNow, passOn, proofOf, receiveOrder } from "../core/delivery";
import { photosOf, receiveWithPhoto, type TakenPhoto } from "../core/photo";
import type { Change, State } from "../core/state";
import type { HolderCode } from "../core/wire";
import { useApp, useFieldState } from "./app";
import { PhotoField } from "./photo";
import { TextField, Title, useShow } from "./widgets";

/** The screen. */
export function DeliveryScreen() {
  const { t } = useApp();
  const state = useFieldState();
  const batches = batchesNow(state);
  const orders = ordersNow(state);
  const counts = countOrders(orders);
  const doors = byEntrance(orders.filter(({ state: stands }) => stands !== "to-pack" && stands !== "packed"));
  return (
    <>
      <Title>{t("delivery.title")}</Title>
      <p class="lead">{t("delivery.lead")}</p>
      <p role="status"><strong>{t("delivery.count", { ...counts })}</strong></p>
      {batches.map((now) => <BatchCard key={now.batch.id} now={now} orders={orders} />)}
      {[...doors].map(([place, here]) => <Entrance key={place} place={place} orders={here} />)}
      {batches.length === 0 && orders.length === 0 && <p class="empty">{t("delivery.none")}</p>}
    </>
  );
}

/** Records a change, says so, and sends it when there is a network. */
function useRecord() {
  const { commit, say, syncSoon } = useApp();
  return async (change: (state: State) => Change, saved: string) => {
    if (!(await commit(change))) return;
    say(saved, "good");
    syncSoon();
  };
}

function BatchCard({ now, orders }: { readonly now: BatchNow; readonly orders: readonly OrderNow[] }) {
  const { t, stamp } = useApp();
  const show = useShow();
  const record = useRecord();
  const [carrier, setCarrier] = useState("volunteer:");
  const { batch } = now;
  const unpacked = orders.filter(({ order, state }) => state === "to-pack" && batch.stops.some((stop) => stop.orders.includes(order.id))).length;
  const may = batch.stale === undefined && unpacked === 0;
  return (
    <section class="card stack">
      <h2>{t("delivery.batch", { time: show.time(batch.leaves_at) })}</h2>
      {batch.stale !== undefined && <p class="small" role="alert">{t("delivery.stale")}</p>}
      {unpacked > 0 && <p class="small">{t("delivery.unpacked", { n: unpacked })}</p>}
      {!now.out && (
        <button type="button" class="button wide" disabled={!may} onClick={() => void record((state) => departBatch(state, batch.id, stamp()), t("delivery.departed"))}>
          {t("delivery.depart")}
        </button>
      )}
      <ol class="door-list">
        {batch.stops.map((stop) => {
          const here = orders.filter(({ order, state }) => stop.orders.includes(order.id) && state === "out");
          const been = now.been.has(stop.place);
          return (
            <li key={stop.place} class="card stack">
              <p><strong>{stop.name === undefined ? stop.place : show.name(stop.name)}</strong> · {show.time(stop.at)} · {t("delivery.orders", { n: stop.orders.length })}</p>
              {now.out && !been && (
                <button type="button" class="button wide" onClick={() => void record((state) => arriveAt(state, batch.id, stop.place, stamp()), t("delivery.arrived"))}>
                  {t("delivery.arrive")}
                </button>
              )}
              {now.out && here.length > 0 && (
                <>
                  <TextField label={t("delivery.volunteer")} value={carrier} onInput={setCarrier} />
                  <button
                    type="button"
                    class="button quiet wide"
                    disabled={!/^volunteer:[0-9A-Za-z-]+$/.test(carrier.trim())}
                    onClick={() => void record((state) => passOn(state, here.map(({ order }) => order.id), carrier.trim() as HolderCode, stamp()), t("delivery.passed"))}
                  >
                    {t("delivery.pass-on", { n: here.length })}
                  </button>
                </>
              )}
            </li>
          );
        })}
      </ol>
    </section>
  );
}

function Entrance({ place, orders }: { readonly place: string; readonly orders: readonly OrderNow[] }) {
  const { t } = useApp();
  const show = useShow();
  const name = orders[0]?.order.name;
  const called = orders.filter(({ order, state }) => order.mode === "called" && state === "out").length;
  return (
    <section class="stack">
      <h2>{name === undefined ? place : show.name(name)}</h2>
      {called > 0 && <p><strong>{t("delivery.call-down", { n: called })}</strong></p>}
      <ul class="door-list">{orders.map((now) => <OrderCard key={now.order.id} now={now} />)}</ul>
    </section>
  );
}

function OrderCard({ now }: { readonly now: OrderNow }) {
  const { t, stamp } = useApp();
  const show = useShow();
  const record = useRecord();
  const [code, setCode] = useState("");
  const [said, setSaid] = useState("");
  const [photo, setPhoto] = useState<TakenPhoto>();
  const { order } = now;
  const proof = proofOf(code, said);
  const waits = photosOf(useFieldState()).find((waiting) => waiting.order === order.id);
  // A code proves more than a photo, and a photo more than a word.
  const receive = (state: State) =>
    photo !== undefined && (proof === undefined || "said" in proof) ? receiveWithPhoto(state, order, photo, stamp()) : receiveOrder(state, order, proof ?? { said: "" }, stamp());
  const where = order.name === undefined ? order.place : show.name(order.name);
  const name = order.door === "" ? where : order.door;
  return (
    <li class="card">
      <fieldset class="visit">
        <legend><strong>{name}</strong> · {t(`delivery.${now.state}`)} · {t(`delivery.mode-${order.mode}`)}</legend>
        {waits !== undefined && (
          <p class={waits.refusal === undefined ? "photo-waits" : "warning"}>{t(waits.refusal === undefined ? "photo.waits" : "photo.refused")}</p>
        )}
        <p>{show.name(order.what)}</p>
        {order.note !== undefined && <p class="small">{order.note}</p>}
        {now.state === "out" && (
          <>
            <p class="small">{t("delivery.by", { time: show.time(order.due) })}</p>
            <div class="options two">
              <TextField label={t("delivery.code")} value={code} onInput={setCode} inputMode="numeric" />
              <TextField label={t("delivery.said")} value={said} onInput={setSaid} />
            </div>
            <PhotoField name={name} photo={photo} onPhoto={setPhoto} />
            <div class="options two">
              <button
                type="button"
                class="option"
                disabled={proof === undefined && photo === undefined}
                onClick={() => void record(receive, t("delivery.saved", { door: name, what: t("delivery.received") }))}
              >
                {t("delivery.receive")}
              </button>
              <button
                type="button"
                class="option"
                disabled={said.trim() === ""}
                onClick={() => void record((state) => orderCameBack(state, order, said.trim(), stamp()), t("delivery.saved", { door: name, what: t("delivery.came-back") }))}
              >
                {t("delivery.fail")}
              </button>
            </div>
          </>
        )}
      </fieldset>
    </li>
  );
}
