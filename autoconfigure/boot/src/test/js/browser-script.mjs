// Runs a script in a page of Chromium that a node serves, and prints what it logs, line by line.
import { launch, pause } from "./browser.mjs";

const [origin, script] = process.argv.slice(2);
const { evaluate, navigate } = await launch();
await navigate(new URL("/atmosphere/client.js", origin).href);
while ((await evaluate("location.origin + document.readyState")) !== origin + "complete") {
	await pause(50);
}
await evaluate("window.logged = []; console.log = (message) => logged.push(JSON.stringify(message)); 0");
await evaluate("(() => {" + script + "})()");
for (;;) {
	for (const line of await evaluate("logged.splice(0)")) {
		console.log(line);
	}
	await pause(20);
}
