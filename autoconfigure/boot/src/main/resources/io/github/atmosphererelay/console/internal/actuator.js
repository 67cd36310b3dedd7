/**
 * What the page asks the actuator endpoint.
 */

const TIMEOUT = 8_000;

/** An answer that is no success; `status` is 0 where there was none. */
export class ActuatorError extends Error {

	constructor(status, message) {
		super(message);
		this.status = status;
	}

}

export class Actuator {

	#base;
	#csrf;

	/** `csrf`: { header, token }, with an empty header where none is wanted. */
	constructor(base, csrf) {
		this.#base = base;
		this.#csrf = csrf;
	}

	get reachable() {
		return this.#base !== "";
	}

	/** The node that has served this page. */
	node() {
		return this.#ask("GET", "");
	}

	/** All nodes, as that one knows them. */
	cluster() {
		return this.#ask("GET", "/cluster");
	}

	/** Sessions of all nodes; `after`: the `next` of the page before. */
	sessions({ user, channel, after, size }) {
		return this.#ask("GET", "/cluster/sessions", { user, channel, after, size });
	}

	/** Rooms of all nodes, those with most sessions first. */
	rooms({ size }) {
		return this.#ask("GET", "/cluster/channels", { size });
	}

	/** Who is in a room, on all nodes; null where that is not known, because the room has no presence. */
	async members({ channel, page, size }) {
		try {
			return await this.#ask("GET", "/presence", { channel, page, size });
		}
		catch (error) {
			if (error.status === 404) {
				return null;
			}
			throw error;
		}
	}

	/** The ring and its members; null where there is no routing. */
	async ring() {
		try {
			return await this.#ask("GET", "/routing");
		}
		catch (error) {
			if (error.status === 404) {
				return null;
			}
			throw error;
		}
	}

	/** The feeds of the node that has served this page. */
	async feeds() {
		return (await this.#ask("GET", "/feeds")).feeds;
	}

	/** What a change of the ring would move; nobody is moved. `kind`: "add", "remove" or "change". */
	change({ kind, node, weight }) {
		return this.#ask("GET", "/routing/change", { [kind]: node, weight: kind === "remove" ? null : weight });
	}

	disconnectUser(user) {
		// Not in the path, where servers refuse slashes and dots that a name may have
		return this.#ask("DELETE", "/users", { name: user });
	}

	async #ask(method, path, parameters = {}) {
		const url = new URL(this.#base + path, location.href);
		for (const [name, value] of Object.entries(parameters)) {
			if (value !== undefined && value !== null && value !== "") {
				url.searchParams.set(name, value);
			}
		}
		const headers = { Accept: "application/json" };
		if (method !== "GET" && this.#csrf.header) {
			headers[this.#csrf.header] = this.#csrf.token;
		}
		let response;
		try {
			response = await fetch(url, { method, headers, cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(TIMEOUT) });
		}
		catch {
			throw new ActuatorError(0, "The node does not answer.");
		}
		if (response.type === "opaqueredirect") {
			// To a page where one logs in
			throw new ActuatorError(401, messageOf(401, method));
		}
		if (!response.ok) {
			throw new ActuatorError(response.status, messageOf(response.status, method));
		}
		return response.status === 204 ? null : response.json();
	}

}

function messageOf(status, method) {
	switch (status) {
		case 400:
			return "The node refuses this: is the name that of a member, or of none where a node joins, and the weight one that the ring has room for?";
		case 401:
			return "You are not logged in. Reload the page to log in again.";
		case 403:
			return method === "GET" ? "You may not see the actuator endpoint 'atmosphere'." : "You may not do this.";
		case 404:
			return "The actuator endpoint 'atmosphere' is not exposed: add it to management.endpoints.web.exposure.include.";
		case 405:
			return "The endpoint is read-only: set management.endpoint.atmosphere.access=unrestricted.";
		default:
			return `The actuator answered with status ${status}.`;
	}
}
