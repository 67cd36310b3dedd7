// Reads an event stream with the EventSource of Chromium, and says whether the messages 0, 1, 2 ... came in order.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";

const [url, count] = [process.argv[2], Number(process.argv[3])];
const program = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find((path) => existsSync(path));
if (!program) {
	console.log("no browser");
	process.exit(0);
}
const profile = mkdtempSync(join(tmpdir(), "event-source-"));
const browser = spawn(program, ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
	"--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-port=0", "--user-data-dir=" + profile,
	"about:blank"], { stdio: "ignore" });
process.on("exit", () => {
	browser.kill("SIGKILL");
	rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
});
process.stdin.on("end", () => process.exit(1)).resume();

const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

async function port() {
	const file = join(profile, "DevToolsActivePort");
	while (!existsSync(file) || !readFileSync(file, "utf8").includes("\n")) {
		await pause(50);
	}
	return readFileSync(file, "utf8").split("\n")[0];
}

async function page() {
	const pages = await (await fetch("http://127.0.0.1:" + (await port()) + "/json/list")).json();
	const socket = new WebSocket(pages.find((each) => each.type === "page").webSocketDebuggerUrl);
	await new Promise((resolve) => socket.once("open", resolve));
	const waiting = new Map();
	let last = 0;
	socket.on("message", (data) => {
		const message = JSON.parse(data);
		waiting.get(message.id)?.(message.result);
		waiting.delete(message.id);
	});
	return (method, params) => new Promise((resolve) => {
		waiting.set(++last, resolve);
		socket.send(JSON.stringify({ id: last, method, params }));
	});
}

const send = await page();
const evaluate = async (expression) => (await send("Runtime.evaluate", { expression, returnByValue: true })).result.value;
// A page of the nodes' own origin
await send("Page.navigate", { url: new URL("/atmosphere/client.js", url).href });
await pause(500);
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
