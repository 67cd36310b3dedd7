// Seven pages of an origin in Chromium share an event stream, and go on when the one that holds it is closed.
import { launch, pause } from "./browser.mjs";

const [url, half, count] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const { evaluate, navigate } = await launch();
const page = new URL("/atmosphere/client.js", url).href;
await navigate(page);
while ((await evaluate("location.origin + document.readyState")) !== new URL(url).origin + "complete") {
	await pause(50);
}

async function until(expression) {
	while (!(await evaluate(expression))) {
		await pause(50);
	}
}

await evaluate(`
	window.frames_ = [];
	window.add = () => new Promise((resolve) => {
		const frame = document.createElement("iframe");
		frame.onload = () => resolve(frame.contentWindow.eval(\`
			window.got = []; window.begun = 0;
			import("/atmosphere/client.js").then(({ SharedEvents }) => {
				window.events = new SharedEvents(${JSON.stringify(url)});
				events.on("message", ({ data }) => got.push(data)).on("subscribed", () => begun++);
				events.open();
			});
		\`));
		frame.src = ${JSON.stringify(page)};
		frames_.push(frame);
		document.documentElement.append(frame);
	});
	Promise.all(Array.from({ length: 7 }, add)).then(() => true)
`);
await until("frames_.every((frame) => frame.contentWindow.begun > 0)");
console.log("open " + await evaluate("frames_.filter((frame) => frame.contentWindow.events.leads).length"));
await until("frames_.every((frame) => frame.contentWindow.got.length >= " + half + ")");
await evaluate(`
	window.leader = frames_.find((frame) => frame.contentWindow.events.leads);
	frames_ = frames_.filter((frame) => frame !== leader);
	leader.remove()
`);
console.log("moved");
await until("frames_.every((frame) => frame.contentWindow.got.length >= " + count + ")");
console.log(await evaluate(`
	frames_.map((frame) => frame.contentWindow.got.every((data, i) => data === String(i))
		? frame.contentWindow.got.length : frame.contentWindow.got.join()).join(" ")
`));
console.log("leads " + await evaluate("frames_.filter((frame) => frame.contentWindow.events.leads).length"));
process.exit(0);
