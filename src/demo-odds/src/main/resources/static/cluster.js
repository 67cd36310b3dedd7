/**
 * Who has which partitions, and the buttons that change it.
 */

const HEADERS = { "x-odds-demo": "page" };
const RATES = [50, 200, 1_000, 3_000];

function make(name, properties = {}, ...children) {
	const element = Object.assign(document.createElement(name), properties);
	element.append(...children);
	return element;
}

export class Cluster {

	#connection;
	#rows = new Map();
	#rates = new Map();

	constructor(connection) {
		this.#connection = connection;
		for (const rate of RATES) {
			const button = make("button", { type: "button", textContent: `${rate.toLocaleString("en")}/s` });
			button.addEventListener("click", () => this.#order(`rate/${rate}`));
			this.#rates.set(rate, button);
			document.querySelector(".rates").append(button);
		}
	}

	start() {
		this.#poll();
	}

	async #poll() {
		await this.#look();
		setTimeout(() => this.#poll(), 1_000);
	}

	async #look() {
		try {
			const answer = await fetch("./api/state", { headers: HEADERS });
			if (answer.ok) {
				this.#connection.title = `Connected to ${answer.headers.get("x-node")}`;
				this.#connection.dataset.node = answer.headers.get("x-node");
				this.#show(await answer.json());
			}
		}
		catch {
			// The node is away; the next look may find it
		}
	}

	async #order(path) {
		await fetch(`./api/${path}`, { method: "POST", headers: HEADERS }).catch(() => {});
		await this.#look();
	}

	#show({ rate, markets, partitions, reducers }) {
		document.querySelector("#producing").textContent = `${markets.toLocaleString("en")} markets`;
		this.#rates.forEach((button, each) => button.setAttribute("aria-pressed", each === rate));
		for (const reducer of reducers) {
			const row = this.#rows.get(reducer.name) ?? this.#row(reducer.name, partitions);
			row.element.dataset.state = reducer.state;
			row.element.dataset.partitions = reducer.partitions.length;
			row.state.textContent = reducer.state === "running" ? `${reducer.partitions.length} of ${partitions} partitions` : reducer.state;
			row.cells.forEach((cell, partition) => cell.toggleAttribute("data-own", reducer.partitions.includes(partition)));
			row.map.setAttribute("aria-label", `Partitions ${reducer.partitions.join(", ") || "none"}`);
			row.button.textContent = reducer.state === "stopped" ? "Start" : "Kill";
			row.button.setAttribute("aria-label", `${row.button.textContent} ${reducer.name}`);
		}
	}

	#row(name, partitions) {
		const state = make("span", { className: "state" });
		const cells = Array.from({ length: partitions }, (_, each) => make("i", { textContent: each }));
		const map = make("div", { className: "map" }, ...cells);
		map.setAttribute("role", "img");
		const button = make("button", { type: "button" });
		const element = make("li", {}, make("strong", { textContent: name }), state, button, map);
		element.dataset.reducer = name;
		button.addEventListener("click", () => this.#order(`reducers/${name}/${button.textContent === "Start" ? "start" : "kill"}`));
		document.querySelector("#reducers").append(element);
		const row = { element, state, cells, map, button };
		this.#rows.set(name, row);
		return row;
	}

}
