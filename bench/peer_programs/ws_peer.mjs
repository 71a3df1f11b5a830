// Node with `ws`: `node ws_peer.mjs SCRIPT`. As its documentation says for speed: no compression,
// each message encoded once for all its recipients, sent as a string made by JSON.stringify.

import { readFileSync } from "node:fs";
import { WebSocketServer } from "ws";

const script = JSON.parse(readFileSync(process.argv[2], "utf8"));
const senderOf = new Map(); // press id → device
const sockets = new Map(); // device → socket
const handhelds = new Map(); // quadrant → sockets

const cell = (lat, lon) => `${Math.floor(lat * 1000)}:${Math.floor(lon * 1000)}`;

const receipt = (signalId, deliveredTo) =>
  JSON.stringify({ type: "receipt", signal_id: signalId, ...script.receipt, delivered_to: deliveredTo });

function hello(socket, message) {
  socket.deviceId = message.device_id;
  sockets.set(message.device_id, socket);
  const quadrant = script.beats[message.device_id];
  if (quadrant !== undefined) {
    handhelds.set(quadrant, [...(handhelds.get(quadrant) ?? []), socket]);
  }
  socket.send('{"type":"notice","code":"synced"}');
}

function press(socket, message) {
  const id = message.signal_id;
  if (senderOf.has(id)) return;
  senderOf.set(id, socket.deviceId);
  const quadrant = script.cells[cell(message.position.lat, message.position.lon)];
  const alert = JSON.stringify({ type: "alert", alert_id: id, version: 1, ...script.alert });
  for (const handheld of handhelds.get(quadrant)) handheld.send(alert);
  socket.send(receipt(id, 0));
}

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: script.port,
  backlog: 4096,
  perMessageDeflate: false,
  handleProtocols: () => "cuadrante.v1",
});
server.on("connection", (socket) => {
  socket.on("message", (data) => {
    const message = JSON.parse(data);
    if (message.type === "signal") press(socket, message);
    else if (message.type === "delivered") {
      sockets.get(senderOf.get(message.alert_id)).send(receipt(message.alert_id, 1));
    } else if (message.type === "hello") hello(socket, message);
  });
  socket.on("error", () => socket.terminate());
});
