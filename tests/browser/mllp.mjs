// A laboratory's information system, as far as the tests need one: HL7 v2.5 messages over MLLP.

import net from "node:net";

const [START, END, RETURN] = [0x0b, 0x1c, 0x0d];

/** The result of one tube, with the patient that laboratories really send along. */
export function result(control, lab, tube, patient = "\u8d75\u5c0f\u59b9") {
  const now = new Date(Date.now() + 8 * 3600_000).toISOString().replace(/[-:T]/g, "").slice(0, 14);
  return [
    `MSH|^~\\&|LIS|${lab}|SONGHUA|COMMAND|${now}+0800||ORU^R01^ORU_R01|${control}|P|2.5|||||CHN|UNICODE UTF-8`,
    `PID|1||220202199001011234||${patient}`,
    `OBR|1|${tube}||94309-2^SARS-CoV-2 RNA^LN|||${now}+0800`,
    `OBX|1|CWE|94309-2^SARS-CoV-2 RNA^LN||260415000^Not detected^SCT||||||F|||${now}+0800`,
    `SPM|1|${tube}`,
    "",
  ].join("\r");
}

/** Connects; `send` gives the acknowledgement of a message, `cut` breaks off in the middle of one. */
export async function line(address) {
  const [host, port] = address.split(":");
  const socket = net.connect(Number(port), host);
  await new Promise((done, failed) => socket.once("connect", done).once("error", failed));
  let heard = Buffer.alloc(0);
  /** @type {((text: string) => void)[]} */
  const waiting = [];
  socket.on("data", (piece) => {
    heard = Buffer.concat([heard, piece]);
    for (let end = heard.indexOf(END); end >= 0; end = heard.indexOf(END)) {
      waiting.shift()?.(heard.subarray(1, end).toString("utf8"));
      heard = heard.subarray(end + 2);
    }
  });
  return {
    /** @returns {Promise<string>} */
    send: (message) =>
      new Promise((done, failed) => {
        waiting.push(done);
        socket.once("error", failed);
        socket.write(Buffer.concat([Buffer.from([START]), Buffer.from(message), Buffer.from([END, RETURN])]));
      }),
    cut: (message) =>
      new Promise((done) => {
        socket.once("close", done);
        socket.end(Buffer.concat([Buffer.from([START]), Buffer.from(message)]));
      }),
    close: () => socket.end(),
  };
}
