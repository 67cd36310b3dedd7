// Chromium, driven by its debugging protocol.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";

export const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

/** Starts a browser, or ends this process with "no browser". It ends with the standard input of this process. */
export function launch(...flags) {
	const program = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find((path) => existsSync(path));
	if (!program) {
		console.log("no browser");
		process.exit(0);
	}
	const profile = mkdtempSync(join(tmpdir(), "browser-"));
	const browser = spawn(program, ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
		"--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-port=0", "--user-data-dir=" + profile, ...flags,
		"about:blank"], { stdio: "ignore" });
	process.on("exit", () => {
		browser.kill("SIGKILL");
		rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
	});
	process.stdin.on("end", () => process.exit(1)).resume();
	return open(profile);
}

async function port(profile) {
	const file = join(profile, "DevToolsActivePort");
	while (!existsSync(file) || !readFileSync(file, "utf8").includes("\n")) {
		await pause(50);
	}
	return readFileSync(file, "utf8").split("\n")[0];
}

/** The page of the browser. */
async function open(profile) {
	const pages = await (await fetch("http://127.0.0.1:" + (await port(profile)) + "/json/list")).json();
	const socket = new WebSocket(pages.find((each) => each.type === "page").webSocketDebuggerUrl);
	await new Promise((resolve) => socket.once("open", resolve));
	const waiting = new Map();
	let last = 0;
	socket.on("message", (data) => {
		const message = JSON.parse(data);
		waiting.get(message.id)?.(message.result);
		waiting.delete(message.id);
	});
	const send = (method, params) => new Promise((resolve) => {
		waiting.set(++last, resolve);
		socket.send(JSON.stringify({ id: last, method, params }));
	});
	return {
		evaluate: async (expression) => (await send("Runtime.evaluate",
			{ expression, returnByValue: true, awaitPromise: true })).result.value,
		navigate: (url) => send("Page.navigate", { url })
	};
}
