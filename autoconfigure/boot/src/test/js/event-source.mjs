// Reads an event stream with the npm client "eventsource", and says whether the messages 0, 1, 2 ... came in order.
import { EventSource } from "eventsource";

const [url, count] = [process.argv[2], Number(process.argv[3])];
const source = new EventSource(url);
let next = 0;
let fault = null;
let closed = 0;
source.addEventListener("subscribed", (event) => {
	const { wasRecovering, recovered } = JSON.parse(event.data);
	if (wasRecovering && !recovered) {
		fault = fault ?? "not recovered at " + next;
	}
});
source.onopen = () => {
	if (next === 0) {
		console.log("open");
	}
};
source.onerror = () => {
	if (source.readyState === 2) {
		closed++;
		finish();
	}
};
source.onmessage = (event) => {
	if (Number(event.data) !== next) {
		fault = fault ?? event.data + " instead of " + next;
	}
	next++;
	if (next === count) {
		finish();
	}
};

function finish() {
	source.close();
	console.log("messages " + next + (fault ? ", " + fault : " in order") + ", closed " + closed);
	process.exit(0);
}
