/**
 * What moderation says of the messages of one room: those verdicts that the log still has, and then each new one.
 */

/** As many as the channel keeps. */
const HISTORY = 200;
const RETRY = 2_000;

export class Moderation {

	#client;
	#channel;
	#tell;
	#subscription = null;
	#timer = 0;

	/** `tell`: called with each verdict as it was published. */
	constructor(client, channel, tell) {
		this.#client = client;
		this.#channel = channel;
		this.#tell = tell;
	}

	/** May be called again whenever the connection is back. */
	async follow() {
		clearTimeout(this.#timer);
		if (this.#subscription) {
			return;
		}
		try {
			const { publications, epoch, offset } = await this.#client.history(this.#channel, { limit: HISTORY, reverse: true });
			if (this.#subscription) {
				return;
			}
			publications.toReversed().forEach(({ data }) => this.#tell(data));
			// The newest comes first
			const since = { epoch, offset: publications.at(0)?.offset ?? offset };
			this.#subscription = this.#client.newSubscription(this.#channel, epoch ? { since } : {});
			this.#subscription.on("publication", ({ data }) => this.#tell(data));
			this.#subscription.subscribe();
		}
		catch {
			// Messages without marks are better than no messages
			if (this.#client.state === "connected") {
				this.#timer = setTimeout(() => this.follow(), RETRY);
			}
		}
	}

	stop() {
		clearTimeout(this.#timer);
	}

}
