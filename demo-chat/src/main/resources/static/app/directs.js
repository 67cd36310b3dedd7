/**
 * The direct messages of this tab: they stand in no room's log, and would be gone with the pane that has shown them, or
 * with a reload. Forgotten with the log-in.
 */

const KEY = "atmosphere-relay-chat-directs";
const MAX = 100;

export class Directs {

	#user;
	#kept = [];

	constructor(user) {
		this.#user = user;
		try {
			const { user: before, kept } = JSON.parse(sessionStorage.getItem(KEY)) ?? {};
			if (before === user && Array.isArray(kept)) {
				this.#kept = kept;
			}
			else {
				this.#save();
			}
		}
		catch {
			// Storage may be refused; then they last as long as the page
		}
	}

	/** What was said in a room, oldest first. */
	of(room) {
		return this.#kept.filter((each) => each.room === room).map(({ value }) => value);
	}

	/** Each pane hears it; it is kept once. */
	add(room, value) {
		if (typeof value.id === "string" && !this.#kept.some((each) => each.value.id === value.id)) {
			this.#kept.push({ room, value });
			this.#kept.splice(0, this.#kept.length - MAX);
			this.#save();
		}
	}

	forget() {
		this.#kept = [];
		this.#save();
	}

	#save() {
		try {
			sessionStorage.setItem(KEY, JSON.stringify({ user: this.#user, kept: this.#kept }));
		}
		catch {
			// As above
		}
	}

}
