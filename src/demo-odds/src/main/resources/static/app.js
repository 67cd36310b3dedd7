/**
 * The page: a stream for the list, one for the opened match and one for the bet slip.
 */

import { Client } from "./atmosphere/client.js";
import { KeyedStream, statistics } from "./streams.js";
import { Cluster } from "./cluster.js";

const SPORTS = [["", "All sports"], ["football", "Football"], ["tennis", "Tennis"], ["basketball", "Basketball"],
	["ice-hockey", "Ice hockey"], ["handball", "Handball"]];
const UP_OR_DOWN = 1_600;

const $ = (selector) => document.querySelector(selector);
const make = (name, properties = {}, ...children) => {
	const element = Object.assign(document.createElement(name), properties);
	element.append(...children);
	return element;
};

const client = new Client();
/** Prices on the slip: "key/index". */
const slip = new Set();
let sport = "";
let opened = null;

/** A button with a price, in which `market` and `odds` may change. */
class Price {

	#timer = 0;
	#price = 0;

	constructor(key, index) {
		this.id = `${key}/${index}`;
		this.name = make("span", { className: "name" });
		this.odds = make("b");
		this.move = make("span", { className: "move" });
		this.element = make("button", { type: "button", className: "price" }, this.name, this.odds, this.move);
		this.element.dataset.id = this.id;
		this.element.addEventListener("click", () => choose(key, index));
		this.mark();
	}

	show({ name, price }, odds) {
		this.name.textContent = name;
		this.odds.textContent = odds;
		if (this.#price && price !== this.#price) {
			const up = price > this.#price;
			this.element.dataset.move = up ? "up" : "down";
			this.move.textContent = up ? "▲" : "▼";
			clearTimeout(this.#timer);
			this.#timer = setTimeout(() => {
				delete this.element.dataset.move;
				this.move.textContent = "";
			}, UP_OR_DOWN);
		}
		this.#price = price;
	}

	mark() {
		this.element.setAttribute("aria-pressed", slip.has(this.id));
	}

}

/** The prices of a market. */
class Market {

	constructor(key, { market }) {
		this.prices = market.selections.map((_, index) => new Price(key, index));
		this.element = make("div", { className: "prices" }, ...this.prices.map(({ element }) => element));
		this.element.dataset.key = key;
	}

	show({ market, odds }) {
		this.prices.forEach((price, index) => price.show(market.selections[index], odds[index]));
	}

}

const rows = new Map();
const details = new Map();
const list = new KeyedStream(client, { change: showMatch, remove: (key) => drop(rows, key) });
const match = new KeyedStream(client, { change: showMarket, remove: (key) => drop(details, key) });
const chosen = new KeyedStream(client, { change: showChosen, remove: () => {} });

function drop(elements, key) {
	elements.get(key)?.element.remove();
	elements.delete(key);
}

function clear(elements) {
	[...elements.keys()].forEach((key) => drop(elements, key));
}

function showMatch(key, view) {
	let row = rows.get(key);
	if (!row) {
		const { home, away, league, start, match: id } = view.market;
		const market = new Market(key, view);
		const more = make("button", { type: "button", className: "more", textContent: "10 markets" });
		more.setAttribute("aria-expanded", "false");
		more.setAttribute("aria-label", `10 markets of ${home} against ${away}`);
		const teams = make("div", { className: "teams" }, make("p", { className: "when", textContent: `${start} · ${league}` }),
			make("h3", {}, make("span", { textContent: home }), make("span", { textContent: away })));
		const element = make("li", {}, teams, market.element, more);
		element.dataset.key = key;
		more.addEventListener("click", () => open(row, id));
		row = { element, market, more };
		rows.set(key, row);
		const next = [...$("#list").children].find((each) => each.dataset.key > key);
		$("#list").insertBefore(element, next ?? null);
		$("#count").textContent = `${rows.size} matches`;
	}
	row.market.show(view);
}

function showMarket(key, view) {
	if (view.market.main || !opened) {
		return;
	}
	let detail = details.get(key);
	if (!detail) {
		const market = new Market(key, view);
		const element = make("div", { className: "market" }, make("h4", { textContent: view.market.name }), market.element);
		element.dataset.key = key;
		detail = { element, market };
		details.set(key, detail);
		const next = [...opened.panel.children].find((each) => each.dataset.key > key);
		opened.panel.insertBefore(element, next ?? null);
	}
	detail.market.show(view);
}

function open(row, id) {
	const same = opened?.row === row;
	close();
	if (!same) {
		const panel = make("div", { className: "markets" });
		row.element.append(panel);
		row.more.setAttribute("aria-expanded", "true");
		opened = { row, id, panel };
		match.want({ query: "match", params: { match: id }, format: $("#format").value });
	}
}

function close() {
	clear(details);
	opened?.panel.remove();
	opened?.row.more.setAttribute("aria-expanded", "false");
	opened = null;
	match.want(null);
}

function filter(next, replace) {
	sport = next;
	close();
	if (replace) {
		clear(rows);
		$("#count").textContent = "";
	}
	$("#title").textContent = SPORTS.find(([name]) => name === sport)[1];
	for (const button of document.querySelectorAll(".sports button")) {
		button.setAttribute("aria-pressed", button.dataset.sport === sport);
	}
	list.want({ query: "matches", params: { sport }, format: $("#format").value });
}

function choose(key, index) {
	const id = `${key}/${index}`;
	if (!slip.delete(id)) {
		slip.add(id);
	}
	for (const price of document.querySelectorAll(".price")) {
		price.setAttribute("aria-pressed", slip.has(price.dataset.id));
	}
	follow();
}

const bets = new Map();

function follow() {
	for (const id of [...bets.keys()].filter((each) => !slip.has(each))) {
		drop(bets, id);
	}
	const keys = [...new Set([...slip].map((id) => id.split("/")[0]))];
	chosen.want(keys.length ? { keys, format: $("#slip-format").value } : null);
	$(".slip .empty").hidden = slip.size > 0;
	$(".total").hidden = slip.size === 0;
	total();
}

function showChosen(key, { market, odds }) {
	market.selections.forEach((selection, index) => {
		const id = `${key}/${index}`;
		if (!slip.has(id)) {
			return;
		}
		let bet = bets.get(id);
		if (!bet) {
			const odd = make("b");
			const remove = make("button", { type: "button", className: "remove", textContent: "×" });
			remove.setAttribute("aria-label", `Remove ${selection.name}`);
			remove.addEventListener("click", () => choose(key, index));
			const element = make("li", {}, make("div", {}, make("strong", { textContent: selection.name }),
				make("span", { textContent: `${market.name} · ${market.home} – ${market.away}` })), odd, remove);
			element.dataset.id = id;
			bet = { element, odd, price: 0 };
			bets.set(id, bet);
			$("#slip").append(element);
		}
		if (bet.price && bet.price !== selection.price) {
			bet.element.dataset.move = selection.price > bet.price ? "up" : "down";
		}
		bet.price = selection.price;
		bet.odd.textContent = odds[index];
	});
	total();
}

function total() {
	const stake = Math.max(0, Number($("#stake").value) || 0);
	const product = [...bets.values()].reduce((all, { price }) => all * price / 100, 1);
	$("#returns").textContent = (stake * product).toLocaleString("en", { maximumFractionDigits: 2, minimumFractionDigits: 2 });
}

for (const [name, label] of SPORTS) {
	const button = make("button", { type: "button", textContent: label });
	button.dataset.sport = name;
	button.addEventListener("click", () => filter(name, true));
	$(".sports").append(button);
}
$("#format").addEventListener("change", () => filter(sport, false));
$("#slip-format").addEventListener("change", follow);
$("#stake").addEventListener("input", total);

const connection = $("#connection");
client.on("connected", () => {
	connection.dataset.state = "live";
	connection.firstElementChild.textContent = "Live";
});
client.on("connecting", () => {
	connection.dataset.state = "connecting";
	connection.firstElementChild.textContent = "Connecting";
});
client.connect();
filter("", true);
new Cluster(connection).start();

setInterval(() => {
	const { middle, high, received, backwards } = statistics.take();
	$("#latency").textContent = middle === null ? "–" : `${middle} ms`;
	$("#latency95").textContent = high === null ? "–" : `${high} ms`;
	$("#received").textContent = `${received}/s`;
	$("#backwards").textContent = backwards;
}, 1_000);
