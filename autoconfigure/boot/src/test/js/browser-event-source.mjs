// Reads an event stream with the EventSource of Chromium, and says whether the messages 0, 1, 2 ... came in order.
import { launch, pause } from "./browser.mjs";

const [url, count] = [process.argv[2], Number(process.argv[3])];
const { evaluate, navigate } = await launch();
// A page of the nodes' own origin
await navigate(new URL("/atmosphere/client.js", url).href);
while ((await evaluate("location.origin + document.readyState")) !== new URL(url).origin + "complete") {
	await pause(50);
}
await evaluate(`
	window.next = 0; window.fault = null; window.ended = 0; window.opened = 0;
	window.source = new EventSource(${JSON.stringify(url)});
	source.onopen = () => opened++;
	source.onerror = () => { if (source.readyState === 2) { ended++; } };
	source.addEventListener("subscribed", (event) => {
		const { wasRecovering, recovered } = JSON.parse(event.data);
		if (wasRecovering && !recovered) { fault = fault ?? "not recovered at " + next; }
	});
	source.onmessage = (event) => {
		if (Number(event.data) !== next) { fault = fault ?? event.data + " instead of " + next; }
		next++;
	};
`);
while ((await evaluate("opened")) === 0) {
	await pause(50);
}
console.log("open");
while ((await evaluate("next")) < count && (await evaluate("ended")) === 0) {
	await pause(100);
}
const { next, fault, ended, opened } = await evaluate("({ next, fault, ended, opened })");
console.log("messages " + next + (fault ? ", " + fault : " in order") + ", closed " + ended);
console.log("opened " + opened);
process.exit(0);
