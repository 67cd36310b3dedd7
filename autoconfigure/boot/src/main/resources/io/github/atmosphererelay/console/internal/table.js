/**
 * Tables that are refreshed under the reader: rows and cells stay the same elements while they mean the same, so that
 * focus and selection stay, and only what has changed is touched.
 */

/** `columns`: functions from an item to a text or an element's description, see `fill`; the first one heads the row. */
export class Table {

	#body;
	#columns;
	#key;
	#empty;
	#labels;

	constructor(table, { columns, key, empty }) {
		this.#body = table.tBodies[0];
		this.#labels = Array.from(table.tHead.rows[0].cells, (cell) => cell.textContent.trim());
		// On a narrow screen its rows are laid out otherwise, and browsers then no longer take it for a table
		setRole(table, "table");
		setRole(table.tHead, "rowgroup");
		setRole(table.tHead.rows[0], "row");
		Array.from(table.tHead.rows[0].cells, (cell) => setRole(cell, "columnheader"));
		setRole(this.#body, "rowgroup");
		this.#columns = columns;
		this.#key = key;
		this.#empty = empty;
	}

	show(items, { current = null } = {}) {
		const known = new Map(Array.from(this.#body.rows, (row) => [row.dataset.key, row]));
		const rows = items.map((item) => {
			const key = `k${this.#key(item)}`;
			const row = known.get(key) ?? this.#create(key);
			known.delete(key);
			this.#columns.forEach((column, index) => fill(row.cells[index], column(item)));
			row.toggleAttribute("aria-current", false);
			if (current !== null && this.#key(item) === current) {
				row.setAttribute("aria-current", "true");
			}
			return row;
		});
		if (!items.length) {
			rows.push(known.get("empty") ?? this.#createEmpty());
			known.delete("empty");
		}
		known.forEach((row) => row.remove());
		rows.forEach((row, index) => {
			if (this.#body.rows[index] !== row) {
				this.#body.insertBefore(row, this.#body.rows[index] ?? null);
			}
		});
	}

	#create(key) {
		const row = document.createElement("tr");
		row.dataset.key = key;
		setRole(row, "row");
		this.#columns.forEach((_, index) => {
			const cell = document.createElement(index ? "td" : "th");
			if (!index) {
				cell.scope = "row";
			}
			setRole(cell, index ? "cell" : "rowheader");
			cell.dataset.label = this.#labels[index];
			row.append(cell);
		});
		return row;
	}

	#createEmpty() {
		const row = document.createElement("tr");
		row.dataset.key = "empty";
		row.className = "empty-row";
		setRole(row, "row");
		const cell = document.createElement("td");
		setRole(cell, "cell");
		cell.colSpan = this.#columns.length;
		cell.textContent = this.#empty;
		row.append(cell);
		return row;
	}

}

function setRole(element, role) {
	element.setAttribute("role", role);
}

/** `content`: a text, or { text, title, class, state, button: { label, className, action } }. */
function fill(cell, content) {
	const { text = "", title = "", className = "", state = null, button = null }
		= typeof content === "object" && content !== null ? content : { text: content };
	if (cell.className !== className) {
		cell.className = className;
	}
	let holder = cell;
	if (button) {
		holder = cell.querySelector("button") ?? cell.appendChild(document.createElement("button"));
		holder.type = "button";
		holder.className = button.className;
		holder.onclick = button.action;
		if (button.label) {
			holder.setAttribute("aria-label", button.label);
		}
	}
	else {
		cell.querySelector("button")?.remove();
		if (state !== null) {
			holder = cell.querySelector("span") ?? cell.appendChild(document.createElement("span"));
			holder.className = "state";
			holder.dataset.state = state;
		}
	}
	const shown = String(text ?? "");
	if (holder.textContent !== shown) {
		holder.textContent = shown;
	}
	if (holder.title !== title) {
		holder.title = title;
	}
}

/** Buttons for the pages of a list; none where there is only one. */
export function pager(nav, { page, size, total }, go) {
	const pages = Math.max(1, Math.ceil(total / size));
	if (pages === 1 && page === 0) {
		nav.replaceChildren();
		return;
	}
	if (!nav.firstChild) {
		nav.append(pagerButton("Previous"), document.createElement("span"), pagerButton("Next"));
	}
	const [previous, text, next] = nav.children;
	previous.disabled = page === 0;
	next.disabled = page >= pages - 1;
	previous.onclick = () => go(page - 1);
	next.onclick = () => go(page + 1);
	const first = Math.min(total, page * size + 1);
	const shown = `${first}–${Math.min(total, (page + 1) * size)} of ${total}`;
	if (text.textContent !== shown) {
		text.textContent = shown;
	}
}

function pagerButton(label) {
	const button = document.createElement("button");
	button.type = "button";
	button.textContent = label;
	return button;
}
