// The lab's transport: a model in anywidget's sense over one binary WebSocket.
import {packed, unpacked} from "./decode.js";

export async function entered() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  history.replaceState(null, "", location.pathname + location.search);
  await fetch("/enter", {method: "POST", body: JSON.stringify({token})});
}
export function socketModel(facts) {
  const hearers = {}, waiting = [];
  const tell = (name, ...what) => (hearers[name] ?? []).forEach(hear => hear(...what));
  let channel = null;
  function open() {
    channel = new WebSocket(`ws://${location.host}/socket`);
    channel.binaryType = "arraybuffer";
    channel.onopen = () => waiting.splice(0).forEach(frame => channel.send(frame));
    channel.onmessage = event => tell("msg:custom", ...unpacked(event.data));
    channel.onclose = () => { channel = null; tell("lost"); };
  }
  return {
    get: name => (name === "facts" ? facts : undefined),
    on: (name, hear) => { (hearers[name] ??= []).push(hear); },
    send(message) {
      const frame = packed(message);
      if (!channel) open();
      if (channel.readyState === WebSocket.OPEN) channel.send(frame); else waiting.push(frame);
    },
    close: () => channel?.close(),
  };
}
