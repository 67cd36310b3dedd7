/**
 * The nodes of the cluster, as the node that served this page knows them.
 */

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

export async function fetchNode(base = document.baseURI) {
	const response = await fetch(new URL("api/node", base), { cache: "no-store", signal: AbortSignal.timeout(4_000) });
	if (!response.ok) {
		throw new Error(`api/node answered ${response.status}`);
	}
	return response.json();
}

/** What a form or a script has to send along to change something. */
export function csrf() {
	return decodeURIComponent(/(?:^|; )XSRF-TOKEN=([^;]*)/.exec(document.cookie)?.[1] ?? "");
}

/** Who has logged in, or null if nobody has. */
export async function fetchMe() {
	const response = await fetch(new URL("api/me", document.baseURI), { cache: "no-store", signal: AbortSignal.timeout(4_000) });
	if (response.status === 401) {
		return null;
	}
	if (!response.ok) {
		throw new Error(`api/me answered ${response.status}`);
	}
	return response.json();
}

/** This node first is not wanted: every node's page shows the columns in the same order. */
export function nodesOf(info) {
	const nodes = Array.isArray(info.nodes) ? info.nodes : [];
	const list = nodes.map((node, index) => ({
		name: String(node.name),
		base: node.name === info.node || !node.url ? document.baseURI : sameLoopback(node.url),
		here: node.name === info.node,
		tone: index % 6
	}));
	return list.some((node) => node.here) ? list
		: [{ name: String(info.node), base: document.baseURI, here: true, tone: list.length % 6 }, ...list];
}

/** Whoever came by 127.0.0.1 shall not depend on what "localhost" resolves to, and the other way round. */
function sameLoopback(url) {
	const target = new URL(url, document.baseURI);
	if (LOOPBACK.has(target.hostname) && LOOPBACK.has(location.hostname)) {
		target.hostname = location.hostname;
	}
	return new URL("./", target.href.endsWith("/") ? target : `${target.href}/`).href;
}

export function doorUrl(base) {
	const url = new URL("atmosphere/connection/websocket", base);
	url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
	return url.href;
}

export function addressOf(base) {
	return new URL(base).host;
}
