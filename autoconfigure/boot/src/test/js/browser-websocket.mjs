// Opens a WebSocket with Chromium in a page that came over HTTP/2, and says which protocol the page came by and what the
// first message is.
import { launch, pause } from "./browser.mjs";

const page = process.argv[2];
const socket = process.argv[3];
const { evaluate, navigate } = await launch("--ignore-certificate-errors");
await navigate(page);
while ((await evaluate("location.origin + document.readyState")) !== new URL(page).origin + "complete") {
	await pause(50);
}
console.log(await evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol"));
console.log(await evaluate(`new Promise((resolve) => {
	const socket = new WebSocket(${JSON.stringify(socket)});
	socket.onmessage = (event) => resolve(event.data);
	socket.onclose = (event) => resolve("closed with " + event.code);
})`));
process.exit(0);
